// What is stored about one member, and about a segment over time.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/stored_segment.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

namespace {

constexpr int max_steps = 100000;  // of segment.sizes

void put(ReturnSetInfo *result, const Rows &rows) {
    for (uint64 row = 0; row < rows.count; row++) {
        tuplestore_putvalues(result->setResult, result->setDesc, rows.values + row * rows.columns, rows.nulls + row * rows.columns);
    }
}

// Segments with rows, as the current user sees these.
void return_rows(ReturnSetInfo *result, const Population *population, spi::Argument key) {
    Identity caller = begin_identity(GetUserId());
    put(result, caller_execute(psprintf("SELECT n.name, m.entered_at, m.via FROM %s AS m JOIN %s AS n USING (segment_id) WHERE m.%s %s $1 "
                                        "ORDER BY n.segment_id",
                                        member_relation_sql(population, "segment_member"), member_relation_sql(population, "segment_name"),
                                        quote_identifier(member_column(population)), equality_sql(key.type)),
                               {key}, {.read_only = true}));
    end_identity(caller);
}

void return_sets(ReturnSetInfo *result, const Population *population, Datum key) {
    Segments segments = segments_of(population);
    for (int32 i = 0; i < segments.count; i++) {
        const Segment *segment = &segments.items[i];
        if (segment->has_rows || segment->refreshed_version == 0) {
            continue;
        }
        CHECK_FOR_INTERRUPTS();
        MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment members", ALLOCSET_DEFAULT_SIZES);
        MemoryContext before = MemoryContextSwitchTo(context);
        const StoredSegment *stored = load_segment(psprintf("%s.%s", population->name, segment->name), Load::everything);
        members::Ordinal ordinal = stored->keys->find(key);
        if (ordinal != members::no_ordinal && stored->members->contains(ordinal)) {
            Datum values[] = {CStringGetTextDatum(segment->name), 0, 0};
            bool nulls[] = {false, true, true};
            tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
        }
        MemoryContextSwitchTo(before);
        MemoryContextDelete(context);
    }
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_segments_of) {
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    Population *population = get_population(required_text(fcinfo, 0, "population"), Lock::none);
    check_may_read(population);
    segment::spi::Argument key = key_argument(fcinfo, 1, key_column(population));
    return_rows(result, population, key);
    return_sets(result, population, key.value);
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_sizes) {
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    SegmentReference reference = get_segment(required_text(fcinfo, 0, "name"), Lock::none);
    check_may_read(reference.population);
    TimestampTz since = PG_GETARG_TIMESTAMPTZ(1), until = PG_GETARG_TIMESTAMPTZ(2);
    const Interval *grain = PG_GETARG_INTERVAL_P(3);
    if (!reference.segment.has_rows) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("segment \"%s\" keeps no history", reference.segment.name),
                 errdetail("It is materialized as a set."), errhint("Segments with materialize => 'rows' do.")));
    }
    if (TIMESTAMP_NOT_FINITE(since) || TIMESTAMP_NOT_FINITE(until)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("since and until must be finite")));
    }
    if (grain->month < 0 || grain->day < 0 || grain->time < 0 || (grain->month == 0 && grain->day == 0 && grain->time == 0)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("grain must be a positive interval")));
    }
    // With the longest month and day there are; at most a ninth more than that come out.
    float8 longest = (31.0 * grain->month + grain->day) * USECS_PER_DAY + static_cast<float8>(grain->day) * USECS_PER_HOUR + grain->time;
    if ((static_cast<float8>(until) - static_cast<float8>(since)) / longest > max_steps) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("there are more than %d steps between since and until", max_steps),
                        errhint("Choose a longer grain.")));
    }
    const char *zone = quote_literal_cstr(reference.population->time_zone);
    segment::Identity caller = segment::begin_identity(GetUserId());
    put(result,
        caller_execute(
            psprintf("WITH step AS (SELECT s AT TIME ZONE %s AS at FROM pg_catalog.generate_series($2 AT TIME ZONE %s, $3 AT TIME ZONE %s, "
                     "$4) AS s), "
                     "stay AS (SELECT entered_at, exited_at FROM %s WHERE segment_id = $1), "
                     "change AS (SELECT entered_at AS at, 1 AS members, false AS is_step FROM stay "
                     "UNION ALL SELECT exited_at, -1, false FROM stay WHERE exited_at IS NOT NULL UNION ALL SELECT at, 0, true FROM step) "
                     "SELECT at, total FROM (SELECT at, sum(members) OVER (ORDER BY at) AS total, is_step FROM change) AS c "
                     "WHERE is_step ORDER BY at",
                     zone, zone, zone, member_relation_sql(reference.population, "segment_history")),
            {int4_argument(reference.segment.id),
             timestamptz_argument(since),
             timestamptz_argument(until),
             {INTERVALOID, PG_GETARG_DATUM(3)}},
            {.read_only = true}));
    segment::end_identity(caller);
    return static_cast<Datum>(0);
}
