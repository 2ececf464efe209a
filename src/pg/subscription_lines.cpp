#include "pg/subscription_lines.hpp"

#include <algorithm>

#include "pg/amount.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/spi.hpp"
#include "pg/subscription.hpp"

namespace segment::pg {

namespace {

using revenue::Fault;

struct Scanning {
    const Run *run;
    MemoryContext row_context;
    Oid key_type, member_key_type;
    TakeLine take;
    void *state;
};

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
    if (scanning->key_type == scanning->member_key_type) {
        return keys->find(key);
    }
    int64 value;
    switch (scanning->key_type) {
        case INT2OID:
            value = DatumGetInt16(key);
            break;
        case INT4OID:
            value = DatumGetInt32(key);
            break;
        case INT8OID:
            value = DatumGetInt64(key);
            break;
        default:
            return keys->find(key);  // text and varchar are alike
    }
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
bool read_number(const TupleTableSlot *slot, int column, revenue::Amount *amount) {
    return !slot->tts_isnull[column] && read_amount(reinterpret_cast<const varlena *>(DatumGetPointer(slot->tts_values[column])), amount);
}

// Its error is the business of who takes the line.
bool read_mrr(const TupleTableSlot *slot, SubscriptionLine *line) {
    try {
        return read_number(slot, LineColumn::mrr, &line->mrr);
    } catch (const Error &) {
        line->out_of_range = true;
        return true;
    }
}

SubscriptionLine line_of(const Scanning *scanning, TupleTableSlot *slot) {
    const Datum *values = slot->tts_values;
    const bool *nulls = slot->tts_isnull;
    SubscriptionLine line{};
    line.source = DatumGetInt32(values[LineColumn::source]);
    line.member = members::no_ordinal;
    if (nulls[LineColumn::member]) {
        line.fault = Fault::no_member;
        return line;
    }
    line.member = member_of(scanning, values[LineColumn::member]);
    if (line.member == members::no_ordinal) {
        return line;
    }
    for (int column : {LineColumn::mrr, LineColumn::quantity, LineColumn::currency}) {
        if (!nulls[column]) {
            slot->tts_values[column] = PointerGetDatum(PG_DETOAST_DATUM_PACKED(values[column]));
        }
    }
    if (nulls[LineColumn::starts_at]) {
        line.fault = Fault::no_start;
        return line;
    }
    if (!read_mrr(slot, &line)) {
        line.fault = Fault::no_amount;
        return line;
    }
    line.from = DatumGetTimestampTz(values[LineColumn::starts_at]);
    line.ends_at = nulls[LineColumn::ends_at] ? revenue::never : DatumGetTimestampTz(values[LineColumn::ends_at]);
    if (line.ends_at <= line.from) {
        line.fault = Fault::no_duration;
        return line;
    }
    if (!nulls[LineColumn::trial_ends_at]) {
        line.from = std::max(line.from, DatumGetTimestampTz(values[LineColumn::trial_ends_at]));
    }
    // One that is missing counts nothing.
    if (!read_number(slot, LineColumn::quantity, &line.quantity)) {
        line.quantity = {};
    }
    line.currency = nulls[LineColumn::currency] ? nullptr : DatumGetTextPP(values[LineColumn::currency]);
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

}  // namespace

revenue::Amount amount_of(const SubscriptionLine &line) {
    if (line.out_of_range) {
        revenue::refuse_overflow();
    }
    return line.mrr;
}

void scan_lines(const Run *run, Quantities quantities, LineSources *sources, TakeLine take, void *state) {
    const SubscriptionRelations relations = subscription_relations(run->population);
    sources->count = relations.count;
    sources->faults = static_cast<LineFaults *>(palloc0(sizeof(LineFaults) * static_cast<Size>(relations.count + 1)));
    for (int32 i = 0; i < relations.count; i++) {
        sources->faults[i].source = relations.items[i].name;
    }
    Scanning scanning{};
    scanning.run = run;
    scanning.row_context = AllocSetContextCreate(CurrentMemoryContext, "segment subscription line", ALLOCSET_SMALL_SIZES);
    scanning.member_key_type = run->binding.key->type;
    scanning.take = take;
    scanning.state = state;
    const char *sql = all_lines_sql(run->population, &relations, run->binding.key, quantities == Quantities::yes);
    spi::connect();
    SPIPlanPtr plan = SPI_prepare(sql, 0, nullptr);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare the scan of subscriptions: %s", SPI_result_code_string(SPI_result));
    }
    auto *source = static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)));
    scanning.key_type = getBaseType(TupleDescAttr(source->resultDesc, LineColumn::member)->atttypid);
    SPIExecuteOptions options{};
    options.read_only = true;
    options.dest = spi::make_receiver(receive_line, &scanning);
    const int code = SPI_execute_plan_extended(plan, &options);
    if (code < 0) {
        elog(ERROR, "the scan of subscriptions failed: %s", SPI_result_code_string(code));
    }
    spi::finish();
    MemoryContextDelete(scanning.row_context);
}

void refuse_currencies(const Currency *currency) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("subscriptions are in more than one currency"),
                    errdetail("There are lines in %s and in %s.", text_to_cstring(currency->first), text_to_cstring(currency->other)),
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

SubscriptionLedger write(const revenue::Collector *lines, MemoryContext context, MemoryContext scratch) {
    return boundary::core([&] {
        BackendInterrupts interrupts;
        auto *memory = make_in_context<ContextResource>(context, context);
        auto *bytes = make_in_context<std::pmr::vector<std::byte>>(context, memory);
        ChildContext sorting(scratch, "segment ledger");
        lines->write(*bytes, sorting.resource(), interrupts);
        return SubscriptionLedger{bytes, revenue::LedgerReader(*bytes, sorting.resource()).header().scale};
    });
}

}  // namespace

SubscriptionLedgers read_subscriptions(const Run *run, const members::BitSet *wanted, const members::BitSet *known, Quantities quantities) {
    MemoryContext context = CurrentMemoryContext;
    // The lines are needed until the ledgers are written, and no longer.
    MemoryContext scratch = AllocSetContextCreate(context, "segment subscription lines", ALLOCSET_DEFAULT_SIZES);
    Reading reading{};
    reading.wanted = wanted;
    reading.known = known;
    reading.context = context;
    const bool counted = quantities == Quantities::yes && run->binding.vocabulary.subscriptions != nullptr &&
                         run->binding.vocabulary.subscriptions->has_quantity;
    boundary::core([&] {
        reading.mrr = make_collector(scratch);
        reading.quantity = counted ? make_collector(scratch) : nullptr;
    });
    scan_lines(run, counted ? Quantities::yes : Quantities::no, &reading.sources, take_line, &reading);
    SubscriptionLedgers ledgers{};
    ledgers.mrr = write(reading.mrr, context, scratch);
    if (counted) {
        ledgers.quantity = write(reading.quantity, context, scratch);
    }
    MemoryContextDelete(scratch);
    tell_faults(reading.sources.faults, reading.sources.count);
    return ledgers;
}

}  // namespace segment::pg
