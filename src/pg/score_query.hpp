// The metrics of a score as SQL over its population.
#pragma once

#include "core/score/expression.hpp"
#include "pg/boundary.hpp"
#include "pg/event_numbers.hpp"
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
    int32 join_count;
    uint32 *joins;  // of the vocabulary, in order
    int32 derived_count;
    uint32 *derived;  // of the vocabulary's derived traits, in order
    bool traits;      // values of traits, which have no past
};

// How to compute a value: columns count from the query's first one, numbers and conditions as EventNumbers does.
struct ScoreProgram {
    int32 length;  // 0: there is none
    const score::Instruction *instructions;
};

struct ScoreQuery {
    const char *with_sql;   // the members of segments that conditions ask for, as stored; or empty
    const char *from_sql;   // the population with what metrics read
    const char *where_sql;  // the base and the score's filter with their WHERE; or empty
    int32 column_count;
    const char *
        *columns;     // of each metric: a number, or of a condition a boolean; NULL where it is missing or stale. Then what programs read
    ScoreUses *uses;  // of each metric, and after them of the filter
    ScoreProgram *programs;  // of each metric: what takes the column's place, if it comes from events that passes have read
    bool reads_events;       // any of them does
    int32 probe_count;
    const char **probes;
};

// Raises when a metric is wrong, with its place. As of an SQL expression, in the current context. What passes over the sources can tell is
// asked of `numbers`, if there are any; else everything is in the columns.
ScoreQuery *score_query(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score,
                        const char *as_of_sql, EventNumbers *numbers = nullptr);
// Null instead of an error when a metric is wrong, which `error` tells.
ScoreQuery *score_query(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score,
                        const char *as_of_sql, EventNumbers *numbers, boundary::ErrorRecord &error);

// Why it cannot be computed any more: one of its tables is gone, or a metric means nothing. Without a message it can.
Fault score_fault(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score);

// Raises unless a span of time is positive, and so short (1,000 years) that the instant before it can be told.
void check_span(const char *name, const Interval &span);

// An SQL expression of the instant that lies an interval before another one, by the population's clock.
const char *before_sql(const Population *population, const char *instant_sql, const Interval &interval);

}  // namespace segment::pg
