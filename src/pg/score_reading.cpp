// What is stored of scores.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/compilation.hpp"
#include "pg/score.hpp"
#include "pg/score_query.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

namespace {

bool put_row(void *state, TupleTableSlot *slot) {
    auto *result = static_cast<ReturnSetInfo *>(state);
    tuplestore_putvalues(result->setResult, result->setDesc, slot->tts_values, slot->tts_isnull);
    return true;
}

void refuse_missing_tables(const ScoreReference &reference) {
    if (const Fault missing = missing_score_table(reference.population, &reference.score); missing.message != nullptr) {
        raise(missing);
    }
}

// As the current user, who sees what he may of the tables.
void put_rows(const char *sql, spi::Arguments arguments, FunctionCallInfo fcinfo) {
    Identity caller = begin_identity(GetUserId());
    spi::connect();
    spi::execute_to(spi::make_receiver(put_row, fcinfo->resultinfo), sql, arguments, {.read_only = true});
    spi::finish();
    end_identity(caller);
}

// The days of a span that ends with the last refresh, as offsets from it.
int32 days_of_span(const Interval &span) {
    constexpr int32 days_per_month = 30, most_days = 3660;
    check_span("span", span);
    const int64 days = int64{days_per_month} * span.month + span.day + span.time / USECS_PER_DAY;
    if (days < 1 || days > most_days) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("span must be between one day and ten years")));
    }
    return static_cast<int32>(days);
}

// Each member's score as of the end of each day of the span, counted back from the last refresh by the population's clock, is the last
// one stored by then, if the score was defined as it was at that refresh.
const char *trend_sql(const ScoreReference &reference, const Interval &span, int32 days) {
    const Population *population = reference.population;
    const char *as_of = instant_sql(population->as_of), *then = before_sql(population, as_of, span);
    const char *zone = quote_literal_cstr(population->time_zone), *equals = equality_sql(key_column(population)->type);
    return psprintf(
        "WITH day AS (SELECT d AS number, (%s AT TIME ZONE %s - make_interval(days => %d - d)) AT TIME ZONE %s AS at "
        "FROM generate_series(0, %d) AS d), "
        "past AS (SELECT key, score, at, lead(at, 1, 'infinity') OVER (PARTITION BY key ORDER BY at) AS until FROM %s WHERE version = %d), "
        "line AS (SELECT past.key, regr_slope(past.score, day.number) AS slope FROM past JOIN day ON past.at <= day.at AND past.until > "
        "day.at "
        "GROUP BY past.key), "
        "found AS (SELECT s.key, s.score, p.score AS before, round((s.score - p.score)::numeric, 9)::float8 AS difference, line.slope "
        "FROM %s AS s LEFT JOIN past AS p ON p.key %s s.key AND p.at <= %s AND p.until > %s LEFT JOIN line ON line.key %s s.key) "
        "SELECT key::text, score, before, difference, slope, CASE WHEN difference > 0 AND difference >= $1 THEN 'up' "
        "WHEN difference < 0 AND difference <= -$1 THEN 'down' WHEN difference IS NOT NULL THEN 'flat' END FROM found",
        as_of, zone, days, zone, days, score_history_sql(population, reference.score.name), reference.score.refreshed_version,
        score_table_sql(population, reference.score.name), equals, then, then, equals);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_scores) {
    const char *name = required_text(fcinfo, 0, "score");
    InitMaterializedSRF(fcinfo, 0);
    ScoreReference reference = get_score(name, Lock::none);
    refuse_missing_tables(reference);
    put_rows(
        psprintf("SELECT key::text, score, band, coverage, trend FROM %s", score_table_sql(reference.population, reference.score.name)), {},
        fcinfo);
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_score_by_segment) {
    const char *name = required_text(fcinfo, 0, "score");
    InitMaterializedSRF(fcinfo, 0);
    ScoreReference reference = get_score(name, Lock::none);
    refuse_missing_tables(reference);
    const Population *population = reference.population;
    put_rows(
        psprintf("WITH counted AS ("
                 "SELECT m.segment_id, s.band, count(*) AS members, count(s.score) AS with_score, sum(s.score) AS total FROM %s AS m "
                 "LEFT JOIN %s AS s ON s.key %s m.%s GROUP BY m.segment_id, s.band) "
                 "SELECT n.name, sum(c.members)::bigint, sum(c.with_score)::bigint, sum(c.total) / nullif(sum(c.with_score), 0)::float8, "
                 "jsonb_object_agg(c.band, c.members) FILTER (WHERE c.band IS NOT NULL) "
                 "FROM counted AS c JOIN %s AS n USING (segment_id) GROUP BY n.name ORDER BY n.name",
                 member_relation_sql(population, "segment_member"), score_table_sql(population, reference.score.name),
                 equality_sql(key_column(population)->type), quote_identifier(member_column(population)),
                 member_relation_sql(population, "segment_name")),
        {}, fcinfo);
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_score_trend) {
    const char *name = required_text(fcinfo, 0, "score");
    if (PG_ARGISNULL(1)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("span must not be null")));
    }
    const Interval span = *PG_GETARG_INTERVAL_P(1);
    const int32 days = days_of_span(span);
    const double flat = required_float8(fcinfo, 2, "flat");
    if (!(flat >= 0)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("flat must not be negative")));
    }
    InitMaterializedSRF(fcinfo, 0);
    ScoreReference reference = get_score(name, Lock::none);
    refuse_missing_tables(reference);
    put_rows(trend_sql(reference, span, days), {{FLOAT8OID, Float8GetDatum(flat)}}, fcinfo);
    return static_cast<Datum>(0);
}
