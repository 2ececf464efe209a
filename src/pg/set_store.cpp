#include "pg/set_store.hpp"

#include <algorithm>

#include "core/members/chunk_format.hpp"
#include "core/members/content_hash.hpp"
#include "core/members/delta.hpp"
#include "core/members/pieces.hpp"
#include "core/members/words.hpp"
#include "pg/boundary.hpp"
#include "pg/bulk_insert.hpp"
#include "pg/identity.hpp"

namespace segment::pg {

namespace {

using members::max_piece;
using members::max_pieces_of_chunk;

static_assert(BLCKSZ >= 8192, "a piece does not fit into a page");

// What a delta may grow to before chunks are rewritten, and what a chunk's part of it may: it is read whenever the set is.
constexpr Size delta_max = 4000;
constexpr uint32 toggles_max = 400;

// A stored chunk, as it stands in catalog_set.chunks.
struct StoredChunk {
    uint32 chunk, members;
    uint64 hash;
};

// What a run has made of a chunk: a delta of one entry against the stored pieces, or new pieces.
struct ChangedChunk {
    uint32 chunk;
    bool rewritten;
    StoredChunk now;         // if rewritten; no members: it is gone
    const std::byte *entry;  // if not rewritten; none: as the pieces are
    Size entry_size;
};

struct StoredSet {
    const Segment *segment;
    bool stored, exists;  // in the catalog, whatever its state
    bool changed;
    int64 members;
    uint32 count;
    StoredChunk *chunks;  // ascending
    members::DeltaReader *delta;
    Size delta_size;
    uint32 changed_count, changed_capacity;
    ChangedChunk *changes;
};

}  // namespace

struct SetStore {
    MemoryContext context;
    int32 epoch;
    bool writes;
    size_t count;
    StoredSet *sets;
    uint32 chunk_end;
    Relation pieces;
    Oid pieces_index;
    Snapshot snapshot;
    BulkInsert *insert;
    std::byte encoded[max_pieces_of_chunk * max_piece];
    alignas(int32) char piece[VARHDRSZ + max_piece];
};

namespace {

std::span<const std::byte> bytes_of(const bytea *value) {
    return {reinterpret_cast<const std::byte *>(VARDATA_ANY(value)), VARSIZE_ANY_EXHDR(value)};
}

const StoredChunk *find_stored(const StoredSet *set, uint32 chunk) {
    const StoredChunk *first = set->chunks, *end = first + set->count;
    const StoredChunk *found =
        std::lower_bound(first, end, chunk, [](const StoredChunk &item, uint32 wanted) { return item.chunk < wanted; });
    return found != end && found->chunk == chunk ? found : nullptr;
}

std::optional<members::DeltaEntry> find_changed(const StoredSet *set, uint32 chunk) {
    return set->delta == nullptr ? std::nullopt : set->delta->find(chunk);
}

// An index scan over the pieces of a chunk.
SysScanDesc begin_pieces(const SetStore *store, int32 segment_id, uint32 chunk) {
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(segment_id));
    ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(static_cast<int32>(chunk)));
    return systable_beginscan(store->pieces, store->pieces_index, true, store->snapshot, lengthof(keys), keys);
}

[[noreturn]] void refuse_pieces(const StoredSet *set) {
    ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("the stored set of segment \"%s\" is damaged", set->segment->name),
                    errhint("Delete its row in segment.catalog_set and refresh: it is made again.")));
}

// The stored pieces, without the delta.
void read_pieces(SetStore *store, const StoredSet *set, uint32 chunk, uint64 *words) {
    const StoredChunk *stored = find_stored(set, chunk);
    if (stored == nullptr) {
        std::fill_n(words, members::words_per_chunk, 0);
        return;
    }
    Size size = 0;
    SysScanDesc scan = begin_pieces(store, set->segment->id, chunk);
    for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
        bool isnull;
        int32 piece = DatumGetInt32(heap_getattr(tuple, 3, RelationGetDescr(store->pieces), &isnull));
        const bytea *data = DatumGetByteaPP(heap_getattr(tuple, 4, RelationGetDescr(store->pieces), &isnull));
        Size length = VARSIZE_ANY_EXHDR(data);
        if (piece < 0 || static_cast<uint32>(piece) >= max_pieces_of_chunk || length > max_piece) {
            refuse_pieces(set);
        }
        memcpy(store->encoded + static_cast<Size>(piece) * max_piece, VARDATA_ANY(data), length);
        size += length;
    }
    systable_endscan(scan);
    uint32 found = boundary::core([&] {
        return members::decode(std::span<const std::byte>(store->encoded, size),
                               std::span<std::uint64_t, members::words_per_chunk>(words, members::words_per_chunk));
    });
    if (found != stored->members || members::content_hash(members::ChunkWords(words, members::words_per_chunk)) != stored->hash) {
        refuse_pieces(set);
    }
}

