// Passes over the sources of events: each is read once for all conditions of a run that ask for its events.
#pragma once

#include "core/match/event_leaves.hpp"
#include "core/members/bit_set.hpp"
#include "pg/compilation.hpp"
#include "pg/event_names.hpp"
#include "pg/ignored_rows.hpp"
#include "pg/interrupts.hpp"
#include "pg/member_keys.hpp"

namespace segment::pg {

struct EventPasses;

// As the current user, with the active snapshot, inside begin_identity. Null if nothing is asked. `members` are those who exist, numbered
// by `keys`. Events take no more than about `memory` bytes, what does not fit goes to temporary files. Ranks the measured features of the
// plan, notes rows that belong to nobody, and counts the events by their names unless `names` is null. Tells `progress`, if there is one,
// how far it is. What it is handed must outlive it.
EventPasses *run_event_passes(const Binding *binding, const match::EventFeatures *asked, match::Plan *plan, const MemberKeys *keys,
                              const members::BitSet *members, uint64 memory, IgnoredRows *ignored, EventNames *names = nullptr,
                              Progress *progress = nullptr);

// Null for null.
match::LeafVectors *leaf_vectors(EventPasses *passes);
match::EventLeaves *event_leaves(EventPasses *passes);

void end_event_passes(EventPasses *passes);

}  // namespace segment::pg
