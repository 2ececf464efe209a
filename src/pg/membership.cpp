#include "pg/membership.hpp"

#include <algorithm>

#include "core/members/difference.hpp"
#include "pg/boundary.hpp"
#include "pg/member_tables.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

constexpr int64 keys_per_statement = 20000;

struct IndexedSegment {
    int32 id;
    size_t index;  // in the compilation's order
};

struct Reader {
    const Run *run;
    IndexedSegment *indexed;  // by id
    StoredMembers *stored;
    MemoryContext context;
    bool by_value;
    int16 length;
};

size_t index_of_segment(const Reader *reader, int32 id) {
    IndexedSegment *const end = reader->indexed + reader->run->compilation->segments.size();
    const IndexedSegment *found =
        std::lower_bound(reader->indexed, end, id, [](const IndexedSegment &item, int32 wanted) { return item.id < wanted; });
    if (found == end || found->id != id) {
        elog(ERROR, "member of a segment that the run does not evaluate: %d", id);
    }
    return found->index;
}

void receive_member(void *state, TupleTableSlot *slot) {
    auto *reader = static_cast<Reader *>(state);
    size_t index = index_of_segment(reader, DatumGetInt32(slot->tts_values[0]));
    Datum key = slot->tts_values[1];
    members::Ordinal ordinal = reader->run->keys->find(key);
    if (ordinal != members::no_ordinal) {
        reader->stored->by_segment[index]->insert(ordinal);
        return;
    }
    DeletedKeys *deleted = &reader->stored->deleted[index];
    if (deleted->count == deleted->capacity) {
        int64 capacity = std::max<int64>(64, deleted->capacity * 2);
        Size size = sizeof(Datum) * static_cast<Size>(capacity);
        deleted->keys = static_cast<Datum *>(deleted->keys == nullptr ? MemoryContextAllocHuge(reader->context, size)
                                                                      : repalloc_huge(deleted->keys, size));
        deleted->capacity = capacity;
    }
    MemoryContext before = MemoryContextSwitchTo(reader->context);
    deleted->keys[deleted->count++] = datumCopy(key, reader->by_value, reader->length);
    MemoryContextSwitchTo(before);
}

// What one statement's changes have in common.
struct Change {
    const Run *run;
    const Segment *segment;
    TimestampTz as_of, at;
    bool announced;
};

struct KeyBatch {
    const Change *change;
    const char *reason;
    void (*write)(const Change *, const char *, Datum keys);
    Oid type;
    bool by_value;
    int16 length;
    char alignment;
    int64 count;
    Datum *keys;
};

KeyBatch begin_batch(const Change *change, const char *reason, void (*write)(const Change *, const char *, Datum)) {
    KeyBatch batch{};
    batch.change = change;
    batch.reason = reason;
    batch.write = write;
    batch.type = change->run->binding.key->type;
    get_typlenbyvalalign(batch.type, &batch.length, &batch.by_value, &batch.alignment);
    batch.keys = static_cast<Datum *>(palloc(sizeof(Datum) * keys_per_statement));
    return batch;
}

void flush(KeyBatch *batch) {
    if (batch->count == 0) {
        return;
    }
    CHECK_FOR_INTERRUPTS();
    ArrayType *array =
        construct_array(batch->keys, static_cast<int>(batch->count), batch->type, batch->length, batch->by_value, batch->alignment);
    batch->write(batch->change, batch->reason, PointerGetDatum(array));
    pfree(array);
    batch->count = 0;
}

void add(KeyBatch *batch, Datum key) {
    batch->keys[batch->count++] = key;
    if (batch->count == keys_per_statement) {
        flush(batch);
    }
}

void end_batch(KeyBatch *batch) {
    flush(batch);
    pfree(batch->keys);
}

uint64 write(const char *sql, spi::Arguments arguments) {
    spi::connect();
    begin_membership_write();
    uint64 rows = spi::execute(sql, arguments);
    end_membership_write();
    spi::finish();
    return rows;
}

