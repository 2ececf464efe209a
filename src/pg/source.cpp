// Registering sources: relations with many rows per member.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/check.hpp"
#include "pg/event_names.hpp"
#include "pg/identity.hpp"
#include "pg/nearest.hpp"
#include "pg/registered_name.hpp"
#include "pg/relation.hpp"
#include "pg/score.hpp"
#include "pg/users.hpp"

namespace segment::pg {

namespace {

// Whether an index finds one member's events of a span of time.
bool has_index(const UserRelation *relation, const char *key, const char *occurred_at) {
    Identity caller = begin_identity(GetUserId());
    Rows found = caller_execute(
        "SELECT 1 FROM pg_index AS i JOIN pg_attribute AS k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0] "
        "JOIN pg_attribute AS t ON t.attrelid = i.indrelid AND t.attnum = ANY ((i.indkey::int2[])[1:i.indnkeyatts - 1]) "
        "WHERE i.indrelid = $1 AND i.indisvalid AND i.indpred IS NULL AND k.attname = $2 AND t.attname = $3",
        {{OIDOID, ObjectIdGetDatum(relation->oid)}, text_argument(key), text_argument(occurred_at)});
    end_identity(caller);
    return found.count > 0;
}

void advise_index(const UserRelation *relation, const char *key, const char *occurred_at, const char *event_name) {
    char kind = get_rel_relkind(relation->oid);
    bool indexable = kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_MATVIEW;
    if (!indexable || has_index(relation, key, occurred_at))
        return;
    const char *include = event_name != nullptr ? psprintf(" INCLUDE (%s)", quote_identifier(event_name)) : "";
    ereport(NOTICE,
            (errmsg("no index of %s begins with the key and holds the time", relation->sql),
             errhint("CREATE INDEX ON %s (%s, %s)%s;", relation->sql, quote_identifier(key), quote_identifier(occurred_at), include)));
}

void add_events(const UserRelation *relation, FunctionCallInfo fcinfo) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const char *name = required_text(fcinfo, 1, "name");
    const char *key = required_name(fcinfo, 3, "key");
    const char *occurred_at = required_name(fcinfo, 4, "occurred_at");
    const char *event_name = optional_name(fcinfo, 5);
    const char *tie_break = optional_name(fcinfo, 6);
    IfExists if_exists = if_exists_argument(fcinfo, 7);

    PreventCommandIfReadOnly("segment.add_events()");
    check_registered_name("source", name);
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);

    const spi::Argument columns[] = {int4_argument(population->id), text_argument(name),     text_argument(relation->schema),
                                     text_argument(relation->name), text_argument(key),      text_argument(occurred_at),
                                     text_argument(event_name),     text_argument(tie_break)};
    bool exists = refuse_name(population, name, "source of events", if_exists);
    if (exists && if_exists == IfExists::keep)
        return;
    Unsound before = find_unsound(population);
    // No more than the columns' names is kept: types are looked at anew by every run.
    catalog_execute(psprintf("%s jsonb_strip_nulls(jsonb_build_object('occurred_at', $6, 'event_name', $7, 'tie_break', $8))%s",
                             exists ? "UPDATE segment.catalog_source SET relation_schema = $3, relation_name = $4, key = $5, columns ="
                                    : "INSERT INTO segment.catalog_source (population_id, name, kind, relation_schema, relation_name, "
                                      "key, columns) SELECT $1, $2, 'events', $3, $4, $5,",
                             exists ? " WHERE population_id = $1 AND name = $2" : ""),
                    columns);
    // The columns must be there and of the right types, and the definitions still mean something.
    check_population(population, before, relation->sql);
    look_for_event_names(population, name);
    advise_index(relation, key, occurred_at, event_name);
}

// Trait relations and parents go by their prefix, those without one by the relation's name as the view segment.source shows it.
bool remove_trait_relation(const Population *population, const char *name) {
    TraitRelations relations = trait_relations(population);
    for (int32 i = 0; i < relations.count; i++) {
        const TraitRelation &item = relations.items[i];
        const char *own = item.prefix != nullptr ? item.prefix : quote_qualified_identifier(item.relation_schema, item.relation_name);
        if (strcmp(own, name) != 0)
            continue;
        refuse_users(population, find_users(population, Registered::trait_relation, static_cast<uint32>(i), nullptr),
                     psprintf("source \"%s\"", name), Cascade::impossible);
        catalog_execute(
            "DELETE FROM segment.catalog_traits WHERE population_id OPERATOR(pg_catalog.=) $1 "
            "AND relation_schema OPERATOR(pg_catalog.=) $2 AND relation_name OPERATOR(pg_catalog.=) $3 "
            "AND prefix IS NOT DISTINCT FROM $4",
            {int4_argument(population->id), text_argument(item.relation_schema), text_argument(item.relation_name),
             text_argument(item.prefix)});
        return true;
    }
    return false;
}

