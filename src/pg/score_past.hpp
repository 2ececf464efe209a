// What scores were 14 days before, for trends.
#pragma once

#include "pg/score_scan.hpp"

namespace segment::pg {

struct PastScores {
    const char *at_sql;      // the instant; null: the score has not been what it is for so long, and nobody has a trend
    const char *before_sql;  // the same of the last refresh, whose trends tell what has not changed since; null: there was none
    uint32 column;           // of the grid
};

PastScores past_scores(const Population *population, const ScoreRecord *score, TimestampTz as_of, uint32 column);

// In the grid's column: there was no score then.
inline constexpr double no_past_score = std::numeric_limits<double>::infinity();

// Puts them into the grid; where the last refresh knew any, only those of members whose score 14 days before is another one now, because
// the history has rows between the two instants. `history` and its `key_type_sql` are the score's.
void read_past(const ScoreScan *scan, const char *history, const char *key_type_sql, const PastScores &past);

// An expression of a member's score then, by its key.
char *past_of_key_sql(const ScoreRecord *score, const char *history, Oid key_type, const PastScores &past, const char *key);

// A score less another one, as trends are stored.
double difference(double score, double past);

}  // namespace segment::pg