void insert(const char *sql, spi::Arguments arguments, const char *relation, uint64 expected) {
    if (write(sql, arguments) != expected) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("%s does not take the rows of a refresh", relation),
                        errdetail("A rule or trigger on it keeps rows away.")));
    }
}

void write_entered(const Change *change, const char *reason, Datum keys) {
    const Population *population = change->run->population;
    const char *key = quote_identifier(member_column(population));
    StringInfoData sql;
    initStringInfo(&sql);
    const char *from = "FROM pg_catalog.unnest($2) AS keys(k)";
    appendStringInfo(
        &sql,
        "INSERT INTO %s (segment_id, %s, entered_at, enter_reason, definition_version, via) SELECT $1, k, $3, $4, $5, 'definition' %s",
        member_relation_sql(population, "segment_member"), key, from);
    Oid array = get_array_type(change->run->binding.key->type);
    spi::Argument arguments[] = {{INT4OID, Int32GetDatum(change->segment->id)},        {array, keys},
                                 {TIMESTAMPTZOID, TimestampTzGetDatum(change->as_of)}, {TEXTOID, CStringGetTextDatum(reason)},
                                 {INT4OID, Int32GetDatum(change->segment->version)},   {TIMESTAMPTZOID, TimestampTzGetDatum(change->at)}};
    auto count = static_cast<uint64>(ArrayGetNItems(ARR_NDIM(DatumGetArrayTypeP(keys)), ARR_DIMS(DatumGetArrayTypeP(keys))));
    insert(sql.data, std::span<const spi::Argument>(arguments).first(5), member_relation_sql(population, "segment_member"), count);
    if (change->announced) {
        resetStringInfo(&sql);
        appendStringInfo(
            &sql,
            "INSERT INTO %s (segment_id, %s, change, at, as_of, reason, definition_version) SELECT $1, k, 'entered', $6, $3, $4, $5 %s",
            member_relation_sql(population, "segment_change"), key, from);
        insert(sql.data, arguments, member_relation_sql(population, "segment_change"), count);
    }
}

void write_exited(const Change *change, const char *reason, Datum keys) {
    const Population *population = change->run->population;
    const char *key = quote_identifier(member_column(population));
    Oid type = change->run->binding.key->type;
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(
        &sql,
        "WITH gone AS (DELETE FROM %s AS m USING pg_catalog.unnest($2) AS k "
        "WHERE m.segment_id = $1 AND m.%s %s k RETURNING m.%s, m.entered_at, m.enter_reason), "
        "closed AS (INSERT INTO %s (segment_id, %s, entered_at, exited_at, enter_reason, exit_reason) "
        "SELECT $1, %s, entered_at, $3, enter_reason, $4 FROM gone WHERE entered_at < $3) "
        "INSERT INTO %s (segment_id, %s, change, at, as_of, reason, definition_version) SELECT $1, %s, 'exited', $6, $3, $4, $5 FROM gone",
        member_relation_sql(population, "segment_member"), key, equality_sql(type), key, member_relation_sql(population, "segment_stay"),
        key, key, member_relation_sql(population, "segment_change"), key, key);
    spi::Argument arguments[] = {{INT4OID, Int32GetDatum(change->segment->id)},        {get_array_type(type), keys},
                                 {TIMESTAMPTZOID, TimestampTzGetDatum(change->as_of)}, {TEXTOID, CStringGetTextDatum(reason)},
                                 {INT4OID, Int32GetDatum(change->segment->version)},   {TIMESTAMPTZOID, TimestampTzGetDatum(change->at)}};
    write(sql.data, arguments);
}

}  // namespace