void delete_pieces(SetStore *store, const StoredSet *set, uint32 chunk) {
    SysScanDesc scan = begin_pieces(store, set->segment->id, chunk);
    for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
        simple_heap_delete(store->pieces, &tuple->t_self);
    }
    systable_endscan(scan);
}

void insert_pieces(SetStore *store, const StoredSet *set, uint32 chunk, members::ChunkWords words) {
    if (store->insert == nullptr) {
        MemoryContext before = MemoryContextSwitchTo(store->context);
        store->insert = begin_bulk_insert(RelationGetRelid(store->pieces), Indexes::maintain);
        MemoryContextSwitchTo(before);
    }
    Size size = members::encode(words, std::span<std::byte, members::max_encoded>(store->encoded, members::max_encoded));
    members::for_each_piece({store->encoded, size}, [&](uint32 number, std::span<const std::byte> piece) {
        SET_VARSIZE(store->piece, VARHDRSZ + piece.size());
        memcpy(VARDATA(store->piece), piece.data(), piece.size());
        Datum values[] = {Int32GetDatum(set->segment->id), Int32GetDatum(static_cast<int32>(chunk)),
                          Int32GetDatum(static_cast<int32>(number)), PointerGetDatum(store->piece)};
        bool nulls[lengthof(values)] = {};
        bulk_insert(store->insert, values, nulls);
    });
}

ChangedChunk *add_change(SetStore *store, StoredSet *set, uint32 chunk) {
    if (set->changed_count == set->changed_capacity) {
        set->changed_capacity = std::max<uint32>(8, set->changed_capacity * 2);
        Size size = sizeof(ChangedChunk) * set->changed_capacity;
        set->changes = static_cast<ChangedChunk *>(set->changes == nullptr ? MemoryContextAllocHuge(store->context, size)
                                                                           : repalloc_huge(set->changes, size));
    }
    ChangedChunk *change = &set->changes[set->changed_count++];
    *change = {};
    change->chunk = chunk;
    set->changed = true;
    return change;
}

// The change as a delta against the stored pieces, if it is small enough for one.
bool write_delta(SetStore *store, StoredSet *set, uint32 chunk, const uint64 *before, members::ChunkWords words, ChunkSummary summary) {
    if (find_stored(set, chunk) == nullptr) {
        return false;
    }
    std::optional<members::DeltaEntry> entry = find_changed(set, chunk);
    uint64 stored[members::words_per_chunk];
    std::copy_n(before, members::words_per_chunk, stored);
    if (entry) {
        // Toggling twice gives what was there before; the entry's own check is of the other direction.
        for (uint32 i = 0; i < entry->toggles.size(); i++) {
            stored[entry->toggles[i] / 64] ^= uint64{1} << entry->toggles[i] % 64;
        }
    }
    members::ChunkWords pieces(stored, members::words_per_chunk);
    uint32 toggles = members::count_and_not(words, pieces) + members::count_and_not(pieces, words);
    Size now = set->delta_size + toggles * sizeof(uint16) + 32;
    if (toggles > toggles_max || now > delta_max) {
        return false;
    }
    set->delta_size = now;
    ChangedChunk *change = add_change(store, set, chunk);
    boundary::core([&] {
        ContextResource memory(store->context);
        members::DeltaBuilder builder(&memory);
        if (builder.add(chunk, pieces, words, summary.hash) > 0) {
            const std::pmr::vector<std::byte> bytes = builder.bytes();
            auto *copy = static_cast<std::byte *>(memory.allocate(bytes.size(), 1));
            std::ranges::copy(bytes, copy);
            change->entry = copy;
            change->entry_size = bytes.size();
        }
    });
    return true;
}

