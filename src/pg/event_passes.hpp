// Passes over the sources of events: each is read once for all conditions of a run that ask for its events.
#pragma once

#include "core/match/event_leaves.hpp"
#include "core/members/bit_set.hpp"
#include "pg/compilation.hpp"
#include "pg/member_keys.hpp"

namespace segment::pg {

struct EventPasses;

// Rows of a source that belong to nobody, among those that a pass has read.
struct IgnoredRows {
    const char *source;
    uint64 without_key, of_unknown_key;
};

// As the current user, with the active snapshot, inside begin_identity. Null if the compilation asks for no events. `members` are those who
// exist, numbered by `keys`. Events take no more than about `memory` bytes, what does not fit goes to temporary files. Ranks the measured
// features of the plan.
EventPasses *run_event_passes(const Binding *binding, Compilation *compilation, const MemberKeys *keys, const members::BitSet *members,
                              uint64 memory);

// Null for null.
match::LeafVectors *leaf_vectors(EventPasses *passes);

// A line for each pass; `count` is 0 for null.
const IgnoredRows *ignored_rows(const EventPasses *passes, uint32 *count);

void end_event_passes(EventPasses *passes);

}  // namespace segment::pg
