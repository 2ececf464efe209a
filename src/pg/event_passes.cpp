#include "pg/event_passes.hpp"

#include <algorithm>

#include "core/members/hash.hpp"
#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/encoder.hpp"
#include "pg/event_bounds.hpp"
#include "pg/event_columns.hpp"
#include "pg/key_density.hpp"
#include "pg/spi.hpp"
#include "pg/memory.hpp"
#include "pg/interrupts.hpp"
#include "pg/temporary_file.hpp"

namespace segment::pg {

namespace {

using behaviour::NameId;
using behaviour::Time;
using match::EventStream;

// Rows are looked up in batches, so that their keys are fetched into the cache together.
constexpr uint32 rows_per_batch = 512;
constexpr uint32 rows_ahead = 16;

// Of the memory of events, what is kept of the different values of a column takes one part of so many at most.
constexpr uint64 share_of_values = 8;

// What a pass is read with, and what it needs to know of its columns.
struct Pass {
    const EventStream *stream;
    behaviour::StreamId id;
    const definition::EventSource *source;
    const char *select;  // without bounds of time
    Oid key_type, time_type;
    int16 key_length;
    bool key_by_value;
    int name_column;  // 0-based in the result, or -1
    Oid name_type;
    int16 name_length;
    bool name_by_value;
    int first_filter;
    int filter_count;
    int first_column;
    bool has_lists;  // of events
    Encoder *name_encoder;
    NameId *names;  // of the stream's names
    NameCounter *counter;
    uint64 without_key, of_unknown_key;
};

struct Batch {
    uint32 count;
    Datum *keys;  // or integers
    uint64 *hashes, *ordinals;
    behaviour::Cell *cells;
    Time *times;
    uint64 *flags;  // words_per_row each
    MemoryContext context;
};

// What the rows of a batch put on lists, in their order.
struct Listed {
    uint32 row;
    behaviour::ListId list;
    behaviour::Occurrence event;
};
struct ListedEvents {
    uint32 count, capacity;
    Listed *items;
    uint32 placed;  // those of rows whose members are known
};

}  // namespace

struct EventPasses {
    MemoryContext context;
    const Binding *binding;
    const match::EventFeatures *asked;
    match::Plan *plan;
    const MemberKeys *keys;
    const members::BitSet *members;
    Progress *progress;  // or null
    uint32 count;
    Pass *passes;
    EventNames *names;
    TemporaryFile *overflow;
    BackendInterrupts *interrupts;
    match::EventLeaves *leaves;
    EventColumns *columns;

    // Of the pass that is running.
    Pass *pass;
    Batch batch;
    ListedEvents listed;
    ColumnValue *values;  // of the row's columns
    bool *is_read;        // by column
    uint32 words_per_row;
    bool integer_keys;
    uint64 rows;
    double expected_rows;
};

namespace {

void append(StringInfo sql, std::string_view text) {
    appendBinaryStringInfo(sql, text.data(), static_cast<int>(text.size()));
}

const char *select_sql(const EventStream *stream, const definition::EventSource *source) {
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, "SELECT e.");
    append(&sql, source->key_sql);
    append(&sql, ", ");
    append(&sql, stream->time_sql);
    if (!stream->names.empty()) {
        append(&sql, ", e.");
        append(&sql, source->columns[static_cast<size_t>(source->event_name)].sql);
    }
    for (const std::pmr::string &filter : stream->filters) {
        append(&sql, ", ");
        append(&sql, filter);
    }
    for (const match::EventColumn &column : stream->columns) {
        append(&sql, ", ");
        append(&sql, column.sql);
    }
    append(&sql, " FROM ");
    append(&sql, source->relation_sql);
    append(&sql, " AS e");
    return sql.data;
}

TupleDesc describe(const char *sql) {
    SPIPlanPtr plan = SPI_prepare(sql, 0, nullptr);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare a pass: %s", SPI_result_code_string(SPI_result));
    }
    return static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)))->resultDesc;
}

