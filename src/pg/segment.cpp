// Creating, changing and dropping segments.
#include "core/definition/references.hpp"
#include "pg/adopt.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/definition_type.hpp"
#include "pg/identity.hpp"
#include "pg/member_tables.hpp"
#include "pg/memory.hpp"
#include "pg/override.hpp"
#include "pg/registered_name.hpp"
#include "pg/segment.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

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

void take_over_overrides(const Population *population, int32 id) {
    Datum ids = Int32GetDatum(id);
    Identity caller = begin_identity(population_owner(population));
    note_overrides(population, {INT4ARRAYOID, PointerGetDatum(construct_array(&ids, 1, INT4OID, sizeof(int32), true, TYPALIGN_INT))});
    end_identity(caller);
}

// Names that begin with a scheme's are those of its rules.
void refuse_scheme(const Population *population, const char *name) {
    Rows schemes = catalog_execute(
        "SELECT name FROM segment.catalog_scheme WHERE population_id OPERATOR(pg_catalog.=) $1 "
        "AND pg_catalog.starts_with($2, name OPERATOR(pg_catalog.||) '.')",
        {int4_argument(population->id), text_argument(name)});
    if (schemes.count > 0) {
        ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME),
                        errmsg("segment \"%s\" would look like one of scheme \"%s\"", name, text_of(schemes, 0, 0)),
                        errhint("Choose another name, or change the scheme with segment.create_scheme and if_exists => 'replace'.")));
    }
}

void refuse_rule(const Segment *segment) {
    if (segment->scheme_id != 0) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("segment \"%s\" is part of a scheme", segment->name),
                 errhint("Change the scheme with segment.create_scheme and if_exists => 'replace', or drop it with segment.drop_scheme.")));
    }
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
    check_registered_name("segment", name);
    if (strcmp(materialize, "rows") != 0 && strcmp(materialize, "set") != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("materialize must be 'rows' or 'set', not '%s'", materialize)));
    }
    Population *population = get_changeable(population_name);
    const Segment *existing = find_segment(population, name);
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

    refuse_scheme(population, name);
    NewSegment segment{name, text, materialize, attributes, 0, 0};
    return insert_segment(population, &segment);
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

char *with_renamed(const char *definition, const char *name, const char *new_name) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        const std::pmr::string renamed = definition::with_renamed(definition, definition::Word::segment, name, new_name, memory);
        auto *copy = static_cast<char *>(memory.allocate(renamed.size() + 1, 1));
        renamed.copy(copy, renamed.size());
        copy[renamed.size()] = '\0';
        return copy;
    });
}

// The current versions that refer to the segment follow it: their text changes and their meaning does not, so it is no new
// version. What older versions say was said of the old name.
void rename_segment(const char *name, const char *new_name) {
    PreventCommandIfReadOnly("segment.rename_segment()");
    check_registered_name("segment", new_name);
    SegmentReference reference = get_segment(name, Lock::exclusive);
    const Population *population = reference.population;
    const Segment *segment = &reference.segment;
    check_may_change(population);
    check_member_tables(population);
    refuse_rule(segment);
    refuse_scheme(population, new_name);
    if (strcmp(segment->name, new_name) == 0) {
        return;
    }
    if (find_segment(population, new_name) != nullptr) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
                        errmsg("segment \"%s\" already exists in population \"%s\"", new_name, population->name)));
    }
    catalog_execute("UPDATE segment.catalog_segment SET name = $2 WHERE id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(segment->id), text_argument(new_name)});
    Segments segments =
        segments_where("s.id IN (SELECT segment_id FROM segment.catalog_segment_use WHERE used_id OPERATOR(pg_catalog.=) $1)",
                       {int4_argument(segment->id)});
    for (int32 i = 0; i < segments.count; i++) {
        const Segment *user = &segments.items[i];
        const char *definition = with_renamed(user->definition, segment->name, new_name);
        if (strcmp(definition, user->definition) != 0) {
            catalog_execute(
                "UPDATE segment.catalog_segment_version SET definition = $3 "
                "WHERE segment_id OPERATOR(pg_catalog.=) $1 AND version OPERATOR(pg_catalog.=) $2",
                {int4_argument(user->id), int4_argument(user->version), text_argument(definition)});
        }
    }
    Rows conditions = catalog_execute(
        "SELECT m.score_id, m.name, m.condition FROM segment.catalog_score_metric m "
        "JOIN segment.catalog_score_segment_use u ON u.score_id OPERATOR(pg_catalog.=) m.score_id "
        "WHERE u.segment_id OPERATOR(pg_catalog.=) $1 AND m.condition IS NOT NULL",
        {int4_argument(segment->id)});
    for (uint64 row = 0; row < conditions.count; row++) {
        catalog_execute(
            "UPDATE segment.catalog_score_metric SET condition = $3 WHERE score_id OPERATOR(pg_catalog.=) $1 "
            "AND name OPERATOR(pg_catalog.=) $2",
            {{INT4OID, value_of(conditions, row, 0)},
             text_argument(text_of(conditions, row, 1)),
             text_argument(with_renamed(text_of(conditions, row, 2), segment->name, new_name))});
    }
    Rows filters = catalog_execute(
        "SELECT s.id, s.filter FROM segment.catalog_score s "
        "JOIN segment.catalog_score_segment_use u ON u.score_id OPERATOR(pg_catalog.=) s.id "
        "WHERE u.segment_id OPERATOR(pg_catalog.=) $1 AND s.filter IS NOT NULL",
        {int4_argument(segment->id)});
    for (uint64 row = 0; row < filters.count; row++) {
        catalog_execute(
            "UPDATE segment.catalog_score SET filter = $2 WHERE id OPERATOR(pg_catalog.=) $1",
            {{INT4OID, value_of(filters, row, 0)}, text_argument(with_renamed(text_of(filters, row, 1), segment->name, new_name))});
    }
    write_name(population, "UPDATE %s SET name = $2 WHERE segment_id = $1", {int4_argument(segment->id), text_argument(new_name)});
}

