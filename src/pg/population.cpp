// Registering populations and the relations that add traits to them.
#include "pg/adopt.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/check.hpp"
#include "pg/member_tables.hpp"
#include "pg/registered_name.hpp"
#include "pg/relation.hpp"
#include "pg/score.hpp"

namespace segment::pg {

namespace {

// Derived names (prefix_segment_history) must not be truncated at 63 bytes.
constexpr size_t name_length_max = 40;

void check_name(const char *what, const char *name) {
    if (name[0] == '\0')
        ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("%s must not be empty", what)));
    if (strlen(name) > name_length_max)
        ereport(ERROR, (errcode(ERRCODE_NAME_TOO_LONG), errmsg("%s \"%s\" is longer than %zu bytes", what, name, name_length_max)));
}

void check_time_zone(const char *time_zone) {
    // SQL reads a name that is also an abbreviation as that one: CET without its summers.
    Rows abbreviation = caller_execute(
        "SELECT 1 FROM pg_catalog.pg_timezone_abbrevs WHERE abbrev OPERATOR(pg_catalog.=) pg_catalog.upper($1) "
        "AND pg_catalog.upper($1) NOT IN ('UTC', 'GMT')",
        {text_argument(time_zone)});
    if (abbreviation.count > 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time zone \"%s\" is an abbreviation", time_zone),
                        errdetail("Abbreviations have no daylight saving time, and mean what a server's settings say."),
                        errhint("Use a full name such as Europe/Vienna; see pg_timezone_names.")));
    }
    if (pg_tzset(time_zone) == nullptr)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time zone \"%s\" is not known", time_zone),
                        errhint("See pg_timezone_names.")));
}

void check_week_start(int32 week_start) {
    if (week_start < 1 || week_start > 7)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("week_start must be between 1 (Monday) and 7 (Sunday), not %d", week_start)));
}

void check_population_name(const char *name) {
    check_name("population name", name);
    if (strcmp(name, "segment") == 0)
        ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME), errmsg("a population cannot be called \"segment\""),
                        errdetail("Its member column would be \"segment_id\", which holds the segment.")));
}

// A key must be one column of a type with equality, order and hashing: it is looked up, sorted and kept as a primary key.
void check_key(const UserRelation *relation, const Column *key) {
    if (get_typtype(key->type) == TYPTYPE_COMPOSITE || !OidIsValid(get_array_type(key->type))) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" of %s cannot be a key", key->name, relation->sql),
                        errdetail("Its type is %s.", key->type_sql),
                        errhint("Register a view with a key of one value, such as its parts joined as text.")));
    }
    TypeCacheEntry *entry = lookup_type_cache(key->type, TYPECACHE_CMP_PROC | TYPECACHE_HASH_EXTENDED_PROC | TYPECACHE_EQ_OPR);
    if (!OidIsValid(entry->cmp_proc) || !OidIsValid(entry->hash_extended_proc) || !OidIsValid(entry->eq_opr))
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" of %s cannot be a key", key->name, relation->sql),
                        errdetail("Its type %s has no equality, order or hashing.", key->type_sql)));
}

