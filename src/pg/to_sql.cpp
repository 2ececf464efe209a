// Definitions as plain SQL.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/definition_type.hpp"
#include "pg/identity.hpp"
#include "pg/needed_segments.hpp"

namespace segment::pg {

namespace {

Datum definition_sql(const Population *population, const Segments *segments, int32 index, FunctionCallInfo fcinfo, int as_of_index) {
    Identity caller = begin_identity(GetUserId());
    const char *as_of = PG_ARGISNULL(as_of_index) ? "now()" : instant_sql(as_of_argument(fcinfo, as_of_index));
    Binding binding = bind(population, segments);
    Compilation *compilation = compile(CurrentMemoryContext, population, &binding, segments, &index, 1, as_of);
    char *sql = to_sql(compilation);
    end_identity(caller);
    PG_RETURN_TEXT_P(cstring_to_text(sql));
}

Datum definition_to_sql(FunctionCallInfo fcinfo, const char *definition) {
    Population *population = get_population(required_text(fcinfo, 0, "population"), Lock::none);
    check_may_read(population);
    Segments segments = needed_segments(population, canonical_definition(definition));
    return definition_sql(population, &segments, segments.count - 1, fcinfo, 2);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_definition_to_sql) {
    return definition_to_sql(fcinfo, required_text(fcinfo, 1, "definition"));
}

SEGMENT_FUNCTION(segment_definition_to_sql_definition) {
    return definition_to_sql(fcinfo, required_definition(fcinfo, 1));
}

SEGMENT_FUNCTION(segment_to_sql) {
    SegmentReference reference = get_segment(required_text(fcinfo, 0, "name"), Lock::none);
    check_may_read(reference.population);
    Segments segments = needed_segments(reference.population, reference.segment.id, reference.segment.definition);
    return definition_sql(reference.population, &segments, index_of(&segments, reference.segment.id), fcinfo, 1);
}
