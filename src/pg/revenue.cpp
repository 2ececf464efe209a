// What can be asked of a ledger: MRR at an instant, movements by period, rates.
#include <memory>

#include "core/revenue/movement.hpp"
#include "pg/amount.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"
#include "pg/periods.hpp"
#include "pg/revenue_type.hpp"

namespace segment::pg {

namespace {

using revenue::Bridge;
using revenue::Granularity;
using revenue::Money;
using revenue::Movement;

constexpr std::size_t members_between_polls = 16384;

Granularity granularity_argument(FunctionCallInfo fcinfo, int index) {
    const char *value = required_text(fcinfo, index, "granularity");
    if (strcmp(value, "net") == 0) {
        return Granularity::net;
    }
    if (strcmp(value, "event") == 0) {
        return Granularity::event;
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("granularity must be 'net' or 'event', not '%s'", value)));
}

struct Totals {
    Bridge *bridges;  // one for each period
    int32 count;
    int scale;
};

Totals add_up(LedgerBytes bytes, const PeriodEdges *periods, Granularity granularity) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        BackendInterrupts interrupts;
        Totals totals{nullptr, periods->count - 1, 0};
        const auto count = static_cast<std::size_t>(totals.count);
        totals.bridges = static_cast<Bridge *>(memory.allocate(sizeof(Bridge) * count, alignof(Bridge)));
        std::uninitialized_value_construct_n(totals.bridges, count);
        revenue::Bridges bridges({periods->edges, count + 1}, granularity, {totals.bridges, count});
        revenue::LedgerReader ledger(bytes, &memory);
        totals.scale = ledger.header().scale;
        for (std::size_t i = 0; ledger.next(); ++i) {
            if (i % members_between_polls == 0) {
                interrupts.poll();
            }
            bridges.add(ledger.changes());
        }
        bridges.finish();
        return totals;
    });
}

// Of one period.
Bridge add_up_single(FunctionCallInfo fcinfo) {
    const PeriodEdges periods = single_period(PG_GETARG_TIMESTAMP(1), PG_GETARG_TIMESTAMP(2), PG_GETARG_TEXT_PP(3));
    return *add_up(ledger_argument(fcinfo, 0), &periods, Granularity::net).bridges;
}

// A row under construction: its columns in their order.
struct Row {
    static constexpr int max_columns = 32;

    Datum values[max_columns];
    bool nulls[max_columns];
    int count;

    void add(NullableDatum value) {
        values[count] = value.value;
        nulls[count++] = value.isnull;
    }
    void add(Datum value) { add(NullableDatum{value, false}); }
};

// NULL when the denominator is 0. Amounts are passed as integers of one scale, which the quotient does not depend on.
NullableDatum quotient(Money numerator, Money denominator, int scale = 0) {
    if (denominator == 0) {
        return {0, true};
    }
    return {DirectFunctionCall2(numeric_div, numeric_of(numerator, scale), numeric_of(denominator, 0)), false};
}

void add_bridge(Row *row, const Bridge &bridge, int scale) {
    const Bridge::Sum &gained = bridge[Movement::new_business], &expansion = bridge[Movement::expansion],
                      &contraction = bridge[Movement::contraction], &churn = bridge[Movement::churn],
                      &reactivation = bridge[Movement::reactivation];
    for (const Bridge::Sum *sum : {&bridge.starting, &gained, &expansion, &contraction, &churn, &reactivation, &bridge.ending}) {
        row->add(numeric_of(sum->mrr, scale));
    }
    for (const Bridge::Sum *sum : {&bridge.starting, &gained, &churn, &reactivation, &bridge.ending}) {
        row->add(Int64GetDatum(sum->customers));
    }
    row->add(quotient(bridge.churned_customers, bridge.starting.customers));
    row->add(quotient(bridge.lost, bridge.starting.mrr));
    row->add(quotient(bridge.net_lost, bridge.starting.mrr));
    row->add(quotient(bridge.net_lost_excl_reactivation, bridge.starting.mrr));
    row->add(quotient(bridge.retained_gross, bridge.starting.mrr));
    row->add(quotient(bridge.retained, bridge.starting.mrr));
    row->add(quotient(bridge.won, bridge.lost));
    row->add(quotient(bridge.ending.mrr, bridge.ending.customers, scale));
    row->add(quotient(gained.mrr, gained.customers, scale));
    // ARPA over the rate of customers lost.
    row->add(bridge.churned_customers == 0 || bridge.ending.customers == 0
                 ? NullableDatum{0, true}
                 : NullableDatum{DirectFunctionCall2(numeric_div,
                                                     DirectFunctionCall2(numeric_mul, numeric_of(bridge.ending.mrr, scale),
                                                                         numeric_of(bridge.starting.customers, 0)),
                                                     DirectFunctionCall2(numeric_mul, numeric_of(bridge.ending.customers, 0),
                                                                         numeric_of(bridge.churned_customers, 0))),
                                 false});
}

