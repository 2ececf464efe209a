// Creating, changing and dropping segments.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/definition_type.hpp"
#include "pg/identity.hpp"
#include "pg/member_tables.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

constexpr size_t name_length_max = 63;

void check_name(const char *name) {
    if (name[0] == '\0') {
        ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("segment name must not be empty")));
    }
    if (strlen(name) > name_length_max) {
        ereport(ERROR, (errcode(ERRCODE_NAME_TOO_LONG), errmsg("segment name \"%s\" is longer than %zu bytes", name, name_length_max)));
    }
}

const Segment *find_segment(const Segments *segments, const char *name) {
    for (int32 i = 0; i < segments->count; i++) {
        if (strcmp(segments->items[i].name, name) == 0) {
            return &segments->items[i];
        }
    }
    return nullptr;
}

// The attributes of a segment that are not its definition; null keeps what is there.
struct Attributes {
    const char *description;
    bool has_tags;
    Datum tags;
    const char *owner;
    bool has_announce;
    bool announce;
};

void update_attributes(int32 id, const Attributes *attributes) {
    catalog_execute(
        "UPDATE segment.catalog_segment SET description = coalesce($2, description), tags = coalesce($3, tags), "
        "owner = coalesce($4, owner), announce = coalesce($5, announce) WHERE id OPERATOR(pg_catalog.=) $1",
        {int4_argument(id),
         text_argument(attributes->description),
         {TEXTARRAYOID, attributes->tags, !attributes->has_tags},
         text_argument(attributes->owner),
         {BOOLOID, BoolGetDatum(attributes->announce), !attributes->has_announce}});
}

void add_version(int32 id, int32 version, const char *definition) {
    catalog_execute(
        "INSERT INTO segment.catalog_segment_version (segment_id, version, definition, author) VALUES ($1, $2, $3, $4)",
        {int4_argument(id), int4_argument(version), text_argument(definition), text_argument(GetUserNameFromId(GetUserId(), false))});
    catalog_execute("UPDATE segment.catalog_segment SET version = $2 WHERE id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(id), int4_argument(version)});
}

// A definition that equals the current one is no new version.
int32 change_definition(const Population *population, const Segment *segment, char *text) {
    const char *definition = canonical_definition(text);
    if (strcmp(segment->definition, definition) == 0) {
        return segment->version;
    }
    add_version(segment->id, segment->version + 1, definition);
    check_segment(population, segment->id, text);
    return segment->version + 1;
}

// The name beside the members, in the population's own table.
void write_name(const Population *population, const char *sql, spi::Arguments arguments) {
    Identity caller = begin_identity(population_owner(population));
    spi::connect();
    begin_membership_write();
    spi::execute(psprintf(sql, member_relation_sql(population, "segment_name")), arguments);
    end_membership_write();
    spi::finish();
    end_identity(caller);
}

Population *get_changeable(const char *name) {
    Population *population = get_population(name, Lock::exclusive);
    check_may_change(population);
    check_member_tables(population);
    return population;
}

int32 create_segment(char *text, FunctionCallInfo fcinfo) {
    const char *name = required_text(fcinfo, 0, "name");
    const char *population_name = required_text(fcinfo, 1, "population");
    Attributes attributes{};
    attributes.description = optional_text(fcinfo, 3);
    attributes.has_tags = !PG_ARGISNULL(4);
    attributes.tags = attributes.has_tags ? PG_GETARG_DATUM(4) : 0;
    const char *materialize = required_text(fcinfo, 5, "materialize");
    attributes.has_announce = true;
    attributes.announce = required_bool(fcinfo, 6, "announce");
    IfExists if_exists = if_exists_argument(fcinfo, 7);

    PreventCommandIfReadOnly("segment.create_segment()");
    check_name(name);
    if (strcmp(materialize, "rows") != 0 && strcmp(materialize, "set") != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("materialize must be 'rows' or 'set', not '%s'", materialize)));
    }
    Population *population = get_changeable(population_name);
    Segments segments = segments_of(population);
    const Segment *existing = find_segment(&segments, name);
    if (existing != nullptr) {
        if (if_exists == IfExists::error) {
            ereport(ERROR,
                    (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("segment \"%s\" already exists in population \"%s\"", name, population_name),
                     errhint("Change it with segment.alter_segment, or pass if_exists => 'keep' or 'replace'.")));
        }
        if (if_exists == IfExists::replace) {
            update_attributes(existing->id, &attributes);
            change_definition(population, existing, text);
        }
        return existing->id;
    }

    Rows row = catalog_execute("INSERT INTO segment.catalog_segment (population_id, name, owner, materialize) VALUES ($1, $2, $3, $4) RETURNING id, uid",
                               {int4_argument(population->id), text_argument(name), text_argument(GetUserNameFromId(GetUserId(), false)),
                                text_argument(materialize)});
    int32 id = DatumGetInt32(value_of(row, 0, 0));
    update_attributes(id, &attributes);
    add_version(id, 1, canonical_definition(text));
    check_segment(population, id, text);
    write_name(population, "INSERT INTO %s (segment_id, name, uid) VALUES ($1, $2, $3)",
               {int4_argument(id), text_argument(name), {UUIDOID, value_of(row, 0, 1)}});
    return id;
}

