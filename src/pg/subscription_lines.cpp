#include "pg/subscription_lines.hpp"

#include <algorithm>

#include "pg/amount.hpp"
#include "pg/boundary.hpp"
#include "pg/spi.hpp"
#include "pg/subscription.hpp"

namespace segment::pg {

namespace {

using revenue::Fault;

struct Scanning {
    const Run *run;
    MemoryContext row_context;
    Oid member_key_type;
    int32 source;
    LinesQuery query;  // of the source that is being read
    TakeLine take;
    void *state;
};

NullableDatum value_of(const TupleTableSlot *slot, const LinesQuery::Field &field) {
    if (field.index < 0 || slot->tts_isnull[field.index]) {
        return {0, true};
    }
    return {slot->tts_values[field.index], false};
}

constexpr bool is_integer(Oid type) {
    return type == INT2OID || type == INT4OID || type == INT8OID;
}

int64 integer_of(Datum value, Oid type) {
    return type == INT2OID ? DatumGetInt16(value) : type == INT4OID ? DatumGetInt32(value) : DatumGetInt64(value);
}

bool fits(int64 value, Oid type) {
    switch (type) {
        case INT2OID:
            return value >= PG_INT16_MIN && value <= PG_INT16_MAX;
        case INT4OID:
            return value >= PG_INT32_MIN && value <= PG_INT32_MAX;
        default:
            return true;
    }
}

// The member of a key, which may be an integer of another width than the population's.
members::Ordinal member_of(const Scanning *scanning, Datum key) {
    const MemberKeys *keys = scanning->run->numbering->keys;
    const Oid type = scanning->query.member.type;
    if (type == scanning->member_key_type || !is_integer(type)) {
        return keys->find(key);  // text and varchar are alike
    }
    const int64 value = integer_of(key, type);
    if (!fits(value, scanning->member_key_type)) {
        return members::no_ordinal;
    }
    switch (scanning->member_key_type) {
        case INT2OID:
            return keys->find(Int16GetDatum(static_cast<int16>(value)));
        case INT4OID:
            return keys->find(Int32GetDatum(static_cast<int32>(value)));
        default:
            return keys->find(Int64GetDatum(value));
    }
}

// False for NULL, NaN and infinities. Throws numeric_out_of_range.
bool read_number(const TupleTableSlot *slot, const LinesQuery::Field &field, revenue::Amount *amount) {
    const NullableDatum number = value_of(slot, field);
    if (number.isnull) {
        return false;
    }
    if (is_integer(field.type)) {
        *amount = {integer_of(number.value, field.type), 0};
        return true;
    }
    return read_amount(PG_DETOAST_DATUM_PACKED(number.value), amount);
}

// Its error is the business of who takes the line.
bool read_mrr(const TupleTableSlot *slot, const LinesQuery::Field &field, SubscriptionLine *line) {
    try {
        return read_number(slot, field, &line->mrr);
    } catch (const Error &) {
        line->out_of_range = true;
        return true;
    }
}

SubscriptionLine line_of(const Scanning *scanning, const TupleTableSlot *slot) {
    const LinesQuery &query = scanning->query;
    SubscriptionLine line{};
    line.source = scanning->source;
    line.member = members::no_ordinal;
    const NullableDatum key = value_of(slot, query.member);
    if (key.isnull) {
        line.fault = Fault::no_member;
        return line;
    }
    line.member = member_of(scanning, key.value);
    if (line.member == members::no_ordinal) {
        return line;
    }
    const NullableDatum start = value_of(slot, query.starts_at);
    if (start.isnull) {
        line.fault = Fault::no_start;
        return line;
    }
    if (!read_mrr(slot, query.mrr, &line)) {
        line.fault = Fault::no_amount;
        return line;
    }
    line.from = DatumGetTimestampTz(start.value);
    const NullableDatum end = value_of(slot, query.ends_at);
    line.ends_at = end.isnull ? revenue::never : DatumGetTimestampTz(end.value);
    if (line.ends_at <= line.from) {
        line.fault = Fault::no_duration;
        return line;
    }
    if (const NullableDatum trial = value_of(slot, query.trial_ends_at); !trial.isnull) {
        line.from = std::max(line.from, DatumGetTimestampTz(trial.value));
    }
    // One that is missing counts nothing.
    if (!read_number(slot, query.quantity, &line.quantity)) {
        line.quantity = {};
    }
    if (const NullableDatum currency = value_of(slot, query.currency); !currency.isnull) {
        line.currency = DatumGetTextPP(currency.value);
    }
    return line;
}

bool receive_line(void *state, TupleTableSlot *slot) {
    auto *scanning = static_cast<Scanning *>(state);
    MemoryContextReset(scanning->row_context);
    MemoryContext before = MemoryContextSwitchTo(scanning->row_context);
    scanning->take(scanning->state, line_of(scanning, slot));
    MemoryContextSwitchTo(before);
    return true;
}

// Without workers: what they would have to send is as much as they could compute.
void execute_serially(const char *sql, DestReceiver *destination) {
    spi::connect();
    SPIPlanPtr plan = SPI_prepare(sql, 0, nullptr);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare the scan of subscriptions: %s", SPI_result_code_string(SPI_result));
    }
    SPIExecuteOptions options{};
    options.read_only = true;
    options.dest = destination;
    const int code = SPI_execute_plan_extended(plan, &options);
    if (code < 0) {
        elog(ERROR, "the scan of subscriptions failed: %s", SPI_result_code_string(code));
    }
    spi::finish();
}

}  // namespace

