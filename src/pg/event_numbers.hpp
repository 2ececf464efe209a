// Numbers that formulas take from events, of all members from one pass over each source, instead of a subquery for each member.
//
//   EventNumbers *numbers = begin_event_numbers(binding);
//   inside boundary::core, for each value: index = ask_event_number(numbers, value, scope); and for each condition
//   run_event_numbers(numbers, keys, everybody, memory, ignored);      // once all members are numbered
//   for each chunk: load_event_numbers(numbers, chunk); event_number(numbers, index, ordinal), event_condition(numbers, …) …
//   end_event_numbers(numbers);
#pragma once

#include <optional>

#include "core/definition/check.hpp"
#include "core/definition/sql.hpp"
#include "core/members/bit_set.hpp"
#include "pg/ignored_rows.hpp"
#include "pg/member_keys.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

struct EventNumbers;

// In the current context. `binding` must outlive it.
EventNumbers *begin_event_numbers(const Binding *binding);

// The place of a formula's value, or of a part of it, among the numbers; nothing if only SQL can tell it: EventFeatures::take_number
// decides. To be called inside boundary::core; the value may be forgotten after it.
std::optional<uint32> ask_event_number(EventNumbers *numbers, const definition::BoundValue &value, const definition::Scope &scope);
// The place of a condition that is about nothing but events among the conditions; nothing if only SQL can tell it. It must not speak of
// segments. As above.
std::optional<uint32> ask_event_condition(EventNumbers *numbers, const definition::BoundCondition &condition,
                                          const definition::Scope &scope);

// Reads the sources, as the current user, with the active snapshot, inside begin_identity. `members` are those who exist, numbered by
// `keys`; both must outlive it. Events take about `memory` bytes, what does not fit goes to temporary files. Notes rows that belong to
// nobody.
void run_event_numbers(EventNumbers *numbers, const MemberKeys *keys, const members::BitSet *members, uint64 memory, IgnoredRows *ignored);

// Computes the numbers and conditions of a chunk of 65,536 ordinals; they take 512 kB and 8 kB each. Outside of boundary::core.
void load_event_numbers(EventNumbers *numbers, uint32 chunk);

// A member's number, in the chunk that was loaded last, as double precision; NaN if it is missing or not finite.
double event_number(const EventNumbers *numbers, uint32 number, members::Ordinal ordinal);

// Whether the condition holds for a member of that chunk.
bool event_condition(const EventNumbers *numbers, uint32 condition, members::Ordinal ordinal);

void end_event_numbers(EventNumbers *numbers);

}  // namespace segment::pg
