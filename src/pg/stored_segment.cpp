#include "pg/stored_segment.hpp"

#include "pg/boundary.hpp"
#include "pg/key_argument.hpp"
#include "pg/set_store.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

namespace {

const members::BitSet *read_set(const Segment *segment, int32 epoch) {
    MemoryContext context = CurrentMemoryContext;
    SetStore *store = open_sets(&segment, 1, epoch, SetAccess::read);
    members::BitSet *set = nullptr;
    if (is_stored(store, 0) && stored_members(store, 0) == segment->members) {
        set = boundary::core([&] {
            auto *memory = make_in_context<ContextResource>(context, context);
            return make_in_context<members::BitSet>(context, memory);
        });
        uint64 words[members::words_per_chunk];
        for (uint32 chunk = 0; chunk < chunk_end(store); chunk++) {
            if (summary_of(store, 0, chunk).members > 0) {
                CHECK_FOR_INTERRUPTS();
                read_chunk(store, 0, chunk, words);
                boundary::core([&] { set->assign(chunk, members::ChunkWords(words)); });
            }
        }
    }
    close_sets(store);
    return set;
}

bool has_row_policy(const Population *population) {
    Oid schema = get_namespace_oid(population->schema, true);
    Oid table = OidIsValid(schema) ? get_relname_relid(member_relation_name(population, "segment_member"), schema) : InvalidOid;
    return OidIsValid(table) && check_enable_rls(table, InvalidOid, true) == RLS_ENABLED;
}

}  // namespace

StoredSegment *load_segment(const char *name, Load load) {
    SegmentReference reference = get_segment(name, Lock::none);
    auto *stored = static_cast<StoredSegment *>(palloc0(sizeof(StoredSegment)));
    stored->population = reference.population;
    stored->segment = reference.segment;
    stored->key = key_column(stored->population);
    check_may_read(stored->population);
    bool rows_only = has_row_policy(stored->population);
    if (rows_only && !stored->segment.has_rows) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for segment \"%s\"", stored->segment.name),
                        errdetail("Row-level security on %s applies, and the segment has no rows.",
                                  member_relation_sql(stored->population, "segment_member"))));
    }
    if (rows_only || load == Load::nothing) {
        return stored;
    }
    NumberingKind kind = stored_numbering(stored->population, stored->key->type);
    if (kind.epoch != 0 && (kind.direct || load == Load::everything || !stored->segment.has_rows)) {
        stored->members = read_set(&stored->segment, kind.epoch);
        if (stored->members != nullptr) {
            stored->keys = load_numbering(stored->population, stored->key->type, stored->key->collation)->keys;
        }
    }
    if (stored->members == nullptr && !stored->segment.has_rows) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("segment \"%s\" is not yet populated in this database", stored->segment.name),
                        errhint("Run segment.refresh(%s).", quote_literal_cstr(stored->population->name))));
    }
    return stored;
}

bool has_member_row(const StoredSegment *stored, Datum key) {
    const char *equals = equality_sql(stored->key->type);
    Rows rows = caller_execute(
        psprintf("SELECT 1 FROM %s AS m WHERE m.segment_id OPERATOR(pg_catalog.=) $1 AND m.%s %s $2",
                 member_relation_sql(stored->population, "segment_member"), quote_identifier(member_column(stored->population)),
                 strcmp(equals, "=") == 0 ? "OPERATOR(pg_catalog.=)" : equals),
        {int4_argument(stored->segment.id), {stored->key->type, key}}, {.read_only = true});
    return rows.count > 0;
}

}  // namespace segment::pg
