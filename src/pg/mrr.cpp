// Reports on the revenue of a population's members: segment.mrr and segment.mrr_events.
#include <algorithm>
#include <vector>

#include "core/revenue/collector_reader.hpp"
#include "pg/amount.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/bridge_row.hpp"
#include "pg/interrupts.hpp"
#include "pg/periods.hpp"
#include "pg/report_bridges.hpp"

namespace segment::pg {

namespace {

using revenue::Group;
using revenue::Membership;

constexpr struct {
    const char *name;
    Membership membership;
} memberships[] = {{"start", Membership::start}, {"end", Membership::end}, {"current", Membership::current}, {"flow", Membership::flow}};

Membership membership_argument(FunctionCallInfo fcinfo, int index) {
    const char *value = required_text(fcinfo, index, "membership");
    for (const auto &known : memberships) {
        if (strcmp(value, known.name) == 0) {
            return known.membership;
        }
    }
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("membership must be 'start', 'end', 'current' or 'flow', not '%s'", value)));
}

const char *membership_name(Membership membership) {
    return std::find_if(std::begin(memberships), std::end(memberships), [&](const auto &known) { return known.membership == membership; })
        ->name;
}

void put_bridges(const RowOutput &output, const PeriodEdges *periods, const Groups *groups, const revenue::GroupedBridges *bridges,
                 int scale) {
    const Group shown = shown_groups(groups, bridges);
    const int32 complete = periods->count - 1 - (periods->ends_early ? 1 : 0);
    for (int32 period = 0; period < periods->count - 1; period++) {
        for (Group i = 0; i < shown; i++) {
            const revenue::GroupBridge &bridge = bridges->bridge(groups->order[i], static_cast<std::size_t>(period));
            Row row{};
            row.add(TimestampTzGetDatum(periods->edges[period]));
            row.add(TimestampTzGetDatum(periods->edges[period + 1]));
            row.add(text_or_null(groups->values[groups->order[i]]));
            add_amounts(&row, bridge, scale);
            add_customers(&row, bridge);
            add_rates(&row, bridge, scale);
            row.add(CStringGetTextDatum(membership_name(bridges->membership(static_cast<std::size_t>(period)))));
            row.add(BoolGetDatum(period < complete));
            put_row(output, row);
        }
    }
}

struct Event {
    members::Ordinal member;
    revenue::Moved moved;
};

// Of all members, in the order of time.
std::span<const Event> events_of(const revenue::Collector *lines, const PeriodEdges &period, const revenue::MovementRules &rules) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&]() -> std::span<const Event> {
        BackendInterrupts interrupts;
        auto *memory = make_in_context<ContextResource>(context, context);
        auto *found = make_in_context<std::pmr::vector<Event>>(context, memory);
        const revenue::Edges edges(period.edges, static_cast<std::size_t>(period.count));
        revenue::CollectorReader reader(*lines, memory, interrupts);
        while (reader.next()) {
            const auto member = static_cast<members::Ordinal>(reader.key().number);
            revenue::for_each_movement(reader.changes(), edges, rules, [&](const revenue::Moved &moved) {
                found->push_back({member, moved});
            });
        }
        std::stable_sort(found->begin(), found->end(), [](const Event &a, const Event &b) { return a.moved.at < b.moved.at; });
        return *found;
    });
}

constexpr const char *movement_names[] = {"new", "expansion", "contraction", "churn", "reactivation"};
static_assert(lengthof(movement_names) == revenue::movement_kinds);

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_mrr) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const LocalRange range = range_arguments(fcinfo, 1);
    const Interval *grain = grain_argument(fcinfo, 3);
    const ReportArguments arguments = report_arguments(fcinfo, 4);
    BridgeQuestion question{};
    question.membership = membership_argument(fcinfo, 7);
    question.rules = {granularity_argument(fcinfo, 8), reactivation_argument(fcinfo, 9)};
    Population *population = get_population(population_name, Lock::none);
    const PeriodEdges periods =
        cut_at(period_edges(range, grain, cstring_to_text(population->time_zone)), GetCurrentTransactionStartTimestamp());
    question.periods = &periods;
    InitMaterializedSRF(fcinfo, 0);

    const Report report = begin_report(population, &arguments);
    check_size(&report, static_cast<uint64>(periods.count));
    const segment::revenue::Collector *lines = read_subscriptions(report.run, report.members, report.known, Quantities::no).mrr;
    const segment::revenue::GroupedBridges *bridges = add_up(lines, &question, &report);
    end_identity(report.caller);
    const RowOutput output = begin_rows(fcinfo);
    put_bridges(output, &periods, &report.groups, bridges, lines->scale());
    end_rows(output);
    end_report(&report);
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_mrr_events) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const LocalRange range = range_arguments(fcinfo, 1);
    ReportArguments arguments{};
    arguments.filter = optional_text(fcinfo, 3);
    Population *population = get_population(population_name, Lock::none);
    const segment::revenue::MovementRules rules{segment::revenue::Granularity::event, reactivation_argument(fcinfo, 4)};
    const PeriodEdges period = cut_at(single_period(range, cstring_to_text(population->time_zone)), GetCurrentTransactionStartTimestamp());
    InitMaterializedSRF(fcinfo, 0);

    const Report report = begin_report(population, &arguments);
    const segment::revenue::Collector *lines = read_subscriptions(report.run, report.members, report.known, Quantities::no).mrr;
    end_identity(report.caller);
    Oid key_output;
    bool is_varlena;
    getTypeOutputInfo(report.run->binding.key->type, &key_output, &is_varlena);
    const std::span<const Event> events = events_of(lines, period, rules);
    const RowOutput output = begin_rows(fcinfo);
    for (const Event &event : events) {
        Row row{};
        row.add(CStringGetTextDatum(OidOutputFunctionCall(key_output, report.run->numbering->keys->key(event.member))));
        row.add(TimestampTzGetDatum(event.moved.at));
        row.add(CStringGetTextDatum(movement_names[static_cast<std::size_t>(event.moved.movement)]));
        row.add(numeric_of(event.moved.after - event.moved.before, lines->scale()));
        row.add(numeric_of(event.moved.before, lines->scale()));
        row.add(numeric_of(event.moved.after, lines->scale()));
        put_row(output, row);
    }
    end_rows(output);
    end_report(&report);
    return static_cast<Datum>(0);
}