int32 alter_segment(FunctionCallInfo fcinfo) {
    PreventCommandIfReadOnly("segment.alter_segment()");
    SegmentReference reference = get_segment(required_text(fcinfo, 0, "name"), Lock::exclusive);
    check_may_change(reference.population);
    char *definition = optional_text(fcinfo, 1);
    Attributes attributes{};
    attributes.description = optional_text(fcinfo, 2);
    attributes.has_tags = !PG_ARGISNULL(3);
    attributes.tags = attributes.has_tags ? PG_GETARG_DATUM(3) : 0;
    attributes.owner = optional_text(fcinfo, 4);
    update_attributes(reference.segment.id, &attributes);
    if (definition == nullptr) {
        return reference.segment.version;
    }
    check_member_tables(reference.population);
    return change_definition(reference.population, &reference.segment, definition);
}

// The segment and all that use it, directly or not: users first.
Rows segment_and_users(int32 id) {
    return catalog_execute(
        "WITH RECURSIVE users(id, depth) AS ("
        "SELECT $1, 0 UNION SELECT u.segment_id, users.depth OPERATOR(pg_catalog.+) 1 FROM users "
        "JOIN segment.catalog_segment_use u ON u.used_id OPERATOR(pg_catalog.=) users.id) "
        "SELECT s.id, s.name FROM users JOIN segment.catalog_segment s ON s.id OPERATOR(pg_catalog.=) users.id "
        "GROUP BY s.id, s.name ORDER BY pg_catalog.max(users.depth) DESC, s.name",
        {int4_argument(id)});
}

void drop_segment(const char *name, bool cascade) {
    PreventCommandIfReadOnly("segment.drop_segment()");
    SegmentReference reference = get_segment(name, Lock::exclusive);
    const Population *population = reference.population;
    check_may_change(population);
    check_member_tables(population);
    Rows users = segment_and_users(reference.segment.id);
    if (users.count > 1 && !cascade) {
        StringInfoData names;
        initStringInfo(&names);
        for (uint64 row = 0; row + 1 < users.count && row < 10; row++) {
            appendStringInfo(&names, "%s\"%s\"", row > 0 ? ", " : "", text_of(users, row, 1));
        }
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("segment \"%s\" is used by other segments", name),
                        errdetail("It is used by %s.", names.data), errhint("Pass cascade => true to drop them too.")));
    }
    for (uint64 row = 0; row < users.count; row++) {
        spi::Argument id = int4_argument(DatumGetInt32(value_of(users, row, 0)));
        static constexpr const char *tables[] = {"segment_member", "segment_stay", "segment_name"};
        Identity caller = begin_identity(population_owner(population));
        for (const char *table : tables) {
            spi::connect();
            begin_membership_write();
            spi::execute(psprintf("DELETE FROM %s WHERE segment_id = $1", member_relation_sql(population, table)), {id});
            end_membership_write();
            spi::finish();
        }
        end_identity(caller);
        catalog_execute("DELETE FROM segment.catalog_segment WHERE id OPERATOR(pg_catalog.=) $1", {id});
    }
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_create_segment) {
    return Int32GetDatum(create_segment(required_text(fcinfo, 2, "definition"), fcinfo));
}

SEGMENT_FUNCTION(segment_create_segment_definition) {
    return Int32GetDatum(create_segment(required_definition(fcinfo, 2), fcinfo));
}

SEGMENT_FUNCTION(segment_alter_segment) {
    return Int32GetDatum(alter_segment(fcinfo));
}

SEGMENT_FUNCTION(segment_drop_segment) {
    drop_segment(required_text(fcinfo, 0, "name"), PG_GETARG_BOOL(1));
    PG_RETURN_VOID();
}
