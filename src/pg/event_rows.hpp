// The rows of passes over events, brought to their members: looked up in batches, and handed on to the leaves.
#pragma once

#include "core/match/event_leaves.hpp"
#include "core/members/bit_set.hpp"
#include "pg/event_pass.hpp"
#include "pg/interrupts.hpp"
#include "pg/member_keys.hpp"

namespace segment::pg {

struct EventRows;

// In the current context. `members` are those who exist, numbered by `keys`. All arguments must outlive it.
EventRows *begin_event_rows(const MemberKeys *keys, const members::BitSet *members, EventColumns *columns, match::EventLeaves *leaves);

// Reads the pass up to its last row, and counts its rows in it. Calls `report(state)` with each batch.
void receive_event_rows(EventRows *rows, EventPass *pass, void (*report)(void *state), void *state);

}  // namespace segment::pg
