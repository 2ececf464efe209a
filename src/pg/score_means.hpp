// The mean of each score over the members of each segment of a run.
#pragma once

#include "pg/score.hpp"
#include "pg/run.hpp"

namespace segment::pg {

struct ScoreMeans;

// Null if the population has no scores. In the current context.
ScoreMeans *begin_score_means(const ScoreRun *scores, const Run *run);

// Adds the members of one chunk.
void add_chunk(ScoreMeans *means, uint32 chunk, const match::Evaluation *evaluation);

// Writes to the catalog, for the view segment.overview; after end_identity.
void record_score_means(const ScoreMeans *means);

}  // namespace segment::pg