int32 create_population(const char *name, const UserRelation *relation, FunctionCallInfo fcinfo) {
    const char *key_name = required_name(fcinfo, 2, "key");
    const char *time_zone = required_text(fcinfo, 3, "time_zone");
    const char *base = required_text(fcinfo, 4, "base");
    int32 week_start = required_int32(fcinfo, 5, "week_start");
    const char *schema = optional_name(fcinfo, 6);
    const char *prefix = optional_name(fcinfo, 7);
    IfExists if_exists = if_exists_argument(fcinfo, 8);

    if (schema == nullptr)
        schema = relation->schema;
    if (prefix == nullptr)
        prefix = name;
    PreventCommandIfReadOnly("segment.create_population()");
    check_population_name(name);
    check_name("prefix", prefix);
    check_time_zone(time_zone);
    check_week_start(week_start);
    const Column *key = get_column(relation, key_name);
    check_key(relation, key);

    Population population{};
    population.name = const_cast<char *>(name);
    population.relation_schema = relation->schema;
    population.relation_name = relation->name;
    population.key = key->name;
    population.key_type = key->type_sql;
    population.time_zone = const_cast<char *>(time_zone);
    population.week_start = week_start;
    population.schema = const_cast<char *>(schema);
    population.prefix = const_cast<char *>(prefix);
    population.base = const_cast<char *>(base);
    population.owner = GetUserNameFromId(GetUserId(), false);

    lock_populations();
    Population *existing = find_population(name, Lock::exclusive);
    if (existing != nullptr) {
        if (if_exists == IfExists::error)
            ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("population \"%s\" already exists", name),
                            errhint("Pass if_exists => 'keep' or 'replace' to run this again.")));
        check_may_change(existing);
        if (if_exists == IfExists::keep)
            return existing->id;
        if (strcmp(existing->key_type, population.key_type) != 0 || strcmp(existing->schema, population.schema) != 0 ||
            strcmp(existing->prefix, population.prefix) != 0)
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                     errmsg("population \"%s\" cannot be replaced: its member tables would change", name),
                     errdetail("They are %s with keys of type %s.", member_relation_sql(existing, "segment_member"), existing->key_type),
                     errhint("Drop the population with segment.drop_population first.")));
        population.id = existing->id;
        population.owner = existing->owner;
    }
    population.base = check_base(&population, existing != nullptr ? find_unsound(existing) : Unsound{});

    const spi::Argument columns[] = {text_argument(population.name),          text_argument(population.relation_schema),
                                     text_argument(population.relation_name), text_argument(population.key),
                                     text_argument(population.key_type),      text_argument(population.time_zone),
                                     int4_argument(population.week_start),    text_argument(population.base),
                                     text_argument(population.schema),        text_argument(population.prefix),
                                     text_argument(population.owner)};
    if (existing != nullptr) {
        catalog_execute(
            "UPDATE segment.catalog_population SET relation_schema = $2, relation_name = $3, key = $4, key_type = $5, "
            "time_zone = $6, week_start = $7, base = $8 WHERE name OPERATOR(pg_catalog.=) $1",
            std::span(columns).first(8));
        return existing->id;
    }
    bool taken_over = create_member_tables(&population, key->type_sql, key->collation);
    Rows rows = catalog_execute(
        "INSERT INTO segment.catalog_population (name, relation_schema, relation_name, key, key_type, time_zone, "
        "week_start, base, schema, prefix, owner) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        columns);
    population.id = DatumGetInt32(value_of(rows, 0, 0));
    if (taken_over) {
        take_over_names(&population);
    }
    return population.id;
}

// Who may change a population whose owner's role is gone, after a rename of the role or a restore without owners: whoever has
// the rights of the member table's owner.
void check_may_alter(const Population *population) {
    if (OidIsValid(get_role_oid(population->owner, true))) {
        check_may_change(population);
    } else if (Oid owner = member_relation_owner(population, "segment_member");
               OidIsValid(owner) ? !has_privs_of_role(GetUserId(), owner) : !superuser()) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("must be owner of population \"%s\"", population->name),
                        errdetail("The role \"%s\" does not exist: the owner of the member tables stands in for it.", population->owner)));
    }
}

void rename_population(const Population *population, const char *new_name) {
    check_population_name(new_name);
    lock_populations();
    if (find_population(new_name, Lock::none) != nullptr) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("population \"%s\" already exists", new_name)));
    }
    Population renamed = *population;
    renamed.name = const_cast<char *>(new_name);
    rename_member_column(population, member_column(&renamed));
}

// Another relation or key, of the type as which the members are kept; null leaves what is there.
void bind_otherwise(Population *population, const char *relation_name, const char *key_name) {
    const UserRelation *relation = relation_name != nullptr
                                       ? relation_named(relation_name)
                                       : relation_registered(population->relation_schema, population->relation_name,
                                                             psprintf("the relation of population \"%s\"", population->name));
    const Column *key = get_column(relation, key_name != nullptr ? key_name : population->key);
    if (strcmp(key->type_sql, population->key_type) != 0) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("column \"%s\" of %s cannot be the key of population \"%s\"", key->name, relation->sql, population->name),
                        errdetail("It is %s; the members are kept as %s.", key->type_sql, population->key_type)));
    }
    population->relation_schema = relation->schema;
    population->relation_name = relation->name;
    population->key = key->name;
}

