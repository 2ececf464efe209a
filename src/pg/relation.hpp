// The user's relations: bound by qualified name, looked at anew by every run.
#pragma once

#include "pg/fault.hpp"

namespace segment::pg {

struct Column {
    char *name;
    Oid type;        // base type of a domain
    int32 modifier;  // of that type: the precision and scale of numeric(10,2)
    Oid collation;
    const char *type_sql;  // the declared type with its modifier, qualified unless it is in pg_catalog
};

struct UserRelation {
    Oid oid;
    char *schema, *name;
    char *sql;  // quoted, qualified
    int32 column_count;
    Column *columns;  // without dropped ones
};

// The relation that a user named in a call: resolved by his search_path. Raises when it does not exist or is of a kind
// that has no rows (index, sequence, …) or is temporary.
UserRelation *relation_named(const char *text);
UserRelation *relation_of_oid(Oid oid);

// The relation registered under a qualified name; takes AccessShareLock to the end of the transaction. Raises when it is
// gone: `role_in_message` says what it was, such as "relation of population \"customer\"". With a `fault` that is noted and the
// result is null.
UserRelation *relation_registered(const char *schema, const char *name, const char *role_in_message, Fault *fault = nullptr);

// A type as a cast needs it: qualified unless it is in pg_catalog, without a modifier that would cut a literal short.
const char *type_sql(Oid type);

// A collation, quoted and qualified; empty for none and for the database's default.
const char *collation_sql(Oid collation);

// Null when there is no such column.
const Column *find_column(const UserRelation *relation, const char *name);
// Raises, with the nearest column as hint; with a `fault` that is noted and the result is null.
const Column *get_column(const UserRelation *relation, const char *name, Fault *fault = nullptr);

// A column of times as an instant, `name` being how it is written: local times are those of a zone.
const char *instant_of_column(const char *name, const Column *column, const char *time_zone);

}  // namespace segment::pg