// Equal names get one number; one that is null, a number that no event has.
void number_names(Pass *pass, Form_pg_attribute column) {
    auto count = static_cast<uint32>(pass->stream->names.size());
    auto *constants = allocate<std::string_view>(count);
    std::copy_n(pass->stream->names.begin(), count, constants);
    ConstantValues values = evaluate_constants(constants, count);
    Oid type = getBaseType(column->atttypid);
    for (uint32 i = 0; i < count; i++) {
        if (values.types[i] != type) {
            elog(ERROR, "event names of type %s are compared with one of type %s", format_type_be(type), format_type_be(values.types[i]));
        }
    }
    auto *ranks = allocate<uint32>(count);
    pass->name_encoder = make_encoder(rank_cuts(type, column->attcollation, values.values, values.nulls, count, ranks));
    pass->names = allocate<NameId>(count);
    pass->name_type = column->atttypid;
    pass->name_length = column->attlen;
    pass->name_by_value = column->attbyval;
    for (uint32 i = 0; i < count; i++) {
        pass->names[i] = ranks[i] == match::missing_rank ? count : ranks[i];
    }
}

void begin_pass(EventPasses *passes, uint32 id) {
    Pass *pass = &passes->passes[id];
    pass->id = id;
    pass->stream = &passes->asked->streams()[id];
    pass->source = &passes->binding->vocabulary.events[pass->stream->source];
    pass->select = select_sql(pass->stream, pass->source);
    spi::connect();
    TupleDesc description = describe(pass->select);
    Form_pg_attribute key = TupleDescAttr(description, 0);
    pass->key_type = getBaseType(key->atttypid);
    pass->key_length = key->attlen;
    pass->key_by_value = key->attbyval;
    pass->time_type = getBaseType(TupleDescAttr(description, 1)->atttypid);
    pass->name_column = pass->stream->names.empty() ? -1 : 2;
    pass->first_filter = pass->name_column < 0 ? 2 : 3;
    pass->filter_count = static_cast<int>(pass->stream->filters.size());
    for (const match::EventFeature &feature : passes->asked->features()) {
        for (const match::EventTerm &term : feature.terms) {
            pass->has_lists = pass->has_lists || (term.stream == id && !feature.is_counted());
        }
    }
    pass->first_column = pass->first_filter + pass->filter_count;
    for (uint32 i = 0; i < pass->stream->columns.size(); i++) {
        describe_event_column(passes->columns, id, i, TupleDescAttr(description, pass->first_column + static_cast<int>(i)));
    }
    FormData_pg_attribute name{};
    if (pass->name_column >= 0) {
        memcpy(&name, TupleDescAttr(description, pass->name_column), ATTRIBUTE_FIXED_PART_SIZE);
    }
    spi::finish();
    MemoryContextSwitchTo(passes->context);
    if (pass->name_column >= 0) {
        number_names(pass, &name);
    }
}

Datum datum_of(Oid type, Time time) {
    if (type != DATEOID) {
        return TimestampTzGetDatum(time);
    }
    return DateADTGetDatum(static_cast<DateADT>(std::clamp<Time>(time, DATEVAL_NOBEGIN, DATEVAL_NOEND)));
}

void make_leaves(EventPasses *passes, uint64 memory) {
    auto *time_types = allocate<Oid>(passes->count);
    for (uint32 i = 0; i < passes->count; i++) {
        time_types[i] = passes->passes[i].time_type;
    }
    const EventBounds bounds = read_event_bounds(passes->asked, passes->plan, time_types, passes->columns);
    auto *names = allocate<std::span<const NameId>>(passes->count);
    for (uint32 i = 0; i < passes->count; i++) {
        names[i] = {passes->passes[i].names, passes->passes[i].stream->names.size()};
    }
    boundary::core([&] {
        const match::EventFeatures &asked = *passes->asked;
        const size_t features = asked.features().size();
        auto *resource = make_in_context<ContextResource>(passes->context, passes->context);
        passes->interrupts = make_in_context<BackendInterrupts>(passes->context);
        auto *arithmetic = make_in_context<EventArithmetic>(passes->context, passes->columns);
        const match::EventConstants constants{
            {bounds.times, asked.constants().size()}, {bounds.cuts, features}, {names, passes->count}, {bounds.numbers, features}};
        passes->leaves = make_in_context<match::EventLeaves>(passes->context, *passes->plan, asked, constants, memory, passes->overflow,
                                                             *arithmetic, *passes->interrupts, resource);
    });
}