// The row's two lists with what the run has changed in them.
struct NewRow {
    StoredChunk *chunks;
    uint32 count;
    const std::byte *delta;
    Size delta_size;
    int64 members;
};

NewRow merge(const SetStore *store, StoredSet *set) {
    std::sort(set->changes, set->changes + set->changed_count,
              [](const ChangedChunk &a, const ChangedChunk &b) { return a.chunk < b.chunk; });
    NewRow row{};
    row.chunks = static_cast<StoredChunk *>(palloc(sizeof(StoredChunk) * (set->count + set->changed_count + 1)));
    const StoredChunk *old = set->chunks, *old_end = set->chunks + set->count;
    for (const ChangedChunk *change = set->changes; change < set->changes + set->changed_count; change++) {
        if (!change->rewritten) {
            continue;
        }
        while (old < old_end && old->chunk < change->chunk) {
            row.chunks[row.count++] = *old++;
        }
        if (old < old_end && old->chunk == change->chunk) {
            old++;
        }
        if (change->now.members > 0) {
            row.chunks[row.count++] = change->now;
        }
    }
    while (old < old_end) {
        row.chunks[row.count++] = *old++;
    }
    boundary::core([&] {
        ContextResource memory(store->context);
        members::DeltaBuilder builder(&memory);
        uint32 next = 0, entries = set->delta == nullptr ? 0 : set->delta->size();
        for (const ChangedChunk *change = set->changes; change < set->changes + set->changed_count; change++) {
            for (; next < entries && (*set->delta)[next].chunk < change->chunk; next++) {
                builder.add((*set->delta)[next]);
            }
            if (next < entries && (*set->delta)[next].chunk == change->chunk) {
                next++;
            }
            if (change->entry_size > 0) {
                builder.add(members::DeltaReader({change->entry, change->entry_size})[0]);
            }
        }
        for (; next < entries; next++) {
            builder.add((*set->delta)[next]);
        }
        const std::pmr::vector<std::byte> bytes = builder.bytes();
        auto *copy = static_cast<std::byte *>(memory.allocate(bytes.size() + 1, 1));
        std::ranges::copy(bytes, copy);
        row.delta = copy;
        row.delta_size = bytes.size();
        const members::DeltaReader reader(bytes);
        for (uint32 i = 0; i < row.count; i++) {
            row.members += reader.find(row.chunks[i].chunk) ? 0 : row.chunks[i].members;
        }
        for (uint32 i = 0; i < reader.size(); i++) {
            row.members += reader[i].cardinality;
        }
    });
    return row;
}

Datum bytea_of(const void *bytes, Size size) {
    auto *value = static_cast<bytea *>(palloc_extended(VARHDRSZ + size, MCXT_ALLOC_HUGE));
    SET_VARSIZE(value, VARHDRSZ + size);
    memcpy(VARDATA(value), bytes, size);
    return PointerGetDatum(value);
}