void alter_population(FunctionCallInfo fcinfo) {
    PreventCommandIfReadOnly("segment.alter_population()");
    Population *population = get_population(required_text(fcinfo, 0, "name"), Lock::exclusive);
    const char *owner = optional_text(fcinfo, 1);
    check_may_alter(population);
    if (owner != nullptr) {
        change_member_tables_owner(population, get_role_oid(owner, false));
        change_score_tables_owner(population, get_role_oid(owner, false));
        population->owner = const_cast<char *>(owner);
    }
    check_member_tables(population);
    Unsound before = find_unsound(population);
    if (!PG_ARGISNULL(2)) {
        population->time_zone = optional_text(fcinfo, 2);
        check_time_zone(population->time_zone);
    }
    if (!PG_ARGISNULL(3)) {
        population->week_start = PG_GETARG_INT32(3);
        check_week_start(population->week_start);
    }
    if (!PG_ARGISNULL(4)) {
        population->base = optional_text(fcinfo, 4);
    }
    if (!PG_ARGISNULL(6) || !PG_ARGISNULL(7)) {
        bind_otherwise(population, optional_text(fcinfo, 6), optional_name(fcinfo, 7));
    }
    const char *new_name = optional_text(fcinfo, 5);
    if (new_name != nullptr && strcmp(new_name, population->name) != 0) {
        rename_population(population, new_name);
        population->name = const_cast<char *>(new_name);
    }
    population->base = check_base(population, before);
    catalog_execute(
        "UPDATE segment.catalog_population SET owner = $2, time_zone = $3, week_start = $4, base = $5, name = $6, "
        "relation_schema = $7, relation_name = $8, key = $9 WHERE id OPERATOR(pg_catalog.=) $1",
        {int4_argument(population->id), text_argument(population->owner), text_argument(population->time_zone),
         int4_argument(population->week_start), text_argument(population->base), text_argument(population->name),
         text_argument(population->relation_schema), text_argument(population->relation_name), text_argument(population->key)});
}

void add_traits(const char *population_name, const UserRelation *relation, FunctionCallInfo fcinfo) {
    const char *key_name = required_name(fcinfo, 2, "key");
    const char *prefix = optional_text(fcinfo, 3);
    IfExists if_exists = if_exists_argument(fcinfo, 4);
    if (prefix != nullptr)
        check_name("prefix", prefix);

    PreventCommandIfReadOnly("segment.add_traits()");
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    const Column *key = get_column(relation, key_name);

    const spi::Argument columns[] = {int4_argument(population->id), text_argument(relation->schema), text_argument(relation->name),
                                     text_argument(key->name), text_argument(prefix)};
    // Another trait relation of this prefix is told apart below.
    if (const char *kind = prefix != nullptr ? kind_of_name(population, prefix) : nullptr;
        kind != nullptr && strcmp(kind, "source of traits") != 0) {
        refuse_name(population, prefix, "source of traits", IfExists::error);
    }
    Rows same = catalog_execute(
        "SELECT 1 FROM segment.catalog_traits WHERE population_id OPERATOR(pg_catalog.=) $1 "
        "AND relation_schema OPERATOR(pg_catalog.=) $2 AND relation_name OPERATOR(pg_catalog.=) $3 AND foreign_key IS NULL",
        std::span(columns).first(3));
    if (same.count > 0 && if_exists == IfExists::error) {
        ereport(ERROR,
                (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("%s already adds traits to population \"%s\"", relation->sql, population->name),
                 errhint("Pass if_exists => 'keep' or 'replace' to run this again.")));
    }
    if (same.count > 0 && if_exists == IfExists::keep) {
        return;
    }
    Rows taken = catalog_execute(
        "SELECT 1 FROM segment.catalog_traits WHERE population_id OPERATOR(pg_catalog.=) $1 AND prefix OPERATOR(pg_catalog.=) $5 "
        "AND (relation_schema OPERATOR(pg_catalog.<>) $2 OR relation_name OPERATOR(pg_catalog.<>) $3 OR $4 IS NULL)",
        columns);
    if (taken.count > 0) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
                        errmsg("population \"%s\" already has traits with prefix \"%s\"", population->name, prefix)));
    }
    Unsound before = find_unsound(population);
    catalog_execute(same.count > 0
                        ? "UPDATE segment.catalog_traits SET key = $4, prefix = $5 WHERE population_id OPERATOR(pg_catalog.=) $1 "
                          "AND relation_schema OPERATOR(pg_catalog.=) $2 AND relation_name OPERATOR(pg_catalog.=) $3 "
                          "AND foreign_key IS NULL"
                        : "INSERT INTO segment.catalog_traits (population_id, position, relation_schema, relation_name, key, prefix) "
                          "SELECT $1, coalesce(pg_catalog.max(position), 0) OPERATOR(pg_catalog.+) 1, $2, $3, $4, $5 "
                          "FROM segment.catalog_traits WHERE population_id OPERATOR(pg_catalog.=) $1",
                    columns);
    // The names must fit those already there, the definitions the names, and the key the population's.
    check_population(population, before, relation->sql);
}

