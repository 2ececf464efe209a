#include "pg/subscription_lines.hpp"

#include "pg/amount.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/spi.hpp"
#include "pg/subscription.hpp"

namespace segment::pg {

namespace {

using revenue::Fault;

// Columns of all_lines_sql, from 0.
enum Column : int { member, starts_at, counts_from, ends_at, mrr, currency };

struct Reading {
    const Run *run;
    const members::BitSet *wanted, *known;
    revenue::Collector *lines;
    MemoryContext context, row_context;
    Oid key_type, member_key_type;
    uint64 unknown_members;
    const text *currency;  // of the first line that has one
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
members::Ordinal member_of(const Reading *reading, Datum key) {
    if (reading->key_type == reading->member_key_type) {
        return reading->run->numbering->keys->find(key);
    }
    int64 value;
    switch (reading->key_type) {
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
            return reading->run->numbering->keys->find(key);  // text and varchar are alike
    }
    if (!fits(value, reading->member_key_type)) {
        return members::no_ordinal;
    }
    switch (reading->member_key_type) {
        case INT2OID:
            return reading->run->numbering->keys->find(Int16GetDatum(static_cast<int16>(value)));
        case INT4OID:
            return reading->run->numbering->keys->find(Int32GetDatum(static_cast<int32>(value)));
        default:
            return reading->run->numbering->keys->find(Int64GetDatum(value));
    }
}

void check_currency(Reading *reading, Datum value) {
    const text *found = DatumGetTextPP(value);
    if (reading->currency == nullptr) {
        MemoryContext row = MemoryContextSwitchTo(reading->context);
        reading->currency = DatumGetTextPCopy(PointerGetDatum(found));
        MemoryContextSwitchTo(row);
    } else if (view(found) != view(reading->currency)) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("subscriptions are in more than one currency"),
                        errdetail("There are lines in %s and in %s.", text_to_cstring(reading->currency), text_to_cstring(found)),
                        errhint("Register a view with all amounts in one currency.")));
    }
}

bool receive_line(void *state, TupleTableSlot *slot) {
    auto *reading = static_cast<Reading *>(state);
    MemoryContextReset(reading->row_context);
    MemoryContext before = MemoryContextSwitchTo(reading->row_context);
    const Datum *values = slot->tts_values;
    const bool *nulls = slot->tts_isnull;
    revenue::Collector *lines = reading->lines;
    const members::Ordinal ordinal = nulls[member] ? members::no_ordinal : member_of(reading, values[member]);
    revenue::Amount amount;
    if (nulls[member]) {
        lines->ignore(Fault::no_member);
    } else if (ordinal == members::no_ordinal || !reading->known->contains(ordinal)) {
        reading->unknown_members++;
    } else if (nulls[starts_at]) {
        lines->ignore(Fault::no_start);
    } else if (nulls[mrr] || !read_amount(reinterpret_cast<const varlena *>(PG_DETOAST_DATUM_PACKED(values[mrr])), &amount)) {
        lines->ignore(Fault::no_amount);
    } else {
        const TimestampTz end = nulls[ends_at] ? revenue::never : DatumGetTimestampTz(values[ends_at]);
        const TimestampTz start = DatumGetTimestampTz(values[starts_at]), from = DatumGetTimestampTz(values[counts_from]);
        if (end <= start) {
            lines->ignore(Fault::no_duration);
        } else if (reading->wanted->contains(ordinal)) {
            if (!nulls[currency]) {
                check_currency(reading, values[currency]);
            }
            // A trial that has not become a subscription is no fault.
            if (end > from) {
                lines->add({.number = ordinal}, from, end, amount);
            }
        }
    }
    MemoryContextSwitchTo(before);
    return true;
}

void tell_faults(const revenue::FaultCounts &ignored, uint64 unknown_members) {
    static constexpr const char *reasons[] = {"without a member", "without a start", "without a finite amount",
                                              "that do not end after their start"};
    static_assert(lengthof(reasons) == revenue::faults);
    uint64 total = unknown_members;
    StringInfoData detail;
    initStringInfo(&detail);
    if (unknown_members > 0) {
        appendStringInfo(&detail, UINT64_FORMAT " of no known member", unknown_members);
    }
    for (Size i = 0; i < lengthof(reasons); i++) {
        if (ignored[i] > 0) {
            total += ignored[i];
            appendStringInfo(&detail, "%s" UINT64_FORMAT " %s", detail.len > 0 ? ", " : "", static_cast<uint64>(ignored[i]), reasons[i]);
        }
    }
    if (total > 0) {
        ereport(NOTICE, (errmsg_plural(UINT64_FORMAT " line of subscriptions is ignored",
                                       UINT64_FORMAT " lines of subscriptions are ignored", total, total),
                         errdetail_internal("%s", detail.data)));
    }
}

}  // namespace

SubscriptionLedger read_subscriptions(const Run *run, const members::BitSet *wanted, const members::BitSet *known) {
    MemoryContext context = CurrentMemoryContext;
    Reading reading{};
    reading.run = run;
    reading.wanted = wanted;
    reading.known = known;
    reading.context = context;
    reading.row_context = AllocSetContextCreate(context, "segment subscription line", ALLOCSET_SMALL_SIZES);
    reading.member_key_type = run->binding.key->type;
    // The lines are needed until the ledger is written, and no longer.
    MemoryContext scratch = AllocSetContextCreate(context, "segment subscription lines", ALLOCSET_DEFAULT_SIZES);
    reading.lines = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(scratch, scratch);
        return make_in_context<revenue::Collector>(scratch, revenue::MemberKind::int8, memory);
    });
    const char *sql = all_lines_sql(run->population, run->binding.key);
    spi::connect();
    SPIPlanPtr plan = SPI_prepare(sql, 0, nullptr);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare the scan of subscriptions: %s", SPI_result_code_string(SPI_result));
    }
    auto *source = static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)));
    reading.key_type = getBaseType(TupleDescAttr(source->resultDesc, member)->atttypid);
    SPIExecuteOptions options{};
    options.read_only = true;
    options.dest = spi::make_receiver(receive_line, &reading);
    const int code = SPI_execute_plan_extended(plan, &options);
    if (code < 0) {
        elog(ERROR, "the scan of subscriptions failed: %s", SPI_result_code_string(code));
    }
    spi::finish();

    struct Written {
        SubscriptionLedger ledger;
        revenue::FaultCounts ignored;
    };
    const Written written = boundary::core([&] {
        BackendInterrupts interrupts;
        auto *memory = make_in_context<ContextResource>(context, context);
        auto *bytes = make_in_context<std::pmr::vector<std::byte>>(context, memory);
        ChildContext sorting(scratch, "segment ledger");
        reading.lines->write(*bytes, sorting.resource(), interrupts);
        const revenue::Header header = revenue::LedgerReader(*bytes, sorting.resource()).header();
        return Written{{bytes, header.scale}, header.ignored};
    });
    MemoryContextDelete(scratch);
    MemoryContextDelete(reading.row_context);
    tell_faults(written.ignored, reading.unknown_members);
    return written.ledger;
}

}  // namespace segment::pg