void write_rows(SetStore *store) {
    static constexpr size_t rows_per_statement = 500;
    Datum ids[rows_per_statement], uids[rows_per_statement], members[rows_per_statement], chunks[rows_per_statement],
        deltas[rows_per_statement];
    int count = 0;
    auto flush = [&] {
        catalog_execute(
            "INSERT INTO segment.catalog_set (segment_id, uid, epoch, members, chunks, delta) "
            "SELECT segment_id, uid, $6, members, chunks, delta FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), "
            "pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5)) AS changed (segment_id, uid, members, chunks, delta) "
            "ON CONFLICT (segment_id) DO UPDATE SET uid = excluded.uid, epoch = excluded.epoch, members = excluded.members, "
            "chunks = excluded.chunks, delta = excluded.delta",
            {{INT4ARRAYOID, PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
             {UUIDARRAYOID, PointerGetDatum(construct_array(uids, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR))},
             {INT8ARRAYOID, PointerGetDatum(construct_array(members, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE))},
             {BYTEAARRAYOID, PointerGetDatum(construct_array(chunks, count, BYTEAOID, -1, false, TYPALIGN_INT))},
             {BYTEAARRAYOID, PointerGetDatum(construct_array(deltas, count, BYTEAOID, -1, false, TYPALIGN_INT))},
             int4_argument(store->epoch)});
        count = 0;
    };
    for (size_t i = 0; i < store->count; i++) {
        StoredSet *set = &store->sets[i];
        if (!set->changed) {
            continue;
        }
        NewRow row = merge(store, set);
        ids[count] = Int32GetDatum(set->segment->id);
        uids[count] = UUIDPGetDatum(&set->segment->uid);
        members[count] = Int64GetDatum(row.members);
        chunks[count] = bytea_of(row.chunks, sizeof(StoredChunk) * row.count);
        deltas[count] = bytea_of(row.delta, row.delta_size);
        if (++count == static_cast<int>(rows_per_statement)) {
            flush();
        }
    }
    if (count > 0) {
        flush();
    }
}

// The members of all chunks are those of the set, so that none is missing; and there are no more chunks than there can be.
void check_row(const SetStore *store, const StoredSet *set) {
    uint64 total = 0;
    for (uint32 i = 0; i < set->count; i++) {
        total += find_changed(set, set->chunks[i].chunk) ? 0 : set->chunks[i].members;
    }
    for (uint32 i = 0; set->delta != nullptr && i < set->delta->size(); i++) {
        total += (*set->delta)[i].cardinality;
    }
    if (total != static_cast<uint64>(set->members) || store->chunk_end > members::max_chunks) {
        refuse_pieces(set);
    }
}

void read_row(SetStore *store, StoredSet *set, const Rows *rows, uint64 row) {
    set->exists = true;
    if (DatumGetInt32(value_of(*rows, row, 1)) != store->epoch ||
        memcmp(DatumGetUUIDP(value_of(*rows, row, 2)), &set->segment->uid, UUID_LEN) != 0) {
        return;
    }
    set->members = DatumGetInt64(value_of(*rows, row, 3));
    std::span<const std::byte> chunks = bytes_of(DatumGetByteaPP(value_of(*rows, row, 4)));
    std::span<const std::byte> delta = bytes_of(DatumGetByteaPP(value_of(*rows, row, 5)));
    set->stored = true;
    if (chunks.size() % sizeof(StoredChunk) != 0) {
        refuse_pieces(set);
    }
    set->count = static_cast<uint32>(chunks.size() / sizeof(StoredChunk));
    set->chunks = static_cast<StoredChunk *>(palloc(sizeof(StoredChunk) * (set->count + 1)));
    memcpy(set->chunks, chunks.data(), sizeof(StoredChunk) * set->count);
    for (uint32 i = 1; i < set->count; i++) {
        if (set->chunks[i - 1].chunk >= set->chunks[i].chunk) {
            refuse_pieces(set);
        }
    }
    if (set->count > 0) {
        store->chunk_end = std::max(store->chunk_end, set->chunks[set->count - 1].chunk + 1);
    }
    if (!delta.empty()) {
        set->delta_size = delta.size();
        set->delta = static_cast<members::DeltaReader *>(palloc(sizeof(members::DeltaReader)));
        boundary::core([&] { new (set->delta) members::DeltaReader(delta); });
        store->chunk_end = std::max(store->chunk_end, (*set->delta)[set->delta->size() - 1].chunk + 1);
    }
    check_row(store, set);
}

}  // namespace