StoredMembers *read_members(const Run *run) {
    size_t count = run->compilation->segments.size();
    auto *stored = static_cast<StoredMembers *>(palloc0(sizeof(StoredMembers)));
    stored->by_segment = static_cast<members::BitSet **>(palloc0(sizeof(members::BitSet *) * (count + 1)));
    stored->deleted = static_cast<DeletedKeys *>(palloc0(sizeof(DeletedKeys) * (count + 1)));
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(run->context, run->context);
        for (size_t i = 0; i < count; i++) {
            stored->by_segment[i] = make_in_context<members::BitSet>(run->context, memory);
        }
    });
    auto *indexed = static_cast<IndexedSegment *>(palloc(sizeof(IndexedSegment) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        indexed[i] = {run->compilation->segments[i].segment->id, i};
        ids[i] = Int32GetDatum(indexed[i].id);
    }
    std::sort(indexed, indexed + count, [](const IndexedSegment &a, const IndexedSegment &b) { return a.id < b.id; });
    Reader reader{run, indexed, stored, CurrentMemoryContext, false, 0};
    get_typlenbyval(run->binding.key->type, &reader.length, &reader.by_value);

    ArrayType *array = construct_array(ids, static_cast<int>(count), INT4OID, sizeof(int32), true, TYPALIGN_INT);
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_member, &reader),
                    psprintf("SELECT segment_id, %s FROM %s WHERE segment_id = ANY ($1)", quote_identifier(member_column(run->population)),
                             member_relation_sql(run->population, "segment_member")),
                    {{INT4ARRAYOID, PointerGetDatum(array)}}, {.read_only = true});
    spi::finish();
    return stored;
}

void write_names(const Run *run) {
    size_t count = run->compilation->segments.size();
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *names = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *uids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        const Segment *segment = run->compilation->segments[i].segment;
        ids[i] = Int32GetDatum(segment->id);
        names[i] = CStringGetTextDatum(segment->name);
        uids[i] = UUIDPGetDatum(&segment->uid);
    }
    int items = static_cast<int>(count);
    write(psprintf("INSERT INTO %s AS n (segment_id, name, uid) SELECT * FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), "
                   "pg_catalog.unnest($3)) "
                   "ON CONFLICT (segment_id) DO UPDATE SET name = excluded.name, uid = excluded.uid "
                   "WHERE n.name <> excluded.name OR n.uid <> excluded.uid",
                   member_relation_sql(run->population, "segment_name")),
          {{INT4ARRAYOID, PointerGetDatum(construct_array(ids, items, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
           {TEXTARRAYOID, PointerGetDatum(construct_array(names, items, TEXTOID, -1, false, TYPALIGN_INT))},
           {UUIDARRAYOID, PointerGetDatum(construct_array(uids, items, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR))}});
}

Written write_members(const Run *run, const StoredMembers *stored, size_t index, TimestampTz as_of, TimestampTz at) {
    const CompiledSegment &compiled = run->compilation->segments[index];
    const Segment *segment = compiled.segment;
    const members::BitSet &before = *stored->by_segment[index];
    const members::BitSet &now = run->result->members(compiled.root);
    const members::BitSet &base = run->result->base_members();
    bool first = segment->refreshed_version == 0;
    const char *reason = first ? "first" : segment->refreshed_version != segment->version ? "definition" : "refresh";

    Change change{run, segment, as_of, at, !first || segment->announce};
    Written written{static_cast<int64>(now.count()), 0, 0};

    KeyBatch exited = begin_batch(&change, reason, write_exited);
    KeyBatch left_base = begin_batch(&change, "base", write_exited);
    KeyBatch deleted = begin_batch(&change, "deleted", write_exited);
    members::for_each_exited(before, now, [&](members::Ordinal ordinal) {
        written.exited++;
        add(base.contains(ordinal) ? &exited : &left_base, run->keys->key(ordinal));
    });
    for (int64 i = 0; i < stored->deleted[index].count; i++) {
        written.exited++;
        add(&deleted, stored->deleted[index].keys[i]);
    }
    end_batch(&exited);
    end_batch(&left_base);
    end_batch(&deleted);

    KeyBatch entered = begin_batch(&change, reason, write_entered);
    members::for_each_entered(before, now, [&](members::Ordinal ordinal) {
        written.entered++;
        add(&entered, run->keys->key(ordinal));
    });
    end_batch(&entered);
    return written;
}

}  // namespace segment::pg
