// Conditions on scores that a refresh has just computed: they are read by ordinal, not from the scores' tables.
#pragma once

#include "pg/score_run.hpp"

namespace segment::pg {

// Lets the plan of a run know that the scores' numbers need no query, and their bands where they depend on nothing else. `scores` must
// outlive the run.
Addition known_scores(ScoreRun *scores);

// The leaves of a run with such an addition, once the scores are numbered as its members are (begin_score_means): those of scores and of
// events. Null if there are none.
match::LeafVectors *score_leaves(ScoreRun *scores, Run *run);

}  // namespace segment::pg
