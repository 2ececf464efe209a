// Values that are missing and were known before: missing => 'carry_forward'.
#pragma once

#include "pg/score_changes.hpp"

namespace segment::pg {

// A value that was known before.
struct KeptValue {
    double value;
    bool known;      // it still was at the last refresh
    TimestampTz at;  // when it was last, unless `known`
};

bool carries_forward(const ScoreRecord *score);

// Of each metric the instant up to which what was known last is too old. Inside begin_identity.
TimestampTz *stale_edges(const Population *population, const ScoreRecord *score, TimestampTz as_of);

// Whether a kept value of a metric, of the edge, may stand for one that is missing.
bool is_fresh(const Population *population, const KeptValue &kept, TimestampTz edge);

// Puts known values in the place of missing ones in the grid. From its column `seen` on it has a column for each metric that is
// used here. With `keeps`, writes what is known for the next time.
void carry_forward(const ScoreScan *scan, const ScoreTables &tables, const TimestampTz *edges, uint32 seen, bool keeps);

// Forgets values of another version of the score.
void forget_values(const Population *population, const ScoreRecord *score);

}  // namespace segment::pg
