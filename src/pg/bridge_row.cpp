#include "pg/bridge_row.hpp"

#include "pg/amount.hpp"
#include "pg/arguments.hpp"

namespace segment::pg {

namespace {

using revenue::Bridge;
using revenue::Movement;

Datum product(revenue::Money amount, int scale, int64 count) {
    return DirectFunctionCall2(numeric_mul, numeric_of(amount, scale), numeric_of(count, 0));
}

void add_movements(Row *row, const Bridge &bridge, int scale) {
    for (Movement movement :
         {Movement::new_business, Movement::expansion, Movement::contraction, Movement::churn, Movement::reactivation}) {
        row->add(numeric_of(bridge[movement].mrr, scale));
    }
}

}  // namespace

RowOutput begin_rows(FunctionCallInfo fcinfo) {
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment report row", ALLOCSET_SMALL_SIZES);
    return {reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo), context, MemoryContextSwitchTo(context)};
}

void put_row(const RowOutput &output, Row &row) {
    tuplestore_putvalues(output.result->setResult, output.result->setDesc, row.values, row.nulls);
    MemoryContextReset(output.context);
    CHECK_FOR_INTERRUPTS();
}

void end_rows(const RowOutput &output) {
    MemoryContextSwitchTo(output.before);
    MemoryContextDelete(output.context);
}

NullableDatum quotient(revenue::Money numerator, revenue::Money denominator, int scale) {
    if (denominator == 0) {
        return {0, true};
    }
    return {DirectFunctionCall2(numeric_div, numeric_of(numerator, scale), numeric_of(denominator, 0)), false};
}

void add_amounts(Row *row, const Bridge &bridge, int scale) {
    row->add(numeric_of(bridge.starting.mrr, scale));
    add_movements(row, bridge, scale);
    row->add(numeric_of(bridge.ending.mrr, scale));
}

void add_amounts(Row *row, const revenue::GroupBridge &bridge, int scale) {
    row->add(numeric_of(bridge.starting.mrr, scale));
    add_movements(row, bridge, scale);
    row->add(numeric_of(bridge.transfer_in, scale));
    row->add(numeric_of(bridge.transfer_out, scale));
    row->add(numeric_of(bridge.ending.mrr, scale));
}

void add_customers(Row *row, const Bridge &bridge) {
    row->add(Int64GetDatum(bridge.starting.customers));
    for (Movement movement : {Movement::new_business, Movement::churn, Movement::reactivation}) {
        row->add(Int64GetDatum(bridge[movement].customers));
    }
    row->add(Int64GetDatum(bridge.ending.customers));
}

void add_rates(Row *row, const Bridge &bridge, int scale) {
    const Bridge::Sum &gained = bridge[Movement::new_business];
    row->add(quotient(bridge.churned_customers, bridge.starting.customers));
    row->add(quotient(bridge.lost, bridge.starting.mrr));
    row->add(quotient(bridge.net_lost, bridge.starting.mrr));
    row->add(quotient(bridge.net_lost_excl_reactivation, bridge.starting.mrr));
    row->add(quotient(bridge.retained_gross, bridge.starting.mrr));
    row->add(quotient(bridge.retained, bridge.starting.mrr));
    row->add(quotient(bridge.won, bridge.lost));
    row->add(quotient(bridge.ending.mrr, bridge.ending.customers, scale));
    row->add(quotient(gained.mrr, gained.customers, scale));
    // ARPA over the rate of customers lost, as one division.
    if (bridge.churned_customers == 0 || bridge.ending.customers == 0) {
        row->add(NullableDatum{0, true});
    } else {
        row->add(DirectFunctionCall2(numeric_div, product(bridge.ending.mrr, scale, bridge.starting.customers),
                                     product(bridge.ending.customers, 0, bridge.churned_customers)));
    }
}

revenue::Granularity granularity_argument(FunctionCallInfo fcinfo, int index) {
    const char *value = required_text(fcinfo, index, "granularity");
    if (strcmp(value, "net") == 0) {
        return revenue::Granularity::net;
    }
    if (strcmp(value, "event") == 0) {
        return revenue::Granularity::event;
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("granularity must be 'net' or 'event', not '%s'", value)));
}

revenue::Duration reactivation_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) {
        return revenue::any_duration;
    }
    const Interval *within = PG_GETARG_INTERVAL_P(index);
    if (within->month != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("reactivation_within must be in days or smaller units"),
                        errdetail("Months and years differ in length.")));
    }
    int64 duration;
    if (pg_mul_s64_overflow(within->day, USECS_PER_DAY, &duration) || pg_add_s64_overflow(duration, within->time, &duration)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("interval out of range")));
    }
    if (duration < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("reactivation_within must not be negative")));
    }
    return static_cast<revenue::Duration>(duration);
}

}  // namespace segment::pg
