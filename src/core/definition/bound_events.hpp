// What members did, in the bound tree: which events a form speaks of, and what it asks of them.
//
// Within `filter`, `time`, `value` and `mark`, columns of the row `event_row` are those of the event.
#pragma once

#include <optional>
#include <string>

#include "core/definition/bound.hpp"

namespace segment::definition {

// Events of one source.
struct BoundEventPart {
    const EventSource *source;
    const BoundValue *at;                    // when: a date, else an instant (or a timestamp in populations whose zone is UTC)
    const BoundCondition *filter = nullptr;  // which names, and `where (…)`; null: all
    const BoundCondition *time = nullptr;    // in the window, and not after as_of
    const BoundValue *value = nullptr;       // what is aggregated, or null
    const BoundCondition *mark = nullptr;    // what divides the events in two: a share's condition, a trend's later half
};

// The union of one part or more, each of another source; `at`, `value` and their types go together.
struct BoundEvents {
    std::span<const BoundEventPart> parts;
    const Type *value_type = nullptr;  // of all parts' values, or null
};

enum class EventFunction : std::uint8_t {
    count,
    count_distinct,
    sum,
    avg,
    min,
    max,
    median,
    most_frequent,
    share,
    first_time,
    last_time,
    first_value,
    last_value,
    distinct_periods,
    streak,
};

// Without events, counts, sums and streaks are 0 and the others missing.
struct BoundEventValue : BoundValue {
    EventFunction function;
    BoundEvents events;
    Unit unit = Unit::day;  // distinct_periods, streak
};

// There is such an event.
struct BoundOccurs : BoundCondition {
    BoundEvents events;
};

// The aggregate over the marked events against that over the others.
struct BoundTrend : BoundCondition {
    EventFunction function;
    BoundEvents events;
    bool fell;
    std::string_view amount;  // canonical number
    bool relative;            // amount is a part of the earlier value
    std::string_view from_at_least;
};

// Some event for which `recent` holds has a predecessor for which `gap` does; of both, times are columns of `event_row`. In other words,
// it is later than `edge`, and the predecessor not later than the time `back` (negative) from it.
struct BoundResumed : BoundCondition {
    BoundEvents events;
    const BoundCondition *recent, *gap;
    const BoundValue *edge;
    Span back;
};

struct BoundStep {
    BoundEvents events;
    bool negated;
    const BoundCondition *link;  // where it lies between the steps around it; null for the first
    const BoundCondition *due;   // of a negated last step: the time in which the event must not happen is over; or null
    std::optional<Span> within;  // the same as numbers: how long after the step before, among those that are not negated
    bool refers = false;         // its filter reads columns of the steps before
};

// Some events, one for each step that is not negated, stand in their steps' links.
struct BoundSequence : BoundCondition {
    std::span<const BoundStep> steps;
};

// What is known of an event that comes from a subquery: its time, that of the one before, the place of its source among the
// parts (from 1), and for each part with a tie-breaker that column, null for events of the others.
inline constexpr std::string_view event_time_name = "occurred", previous_time_name = "previous", event_source_name = "source";
inline std::string tie_name(std::size_t part) {
    return "tie" + std::to_string(part + 1);
}

}  // namespace segment::definition