void drop_segment(const char *name, bool cascade) {
    PreventCommandIfReadOnly("segment.drop_segment()");
    SegmentReference reference = get_segment(name, Lock::exclusive);
    const Population *population = reference.population;
    check_may_change(population);
    check_member_tables(population);
    refuse_rule(&reference.segment);
    Datum id = Int32GetDatum(reference.segment.id);
    Rows users = segments_and_users({INT4ARRAYOID, PointerGetDatum(construct_array(&id, 1, INT4OID, sizeof(int32), true, TYPALIGN_INT))});
    refuse_used(users, "segment", reference.segment.name, cascade);
    for (uint64 row = 0; row < users.count; row++) {
        delete_segment(population, DatumGetInt32(value_of(users, row, 0)));
    }
}

}  // namespace

int32 change_definition(const Population *population, const Segment *segment, char *text) {
    const char *definition = canonical_definition(text);
    if (strcmp(segment->definition, definition) == 0) {
        return segment->version;
    }
    add_version(segment->id, segment->version + 1, definition);
    check_segment(population, segment->id, text);
    return segment->version + 1;
}

int32 insert_segment(const Population *population, const NewSegment *segment) {
    Waiting waiting = find_waiting(population, segment->name);
    if (waiting.found && strcmp(segment->materialize, "rows") != 0) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("segment \"%s\" has member rows in %s", segment->name, member_relation_sql(population, "segment_member")),
                        errhint("Create it with materialize => 'rows', which takes them over.")));
    }
    Rows row = catalog_execute(
        "INSERT INTO segment.catalog_segment (id, population_id, name, owner, uid, members, refreshed_version, "
        "scheme_id, scheme_position, materialize) "
        "VALUES (coalesce($4, pg_catalog.nextval('segment.catalog_segment_id_seq')), $1, $2, $3, coalesce($5, "
        "pg_catalog.gen_random_uuid()), $6, "
        "CASE WHEN $4 IS NOT NULL THEN 1 END, $7, $8, $9) RETURNING id, uid",
        {int4_argument(population->id),
         text_argument(segment->name),
         text_argument(GetUserNameFromId(GetUserId(), false)),
         {INT4OID, Int32GetDatum(waiting.id), !waiting.found},
         {UUIDOID, UUIDPGetDatum(&waiting.uid), !waiting.found},
         {INT8OID, Int64GetDatum(waiting.members), !waiting.found},
         {INT4OID, Int32GetDatum(segment->scheme_id), segment->scheme_id == 0},
         {INT4OID, Int32GetDatum(segment->scheme_position), segment->scheme_id == 0},
         text_argument(segment->materialize)});
    int32 id = DatumGetInt32(value_of(row, 0, 0));
    update_attributes(id, &segment->attributes);
    add_version(id, 1, canonical_definition(segment->definition));
    check_segment(population, id, segment->definition);
    if (waiting.found) {
        take_over_overrides(population, id);
    } else {
        write_name(population, "INSERT INTO %s (segment_id, name, uid) VALUES ($1, $2, $3)",
                   {int4_argument(id), text_argument(segment->name), {UUIDOID, value_of(row, 0, 1)}});
    }
    return id;
}

