#include "pg/named_object.hpp"

#include "pg/nearest.hpp"

namespace segment::pg {

namespace {

// Two things that a name can mean: what one of them is called tells which of the ways to write it is left.
[[noreturn]] void refuse_both(const char *kind, const char *name, const NamedObject &one, const NamedObject &other) {
    const bool same = strcmp(one.name, other.name) == 0;
    const NamedObject &bare = strcmp(one.name, name) == 0 ? one : other;
    ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_ALIAS), errmsg("%s name \"%s\" is ambiguous", kind, name),
                    same ? errdetail("The populations \"%s\" and \"%s\" have one each.", one.population->name, other.population->name)
                         : errdetail("Population \"%s\" has a %s \"%s\", and population \"%s\" has a %s \"%s\".", one.population->name,
                                     kind, one.name, other.population->name, kind, other.name),
                    same ? errhint("Write it as \"%s.%s\".", one.population->name, name)
                         : errhint("Write \"%s.%s\" for the %s that is called so, or rename it.", bare.population->name, bare.name, kind)));
}

}  // namespace

NamedObject named_object(const char *kind, const char *name, Lock lock) {
    Rows rows =
        catalog_execute(psprintf("SELECT o.population_id, %s, o.name FROM segment.catalog_%s o "
                                 "JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) o.population_id "
                                 "WHERE o.name OPERATOR(pg_catalog.=) ANY ($2) AND (o.name OPERATOR(pg_catalog.=) $1 "
                                 "OR (p.name OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) o.name) OPERATOR(pg_catalog.=) $1) "
                                 "ORDER BY o.name OPERATOR(pg_catalog.=) $1, p.name, o.name",
                                 strcmp(kind, "list") == 0 ? "0" : "o.id", kind),
                        {text_argument(name), possible_names(name)});
    NamedObject found{};
    for (uint64 row = 0; row < rows.count; row++) {
        Population *population = population_of_id(DatumGetInt32(value_of(rows, row, 0)), Lock::none);
        if (population == nullptr || !may_read(population)) {
            continue;
        }
        const NamedObject candidate{population, DatumGetInt32(value_of(rows, row, 1)), text_of(rows, row, 2), rows.count == 1};
        if (found.population != nullptr) {
            refuse_both(kind, name, found, candidate);
        }
        found = candidate;
    }
    if (found.population != nullptr && lock != Lock::none) {
        found.population = population_of_id(found.population->id, lock);
    }
    if (found.population != nullptr) {
        return found;
    }
    refuse_unknown(kind, name);
}

void refuse_unknown(const char *kind, const char *name) {
    Rows names = caller_execute(psprintf("SELECT name FROM segment.%s ORDER BY name", kind), {}, {.kept = true});
    const char *near = nearest_name(name, names, 0);
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("%s \"%s\" does not exist", kind, name),
                    near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("See the view segment.%s.", kind)));
}

}  // namespace segment::pg
