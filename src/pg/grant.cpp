// Letting other roles refresh a population.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"

namespace segment::pg {

namespace {

struct Grant {
    const Population *population;
    const char *role;
};

Grant grant_arguments(FunctionCallInfo fcinfo) {
    Population *population = get_population(required_text(fcinfo, 0, "population"), Lock::exclusive);
    check_may_change(population);
    return {population, required_text(fcinfo, 1, "role")};
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_grant_refresh) {
    PreventCommandIfReadOnly("segment.grant_refresh()");
    Grant grant = grant_arguments(fcinfo);
    get_role_oid(grant.role, false);
    catalog_execute("INSERT INTO segment.catalog_refresh_grant (population_id, role) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    {int4_argument(grant.population->id), text_argument(grant.role)});
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_revoke_refresh) {
    PreventCommandIfReadOnly("segment.revoke_refresh()");
    Grant grant = grant_arguments(fcinfo);
    catalog_execute(
        "DELETE FROM segment.catalog_refresh_grant WHERE population_id OPERATOR(pg_catalog.=) $1 "
        "AND role OPERATOR(pg_catalog.=) $2::pg_catalog.name",
        {int4_argument(grant.population->id), text_argument(grant.role)});
    PG_RETURN_VOID();
}
