// segment.local_time: the times that reports take are local ones of the population's zone, and programs often have instants.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"

using namespace segment::pg;

SEGMENT_FUNCTION(segment_local_time) {
    const Population *population = get_population(required_text(fcinfo, 0, "population"), Lock::none);
    check_may_read(population);
    if (PG_ARGISNULL(1)) {
        PG_RETURN_NULL();
    }
    return DirectFunctionCall2(timestamptz_zone, PointerGetDatum(cstring_to_text(population->time_zone)), PG_GETARG_DATUM(1));
}
