// The values of a score's metrics for all members, read by one scan.
#pragma once

#include "pg/score.hpp"
#include "pg/score_query.hpp"

namespace segment::pg {

// What is stored of a member's score.
struct StoredScore {
    bool exists;
    int32 band;  // as score::Total has it; −2 for one that the score does not have any more
    double score, coverage, trend;
    double past;  // 14 days before, by the same version; missing if it is not known
};

// A value that was known before.
struct KeptValue {
    bool exists;
    bool known;  // it still was at the last refresh
    double value;
    TimestampTz at;  // when it was last, unless `known`
};

struct ScoreColumns {
    uint64 count;
    Datum *keys;
    double **values;   // by metric
    KeptValue **kept;  // by metric; null unless values are carried forward
    StoredScore *stored;
    int64 stored_count;  // those that exist
};

// What is read beside the metrics.
struct StoredTables {
    const char *now, *history;
    const char *past_sql;  // the instant of `past`; null: it is not known
    int32 version;
    const char *values;  // null: nothing is carried forward
};

// With `only`, a key, of that member alone. As the current user, with the active snapshot, inside begin_identity; in the
// current context. Raises when the values do not fit into segment.refresh_memory.
ScoreColumns *read_score_columns(const Binding *binding, const ScoreRecord *score, const ScoreQuery *query, const StoredTables &tables,
                                 const spi::Argument *only);

// Brings the values to parts of 0 to 1, in place, and takes the mean of each metric.
void normalize_columns(const ScoreRecord *score, ScoreColumns *columns, double *means);

}  // namespace segment::pg
