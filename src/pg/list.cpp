// Lists: keys that somebody has written down, which definitions refer to.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/member_tables.hpp"
#include "pg/named_object.hpp"
#include "pg/registered_name.hpp"
#include "pg/users.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

namespace {

// By `name` or `population.name`; its population is locked.
NamedObject get_changeable(const char *name) {
    NamedObject list = named_object("list", name, Lock::exclusive);
    check_may_change(list.population);
    check_member_tables(list.population);
    return list;
}

void create_list(FunctionCallInfo fcinfo) {
    const char *name = required_text(fcinfo, 0, "name");
    const char *population_name = required_text(fcinfo, 1, "population");
    const char *description = optional_text(fcinfo, 2);
    IfExists if_exists = if_exists_argument(fcinfo, 3);
    PreventCommandIfReadOnly("segment.create_list()");
    check_registered_name("list", name);
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    check_member_tables(population);
    const spi::Argument arguments[] = {int4_argument(population->id), text_argument(name), text_argument(description),
                                       text_argument(GetUserNameFromId(GetUserId(), false))};
    Rows same = catalog_execute(
        "SELECT 1 FROM segment.catalog_list WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
        std::span(arguments).first(2));
    if (same.count > 0 && if_exists == IfExists::error) {
        ereport(ERROR,
                (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("list \"%s\" already exists in population \"%s\"", name, population->name),
                 errhint("Pass if_exists => 'keep' or 'replace' to run this again.")));
    }
    if (same.count > 0) {
        if (if_exists == IfExists::replace) {
            catalog_execute(
                "UPDATE segment.catalog_list SET description = $3 WHERE population_id OPERATOR(pg_catalog.=) $1 "
                "AND name OPERATOR(pg_catalog.=) $2",
                std::span(arguments).first(3));
        }
        return;
    }
    catalog_execute("INSERT INTO segment.catalog_list (population_id, name, description, author) VALUES ($1, $2, $3, $4)", arguments);
}

uint64 write_keys(const char *sql, spi::Arguments arguments) {
    spi::connect();
    begin_membership_write();
    uint64 rows = spi::execute(sql, arguments);
    end_membership_write();
    spi::finish();
    return rows;
}

int64 add_to_list(FunctionCallInfo fcinfo) {
    PreventCommandIfReadOnly("segment.add_to_list()");
    NamedObject list = get_changeable(required_text(fcinfo, 0, "list"));
    bool has_until = !PG_ARGISNULL(2);
    const char *author = GetUserNameFromId(GetUserId(), false);
    Identity caller = begin_identity(population_owner(list.population));
    const Column *column = key_column(list.population);
    const char *key = quote_identifier(member_column(list.population));
    uint64 rows =
        write_keys(psprintf("INSERT INTO %s AS l (list, %s, until, author, at) SELECT DISTINCT $1, k, $3, $4, $5 FROM unnest($2) AS k "
                            "ON CONFLICT (list, %s) DO UPDATE SET until = excluded.until, author = excluded.author, at = excluded.at "
                            "WHERE l.until IS DISTINCT FROM excluded.until",
                            member_relation_sql(list.population, "segment_list"), key, key),
                   {text_argument(list.name),
                    keys_argument(fcinfo, 1, column),
                    {TIMESTAMPTZOID, has_until ? PG_GETARG_DATUM(2) : 0, !has_until},
                    text_argument(author),
                    timestamptz_argument(GetCurrentTimestamp())});
    end_identity(caller);
    return static_cast<int64>(rows);
}

int64 remove_from_list(FunctionCallInfo fcinfo) {
    PreventCommandIfReadOnly("segment.remove_from_list()");
    NamedObject list = get_changeable(required_text(fcinfo, 0, "list"));
    Identity caller = begin_identity(population_owner(list.population));
    const Column *column = key_column(list.population);
    uint64 rows =
        write_keys(psprintf("DELETE FROM %s WHERE list = $1 AND %s %s ANY ($2)", member_relation_sql(list.population, "segment_list"),
                            quote_identifier(member_column(list.population)), equality_sql(column->type)),
                   {text_argument(list.name), keys_argument(fcinfo, 1, column)});
    end_identity(caller);
    return static_cast<int64>(rows);
}

void drop_list(const char *name, bool cascade) {
    PreventCommandIfReadOnly("segment.drop_list()");
    NamedObject list = get_changeable(name);
    Users users = find_users(list.population, Registered::list, 0, list.name);
    refuse_users(list.population, users, psprintf("list \"%s\"", list.name), cascade ? Cascade::wanted : Cascade::not_wanted);
    drop_users(list.population, users);
    Identity caller = begin_identity(population_owner(list.population));
    write_keys(psprintf("DELETE FROM %s WHERE list = $1", member_relation_sql(list.population, "segment_list")),
               {text_argument(list.name)});
    end_identity(caller);
    catalog_execute("DELETE FROM segment.catalog_list WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
                    {int4_argument(list.population->id), text_argument(list.name)});
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_create_list) {
    create_list(fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_add_to_list) {
    return Int64GetDatum(add_to_list(fcinfo));
}

SEGMENT_FUNCTION(segment_remove_from_list) {
    return Int64GetDatum(remove_from_list(fcinfo));
}

SEGMENT_FUNCTION(segment_drop_list) {
    drop_list(required_text(fcinfo, 0, "list"), required_bool(fcinfo, 1, "cascade"));
    PG_RETURN_VOID();
}
