// The aggregates revenue_agg and rollup_agg: their state is a Collector in the aggregate's memory context.
#include "core/revenue/collector.hpp"
#include "pg/amount.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"
#include "pg/revenue_type.hpp"

namespace segment::pg {

namespace {

using revenue::Collector;
using revenue::Fault;
using revenue::MemberKind;

MemoryContext aggregate_context(FunctionCallInfo fcinfo) {
    MemoryContext context;
    if (!AggCheckCallContext(fcinfo, &context)) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("function is only called as part of an aggregate")));
    }
    return context;
}

// Inside boundary::core.
Collector *make_collector(MemberKind kind, MemoryContext context) {
    auto *memory = make_in_context<ContextResource>(context, context);
    return make_in_context<Collector>(context, kind, memory);
}

Collector *collector_argument(FunctionCallInfo fcinfo, int index) {
    return PG_ARGISNULL(index) ? nullptr : reinterpret_cast<Collector *>(PG_GETARG_POINTER(index));
}

template <MemberKind kind>
revenue::Key key_argument(FunctionCallInfo fcinfo, int index) {
    if constexpr (kind == MemberKind::int8) {
        return {.number = PG_GETARG_INT64(index)};
    } else if constexpr (kind == MemberKind::uuid) {
        return {.bytes = {reinterpret_cast<const char *>(PG_GETARG_UUID_P(index)->data), UUID_LEN}};
    } else {
        return {.bytes = view(PG_GETARG_VARLENA_PP(index))};
    }
}

// Timestamps without zone have the same form and are in UTC, as dates are.
template <bool dates>
TimestampTz instant_argument(FunctionCallInfo fcinfo, int index) {
    if constexpr (dates) {
        return date2timestamp_opt_overflow(PG_GETARG_DATEADT(index), nullptr);
    } else {
        return PG_GETARG_TIMESTAMPTZ(index);
    }
}

// (state, member, starts_at, ends_at, mrr)
template <MemberKind kind, bool dates>
Datum add_line(FunctionCallInfo fcinfo) {
    MemoryContext context = aggregate_context(fcinfo);
    Collector *collector = collector_argument(fcinfo, 0);
    const varlena *numeric = PG_ARGISNULL(4) ? nullptr : PG_GETARG_VARLENA_PP(4);
    const bool has_key = !PG_ARGISNULL(1);
    const revenue::Key key = has_key ? key_argument<kind>(fcinfo, 1) : revenue::Key{};
    const bool has_start = !PG_ARGISNULL(2);
    const TimestampTz starts_at = has_start ? instant_argument<dates>(fcinfo, 2) : 0;
    const TimestampTz ends_at = PG_ARGISNULL(3) ? revenue::never : instant_argument<dates>(fcinfo, 3);
    collector = boundary::core([&] {
        Collector *lines = collector == nullptr ? make_collector(kind, context) : collector;
        revenue::Amount amount;
        if (!has_key) {
            lines->ignore(Fault::no_member);
        } else if (!has_start) {
            lines->ignore(Fault::no_start);
        } else if (numeric == nullptr || !read_amount(numeric, &amount)) {
            lines->ignore(Fault::no_amount);
        } else {
            lines->add(key, starts_at, ends_at, amount);
        }
        return lines;
    });
    PG_RETURN_POINTER(collector);
}

// The ledger of a collector, in the current context.
varlena *write(const Collector *collector) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ChildContext scratch(context, "segment ledger");
        BackendInterrupts interrupts;
        std::pmr::vector<std::byte> bytes(scratch.resource());
        collector->write(bytes, scratch.resource(), interrupts);
        return make_datum(bytes, context);
    });
}

Collector *read(LedgerBytes bytes, Collector *collector, MemoryContext context) {
    return boundary::core([&] {
        BackendInterrupts interrupts;
        if (collector == nullptr) {
            ContextResource memory(context);
            collector = make_collector(revenue::LedgerReader(bytes, &memory).header().kind, context);
        }
        collector->add(bytes, interrupts);
        return collector;
    });
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;
using segment::revenue::MemberKind;

SEGMENT_FUNCTION(segment_revenue_add_int8) {
    return add_line<MemberKind::int8, false>(fcinfo);
}

SEGMENT_FUNCTION(segment_revenue_add_int8_dates) {
    return add_line<MemberKind::int8, true>(fcinfo);
}

SEGMENT_FUNCTION(segment_revenue_add_uuid) {
    return add_line<MemberKind::uuid, false>(fcinfo);
}

SEGMENT_FUNCTION(segment_revenue_add_uuid_dates) {
    return add_line<MemberKind::uuid, true>(fcinfo);
}

SEGMENT_FUNCTION(segment_revenue_add_text) {
    return add_line<MemberKind::text, false>(fcinfo);
}

SEGMENT_FUNCTION(segment_revenue_add_text_dates) {
    return add_line<MemberKind::text, true>(fcinfo);
}

SEGMENT_FUNCTION(segment_revenue_rollup) {
    MemoryContext context = aggregate_context(fcinfo);
    Collector *collector = collector_argument(fcinfo, 0);
    if (!PG_ARGISNULL(1)) {
        collector = read(ledger_argument(fcinfo, 1), collector, context);
    }
    if (collector == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(collector);
}

SEGMENT_FUNCTION(segment_revenue_combine) {
    MemoryContext context = aggregate_context(fcinfo);
    Collector *collector = collector_argument(fcinfo, 0);
    const Collector *other = collector_argument(fcinfo, 1);
    if (other != nullptr) {
        collector = segment::boundary::core([&] {
            segment::BackendInterrupts interrupts;
            Collector *lines = collector == nullptr ? make_collector(other->kind(), context) : collector;
            lines->add(*other, interrupts);
            return lines;
        });
    }
    if (collector == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(collector);
}

SEGMENT_FUNCTION(segment_revenue_deserialize) {
    aggregate_context(fcinfo);
    PG_RETURN_POINTER(read(ledger_argument(fcinfo, 0), nullptr, CurrentMemoryContext));
}

// Both the final function and the one that serializes: a ledger is all that a collector knows.
SEGMENT_FUNCTION(segment_revenue_final) {
    aggregate_context(fcinfo);
    if (PG_ARGISNULL(0)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(write(collector_argument(fcinfo, 0)));
}
