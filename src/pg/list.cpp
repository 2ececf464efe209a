// Lists: keys that somebody has written down, which definitions refer to.
#include "core/definition/references.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/member_tables.hpp"
#include "pg/memory.hpp"
#include "pg/nearest.hpp"
#include "pg/registered_name.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

namespace {

struct List {
    Population *population;
    char *name;
};

// By `name` or `population.name`, among those that the user may read; its population is locked.
List get_list(const char *name) {
    Rows rows = catalog_execute(
        "SELECT p.name, l.name FROM segment.catalog_list l JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) "
        "l.population_id "
        "WHERE l.name OPERATOR(pg_catalog.=) $1 OR (p.name OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) l.name) "
        "OPERATOR(pg_catalog.=) $1 "
        "ORDER BY l.name OPERATOR(pg_catalog.=) $1, p.name",
        {text_argument(name)});
    const char *population = nullptr;
    char *found = nullptr;
    for (uint64 row = 0; row < rows.count; row++) {
        Population *candidate = find_population(text_of(rows, row, 0), Lock::none);
        if (candidate == nullptr || !may_read(candidate)) {
            continue;
        }
        if (found != nullptr) {
            ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_ALIAS), errmsg("list name \"%s\" is ambiguous", name),
                            errdetail("The populations \"%s\" and \"%s\" have one each.", population, candidate->name),
                            errhint("Write it as \"%s.%s\".", population, name)));
        }
        population = candidate->name;
        found = text_of(rows, row, 1);
        if (strcmp(found, name) != 0) {
            break;
        }
    }
    if (found == nullptr) {
        Rows names = caller_execute("SELECT name FROM segment.list ORDER BY name");
        const char *near = nearest_name(name, names, 0);
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("list \"%s\" does not exist", name),
                        near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("See the view segment.list.")));
    }
    return {get_population(population, Lock::exclusive), found};
}

List get_changeable(const char *name) {
    List list = get_list(name);
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
    List list = get_changeable(required_text(fcinfo, 0, "list"));
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
    List list = get_changeable(required_text(fcinfo, 0, "list"));
    Identity caller = begin_identity(population_owner(list.population));
    const Column *column = key_column(list.population);
    uint64 rows =
        write_keys(psprintf("DELETE FROM %s WHERE list = $1 AND %s %s ANY ($2)", member_relation_sql(list.population, "segment_list"),
                            quote_identifier(member_column(list.population)), equality_sql(column->type)),
                   {text_argument(list.name), keys_argument(fcinfo, 1, column)});
    end_identity(caller);
    return static_cast<int64>(rows);
}

bool refers_to(const char *definition, const char *list) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        return definition::refers_to(definition, definition::Word::list, list, memory);
    });
}

void drop_list(const char *name) {
    PreventCommandIfReadOnly("segment.drop_list()");
    List list = get_changeable(name);
    StringInfoData users;
    initStringInfo(&users);
    if (refers_to(list.population->base, list.name)) {
        appendStringInfoString(&users, "the base");
    }
    Segments segments = segments_of(list.population);
    for (int32 i = 0; i < segments.count; i++) {
        if (refers_to(segments.items[i].definition, list.name)) {
            appendStringInfo(&users, "%s\"%s\"", users.len > 0 ? ", " : "", segments.items[i].name);
        }
    }
    if (users.len > 0) {
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST), errmsg("list \"%s\" is used by definitions", list.name),
                        errdetail("It is used by %s.", users.data), errhint("Change or drop them first.")));
    }
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
    drop_list(required_text(fcinfo, 0, "list"));
    PG_RETURN_VOID();
}