SetStore *open_sets(const Segment *const *segments, size_t count, int32 epoch, SetAccess access) {
    auto *store = static_cast<SetStore *>(palloc0(sizeof(SetStore)));
    store->context = CurrentMemoryContext;
    store->epoch = epoch;
    store->count = count;
    store->sets = static_cast<StoredSet *>(palloc_extended(sizeof(StoredSet) * (count + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
    Oid schema = get_namespace_oid("segment", false);
    bool writes = access == SetAccess::write;
    store->pieces = table_open(get_relname_relid("catalog_set_piece", schema), writes ? RowExclusiveLock : AccessShareLock);
    store->pieces_index = get_relname_relid("catalog_set_piece_pkey", schema);
    if (writes) {
        CommandCounterIncrement();
    }
    store->writes = writes;
    store->snapshot = RegisterSnapshot(writes ? GetLatestSnapshot() : GetActiveSnapshot());

    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *by_id = static_cast<StoredSet **>(palloc(sizeof(StoredSet *) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        store->sets[i].segment = segments[i];
        by_id[i] = &store->sets[i];
        ids[i] = Int32GetDatum(segments[i]->id);
    }
    std::sort(by_id, by_id + count, [](const StoredSet *a, const StoredSet *b) { return a->segment->id < b->segment->id; });
    Rows rows = catalog_execute(
        "SELECT segment_id, epoch, uid, members, chunks, delta FROM segment.catalog_set WHERE segment_id OPERATOR(pg_catalog.=) ANY ($1) "
        "ORDER BY segment_id",
        {{INT4ARRAYOID, PointerGetDatum(construct_array(ids, static_cast<int>(count), INT4OID, sizeof(int32), true, TYPALIGN_INT))}});
    StoredSet **at = by_id;
    for (uint64 row = 0; row < rows.count; row++) {
        int32 id = DatumGetInt32(value_of(rows, row, 0));
        while ((*at)->segment->id < id) {
            at++;
        }
        read_row(store, *at, &rows, row);
    }
    return store;
}

void close_sets(SetStore *store) {
    write_rows(store);
    if (store->insert != nullptr) {
        end_bulk_insert(store->insert);
    }
    UnregisterSnapshot(store->snapshot);
    table_close(store->pieces, NoLock);
    if (store->writes) {
        CommandCounterIncrement();
    }
}

bool is_stored(const SetStore *store, size_t index) {
    return store->sets[index].stored;
}

uint32 chunk_end(const SetStore *store) {
    return store->chunk_end;
}

int64 stored_members(const SetStore *store, size_t index) {
    return store->sets[index].members;
}

ChunkSummary summary_of(const SetStore *store, size_t index, uint32 chunk) {
    const StoredSet *set = &store->sets[index];
    if (std::optional<members::DeltaEntry> entry = find_changed(set, chunk)) {
        return entry->cardinality == 0 ? ChunkSummary{0, 0} : ChunkSummary{entry->cardinality, entry->hash};
    }
    const StoredChunk *stored = find_stored(set, chunk);
    return stored == nullptr ? ChunkSummary{0, 0} : ChunkSummary{stored->members, stored->hash};
}

void read_chunk(SetStore *store, size_t index, uint32 chunk, uint64 *words) {
    const StoredSet *set = &store->sets[index];
    read_pieces(store, set, chunk, words);
    if (std::optional<members::DeltaEntry> entry = find_changed(set, chunk)) {
        boundary::core([&] { entry->apply_to(std::span<std::uint64_t, members::words_per_chunk>(words, members::words_per_chunk)); });
    }
}

void write_chunk(SetStore *store, size_t index, uint32 chunk, const uint64 *before, const uint64 *words, ChunkSummary summary) {
    StoredSet *set = &store->sets[index];
    members::ChunkWords now(words, members::words_per_chunk);
    if (write_delta(store, set, chunk, before, now, summary)) {
        return;
    }
    ChangedChunk *change = add_change(store, set, chunk);
    change->rewritten = true;
    change->now = {chunk, summary.members, summary.hash};
    if (find_stored(set, chunk) != nullptr) {
        delete_pieces(store, set, chunk);
    }
    if (summary.members > 0) {
        insert_pieces(store, set, chunk, now);
    }
}

void forget_sets(spi::Argument segment_ids) {
    catalog_execute(
        "DELETE FROM segment.catalog_set AS c USING segment.catalog_segment AS s WHERE c.segment_id OPERATOR(pg_catalog.=) ANY ($1) "
        "AND s.id OPERATOR(pg_catalog.=) c.segment_id AND s.materialize OPERATOR(pg_catalog.=) 'rows'",
        {segment_ids});
}

void create_set(SetStore *store, size_t index) {
    StoredSet *set = &store->sets[index];
    if (set->exists) {
        catalog_execute("DELETE FROM segment.catalog_set WHERE segment_id OPERATOR(pg_catalog.=) $1", {int4_argument(set->segment->id)});
    }
    const Segment *segment = set->segment;
    *set = {};
    set->segment = segment;
    set->stored = true;
    set->changed = true;
}

}  // namespace segment::pg