revenue::Amount amount_of(const SubscriptionLine &line) {
    if (line.out_of_range) {
        revenue::refuse_overflow();
    }
    return line.mrr;
}

void scan_lines(const Run *run, Quantities quantities, LineSources *sources, TakeLine take, void *state) {
    const SubscriptionRelations relations = subscription_relations(run->population);
    if (relations.count == 0) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("population \"%s\" has no subscriptions", run->population->name),
                 errhint("Register them with segment.add_subscriptions(%s, ...).", quote_literal_cstr(run->population->name))));
    }
    sources->count = relations.count;
    sources->faults = static_cast<LineFaults *>(palloc0(sizeof(LineFaults) * static_cast<Size>(relations.count)));
    Scanning scanning{};
    scanning.run = run;
    scanning.row_context = AllocSetContextCreate(CurrentMemoryContext, "segment subscription line", ALLOCSET_SMALL_SIZES);
    scanning.member_key_type = run->binding.key->type;
    scanning.take = take;
    scanning.state = state;
    for (int32 i = 0; i < relations.count; i++) {
        sources->faults[i].source = relations.items[i].name;
        scanning.source = i;
        scanning.query = lines_query(run->population, &relations.items[i], run->binding.key, quantities == Quantities::yes);
        execute_serially(scanning.query.sql, spi::make_receiver(receive_line, &scanning));
    }
    MemoryContextDelete(scanning.row_context);
}

void refuse_currencies(const Currency *currency) {
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("subscriptions are in more than one currency"),
             errdetail("There are lines in \"%s\" and in \"%s\".", text_to_cstring(currency->first), text_to_cstring(currency->other)),
             errhint("Register a view with all amounts in one currency.")));
}

namespace {

struct Reading {
    const members::BitSet *wanted, *known;
    revenue::Collector *mrr, *quantity;  // the latter null if it is not asked for
    LineSources sources;
    MemoryContext context;
    const text *currency;  // of the first line that has one
};

void check_currency(Reading *reading, const text *found) {
    if (found == nullptr || (reading->currency != nullptr && view(found) == view(reading->currency))) {
        return;
    }
    if (reading->currency != nullptr) {
        const Currency currency{reading->currency, found};
        refuse_currencies(&currency);
    }
    MemoryContext row = MemoryContextSwitchTo(reading->context);
    reading->currency = DatumGetTextPCopy(PointerGetDatum(found));
    MemoryContextSwitchTo(row);
}

void take_line(void *state, const SubscriptionLine &line) {
    auto *reading = static_cast<Reading *>(state);
    LineFaults *faults = &reading->sources.faults[line.source];
    if (line.fault == Fault::no_member) {
        faults->counts[static_cast<std::size_t>(Fault::no_member)]++;
    } else if (line.member == members::no_ordinal || !reading->known->contains(line.member)) {
        faults->unknown_members++;
    } else if (line.fault) {
        faults->counts[static_cast<std::size_t>(*line.fault)]++;
    } else if (reading->wanted->contains(line.member)) {
        check_currency(reading, line.currency);
        if (line.counts()) {
            reading->mrr->add({.number = line.member}, line.from, line.ends_at, amount_of(line));
            if (reading->quantity != nullptr) {
                reading->quantity->add({.number = line.member}, line.from, line.ends_at, line.quantity);
            }
        }
    }
}

revenue::Collector *make_collector(MemoryContext context) {
    auto *memory = make_in_context<ContextResource>(context, context);
    return make_in_context<revenue::Collector>(context, revenue::MemberKind::int8, memory);
}

}  // namespace

CollectedLines read_subscriptions(const Run *run, const members::BitSet *wanted, const members::BitSet *known, Quantities quantities) {
    Reading reading{};
    reading.wanted = wanted;
    reading.known = known;
    reading.context = CurrentMemoryContext;
    const bool counted = quantities == Quantities::yes && run->binding.vocabulary.subscriptions != nullptr &&
                         run->binding.vocabulary.subscriptions->has_quantity;
    boundary::core([&] {
        reading.mrr = make_collector(reading.context);
        reading.quantity = counted ? make_collector(reading.context) : nullptr;
    });
    scan_lines(run, counted ? Quantities::yes : Quantities::no, &reading.sources, take_line, &reading);
    tell_faults(reading.sources.faults, reading.sources.count);
    return {reading.mrr, reading.quantity};
}

}  // namespace segment::pg
