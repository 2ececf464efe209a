#include "pg/adopt.hpp"

#include <algorithm>

#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/member_tables.hpp"
#include "pg/override.hpp"
#include "pg/set_store.hpp"

namespace segment::pg {

namespace {

constexpr const char *numbered_tables[] = {"segment_name", "segment_member", "segment_stay", "segment_change", "segment_override"};

uint64 write(const char *sql, spi::Arguments arguments) {
    spi::connect();
    begin_membership_write();
    uint64 rows = spi::execute(sql, arguments);
    end_membership_write();
    spi::finish();
    return rows;
}

struct StoredName {
    int32 id;
    char *name;
    pg_uuid_t uid;
};

struct StoredNames {
    uint64 count;
    StoredName *items;
};

// As the population's owner, by id.
StoredNames stored_names(const Population *population, const char *where = "", spi::Arguments arguments = {}) {
    Rows rows = caller_execute(
        psprintf("SELECT segment_id, name, uid FROM %s %s ORDER BY segment_id", member_relation_sql(population, "segment_name"), where),
        arguments);
    StoredNames names{rows.count, static_cast<StoredName *>(palloc(sizeof(StoredName) * (rows.count + 1)))};
    for (uint64 row = 0; row < rows.count; row++) {
        names.items[row] = {DatumGetInt32(value_of(rows, row, 0)), text_of(rows, row, 1), *DatumGetUUIDP(value_of(rows, row, 2))};
    }
    return names;
}

// As the population's owner, too.
void renumber(const Population *population, int32 from, int32 to) {
    for (const char *table : numbered_tables) {
        write(psprintf("UPDATE %s SET segment_id = $2 WHERE segment_id = $1", member_relation_sql(population, table)),
              {int4_argument(from), int4_argument(to)});
    }
}

int32 next_id() {
    Rows rows = catalog_execute("SELECT pg_catalog.nextval('segment.catalog_segment_id_seq')::pg_catalog.int4");
    return DatumGetInt32(value_of(rows, 0, 0));
}

// Ids given from now on are above those in the member tables.
void reserve_ids(const StoredNames *names) {
    if (names->count > 0) {
        catalog_execute(
            "SELECT pg_catalog.setval('segment.catalog_segment_id_seq', greatest($1::pg_catalog.int8, last_value)) "
            "FROM segment.catalog_segment_id_seq",
            {int4_argument(names->items[names->count - 1].id)});
    }
}

bool is_taken(int32 id) {
    return catalog_execute("SELECT 1 FROM segment.catalog_segment WHERE id OPERATOR(pg_catalog.=) $1", {int4_argument(id)}).count > 0;
}

int64 count_members(const Population *population, int32 id) {
    Rows rows = caller_execute(psprintf("SELECT count(*) FROM %s WHERE segment_id = $1", member_relation_sql(population, "segment_member")),
                               {int4_argument(id)});
    return DatumGetInt64(value_of(rows, 0, 0));
}

bool same(const pg_uuid_t *a, const pg_uuid_t *b) {
    return memcmp(a->data, b->data, UUID_LEN) == 0;
}

// Rows of segments that have no name are nobody's.
void delete_nameless(const Population *population) {
    const char *name = member_relation_sql(population, "segment_name");
    for (const char *table : {"segment_member", "segment_stay", "segment_override"}) {
        write(psprintf("DELETE FROM %s AS t WHERE NOT EXISTS (SELECT FROM %s AS n WHERE n.segment_id = t.segment_id)",
                       member_relation_sql(population, table), name),
              {});
    }
}

void adopt(FunctionCallInfo fcinfo) {
    PreventCommandIfReadOnly("segment.adopt()");
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    Population *population = get_population(required_text(fcinfo, 0, "population"), Lock::exclusive);
    check_may_change(population);
    check_member_tables(population);
    Segments segments = segments_of(population);

    Identity caller = begin_identity(population_owner(population));
    guard_member_tables(population);
    delete_nameless(population);
    StoredNames names = stored_names(population);
    reserve_ids(&names);
    // First away from ids that others have, then to the ids that are theirs.
    for (uint64 i = 0; i < names.count; i++) {
        const Segment *segment = find_segment(&segments, names.items[i].name);
        if (segment != nullptr ? segment->id != names.items[i].id : is_taken(names.items[i].id)) {
            int32 id = next_id();
            renumber(population, names.items[i].id, id);
            names.items[i].id = id;
        }
    }
    for (uint64 i = 0; i < names.count; i++) {
        const Segment *segment = find_segment(&segments, names.items[i].name);
        if (segment == nullptr) {
            continue;
        }
        if (segment->id != names.items[i].id) {
            renumber(population, names.items[i].id, segment->id);
        }
        write(psprintf("UPDATE %s SET uid = $2 WHERE segment_id = $1 AND uid <> $2", member_relation_sql(population, "segment_name")),
              {int4_argument(segment->id), {UUIDOID, UUIDPGetDatum(&segment->uid)}});
        int64 members = count_members(population, segment->id);
        catalog_execute(
            "UPDATE segment.catalog_segment SET members = $2, refreshed_version = coalesce(refreshed_version, version) "
            "WHERE id OPERATOR(pg_catalog.=) $1",
            {int4_argument(segment->id), int8_argument(members)});
        Datum id = Int32GetDatum(segment->id);
        const spi::Argument ids{INT4ARRAYOID, PointerGetDatum(construct_array(&id, 1, INT4OID, sizeof(int32), true, TYPALIGN_INT))};
        note_overrides(population, ids);
        forget_sets(ids);
        Datum values[] = {CStringGetTextDatum(segment->name), Int64GetDatum(members)};
        bool nulls[lengthof(values)] = {};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    end_identity(caller);
}

}  // namespace

void take_over_names(const Population *population) {
    Identity caller = begin_identity(population_owner(population));
    StoredNames names = stored_names(population);
    reserve_ids(&names);
    for (uint64 i = 0; i < names.count; i++) {
        if (is_taken(names.items[i].id)) {
            renumber(population, names.items[i].id, next_id());
        }
    }
    end_identity(caller);
}

Waiting find_waiting(const Population *population, const char *name) {
    Waiting waiting{};
    Identity caller = begin_identity(population_owner(population));
    StoredNames names = stored_names(population, "WHERE name = $1", {text_argument(name)});
    for (uint64 i = 0; i < names.count; i++) {
        const StoredName &stored = names.items[i];
        if (is_taken(stored.id)) {
            Segments segments = segments_of(population);
            check_names(population, &segments);
        }
        waiting = {true, stored.id, stored.uid, count_members(population, stored.id)};
    }
    end_identity(caller);
    return waiting;
}

void check_names(const Population *population, const Segments *segments) {
    StoredNames names = stored_names(population);
    const Segment *first = segments->items, *end = first + segments->count;
    auto *by_name = static_cast<const Segment **>(palloc(sizeof(Segment *) * static_cast<Size>(segments->count + 1)));
    const Segment **by_name_end = by_name + segments->count;
    for (int32 i = 0; i < segments->count; i++) {
        by_name[i] = first + i;
    }
    std::sort(by_name, by_name_end, [](const Segment *a, const Segment *b) { return strcmp(a->name, b->name) < 0; });
    for (uint64 i = 0; i < names.count; i++) {
        const StoredName &stored = names.items[i];
        const Segment *of_id = std::lower_bound(first, end, stored.id, [](const Segment &segment, int32 id) { return segment.id < id; });
        of_id = of_id != end && of_id->id == stored.id ? of_id : nullptr;
        const Segment **of_name = std::lower_bound(
            by_name, by_name_end, stored.name, [](const Segment *segment, const char *name) { return strcmp(segment->name, name) < 0; });
        bool name_taken = of_name != by_name_end && strcmp((*of_name)->name, stored.name) == 0;
        if (of_id == nullptr ? name_taken : (name_taken && *of_name != of_id) || !same(&of_id->uid, &stored.uid)) {
            ereport(ERROR,
                    (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                     errmsg("the member tables of population \"%s\" are not those of its segments", population->name),
                     errdetail("%s holds another segment as \"%s\" with id %d: the tables or the catalog were restored from elsewhere.",
                               member_relation_sql(population, "segment_name"), stored.name, stored.id),
                     errhint("Call segment.adopt(%s), which matches them by name.", quote_literal_cstr(population->name))));
        }
    }
}

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_adopt) {
    adopt(fcinfo);
    return static_cast<Datum>(0);
}
