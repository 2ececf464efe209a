// What can be asked of a ledger: MRR at an instant, movements by period, rates.
#include <memory>

#include "core/revenue/movement.hpp"
#include "pg/amount.hpp"
#include "pg/boundary.hpp"
#include "pg/bridge_row.hpp"
#include "pg/interrupts.hpp"
#include "pg/line_faults.hpp"
#include "pg/memory.hpp"
#include "pg/periods.hpp"
#include "pg/revenue_type.hpp"

namespace segment::pg {

namespace {

using revenue::Bridge;

constexpr std::size_t members_between_polls = 16384;

struct Totals {
    Bridge *bridges;  // one for each period
    int32 count;
    int scale;
};

Totals add_up(LedgerBytes bytes, const PeriodEdges *periods, const revenue::MovementRules &rules) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        BackendInterrupts interrupts;
        Totals totals{nullptr, periods->count - 1, 0};
        const auto count = static_cast<std::size_t>(totals.count);
        totals.bridges = static_cast<Bridge *>(memory.allocate(sizeof(Bridge) * count, alignof(Bridge)));
        std::uninitialized_value_construct_n(totals.bridges, count);
        revenue::Bridges bridges({periods->edges, count + 1}, rules, {totals.bridges, count});
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
    const PeriodEdges periods = single_period({PG_GETARG_TIMESTAMP(1), PG_GETARG_TIMESTAMP(2)}, PG_GETARG_TEXT_PP(3));
    return *add_up(ledger_argument(fcinfo, 0), &periods, revenue::Granularity::net).bridges;
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
    InitMaterializedSRF(fcinfo, 0);
    for (int i = 0; i < 6; i++) {
        if (PG_ARGISNULL(i)) {
            return static_cast<Datum>(0);
        }
    }
    const PeriodEdges periods =
        period_edges({PG_GETARG_TIMESTAMP(1), PG_GETARG_TIMESTAMP(2)}, PG_GETARG_INTERVAL_P(3), PG_GETARG_TEXT_PP(4));
    const Totals totals = add_up(ledger_argument(fcinfo, 0), &periods, {granularity_argument(fcinfo, 5), reactivation_argument(fcinfo, 6)});
    const RowOutput output = begin_rows(fcinfo);
    for (int32 i = 0; i < totals.count; i++) {
        Row row{};
        row.add(TimestampTzGetDatum(periods.edges[i]));
        row.add(TimestampTzGetDatum(periods.edges[i + 1]));
        add_amounts(&row, totals.bridges[i], totals.scale);
        add_customers(&row, totals.bridges[i]);
        add_rates(&row, totals.bridges[i], totals.scale);
        put_row(output, row);
    }
    end_rows(output);
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
    const LedgerBytes bytes = ledger_argument(fcinfo, 0);
    MemoryContext context = CurrentMemoryContext;
    const segment::revenue::FaultCounts ignored = segment::boundary::core([&] {
        segment::ContextResource memory(context);
        return segment::revenue::LedgerReader(bytes, &memory).header().ignored;
    });
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    for (std::size_t i = 0; i < segment::revenue::faults; i++) {
        Datum values[] = {CStringGetTextDatum(reason_of(static_cast<segment::revenue::Fault>(i))),
                          Int64GetDatum(static_cast<int64>(ignored[i]))};
        bool nulls[lengthof(values)] = {};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return static_cast<Datum>(0);
}
