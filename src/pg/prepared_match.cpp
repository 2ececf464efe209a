#include "pg/prepared_match.hpp"

#include <algorithm>

#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/key_argument.hpp"
#include "pg/needed_segments.hpp"
#include "pg/reading.hpp"

namespace segment::pg {

namespace {

constexpr int32 most_matches = 128;

// Of this session.
PreparedMatch *matches[most_matches];
int32 match_count = 0;
uint64 invalidations = 0;  // so many messages have come

void relation_changed(Datum, Oid relation) {
    invalidations++;
    for (int32 i = 0; i < match_count; i++) {
        PreparedMatch *match = matches[i];
        match->stale =
            match->stale || !OidIsValid(relation) ||
            std::find(match->relations, match->relations + match->relation_count, relation) != match->relations + match->relation_count;
    }
}

// Names and labels that SQL is written with, and rights to use them. They seldom change.
void names_changed(Datum, int, uint32) {
    relation_changed(0, InvalidOid);
}

void listen() {
    static bool listening = false;
    if (listening) {
        return;
    }
    CacheRegisterRelcacheCallback(relation_changed, 0);
    for (int cache : {NAMESPACEOID, TYPEOID, ENUMOID, OPEROID, COLLOID, AUTHOID, AUTHMEMROLEMEM}) {
        CacheRegisterSyscacheCallback(cache, names_changed, 0);
    }
    listening = true;
}

// Whose entries a transaction may use: all see the same, unless its snapshot is older than the latest messages.
LocalTransactionId current_transaction() {
    return IsolationUsesXactSnapshot() ? own_transaction() : InvalidLocalTransactionId;
}

void forget(int32 index) {
    PreparedMatch *match = matches[index];
    matches[index] = matches[--match_count];
    SPI_freeplan(match->plan);
    MemoryContextDelete(match->context);
}

void use(PreparedMatch *match) {
    auto *callback = static_cast<MemoryContextCallback *>(palloc0(sizeof(MemoryContextCallback)));
    callback->func = [](void *used) { static_cast<PreparedMatch *>(used)->uses--; };
    callback->arg = match;
    MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
    match->uses++;
}

PreparedMatch *find(const char *name) {
    for (int32 i = 0; i < match_count; i++) {
        PreparedMatch *match = matches[i];
        if (match->uses == 0 && (match->stale || match->transaction != current_transaction())) {
            forget(i--);
        } else if (!match->stale && match->transaction == current_transaction() && match->caller == GetUserId() &&
                   strcmp(match->name, name) == 0 && may_read(&match->population) && match->role == reading_role(&match->population)) {
            return match;
        }
    }
    return nullptr;
}

// What the relations of the catalog stand for in invalidation messages.
Oid catalog_stamp() {
    return get_relname_relid("catalog_population_id_seq", get_namespace_oid("segment", false));
}

void note_relations(PreparedMatch *match, const Binding *binding) {
    List *used = NIL;
    ListCell *cell;
    foreach (cell, SPI_plan_get_plan_sources(match->plan)) {
        used = list_concat(used, static_cast<CachedPlanSource *>(lfirst(cell))->relationOids);
    }
    used = lappend_oid(lappend_oid(used, catalog_stamp()), binding->relation->oid);
    for (int32 i = 0; i < binding->added_count; i++) {
        if (binding->added[i].relation != nullptr) {
            used = lappend_oid(used, binding->added[i].relation->oid);
        }
    }
    for (size_t i = 0; i < binding->vocabulary.events.size(); i++) {
        if (binding->sources[i].relation != nullptr) {
            used = lappend_oid(used, binding->sources[i].relation->oid);
        }
    }
    match->relations = static_cast<Oid *>(MemoryContextAlloc(match->context, sizeof(Oid) * list_length(used)));
    foreach (cell, used) {
        match->relations[match->relation_count++] = lfirst_oid(cell);
    }
}

Population copy_of(const Population *population) {
    Population copy = *population;
    for (char **text : {&copy.name, &copy.relation_schema, &copy.relation_name, &copy.key, &copy.time_zone, &copy.base, &copy.schema,
                        &copy.prefix, &copy.owner}) {
        *text = pstrdup(*text);
    }
    copy.key_type = pstrdup(copy.key_type);
    return copy;
}

// The context is the current one's child.
PreparedMatch *make(const char *name, const SegmentReference *reference) {
    const Population *population = reference->population;
    MemoryContext scratch = CurrentMemoryContext;
    MemoryContext context = AllocSetContextCreate(scratch, "segment match", ALLOCSET_SMALL_SIZES);
    MemoryContextSwitchTo(context);
    auto *match = static_cast<PreparedMatch *>(palloc0(sizeof(PreparedMatch)));
    match->context = context;
    match->name = pstrdup(name);
    match->population = copy_of(population);
    MemoryContextSwitchTo(scratch);
    match->caller = GetUserId();
    match->transaction = current_transaction();

    Segments segments = needed_segments(population, reference->segment.id, reference->segment.definition);
    int32 index = index_of(&segments, reference->segment.id);
    Identity caller = begin_reading(population);
    match->role = GetUserId();
    Binding binding = bind(population, &segments);
    match->key = *binding.key;
    const char *sql = holds_sql(compile(scratch, population, &binding, &segments, &index, 1, "$2"), "$1");
    spi::connect();
    Oid types[] = {match->key.type, TIMESTAMPTZOID};
    match->plan = SPI_prepare(sql, lengthof(types), types);
    if (match->plan == nullptr) {
        elog(ERROR, "could not prepare a match: %s", SPI_result_code_string(SPI_result));
    }
    note_relations(match, &binding);
    SPI_keepplan(match->plan);
    spi::finish();
    end_identity(caller);
    return match;
}

}  // namespace

PreparedMatch *prepared_match(const char *name) {
    listen();
    AcceptInvalidationMessages();
    PreparedMatch *match = find(name);
    if (match == nullptr) {
        uint64 before = invalidations;
        SegmentReference reference = get_segment(name, Lock::none);
        check_may_read(reference.population);
        match = make(name, &reference);
        MemoryContextSetParent(match->context, CacheMemoryContext);
        // What changed meanwhile may be in it or not.
        match->stale = !reference.only || before != invalidations;
        if (match_count == most_matches) {
            for (int32 i = match_count - 1; i >= 0; i--) {
                if (matches[i]->uses == 0) {
                    forget(i);
                }
            }
        }
        if (match_count == most_matches) {
            ereport(ERROR,
                    (errcode(ERRCODE_STATEMENT_TOO_COMPLEX), errmsg("segment.matches calls itself more than %d times", most_matches)));
        }
        matches[match_count++] = match;
    }
    use(match);
    return match;
}

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_definitions_changed) {
    if (!CALLED_AS_TRIGGER(fcinfo)) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("definitions_changed was not called as a trigger")));
    }
    if (Oid stamp = catalog_stamp(); OidIsValid(stamp)) {
        CacheInvalidateRelcacheByRelid(stamp);
    }
    return PointerGetDatum(nullptr);
}
