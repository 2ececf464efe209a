#include "pg/event_passes.hpp"

#include <algorithm>

#include "core/members/hash.hpp"
#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/encoder.hpp"
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
    Encoder *name_encoder;
    NameId *names;  // of the stream's names
    NameCounter *counter;
    uint64 without_key, of_unknown_key;
};

struct Batch {
    uint32 count;
    Datum *keys;  // or integers
    uint64 *hashes;
    behaviour::Cell *cells;
    Time *times;
    uint64 *flags;  // words_per_row each
    MemoryContext context;
};

}  // namespace

struct EventPasses {
    MemoryContext context;
    const Binding *binding;
    Compilation *compilation;
    const MemberKeys *keys;
    const members::BitSet *members;
    uint32 count;
    Pass *passes;
    EventNames *names;
    TemporaryFile *overflow;
    BackendInterrupts *interrupts;
    match::EventLeaves *leaves;

    // Of the pass that is running.
    Pass *pass;
    Batch batch;
    uint32 words_per_row;
    bool integer_keys;
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
    pass->stream = &passes->compilation->events.streams()[id];
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

int64 time_of(Oid type, Datum value) {
    return type == DATEOID ? DatumGetDateADT(value) : DatumGetTimestampTz(value);
}

Datum datum_of(Oid type, Time time) {
    if (type != DATEOID) {
        return TimestampTzGetDatum(time);
    }
    return DateADTGetDatum(static_cast<DateADT>(std::clamp<Time>(time, DATEVAL_NOBEGIN, DATEVAL_NOEND)));
}

struct Constants {
    match::EventConstant *bounds;
    std::span<const match::EventConstant> *cuts;
    std::span<const NameId> *names;
};

// The type of a feature's values, or of its bounds: all terms are of one.
Oid value_type(const EventPasses *passes, const match::EventFeature &feature) {
    return feature.function == definition::EventFunction::count ? INT8OID : passes->passes[feature.terms.front().stream].time_type;
}

match::EventConstant *read_constants(const std::string_view *sql, const Oid *expected, uint32 count) {
    ConstantValues values = evaluate_constants(sql, count);
    auto *result = allocate<match::EventConstant>(count);
    for (uint32 i = 0; i < count; i++) {
        if (values.types[i] != expected[i]) {
            elog(ERROR, "a value of type %s is compared with a constant of type %s", format_type_be(expected[i]),
                 format_type_be(values.types[i]));
        }
        result[i].null = values.nulls[i];
        result[i].value = values.nulls[i]          ? 0
                          : expected[i] == INT8OID ? DatumGetInt64(values.values[i])
                                                   : time_of(expected[i], values.values[i]);
    }
    return result;
}

match::EventConstant *read_bounds(const EventPasses *passes) {
    const auto &constants = passes->compilation->events.constants();
    auto count = static_cast<uint32>(constants.size());
    auto *sql = allocate<std::string_view>(count);
    auto *types = allocate<Oid>(count);
    std::copy_n(constants.begin(), count, sql);
    for (const match::EventFeature &feature : passes->compilation->events.features()) {
        for (const match::EventTerm &term : feature.terms) {
            for (const auto *bounds : {&term.lows, &term.highs}) {
                for (const match::TimeBound &bound : *bounds) {
                    types[bound.constant] = passes->passes[term.stream].time_type;
                }
            }
        }
    }
    return read_constants(sql, types, count);
}

std::span<const match::EventConstant> *read_cuts(const EventPasses *passes) {
    const auto &features = passes->compilation->events.features();
    const auto &plan = passes->compilation->plan;
    uint32 total = 0;
    for (const match::EventFeature &feature : features) {
        total += static_cast<uint32>(plan.features()[feature.feature].cuts.size());
    }
    auto *sql = allocate<std::string_view>(total);
    auto *types = allocate<Oid>(total);
    uint32 next = 0;
    for (const match::EventFeature &feature : features) {
        for (const std::pmr::string &cut : plan.features()[feature.feature].cuts) {
            sql[next] = cut;
            types[next++] = value_type(passes, feature);
        }
    }
    match::EventConstant *values = read_constants(sql, types, total);
    auto *cuts = allocate<std::span<const match::EventConstant>>(features.size());
    for (size_t i = 0; i < features.size(); i++) {
        cuts[i] = {values, plan.features()[features[i].feature].cuts.size()};
        values += cuts[i].size();
    }
    return cuts;
}

void make_leaves(EventPasses *passes, uint64 memory) {
    match::EventConstant *bounds = read_bounds(passes);
    std::span<const match::EventConstant> *cuts = read_cuts(passes);
    auto *names = allocate<std::span<const NameId>>(passes->count);
    for (uint32 i = 0; i < passes->count; i++) {
        names[i] = {passes->passes[i].names, passes->passes[i].stream->names.size()};
    }
    boundary::core([&] {
        const match::EventFeatures &asked = passes->compilation->events;
        auto *resource = make_in_context<ContextResource>(passes->context, passes->context);
        passes->overflow = make_in_context<TemporaryFile>(passes->context, passes->context);
        passes->interrupts = make_in_context<BackendInterrupts>(passes->context);
        const match::EventConstants constants{{bounds, asked.constants().size()}, {cuts, asked.features().size()}, {names, passes->count}};
        passes->leaves = make_in_context<match::EventLeaves>(passes->context, passes->compilation->plan, asked, constants, memory,
                                                             passes->overflow, *passes->interrupts, resource);
    });
}

int64 integer_of(Datum key, int16 length) {
    return length == 2 ? DatumGetInt16(key) : length == 4 ? DatumGetInt32(key) : DatumGetInt64(key);
}

void place(EventPasses *passes, uint32 row, uint64 ordinal) {
    Batch *batch = &passes->batch;
    if (ordinal >= members::max_members || !passes->members->contains(static_cast<members::Ordinal>(ordinal))) {
        passes->pass->of_unknown_key++;
        return;
    }
    passes->leaves->add(static_cast<members::Ordinal>(ordinal), batch->cells[row],
                        batch->flags + static_cast<Size>(row) * passes->words_per_row, batch->times[row]);
}

void place_batch(EventPasses *passes) {
    Batch *batch = &passes->batch;
    const MemberKeys *keys = passes->keys;
    if (keys->numbering() == Numbering::direct) {
        for (uint32 i = 0; i < batch->count; i++) {
            place(passes, i, batch->keys[i]);
        }
    } else {
        for (uint32 i = 0; i < batch->count; i++) {
            batch->hashes[i] = passes->integer_keys ? members::hash(batch->keys[i]) : keys->hash(batch->keys[i]);
            keys->prefetch(batch->hashes[i]);
        }
        for (uint32 i = 0; i < batch->count; i++) {
            place(passes, i, keys->find(batch->keys[i], batch->hashes[i]));
        }
    }
    batch->count = 0;
    MemoryContextReset(batch->context);
}

// The event is counted, too.
NameId name_of(const Pass *pass, const TupleTableSlot *slot, MemoryContext context) {
    if (pass->name_column < 0 || slot->tts_isnull[pass->name_column]) {
        count_name(pass->counter, 0, true, time_of(pass->time_type, slot->tts_values[1]));
        return behaviour::other_name;
    }
    Datum name = slot->tts_values[pass->name_column];
    if (pass->name_length == -1 && (VARATT_IS_COMPRESSED(DatumGetPointer(name)) || VARATT_IS_EXTERNAL(DatumGetPointer(name)))) {
        MemoryContext before = MemoryContextSwitchTo(context);
        name = PointerGetDatum(PG_DETOAST_DATUM_PACKED(name));
        MemoryContextSwitchTo(before);
    }
    count_name(pass->counter, name, false, time_of(pass->time_type, slot->tts_values[1]));
    uint32 code = encode(pass->name_encoder, name);
    return code % 2 == 0 ? code / 2 - 1 : behaviour::other_name;
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
    batch->cells[row] = passes->leaves->tracks().cell(pass->id, name_of(pass, slot, batch->context));
    batch->times[row] = time_of(pass->time_type, slot->tts_values[1]);
    uint64 *flags = batch->flags + static_cast<Size>(row) * passes->words_per_row;
    std::fill_n(flags, passes->words_per_row, 0);
    for (int i = 0; i < pass->filter_count; i++) {
        int column = pass->first_filter + i;
        bool holds = !slot->tts_isnull[column] && DatumGetBool(slot->tts_values[column]);
        flags[i / behaviour::flags_per_word] |= static_cast<uint64>(holds) << i % behaviour::flags_per_word;
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
void count_names_of_pass(EventPasses *passes, Pass *pass, bool everything) {
    if (pass->name_column >= 0 || pass->source->event_name < 0) {
        pass->counter = count_names(passes->names, pass->stream->source, pass->name_column < 0 ? InvalidOid : pass->name_type,
                                    pass->name_length, pass->name_by_value, pass->time_type, everything);
    }
}

void run_pass(EventPasses *passes, uint32 id) {
    Pass *pass = &passes->passes[id];
    const behaviour::Tracks &tracks = passes->leaves->tracks();
    Time earliest = tracks.earliest(id), latest = tracks.latest(id);
    if (earliest >= latest && earliest != behaviour::beginning_of_time) {
        return;
    }
    passes->pass = pass;
    count_names_of_pass(passes, pass, earliest == behaviour::beginning_of_time);
    passes->words_per_row = static_cast<uint32>(pass->filter_count + behaviour::flags_per_word - 1) / behaviour::flags_per_word;
    passes->integer_keys = passes->keys->type().form == KeyType::Form::integer;
    passes->batch.flags = allocate<uint64>(static_cast<Size>(rows_per_batch) * passes->words_per_row);
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, pass->select);
    append(&sql, " WHERE ");
    append(&sql, pass->stream->time_sql);
    append(&sql, " <= $1");
    if (earliest != behaviour::beginning_of_time) {
        append(&sql, " AND ");
        append(&sql, pass->stream->time_sql);
        append(&sql, " > $2");
    }
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

EventPasses *run_event_passes(const Binding *binding, Compilation *compilation, const MemberKeys *keys, const members::BitSet *members,
                              uint64 memory, IgnoredRows *ignored, EventNames *names) {
    if (compilation->events.features().empty()) {
        return nullptr;
    }
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment events", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    auto *passes = allocate<EventPasses>(1);
    passes->context = context;
    passes->binding = binding;
    passes->compilation = compilation;
    passes->keys = keys;
    passes->members = members;
    passes->names = names;
    passes->count = static_cast<uint32>(compilation->events.streams().size());
    passes->passes = allocate<Pass>(passes->count);
    passes->batch.keys = allocate<Datum>(rows_per_batch);
    passes->batch.hashes = allocate<uint64>(rows_per_batch);
    passes->batch.cells = allocate<behaviour::Cell>(rows_per_batch);
    passes->batch.times = allocate<Time>(rows_per_batch);
    passes->batch.context = AllocSetContextCreate(context, "segment event keys", ALLOCSET_DEFAULT_SIZES);
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
