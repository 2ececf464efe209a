#include "pg/registered_name.hpp"

namespace segment::pg {

namespace {

constexpr size_t name_length_max = 63;

}  // namespace

void check_registered_name(const char *what, const char *name) {
    if (name[0] == '\0') {
        ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("%s name must not be empty", what)));
    }
    if (strlen(name) > name_length_max) {
        ereport(ERROR, (errcode(ERRCODE_NAME_TOO_LONG), errmsg("%s name \"%s\" is longer than %zu bytes", what, name, name_length_max)));
    }
}

const char *kind_of_name(const Population *population, const char *name) {
    Rows rows = catalog_execute(
        "SELECT 'source of ' OPERATOR(pg_catalog.||) kind FROM segment.catalog_source "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2 "
        "UNION ALL SELECT CASE WHEN foreign_key IS NULL THEN 'source of traits' ELSE 'parent' END FROM segment.catalog_traits "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 AND prefix OPERATOR(pg_catalog.=) $2 "
        "UNION ALL SELECT 'derived trait' FROM segment.catalog_derived_trait "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2 "
        "UNION ALL SELECT 'scheme' FROM segment.catalog_scheme "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2 "
        "UNION ALL SELECT 'score' FROM segment.catalog_score "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
        {int4_argument(population->id), text_argument(name)});
    return rows.count == 0 ? nullptr : text_of(rows, 0, 0);
}

bool refuse_name(const Population *population, const char *name, const char *kind, IfExists if_exists) {
    const char *found = kind_of_name(population, name);
    if (found == nullptr) {
        return false;
    }
    bool same = strcmp(found, kind) == 0;
    if (!same || if_exists == IfExists::error) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
                        errmsg("population \"%s\" already has a %s called \"%s\"", population->name, found, name),
                        same ? errhint("Pass if_exists => 'keep' or 'replace' to run this again.") : errhint("Choose another name.")));
    }
    return true;
}

}  // namespace segment::pg
