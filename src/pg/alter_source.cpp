// Changing registered relations: sources, parents and trait relations.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/event_names.hpp"
#include "pg/identity.hpp"
#include "pg/nearest.hpp"
#include "pg/registered_name.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

namespace {

// What is registered, as a row of the catalog.
struct Source {
    const char *kind;  // events, subscriptions, traits or parent
    int32 id;          // of a source, or the position of a trait relation or parent
    char *relation_schema, *relation_name, *key;
    Datum columns;  // jsonb
};

bool is_kind(const Source &source, const char *kind) {
    return strcmp(source.kind, kind) == 0;
}

Source find_source(const Population *population, const char *name) {
    Rows rows = catalog_execute(
        "SELECT name OPERATOR(pg_catalog.=) $2, name, kind, id, relation_schema::pg_catalog.text, relation_name::pg_catalog.text, "
        "key::pg_catalog.text, columns FROM (SELECT name, kind, id, relation_schema, relation_name, key, columns FROM "
        "segment.catalog_source "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 UNION ALL SELECT "
        "coalesce(prefix, pg_catalog.format('%I.%I', relation_schema, relation_name)), "
        "CASE WHEN foreign_key IS NULL THEN 'traits' ELSE 'parent' END, position, relation_schema, relation_name, key, "
        "pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('foreign_key', foreign_key)) FROM segment.catalog_traits "
        "WHERE population_id OPERATOR(pg_catalog.=) $1) AS s ORDER BY 1 DESC, 2",
        {int4_argument(population->id), text_argument(name)});
    if (rows.count == 0 || !DatumGetBool(value_of(rows, 0, 0))) {
        const char *near = nearest_name(name, rows, 1);
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" has no source \"%s\"", population->name, name),
                        near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("See the view segment.source.")));
    }
    return {text_of(rows, 0, 2), DatumGetInt32(value_of(rows, 0, 3)), text_of(rows, 0, 4), text_of(rows, 0, 5), text_of(rows, 0, 6),
            value_of(rows, 0, 7)};
}

struct Roles {
    const char *required, *optional;  // as arrays' texts
};

Roles roles_of(const Source &source) {
    if (is_kind(source, "events")) {
        return {"{occurred_at}", "{event_name,tie_break}"};
    }
    if (is_kind(source, "subscriptions")) {
        return {"{starts_at,ends_at,mrr}", "{plan,quantity,currency,billing_interval,trial_ends_at,renews_at,churn_reason}"};
    }
    return {is_kind(source, "parent") ? "{foreign_key}" : "{}", "{}"};
}

// The columns by their roles, with `changes` made; a null takes one away.
Datum changed_columns(const Source &source, Datum changes) {
    Roles roles = roles_of(source);
    const spi::Argument arguments[] = {
        {JSONBOID, source.columns}, {JSONBOID, changes}, text_argument(roles.required), text_argument(roles.optional)};
    Identity caller = begin_identity(GetUserId());
    Rows kind = caller_execute("SELECT jsonb_typeof($2) = 'object'", arguments);
    if (!DatumGetBool(value_of(kind, 0, 0))) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("columns must be a JSON object"),
                        errhint("Its keys are roles such as occurred_at, its values names of columns.")));
    }
    Rows wrong = caller_execute(
        "SELECT key, CASE WHEN key <> ALL ($3::text[] || $4::text[]) THEN 'a source of this kind has no column' WHEN value = 'null' "
        "THEN 'a source of this kind needs its column' ELSE 'there must be a name for the column' END FROM jsonb_each($2) WHERE NOT "
        "coalesce(key = ANY ($3::text[]) AND jsonb_typeof(value) = 'string' OR "
        "key = ANY ($4::text[]) AND jsonb_typeof(value) IN ('string', 'null'), false) ORDER BY key LIMIT 1",
        arguments);
    if (wrong.count > 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s \"%s\"", text_of(wrong, 0, 1), text_of(wrong, 0, 0)),
                        errdetail("Sources of %s have the columns %s and may have %s.", source.kind, roles.required, roles.optional)));
    }
    Rows merged = caller_execute("SELECT jsonb_strip_nulls($1 || $2)", arguments);
    end_identity(caller);
    return value_of(merged, 0, 0);
}

// Columns that only describe are looked at by nothing else.
void check_described(const UserRelation *relation, Datum columns) {
    Identity caller = begin_identity(GetUserId());
    Rows described =
        caller_execute("SELECT value FROM jsonb_each_text($1) WHERE key IN ('billing_interval', 'churn_reason')", {{JSONBOID, columns}});
    end_identity(caller);
    for (uint64 row = 0; row < described.count; row++) {
        get_column(relation, text_of(described, row, 0));
    }
}

void alter_source(FunctionCallInfo fcinfo) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const char *name = required_text(fcinfo, 1, "name");
    const char *new_name = optional_text(fcinfo, 2), *relation_name = optional_text(fcinfo, 3), *key = optional_name(fcinfo, 4);
    PreventCommandIfReadOnly("segment.alter_source()");
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    Source source = find_source(population, name);
    if (new_name != nullptr && strcmp(new_name, name) != 0) {
        check_registered_name("source", new_name);
        refuse_name(population, new_name, "", IfExists::error);
    }
    // A new name alone needs no look at the relation, which may be gone.
    const UserRelation *relation = nullptr;
    if (relation_name != nullptr) {
        relation = relation_named(relation_name);
    } else if (key != nullptr || !PG_ARGISNULL(5)) {
        relation = relation_registered(source.relation_schema, source.relation_name, psprintf("the relation of \"%s\"", name));
    }
    if (!PG_ARGISNULL(5)) {
        source.columns = changed_columns(source, PG_GETARG_DATUM(5));
        check_described(relation, source.columns);
    }
    Unsound before = find_unsound(population);
    bool trait_relation = is_kind(source, "traits") || is_kind(source, "parent");
    catalog_execute(trait_relation
                        ? "UPDATE segment.catalog_traits SET prefix = coalesce($3, prefix), relation_schema = $4, relation_name = $5, "
                          "key = $6, foreign_key = $7 OPERATOR(pg_catalog.->>) 'foreign_key' "
                          "WHERE population_id OPERATOR(pg_catalog.=) $1 AND position OPERATOR(pg_catalog.=) $2"
                        : "UPDATE segment.catalog_source SET name = coalesce($3, name), relation_schema = $4, relation_name = $5, "
                          "key = $6, columns = $7 WHERE population_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2",
                    {int4_argument(population->id),
                     int4_argument(source.id),
                     text_argument(new_name),
                     text_argument(relation != nullptr ? relation->schema : source.relation_schema),
                     text_argument(relation != nullptr ? relation->name : source.relation_name),
                     text_argument(key != nullptr ? key : source.key),
                     {JSONBOID, source.columns}});
    check_population(population, before, relation != nullptr ? relation->sql : nullptr);
    if (relation != nullptr) {
        look_for_event_names(population, new_name != nullptr ? new_name : name);
    }
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_alter_source) {
    alter_source(fcinfo);
    PG_RETURN_VOID();
}
