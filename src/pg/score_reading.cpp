// What is stored of scores.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/score.hpp"
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
void put_rows(const char *sql, FunctionCallInfo fcinfo) {
    Identity caller = begin_identity(GetUserId());
    spi::connect();
    spi::execute_to(spi::make_receiver(put_row, fcinfo->resultinfo), sql, {}, {.read_only = true});
    spi::finish();
    end_identity(caller);
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
        psprintf("SELECT key::text, score, band, coverage, trend FROM %s", score_table_sql(reference.population, reference.score.name)),
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
        fcinfo);
    return static_cast<Datum>(0);
}
