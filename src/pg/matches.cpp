// Whether a definition holds for one key now.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/key_argument.hpp"
#include "pg/prepared_match.hpp"
#include "pg/reading.hpp"
#include "pg/refused_keys.hpp"

namespace segment::pg {

namespace {

[[noreturn]] void refuse_repeated(const Population *population, const spi::Argument &key) {
    Segments none{};
    Binding binding = bind(population, &none);
    Oid output;
    bool is_varlena;
    getTypeOutputInfo(key.type, &output, &is_varlena);
    RefusedKeys refused{0, 1, {OidOutputFunctionCall(output, key.value)}};
    refuse_keys(population, &binding, &refused);
    elog(ERROR, "a key is not unique");
}

bool holds(const PreparedMatch *match, const spi::Argument &key, TimestampTz as_of) {
    spi::connect();
    Datum values[] = {key.value, TimestampTzGetDatum(as_of)};
    int result = SPI_execute_plan(match->plan, values, nullptr, true, 0);
    if (result != SPI_OK_SELECT) {
        elog(ERROR, "a match failed: %s", SPI_result_code_string(result));
    }
    if (SPI_processed > 1) {
        refuse_repeated(&match->population, key);
    }
    bool holds = SPI_processed == 1 && DatumGetBool(spi::single_value(BOOLOID).value);
    spi::finish();
    return holds;
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_matches) {
    const char *name = required_text(fcinfo, 0, "name");
    TimestampTz as_of = as_of_argument(fcinfo, 2);
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment match", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(context);
    const PreparedMatch *match = prepared_match(name);
    segment::spi::Argument key = key_argument(fcinfo, 1, &match->key);
    segment::Identity caller = begin_reading(&match->population);
    bool result = holds(match, key, as_of);
    segment::end_identity(caller);
    MemoryContextSwitchTo(before);
    MemoryContextDelete(context);
    PG_RETURN_BOOL(result);
}
