// The values of a score's metrics for single members, and where they stand among all.
#pragma once

#include "pg/score_query.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

struct MemberValue {
    double value;  // or missing
    double part;   // what it is worth, of 0 to 1
};

// Of each metric, as of the last refresh; null if there is no such member. Percentiles take a scan that reads their values and nothing
// else. As the current user, with the active snapshot, inside begin_identity; in the current context.
MemberValue *read_member(const Population *population, const Binding *binding, const ScoreRecord *score, const ScoreQuery *query,
                         const spi::Argument &key);

}  // namespace segment::pg
