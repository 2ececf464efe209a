// What a run has found of the scores.
#pragma once

#include "core/score/results.hpp"
#include "pg/run.hpp"
#include "pg/score.hpp"
#include "pg/temporary_file.hpp"

namespace segment::pg {

struct ComputedScore {
    const ScoreRecord *score;
    int64 members;
    double *means;                     // of the metrics' parts of 0 to 1
    const MemberNumbering *numbering;  // of the results
    score::Results *results;
    TemporaryFile *overflow;  // of the results
};

struct ScoreRun {
    Before before;
    int32 count;
    ComputedScore *scores;
};

}  // namespace segment::pg
