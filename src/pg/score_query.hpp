// The metrics of a score as SQL over its population.
#pragma once

#include "pg/score.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

// What a metric's texts refer to. Plain data.
struct ScoreUses {
    int32 segment_count;
    int32 *segments;  // ids
    int32 source_count;
    int32 *sources;  // ids
    int32 score_count;
    int32 *scores;  // ids
    bool traits;    // values of traits, which have no past
};

struct ScoreQuery {
    const char *with_sql;   // the members of segments that conditions ask for, as stored; or empty
    const char *from_sql;   // the population with what metrics read
    const char *where_sql;  // the base with its WHERE; or empty
    const char **columns;   // of each metric: a number, or of a condition a boolean; NULL where it is missing or stale
    ScoreUses *uses;        // of each metric
    int32 probe_count;
    const char **probes;
};

// Raises when a metric is wrong, with its place. As of an SQL expression, in the current context.
ScoreQuery *score_query(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score,
                        const char *as_of_sql);

// Raises unless a span of time is positive, and so short (1,000 years) that the instant before it can be told.
void check_span(const char *name, const Interval &span);

// An SQL expression of the instant that lies an interval before another one, by the population's clock.
const char *before_sql(const Population *population, const char *instant_sql, const Interval &interval);

}  // namespace segment::pg
