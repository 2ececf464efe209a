// The MRR that the members of each segment have at the instant of a run.
#pragma once

#include "pg/run.hpp"

namespace segment::pg {

struct CurrentMrr;

// Reads the lines of the population's subscriptions, once; null if it has none. As the population's owner, inside begin_identity, in
// the current context.
CurrentMrr *read_current_mrr(const Run *run, TimestampTz as_of);

// Adds the members of one chunk to the sums of the run's segments.
void add_chunk(CurrentMrr *mrr, uint32 chunk, const match::Evaluation *evaluation, const match::Staging *staging);

// After the last chunk: notes in run->ignored which lines do not count. Raises if there are several currencies and a definition of the
// run compares amounts.
void end_current_mrr(CurrentMrr *mrr);

// Of the compilation's segment `index`; NULL if the sums are not known, and then why, for people.
NullableDatum current_mrr(const CurrentMrr *mrr, size_t index);
const char *current_mrr_problem(const CurrentMrr *mrr);

}  // namespace segment::pg
