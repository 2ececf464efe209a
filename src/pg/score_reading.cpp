// What is stored of scores.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/reading.hpp"
#include "pg/score.hpp"

namespace segment::pg {

namespace {

bool put_row(void *state, TupleTableSlot *slot) {
    auto *result = static_cast<ReturnSetInfo *>(state);
    tuplestore_putvalues(result->setResult, result->setDesc, slot->tts_values, slot->tts_isnull);
    return true;
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_scores) {
    const char *name = required_text(fcinfo, 0, "score");
    InitMaterializedSRF(fcinfo, 0);
    ScoreReference reference = get_score(name, Lock::none);
    // As the current user, who sees what he may of the table.
    segment::Identity caller = segment::begin_identity(GetUserId());
    segment::spi::connect();
    segment::spi::execute_to(
        segment::spi::make_receiver(put_row, fcinfo->resultinfo),
        psprintf("SELECT key::text, score, band, coverage, trend FROM %s", score_table_sql(reference.population, reference.score.name)), {},
        {.read_only = true});
    segment::spi::finish();
    segment::end_identity(caller);
    return static_cast<Datum>(0);
}
