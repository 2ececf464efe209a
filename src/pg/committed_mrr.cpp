// segment.committed_mrr: what the MRR will be by what is scheduled.
#include "pg/amount.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/bridge_row.hpp"
#include "pg/periods.hpp"
#include "pg/report.hpp"
#include "pg/report_bridges.hpp"
#include "pg/subscription_lines.hpp"

namespace segment::pg {

namespace {

// Just after the instant, so that what changes then is part of it.
TimestampTz after(TimestampTz at) {
    return at == segment::revenue::never ? at : at + 1;
}

// From after as_of to after `at`.
PeriodEdges scheduled_period(TimestampTz as_of, Timestamp at, const char *time_zone) {
    const TimestampTz until = instant_of(at, cstring_to_text(time_zone));
    if (until <= as_of) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("at must be after as_of"),
                        errhint("What the MRR was is told by segment.mrr.")));
    }
    PeriodEdges period{static_cast<TimestampTz *>(palloc(2 * sizeof(TimestampTz))), 2, false};
    period.edges[0] = after(as_of);
    period.edges[1] = after(until);
    return period;
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_committed_mrr) {
    const char *population_name = required_text(fcinfo, 0, "population");
    if (PG_ARGISNULL(1)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("at must not be null")));
    }
    const ReportArguments arguments = report_arguments(fcinfo, 2);
    const TimestampTz as_of = as_of_argument(fcinfo, 5);
    Population *population = get_population(population_name, Lock::none);
    const PeriodEdges period = scheduled_period(as_of, PG_GETARG_TIMESTAMP(1), population->time_zone);
    InitMaterializedSRF(fcinfo, 0);

    const Report report = begin_report(population, &arguments);
    const segment::revenue::Collector *lines = read_subscriptions(report.run, report.members, report.known, Quantities::no).mrr;
    const BridgeQuestion question{&period, segment::revenue::Granularity::net, segment::revenue::Membership::current};
    const segment::revenue::GroupedBridges *bridges = add_up(lines, &question, &report);
    end_identity(report.caller);
    const RowOutput output = begin_rows(fcinfo);
    const segment::revenue::Group shown = shown_groups(&report.groups, bridges);
    for (segment::revenue::Group i = 0; i < shown; i++) {
        const segment::revenue::Bridge &bridge = bridges->bridge(report.groups.order[i], 0);
        Row row{};
        row.add(text_or_null(report.groups.values[report.groups.order[i]]));
        add_amounts(&row, bridge, lines->scale());
        row.add(Int64GetDatum(bridge.starting.customers));
        row.add(Int64GetDatum(bridge.ending.customers));
        put_row(output, row);
    }
    end_rows(output);
    end_report(&report);
    return static_cast<Datum>(0);
}
