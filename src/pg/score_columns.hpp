// The values of a score's metrics by column, for validation.
#pragma once

#include "pg/score.hpp"

namespace segment::pg {

struct ScoreColumns {
    uint64 count;
    double **values;  // by metric
};

// Brings the values to parts of 0 to 1, in place, and takes the mean of each metric.
void normalize_columns(const ScoreRecord *score, ScoreColumns *columns, double *means);

}  // namespace segment::pg