int64 integer_of(Datum key, int16 length) {
    return length == 2 ? DatumGetInt16(key) : length == 4 ? DatumGetInt32(key) : DatumGetInt64(key);
}

void place(EventPasses *passes, uint32 row, uint64 ordinal) {
    Batch *batch = &passes->batch;
    ListedEvents *listed = &passes->listed;
    uint32 first = listed->placed;
    while (listed->placed < listed->count && listed->items[listed->placed].row == row) {
        listed->placed++;
    }
    if (ordinal >= members::max_members || !passes->members->contains(static_cast<members::Ordinal>(ordinal))) {
        passes->pass->of_unknown_key++;
        return;
    }
    passes->leaves->add(static_cast<members::Ordinal>(ordinal), batch->cells[row],
                        batch->flags + static_cast<Size>(row) * passes->words_per_row, batch->times[row]);
    for (uint32 i = first; i < listed->placed; i++) {
        passes->leaves->add(static_cast<members::Ordinal>(ordinal), listed->items[i].list, listed->items[i].event);
    }
}

// A pass that is served by an index reads less than is expected.
void report(const EventPasses *passes) {
    if (passes->progress != nullptr) {
        double part = std::min(0.99, static_cast<double>(passes->rows) / std::max(passes->expected_rows, 1.0));
        report_progress(passes->progress, static_cast<int>(100 * (passes->pass->id + part) / passes->count), Phase::events);
    }
}

void place_batch(EventPasses *passes) {
    Batch *batch = &passes->batch;
    const MemberKeys *keys = passes->keys;
    if (keys->numbering() == Numbering::direct) {
        std::copy_n(batch->keys, batch->count, batch->ordinals);
    } else {
        for (uint32 i = 0; i < batch->count; i++) {
            batch->hashes[i] = passes->integer_keys ? members::hash(batch->keys[i]) : keys->hash(batch->keys[i]);
            keys->prefetch(batch->hashes[i]);
        }
        for (uint32 i = 0; i < batch->count; i++) {
            batch->ordinals[i] = keys->find(batch->keys[i], batch->hashes[i]);
        }
    }
    for (uint32 i = 0; i < batch->count; i++) {
        if (i + rows_ahead < batch->count) {
            auto ahead = static_cast<members::Ordinal>(batch->ordinals[i + rows_ahead]);
            passes->members->prefetch(ahead);
            passes->leaves->prefetch(ahead);
        }
        place(passes, i, batch->ordinals[i]);
    }
    passes->rows += batch->count;
    report(passes);
    batch->count = 0;
    passes->listed.count = passes->listed.placed = 0;
    MemoryContextReset(batch->context);
}

// The event is counted, too.
NameId name_of(const Pass *pass, const TupleTableSlot *slot, MemoryContext context) {
    if (pass->name_column < 0 || slot->tts_isnull[pass->name_column]) {
        count_name(pass->counter, 0, true, event_time(pass->time_type, slot->tts_values[1]));
        return behaviour::other_name;
    }
    Datum name = slot->tts_values[pass->name_column];
    if (pass->name_length == -1 && (VARATT_IS_COMPRESSED(DatumGetPointer(name)) || VARATT_IS_EXTERNAL(DatumGetPointer(name)))) {
        MemoryContext before = MemoryContextSwitchTo(context);
        name = PointerGetDatum(PG_DETOAST_DATUM_PACKED(name));
        MemoryContextSwitchTo(before);
    }
    uint32 *kept = count_name(pass->counter, name, false, event_time(pass->time_type, slot->tts_values[1]));
    uint32 code = kept != nullptr && *kept != 0 ? *kept - 1 : encode(pass->name_encoder, name);
    if (kept != nullptr) {
        *kept = code + 1;
    }
    return code % 2 == 0 ? code / 2 - 1 : behaviour::other_name;
}

ColumnValue column_value(EventPasses *passes, uint32 column, const TupleTableSlot *slot) {
    if (column == match::no_column) {
        return {};
    }
    if (!passes->is_read[column]) {
        int index = passes->pass->first_column + static_cast<int>(column);
        MemoryContext before = MemoryContextSwitchTo(passes->batch.context);
        passes->values[column] =
            read_event_column(passes->columns, passes->pass->id, column, slot->tts_values[index], slot->tts_isnull[index]);
        MemoryContextSwitchTo(before);
        passes->is_read[column] = true;
    }
    return passes->values[column];
}

