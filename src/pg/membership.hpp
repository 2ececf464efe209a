// Bringing what is stored of a population's segments to what a run has found, chunk by chunk.
#pragma once

#include "pg/current_mrr.hpp"
#include "pg/score_means.hpp"

namespace segment::pg {

struct Membership;

struct Written {
    int64 members, entered, exited;
};

// Opens the stored sets of the run's segments; a set that is not there is made again from the member rows. `all` tells that
// the run covers all segments of the population; `mrr` and `scores`, which may be null, learn who is in them. As the population's owner,
// inside begin_identity, in the current context.
Membership *begin_membership(Run *run, CurrentMrr *mrr, ScoreMeans *scores, TimestampTz as_of, bool all);

// Evaluates the run and writes what changed: member rows, stays, changes, sets and the numbering of the members.
void write_membership(Membership *membership);

// For the compilation's segment `index`, and how many members lose the compilation's value `index`.
Written written(const Membership *membership, size_t index);
int64 members_losing(const Membership *membership, size_t index);

}  // namespace segment::pg