Datum or_null(FunctionCallInfo fcinfo, NullableDatum value) {
    fcinfo->isnull = value.isnull;
    return value.value;
}

struct Balance {
    Bridge::Sum sum;
    int scale;
};

Balance balance_at(LedgerBytes bytes, TimestampTz at) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        revenue::LedgerReader ledger(bytes, &memory);
        const int scale = ledger.header().scale;
        return Balance{revenue::balance_at(ledger, at), scale};
    });
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;
using segment::revenue::Bridge;

SEGMENT_FUNCTION(segment_mrr_at) {
    const Balance balance = balance_at(ledger_argument(fcinfo, 0), PG_GETARG_TIMESTAMPTZ(1));
    return numeric_of(balance.sum.mrr, balance.scale);
}

SEGMENT_FUNCTION(segment_customers_at) {
    PG_RETURN_INT64(balance_at(ledger_argument(fcinfo, 0), PG_GETARG_TIMESTAMPTZ(1)).sum.customers);
}

SEGMENT_FUNCTION(segment_movements) {
    const PeriodEdges periods = period_edges(PG_GETARG_TIMESTAMP(1), PG_GETARG_TIMESTAMP(2), PG_GETARG_INTERVAL_P(3), PG_GETARG_TEXT_PP(4));
    const Totals totals = add_up(ledger_argument(fcinfo, 0), &periods, granularity_argument(fcinfo, 5));
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    for (int32 i = 0; i < totals.count; i++) {
        Row row{};
        row.add(TimestampTzGetDatum(periods.edges[i]));
        row.add(TimestampTzGetDatum(periods.edges[i + 1]));
        add_bridge(&row, totals.bridges[i], totals.scale);
        tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
    }
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_nrr) {
    const Bridge bridge = add_up_single(fcinfo);
    return or_null(fcinfo, quotient(bridge.retained, bridge.starting.mrr));
}

SEGMENT_FUNCTION(segment_grr) {
    const Bridge bridge = add_up_single(fcinfo);
    return or_null(fcinfo, quotient(bridge.retained_gross, bridge.starting.mrr));
}

SEGMENT_FUNCTION(segment_logo_churn) {
    const Bridge bridge = add_up_single(fcinfo);
    return or_null(fcinfo, quotient(bridge.churned_customers, bridge.starting.customers));
}

SEGMENT_FUNCTION(segment_ignored_lines) {
    static constexpr const char *reasons[] = {"member is null", "starts_at is null", "mrr is null or not a finite number",
                                              "ends_at is not after starts_at"};
    static_assert(lengthof(reasons) == segment::revenue::faults);
    const LedgerBytes bytes = ledger_argument(fcinfo, 0);
    MemoryContext context = CurrentMemoryContext;
    const segment::revenue::FaultCounts ignored = segment::boundary::core([&] {
        segment::ContextResource memory(context);
        return segment::revenue::LedgerReader(bytes, &memory).header().ignored;
    });
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    for (std::size_t i = 0; i < lengthof(reasons); i++) {
        Datum values[] = {CStringGetTextDatum(reasons[i]), Int64GetDatum(static_cast<int64>(ignored[i]))};
        bool nulls[lengthof(values)] = {};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return static_cast<Datum>(0);
}