// Reads what the lists of the row's event need, and no more.
void list_event(EventPasses *passes, uint32 row, NameId name, const TupleTableSlot *slot) {
    ListedEvents *listed = &passes->listed;
    std::fill_n(passes->is_read, passes->pass->stream->columns.size(), false);
    const uint64 *flags = passes->batch.flags + static_cast<Size>(row) * passes->words_per_row;
    Time time = passes->batch.times[row];
    passes->leaves->for_lists(passes->pass->id, name, flags, time, [&](behaviour::ListId list, uint32 number, uint32 code) {
        ColumnValue value = column_value(passes, number, slot);
        if (code != match::no_column) {
            value.code = column_value(passes, code, slot).code;
        }
        if (listed->count == listed->capacity) {
            listed->capacity *= 2;
            listed->items = static_cast<Listed *>(repalloc_huge(listed->items, sizeof(Listed) * listed->capacity));
        }
        listed->items[listed->count++] = {row, list, {time, value.number, value.code, value.is_set, value.is_wide}};
    });
}

bool receive_row(void *state, TupleTableSlot *slot) {
    auto *passes = static_cast<EventPasses *>(state);
    const Pass *pass = passes->pass;
    Batch *batch = &passes->batch;
    if (slot->tts_isnull[0]) {
        passes->pass->without_key++;
        return true;
    }
    if (slot->tts_isnull[1]) {
        return true;
    }
    uint32 row = batch->count;
    NameId name = name_of(pass, slot, batch->context);
    batch->cells[row] = passes->leaves->cell(pass->id, name);
    batch->times[row] = event_time(pass->time_type, slot->tts_values[1]);
    uint64 *flags = batch->flags + static_cast<Size>(row) * passes->words_per_row;
    std::fill_n(flags, passes->words_per_row, 0);
    for (int i = 0; i < pass->filter_count; i++) {
        int column = pass->first_filter + i;
        bool holds = !slot->tts_isnull[column] && DatumGetBool(slot->tts_values[column]);
        flags[i / behaviour::flags_per_word] |= static_cast<uint64>(holds) << i % behaviour::flags_per_word;
    }
    if (pass->has_lists) {
        list_event(passes, row, name, slot);
    }
    if (passes->integer_keys) {
        batch->keys[row] = static_cast<Datum>(integer_of(slot->tts_values[0], pass->key_length));
    } else if (pass->key_by_value) {
        batch->keys[row] = slot->tts_values[0];
    } else {
        MemoryContext before = MemoryContextSwitchTo(batch->context);
        batch->keys[row] = pass->key_length == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(slot->tts_values[0]))
                                                  : datumCopy(slot->tts_values[0], false, pass->key_length);
        MemoryContextSwitchTo(before);
    }
    if (++batch->count == rows_per_batch) {
        place_batch(passes);
    }
    return true;
}

// Without their names, the events of a source that has names tell nothing of these.
void count_names_of_pass(EventPasses *passes, Pass *pass, bool from_beginning, Time latest) {
    if (pass->name_column >= 0 || pass->source->event_name < 0) {
        pass->counter = count_names(passes->names, pass->stream->source, pass->name_column < 0 ? InvalidOid : pass->name_type,
                                    pass->name_length, pass->name_by_value, pass->time_type, from_beginning, latest);
    }
}

