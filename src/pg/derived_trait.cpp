// Derived traits: traits with a formula instead of a column.
#include "core/definition/check.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/definition_type.hpp"
#include "pg/nearest.hpp"
#include "pg/registered_name.hpp"
#include "pg/score.hpp"
#include "pg/segment.hpp"
#include "pg/users.hpp"

namespace segment::pg {

namespace {

// Words that definitions give a meaning of their own.
void refuse_reserved(const char *name) {
    if (definition::is_reserved(name)) {
        ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME), errmsg("a trait cannot be called \"%s\"", name),
                        errdetail("Definitions mean something else by the word.")));
    }
}

List *without(List *names, const char *name) {
    ListCell *cell;
    foreach (cell, names) {
        if (strcmp(static_cast<const char *>(lfirst(cell)), name) == 0) {
            return list_delete_cell(names, cell);
        }
    }
    return names;
}

void add_trait(const char *formula, FunctionCallInfo fcinfo) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const char *name = required_text(fcinfo, 1, "name");
    IfExists if_exists = if_exists_argument(fcinfo, 3);
    PreventCommandIfReadOnly("segment.add_trait()");
    check_registered_name("trait", name);
    refuse_reserved(name);
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    if (refuse_name(population, name, "derived trait", if_exists) && if_exists == IfExists::keep) {
        return;
    }
    Unsound before = find_unsound(population);
    before.names = without(before.names, psprintf("trait %s", name));
    Rows changed = catalog_execute(
        "INSERT INTO segment.catalog_derived_trait AS t (population_id, name, formula, author) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (population_id, name) DO UPDATE SET formula = excluded.formula, author = excluded.author, "
        "created_at = pg_catalog.clock_timestamp() WHERE t.formula OPERATOR(pg_catalog.<>) excluded.formula RETURNING true",
        {int4_argument(population->id), text_argument(name), text_argument(formula), text_argument(GetUserNameFromId(GetUserId(), false))});
    if (changed.count > 0) {
        check_population(population, before, psprintf("trait \"%s\"", name));
    }
}

// Where the trait stands among those of the population.
uint32 index_of_trait(const Population *population, const char *name) {
    DerivedTraits traits = derived_traits(population);
    auto *names = static_cast<const char **>(palloc(sizeof(char *) * (traits.count + 1)));
    for (int32 i = 0; i < traits.count; i++) {
        names[i] = traits.items[i].name;
        if (strcmp(names[i], name) == 0) {
            return static_cast<uint32>(i);
        }
    }
    const char *near = nearest_name(name, names, traits.count);
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" has no derived trait \"%s\"", population->name, name),
                    near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("See the view segment.derived_trait.")));
}

void drop_trait(const char *population_name, const char *name, bool cascade) {
    PreventCommandIfReadOnly("segment.drop_trait()");
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    Users users = find_users(population, Registered::derived_trait, index_of_trait(population, name), name);
    refuse_users(population, users, psprintf("trait \"%s\"", name), cascade ? Cascade::wanted : Cascade::not_wanted);
    drop_users(population, users);
    catalog_execute(
        "DELETE FROM segment.catalog_derived_trait WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
        {int4_argument(population->id), text_argument(name)});
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_add_trait) {
    add_trait(canonical_formula(required_text(fcinfo, 2, "formula")), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_add_trait_formula) {
    add_trait(required_formula(fcinfo, 2), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_drop_trait) {
    drop_trait(required_text(fcinfo, 0, "population"), required_text(fcinfo, 1, "name"), PG_GETARG_BOOL(2));
    PG_RETURN_VOID();
}
