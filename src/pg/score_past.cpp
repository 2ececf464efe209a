#include "pg/score_past.hpp"

#include <cmath>

#include "pg/compilation.hpp"
#include "pg/key_batch.hpp"

namespace segment::pg {

namespace {

constexpr int trend_days = 14;

TimestampTz instant_before(const Population *population, TimestampTz instant) {
    Rows then = caller_execute(psprintf("SELECT %s", before_sql(population, instant_sql(instant), Interval{0, trend_days, 0})));
    return DatumGetTimestampTz(value_of(then, 0, 0));
}

struct Reader {
    const ScoreScan *scan;
    uint32 column;
    double scores[KeyBatch::rows];
};

void read_score(void *state, uint32 row, TupleTableSlot *slot) {
    static_cast<Reader *>(state)->scores[row] = slot->tts_isnull[1] ? no_past_score : DatumGetFloat8(slot->tts_values[1]);
}

void take_score(void *state, uint32 row, members::Ordinal member, Datum) {
    auto *reader = static_cast<Reader *>(state);
    double *numbers = member == members::no_ordinal ? nullptr : reader->scan->grid->row(member);
    if (numbers != nullptr) {
        numbers[reader->column] = reader->scores[row];
    }
}

}  // namespace

PastScores past_scores(const Population *population, const ScoreRecord *score, TimestampTz as_of, uint32 column) {
    PastScores past{nullptr, nullptr, column};
    if (score->refreshed_version != score->version || !score->has_version_since) {
        return past;
    }
    const TimestampTz then = instant_before(population, as_of);
    if (then < score->version_since) {
        return past;
    }
    past.at_sql = instant_sql(then);
    const TimestampTz before = instant_before(population, population->as_of);
    if (before >= score->version_since) {
        past.before_sql = instant_sql(before);
    }
    return past;
}

char *past_of_key_sql(const ScoreRecord *score, const char *history, Oid key_type, const PastScores &past, const char *key) {
    // By the primary key, read backwards.
    return psprintf("(SELECT h.score FROM %s AS h WHERE h.key %s %s AND h.at <= %s AND h.version = %d ORDER BY h.at DESC LIMIT 1)", history,
                    equality_sql(key_type), key, past.at_sql, score->version);
}

void read_past(const ScoreScan *scan, const char *history, const char *key_type_sql, const PastScores &past) {
    auto *reader = static_cast<Reader *>(palloc(sizeof(Reader)));
    reader->scan = scan;
    reader->column = past.column;
    StringInfoData sql;
    initStringInfo(&sql);
    if (past.before_sql == nullptr) {
        appendStringInfo(&sql,
                         "SELECT DISTINCT ON (h.key) h.key::%s, h.score FROM %s AS h WHERE h.at <= %s AND h.version = %d "
                         "ORDER BY h.key DESC, h.at DESC",
                         key_type_sql, history, past.at_sql, scan->score->version);
    } else {
        // The clock may have been set back between the two, or the population's time zone may have changed since: hours more cost nothing.
        appendStringInfo(&sql,
                         "SELECT k.key::%s, %s FROM (SELECT DISTINCT n.key FROM %s AS n WHERE n.version = %d "
                         "AND n.at > least(%s, %s) - interval '3 hours' AND n.at <= greatest(%s, %s) + interval '3 hours') AS k",
                         key_type_sql, past_of_key_sql(scan->score, history, scan->binding->key->type, past, "k.key"), history,
                         scan->score->version, past.at_sql, past.before_sql, past.at_sql, past.before_sql);
    }
    read_keyed_rows(scan, sql.data, {read_score, take_score, reader});
}

double difference(double score, double past) {
    constexpr double unit = 1e9;
    return std::round((score - past) * unit) / unit;
}

}  // namespace segment::pg