void remove_source(const char *population_name, const char *name) {
    PreventCommandIfReadOnly("segment.remove_source()");
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    Rows sources = catalog_execute(
        "SELECT id, used_by_base, name OPERATOR(pg_catalog.=) $2, name FROM segment.catalog_source "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 ORDER BY name OPERATOR(pg_catalog.=) $2 DESC, name",
        {int4_argument(population->id), text_argument(name)});
    if (remove_trait_relation(population, name)) {
        return;
    }
    if (sources.count == 0 || !DatumGetBool(value_of(sources, 0, 2))) {
        const char *near = nearest_name(name, sources, 3);
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" has no source \"%s\"", population->name, name),
                        near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("See the view segment.source.")));
    }
    spi::Argument id = int4_argument(DatumGetInt32(value_of(sources, 0, 0)));
    Rows users = catalog_execute(
        "SELECT 'segment' AS kind, s.name FROM segment.catalog_source_use u JOIN segment.catalog_segment s ON s.id OPERATOR(pg_catalog.=) "
        "u.segment_id "
        "WHERE u.source_id OPERATOR(pg_catalog.=) $1 UNION ALL "
        "SELECT 'score', s.name FROM segment.catalog_score_source_use u JOIN segment.catalog_score s ON s.id OPERATOR(pg_catalog.=) "
        "u.score_id "
        "WHERE u.source_id OPERATOR(pg_catalog.=) $1 ORDER BY kind DESC, name",
        {id});
    bool used_by_base = DatumGetBool(value_of(sources, 0, 1));
    const char *traits = traits_reading(population, DatumGetInt32(value_of(sources, 0, 0)), name);
    if (users.count > 0 || used_by_base || traits[0] != '\0') {
        StringInfoData names;
        initStringInfo(&names);
        appendStringInfoString(&names, used_by_base ? "the population's base" : "");
        for (uint64 row = 0; row < users.count; row++)
            appendStringInfo(&names, "%s%s \"%s\"", names.len > 0 ? ", " : "", text_of(users, row, 0), text_of(users, row, 1));
        appendStringInfo(&names, "%s%s", names.len > 0 && traits[0] != '\0' ? ", " : "", traits);
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
                        errmsg("source \"%s\" of population \"%s\" is used by definitions", name, population->name),
                        errdetail("It is used by %s.", names.data), errhint("Change or drop these first.")));
    }
    catalog_execute("DELETE FROM segment.catalog_source WHERE id OPERATOR(pg_catalog.=) $1", {id});
}

void put_event_name(ReturnSetInfo *result, Datum source, const Rows &rows, uint64 row, int first) {
    Datum values[] = {source, value_of(rows, row, first), value_of(rows, row, first + 1), value_of(rows, row, first + 2)};
    bool nulls[] = {false, is_null(rows, row, first), false, is_null(rows, row, first + 2)};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void read_event_names(const Population *population, const EventRelation *source, ReturnSetInfo *result) {
    const UserRelation *relation =
        relation_registered(source->relation_schema, source->relation_name, psprintf("the relation of source \"%s\"", source->name));
    Rows rows = caller_execute(event_names_sql(population, source, relation, 0), {}, {.read_only = true});
    for (uint64 row = 0; row < rows.count; row++) {
        put_event_name(result, CStringGetTextDatum(source->name), rows, row, 0);
    }
}

// What the owner's registrations and refreshes have seen is the owner's; others see what they may read, and so does he where nothing
// has been seen yet.
void event_names(const char *population_name, ReturnSetInfo *result) {
    Population *population = get_population(population_name, Lock::none);
    check_may_read(population);
    EventRelations sources = event_relations(population);
    Oid owner = population_owner(population);
    bool owns = has_privs_of_role(GetUserId(), owner);
    Rows known = owns ? known_event_names(population) : Rows{};
    Identity caller = begin_identity(owns ? owner : GetUserId());
    for (int32 i = 0; i < sources.count; i++) {
        bool found = false;
        for (uint64 row = 0; row < known.count; row++) {
            if (strcmp(text_of(known, row, 0), sources.items[i].name) == 0) {
                put_event_name(result, value_of(known, row, 0), known, row, 1);
                found = true;
            }
        }
        if (!found) {
            read_event_names(population, &sources.items[i], result);
        }
    }
    end_identity(caller);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_add_events) {
    add_events(relation_named(required_text(fcinfo, 2, "relation")), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_add_events_regclass) {
    add_events(relation_of_oid(required_oid(fcinfo, 2, "relation")), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_remove_source) {
    remove_source(required_text(fcinfo, 0, "population"), required_text(fcinfo, 1, "name"));
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_event_names) {
    const char *population = required_text(fcinfo, 0, "population");
    InitMaterializedSRF(fcinfo, 0);
    event_names(population, reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo));
    return static_cast<Datum>(0);
}