void run_pass(EventPasses *passes, uint32 id) {
    Pass *pass = &passes->passes[id];
    Time earliest = passes->leaves->earliest(id), latest = passes->leaves->latest(id);
    if (earliest >= latest && earliest != behaviour::beginning_of_time) {
        return;
    }
    passes->pass = pass;
    count_names_of_pass(passes, pass, earliest == behaviour::beginning_of_time, latest);
    passes->rows = 0;
    passes->expected_rows = expected_rows(passes->binding->sources[pass->stream->source].relation->oid);
    passes->words_per_row = static_cast<uint32>(pass->filter_count + behaviour::flags_per_word - 1) / behaviour::flags_per_word;
    passes->integer_keys = passes->keys->type().form == KeyType::Form::integer;
    passes->batch.flags = allocate<uint64>(static_cast<Size>(rows_per_batch) * passes->words_per_row);
    passes->values = allocate<ColumnValue>(pass->stream->columns.size());
    passes->is_read = allocate<bool>(pass->stream->columns.size());
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, pass->select);
    append(&sql, " WHERE ");
    // Conditions of one cost are evaluated in this order: most events are old, hardly any are to come.
    if (earliest != behaviour::beginning_of_time) {
        append(&sql, pass->stream->time_sql);
        append(&sql, " > $2 AND ");
    }
    append(&sql, pass->stream->time_sql);
    append(&sql, " <= $1");
    report(passes);
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_row, passes), sql.data,
                    {{pass->time_type, datum_of(pass->time_type, latest)}, {pass->time_type, datum_of(pass->time_type, earliest)}},
                    {.read_only = true});
    spi::finish();
    MemoryContextSwitchTo(passes->context);
    boundary::core([&] { place_batch(passes); });
    pfree(passes->batch.flags);
}

// Once for each source, however many of the passes read it: the one that has met most of them.
void note_ignored(const EventPasses *passes, IgnoredRows *ignored) {
    for (uint32 source = 0; source < passes->binding->vocabulary.events.size(); source++) {
        uint64 without_key = 0, of_unknown_key = 0;
        for (uint32 i = 0; i < passes->count; i++) {
            const Pass *pass = &passes->passes[i];
            if (pass->stream->source == source) {
                without_key = std::max(without_key, pass->without_key);
                of_unknown_key = std::max(of_unknown_key, pass->of_unknown_key);
            }
        }
        const char *name = to_cstring(passes->binding->vocabulary.events[source].name);
        ignore_rows(ignored, name, "member is null", without_key);
        ignore_rows(ignored, name, "member is unknown", of_unknown_key);
    }
}

}  // namespace

EventPasses *run_event_passes(const Binding *binding, const match::EventFeatures *asked, match::Plan *plan, const MemberKeys *keys,
                              const members::BitSet *members, uint64 memory, IgnoredRows *ignored, EventNames *names, Progress *progress) {
    if (asked->features().empty()) {
        return nullptr;
    }
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment events", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    auto *passes = allocate<EventPasses>(1);
    passes->context = context;
    passes->binding = binding;
    passes->asked = asked;
    passes->plan = plan;
    passes->keys = keys;
    passes->members = members;
    passes->names = names;
    passes->progress = progress;
    passes->count = static_cast<uint32>(asked->streams().size());
    passes->passes = allocate<Pass>(passes->count);
    passes->batch.keys = allocate<Datum>(rows_per_batch);
    passes->batch.hashes = allocate<uint64>(rows_per_batch);
    passes->batch.ordinals = allocate<uint64>(rows_per_batch);
    passes->batch.cells = allocate<behaviour::Cell>(rows_per_batch);
    passes->batch.times = allocate<Time>(rows_per_batch);
    passes->batch.context = AllocSetContextCreate(context, "segment event keys", ALLOCSET_DEFAULT_SIZES);
    passes->listed.capacity = rows_per_batch;
    passes->listed.items = allocate<Listed>(passes->listed.capacity);
    passes->overflow = boundary::core([&] { return make_in_context<TemporaryFile>(context, context); });
    passes->columns = begin_event_columns(asked, plan, passes->overflow, memory / share_of_values);
    for (uint32 i = 0; i < passes->count; i++) {
        begin_pass(passes, i);
    }
    make_leaves(passes, memory);
    for (uint32 i = 0; i < passes->count; i++) {
        run_pass(passes, i);
    }
    note_ignored(passes, ignored);
    MemoryContextSwitchTo(caller);
    return passes;
}

match::EventLeaves *event_leaves(EventPasses *passes) {
    return passes == nullptr ? nullptr : passes->leaves;
}

match::LeafVectors *leaf_vectors(EventPasses *passes) {
    return passes == nullptr ? nullptr : passes->leaves;
}

void end_event_passes(EventPasses *passes) {
    if (passes != nullptr) {
        passes->overflow->close();
        MemoryContextDelete(passes->context);
    }
}

}  // namespace segment::pg
