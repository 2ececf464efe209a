// When time alone can change who is in a segment.
#pragma once

#include "pg/run.hpp"

namespace segment::pg {

// For each segment of the run's compilation the first instant, as a timestamptz, at which time alone can change its members: infinity
// where a definition does not look at the clock, the next midnight of the population's zone where it looks at today's date only, else
// as_of, since what the clock tells of single members is not looked at. A lower bound: the base and the segments that a definition uses
// count with it, and scores and subscriptions as if they changed at any moment. As the current user, inside begin_identity; in the
// current context.
Datum *next_dues(const Run *run, TimestampTz as_of);

}  // namespace segment::pg
