// segment.cohorts: what became of members that had MRR for the first time in the same period.
#include "core/revenue/cohort.hpp"
#include "core/revenue/collector_reader.hpp"

#include "pg/amount.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/bridge_row.hpp"
#include "pg/interrupts.hpp"
#include "pg/periods.hpp"
#include "pg/report.hpp"
#include "pg/subscription_lines.hpp"

namespace segment::pg {

namespace {

using revenue::Cohorts;
using revenue::Group;

Cohorts::Relative relative_argument(FunctionCallInfo fcinfo, int index) {
    const char *value = required_text(fcinfo, index, "relative");
    if (strcmp(value, "start") == 0) {
        return Cohorts::Relative::start;
    }
    if (strcmp(value, "previous") == 0) {
        return Cohorts::Relative::previous;
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("relative must be 'start' or 'previous', not '%s'", value)));
}

// Members outside of the segment are in the group after the last.
Cohorts *add_up(const CollectedLines &lines, const PeriodEdges *periods, const Report *report) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        BackendInterrupts interrupts;
        auto *memory = make_in_context<ContextResource>(context, context);
        Placement placement(report, memory);
        auto *cohorts = make_in_context<Cohorts>(context, revenue::Edges(periods->edges, static_cast<std::size_t>(periods->count)),
                                                 placement.outside(), memory);
        revenue::CollectorReader reader(*lines.mrr, memory, interrupts);
        std::optional<revenue::CollectorReader> quantities;
        if (lines.quantity != nullptr) {
            quantities.emplace(*lines.quantity, memory, interrupts);
        }
        bool more = quantities && quantities->next();
        while (reader.next()) {
            const std::int64_t member = reader.key().number;
            // Both come in the order of ordinals.
            while (more && quantities->key().number < member) {
                more = quantities->next();
            }
            const bool has_quantity = more && quantities->key().number == member;
            const Group group = placement.of(static_cast<members::Ordinal>(member)).current;
            if (group != placement.outside()) {
                cohorts->add(group, reader.changes(), has_quantity ? quantities->changes() : std::span<const revenue::Change>());
            }
        }
        cohorts->finish();
        return cohorts;
    });
}

struct Scales {
    int mrr, quantity;  // the latter -1 where there are no quantities
};

void add_cell(Row *row, const Cohorts::Cell &cell, Scales scales) {
    row->add(Int64GetDatum(cell.members));
    row->add(numeric_of(cell.net, scales.mrr));
    row->add(numeric_of(cell.gross, scales.mrr));
    row->add(scales.quantity < 0 ? NullableDatum{0, true} : NullableDatum{numeric_of(cell.quantity, scales.quantity), false});
}

void add_comparison(Row *row, const Cohorts::Comparison &comparison, Scales scales) {
    add_cell(row, comparison.cell, scales);
    add_cell(row, comparison.of, scales);
    row->add(quotient(comparison.cell.members, comparison.of.members));
    row->add(quotient(comparison.cell.net, comparison.of.net));
    row->add(quotient(comparison.cell.gross, comparison.of.gross));
    row->add(scales.quantity < 0 ? NullableDatum{0, true} : quotient(comparison.cell.quantity, comparison.of.quantity));
}

// The cohorts of one group, each by age, then all of them together.
void put_group(const RowOutput &output, const PeriodEdges *periods, const Cohorts *cohorts, Group group, const char *value,
               Cohorts::Relative relative, Scales scales) {
    const auto instant = [&](std::size_t edge) { return TimestampTzGetDatum(periods->edges[edge]); };
    const NullableDatum missing{0, true};
    const std::size_t complete = cohorts->periods() - (periods->ends_early ? 1 : 0);
    for (std::size_t cohort = 0; cohort < cohorts->periods(); cohort++) {
        for (std::size_t age = 0; cohort + age < cohorts->periods(); age++) {
            const std::size_t period = cohort + age;
            Row row{};
            row.add(instant(cohort));
            row.add(instant(cohort + 1));
            row.add(text_or_null(value));
            row.add(Int32GetDatum(static_cast<int32>(age)));
            row.add(instant(period));
            row.add(instant(period + 1));
            row.add(BoolGetDatum(period < complete));
            add_comparison(&row, cohorts->at(group, cohort, age, relative), scales);
            put_row(output, row);
        }
    }
    for (std::size_t age = 0; age < complete; age++) {
        Row row{};
        row.add(missing);
        row.add(missing);
        row.add(text_or_null(value));
        row.add(Int32GetDatum(static_cast<int32>(age)));
        row.add(missing);
        row.add(missing);
        row.add(BoolGetDatum(true));
        add_comparison(&row, cohorts->total(group, age, complete, relative), scales);
        put_row(output, row);
    }
}

bool is_empty(const Cohorts *cohorts, Group group) {
    for (std::size_t cohort = 0; cohort < cohorts->periods(); cohort++) {
        if (cohorts->at(group, cohort, 0, Cohorts::Relative::start).of.members > 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_cohorts) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const LocalRange range = range_arguments(fcinfo, 1);
    const Interval *grain = grain_argument(fcinfo, 3);
    const ReportArguments arguments = report_arguments(fcinfo, 4);
    const segment::revenue::Cohorts::Relative relative = relative_argument(fcinfo, 7);
    Population *population = get_population(population_name, Lock::none);
    const PeriodEdges periods =
        cut_at(period_edges(range, grain, cstring_to_text(population->time_zone)), GetCurrentStatementStartTimestamp());
    InitMaterializedSRF(fcinfo, 0);

    const Report report = begin_report(population, &arguments);
    check_size(&report, segment::revenue::Cohorts::cells(static_cast<uint64>(periods.count - 1)));
    const CollectedLines lines = read_subscriptions(report.run, report.members, report.known, Quantities::yes);
    const segment::revenue::Cohorts *cohorts = add_up(lines, &periods, &report);
    end_identity(report.caller);
    const Scales scales{lines.mrr->scale(), lines.quantity != nullptr ? lines.quantity->scale() : -1};
    const RowOutput output = begin_rows(fcinfo);
    for (segment::revenue::Group i = 0; i < report.groups.count; i++) {
        const segment::revenue::Group group = report.groups.order[i];
        // Members without a value are shown if there are any.
        if (group > 0 || !report.groups.divided || !is_empty(cohorts, group)) {
            put_group(output, &periods, cohorts, group, report.groups.values[group], relative, scales);
        }
    }
    end_rows(output);
    end_report(&report);
    return static_cast<Datum>(0);
}