void drop_population(const char *name, bool cascade) {
    PreventCommandIfReadOnly("segment.drop_population()");
    Population *population = get_population(name, Lock::exclusive);
    check_may_change(population);
    Segments segments = segments_of(population);
    if (segments.count > 0 && !cascade) {
        StringInfoData names;
        initStringInfo(&names);
        for (int32 i = 0; i < segments.count && i < 10; i++)
            appendStringInfo(&names, "%s\"%s\"", i > 0 ? ", " : "", segments.items[i].name);
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("population \"%s\" has segments", name),
                        errdetail_plural("It has %d segment: %s.", "It has %d segments: %s.", segments.count, segments.count, names.data),
                        errhint("Pass cascade => true to drop them too.")));
    }
    Rows lists = catalog_execute("SELECT 1 FROM segment.catalog_list WHERE population_id OPERATOR(pg_catalog.=) $1",
                                 {int4_argument(population->id)});
    if (lists.count > 0 && !cascade) {
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("population \"%s\" has lists", name),
                        errhint("Pass cascade => true to drop them too.")));
    }
    Scores scores = scores_of(population);
    if (scores.count > 0 && !cascade) {
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("population \"%s\" has scores", name),
                        errhint("Pass cascade => true to drop them too.")));
    }
    for (int32 i = 0; i < scores.count; i++) {
        drop_score_tables(population, scores.items[i].name);
    }
    drop_all_score_tables(population);
    drop_member_tables(population);
    catalog_execute("DELETE FROM segment.catalog_population WHERE id OPERATOR(pg_catalog.=) $1", {int4_argument(population->id)});
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_create_population) {
    const char *name = required_text(fcinfo, 0, "name");
    return Int32GetDatum(create_population(name, relation_named(required_text(fcinfo, 1, "relation")), fcinfo));
}

SEGMENT_FUNCTION(segment_create_population_regclass) {
    const char *name = required_text(fcinfo, 0, "name");
    return Int32GetDatum(create_population(name, relation_of_oid(required_oid(fcinfo, 1, "relation")), fcinfo));
}

SEGMENT_FUNCTION(segment_alter_population) {
    alter_population(fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_add_traits) {
    const char *population = required_text(fcinfo, 0, "population");
    add_traits(population, relation_named(required_text(fcinfo, 1, "relation")), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_add_traits_regclass) {
    const char *population = required_text(fcinfo, 0, "population");
    add_traits(population, relation_of_oid(required_oid(fcinfo, 1, "relation")), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_drop_population) {
    drop_population(required_text(fcinfo, 0, "name"), PG_GETARG_BOOL(1));
    PG_RETURN_VOID();
}
