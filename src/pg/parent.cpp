// Parents: relations that members refer to by a foreign key.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/identity.hpp"
#include "pg/registered_name.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

namespace {

struct Parent {
    const UserRelation *relation;
    const char *key;
};

// The only column of the relation's primary key.
const char *primary_key(const UserRelation *relation) {
    Identity caller = begin_identity(GetUserId());
    Rows columns = caller_execute(
        "SELECT a.attname::text FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
        "WHERE i.indrelid = $1 AND i.indisprimary AND i.indnkeyatts = 1",
        {{OIDOID, ObjectIdGetDatum(relation->oid)}});
    end_identity(caller);
    if (columns.count == 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s has no primary key of one column", relation->sql),
                        errhint("Name the column that the foreign key refers to: key => '...'.")));
    }
    return text_of(columns, 0, 0);
}

Parent parent_of_relation(const UserRelation *relation, const char *key) {
    return {relation, key != nullptr ? get_column(relation, key)->name : primary_key(relation)};
}

// A population that the user may read stands for its relation and key; any other name is a relation's.
Parent parent_named(const char *name, const char *key) {
    const Population *population = find_population(name, Lock::none);
    if (population == nullptr || !may_read(population)) {
        return parent_of_relation(relation_named(name), key);
    }
    const UserRelation *relation = relation_registered(population->relation_schema, population->relation_name,
                                                       psprintf("the relation of population \"%s\"", population->name));
    return parent_of_relation(relation, key != nullptr ? key : population->key);
}

void add_parent(const Parent &parent, FunctionCallInfo fcinfo) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const char *name = required_text(fcinfo, 1, "name");
    const char *foreign_key = required_name(fcinfo, 3, "foreign_key");
    IfExists if_exists = if_exists_argument(fcinfo, 5);
    PreventCommandIfReadOnly("segment.add_parent()");
    check_registered_name("parent", name);
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    bool exists = refuse_name(population, name, "parent", if_exists);
    if (exists && if_exists == IfExists::keep) {
        return;
    }
    Unsound before = find_unsound(population);
    catalog_execute(exists ? "UPDATE segment.catalog_traits SET relation_schema = $3, relation_name = $4, key = $5, foreign_key = $6 "
                             "WHERE population_id OPERATOR(pg_catalog.=) $1 AND prefix OPERATOR(pg_catalog.=) $2"
                           : "INSERT INTO segment.catalog_traits (population_id, position, prefix, relation_schema, relation_name, key, "
                             "foreign_key) SELECT $1, coalesce(pg_catalog.max(position), 0) OPERATOR(pg_catalog.+) 1, $2, $3, $4, $5, $6 "
                             "FROM segment.catalog_traits WHERE population_id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(population->id), text_argument(name), text_argument(parent.relation->schema),
                     text_argument(parent.relation->name), text_argument(parent.key), text_argument(foreign_key)});
    check_population(population, before, parent.relation->sql);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_add_parent) {
    add_parent(parent_named(required_text(fcinfo, 2, "parent"), optional_name(fcinfo, 4)), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_add_parent_regclass) {
    add_parent(parent_of_relation(relation_of_oid(required_oid(fcinfo, 2, "parent")), optional_name(fcinfo, 4)), fcinfo);
    PG_RETURN_VOID();
}
