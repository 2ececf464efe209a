// Values that are missing and were known before: missing => 'carry_forward'.
#pragma once

#include "pg/score_columns.hpp"

namespace segment::pg {

bool carries_forward(const ScoreRecord *score);

// Puts known values in the place of missing ones that are no older than the metric's stale_after.
void carry_forward(const Population *population, const ScoreRecord *score, ScoreColumns *columns, TimestampTz as_of);

// Writes what is known for the next time, before it is carried forward. Inside begin_identity.
void keep_values(const Population *population, const ScoreRecord *score, const ScoreColumns *columns, Oid key_type);

// Forgets values of another version of the score.
void forget_values(const Population *population, const ScoreRecord *score);

}  // namespace segment::pg