namespace {

// Scores do not go with what they are computed from.
void refuse_used_by_scores(int32 id) {
    Rows users = catalog_execute(
        "SELECT g.name, pg_catalog.string_agg(pg_catalog.format('\"%s\"', s.name), ', ' ORDER BY s.name) "
        "FROM segment.catalog_score_segment_use u JOIN segment.catalog_score s ON s.id OPERATOR(pg_catalog.=) u.score_id "
        "JOIN segment.catalog_segment g ON g.id OPERATOR(pg_catalog.=) u.segment_id "
        "WHERE u.segment_id OPERATOR(pg_catalog.=) $1 GROUP BY g.name",
        {int4_argument(id)});
    if (users.count > 0) {
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("segment \"%s\" is used by scores", text_of(users, 0, 0)),
                        errdetail("It is used by %s.", text_of(users, 0, 1)), errhint("Change or drop these first.")));
    }
}

}  // namespace

void delete_segment(const Population *population, int32 id) {
    refuse_used_by_scores(id);
    static constexpr const char *tables[] = {"segment_member", "segment_stay", "segment_override", "segment_name"};
    Identity caller = begin_identity(population_owner(population));
    for (const char *table : tables) {
        spi::connect();
        begin_membership_write();
        spi::execute(psprintf("DELETE FROM %s WHERE segment_id = $1", member_relation_sql(population, table)), {int4_argument(id)});
        end_membership_write();
        spi::finish();
    }
    end_identity(caller);
    catalog_execute("DELETE FROM segment.catalog_segment WHERE id OPERATOR(pg_catalog.=) $1", {int4_argument(id)});
}

Rows segments_and_users(spi::Argument ids) {
    return catalog_execute(
        "WITH RECURSIVE users(id, depth) AS ("
        "SELECT id, 0 FROM pg_catalog.unnest($1) AS id UNION SELECT u.segment_id, users.depth OPERATOR(pg_catalog.+) 1 FROM users "
        "JOIN segment.catalog_segment_use u ON u.used_id OPERATOR(pg_catalog.=) users.id) "
        "SELECT s.id, s.name, s.id OPERATOR(pg_catalog.=) ANY ($1), s.scheme_id "
        "FROM users JOIN segment.catalog_segment s ON s.id OPERATOR(pg_catalog.=) users.id "
        "GROUP BY s.id, s.name ORDER BY pg_catalog.max(users.depth) DESC, s.name",
        {ids});
}

void refuse_used(const Rows &users, const char *what, const char *name, bool cascade, int32 scheme_id, const char *hint) {
    StringInfoData names;
    initStringInfo(&names);
    int named = 0;
    bool of_scheme = false;
    for (uint64 row = 0; row < users.count; row++) {
        int32 scheme = is_null(users, row, 3) ? 0 : DatumGetInt32(value_of(users, row, 3));
        if (DatumGetBool(value_of(users, row, 2)) || (scheme != 0 && scheme == scheme_id) || (cascade && scheme == 0)) {
            continue;
        }
        of_scheme = of_scheme || scheme != 0;
        if (named++ < 10) {
            appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", text_of(users, row, 1));
        }
    }
    if (named > 10) {
        appendStringInfo(&names, " and %d more", named - 10);
    }
    if (named > 0) {
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("%s \"%s\" is used by other segments", what, name),
                        errdetail("It is used by %s.", names.data),
                        of_scheme ? errhint("Change or drop the schemes first that they are part of.") : errhint("%s", hint)));
    }
}

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

SEGMENT_FUNCTION(segment_rename_segment) {
    rename_segment(required_text(fcinfo, 0, "name"), required_text(fcinfo, 1, "new_name"));
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_drop_segment) {
    drop_segment(required_text(fcinfo, 0, "name"), PG_GETARG_BOOL(1));
    PG_RETURN_VOID();
}
