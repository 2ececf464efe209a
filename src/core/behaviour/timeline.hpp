// What only a member's events in their order tell: periods, streaks, gaps and sequences. The functions look at one member at a
// time; calendar arithmetic comes from outside, so that they know no time zone.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/behaviour/partitions.hpp"
#include "core/behaviour/tracks.hpp"
#include "core/interrupts.hpp"
#include "core/members/ordinal.hpp"

namespace segment::behaviour {

// What orders the events of one instant within their source; a missing tie-breaker comes before all.
using Tie = std::int64_t;
inline constexpr Tie no_tie = INT64_MIN;

// An event on a member's timeline. Bit t of `tracks` tells that it belongs to track t of those that timelines are kept for.
struct Occurrence {
    Time time;
    Tie tie;
    std::uint64_t tracks;
};

inline constexpr std::uint32_t most_timeline_tracks = 64;

// At a later time, or at the same time with a greater tie-breaker.
constexpr bool is_later(const Occurrence &event, const Occurrence &than) {
    return event.time != than.time ? event.time > than.time : event.tie > than.tie;
}

// A member's events, each after those that it is later than.
using Timeline = std::span<const Occurrence>;

// Timelines of all members from one pass over the events in whatever order they come.
class Timelines {
public:
    explicit Timelines(std::pmr::memory_resource *memory) : events_(memory), memory_(memory) {}

    // Events that belong to no track need not be added.
    void add(members::Ordinal ordinal, const Occurrence &event) {
        events_.append(ordinal >> partition_bits, {event, ordinal & (partition_size - 1)});
    }

    // Calls `receive(ordinal, timeline)` for each member with events, ordinals ascending. Polls once per partition.
    template <class Receive>
    void evaluate(Interrupts &interrupts, Receive receive) const {
        std::pmr::vector<Entry> sorted(memory_);
        std::pmr::vector<Occurrence> timeline(memory_);
        Partitions<Entry>::Begins begins;
        for (std::uint32_t partition = 0; partition < events_.count(); ++partition) {
            interrupts.poll();
            events_.sort(partition, nullptr, sorted, begins);
            for (std::uint32_t member = 0; member < partition_size; ++member) {
                if (begins[member] == begins[member + 1])
                    continue;
                timeline.clear();
                for (std::uint32_t i = begins[member]; i < begins[member + 1]; ++i)
                    timeline.push_back(sorted[i].event);
                put_in_order(timeline);
                receive(partition << partition_bits | member, Timeline(timeline));
            }
        }
    }

    std::size_t bytes() const { return events_.bytes(); }

private:
    struct Entry {
        Occurrence event;
        std::uint32_t in_partition;
        std::uint32_t member() const { return in_partition; }
    };

    static void put_in_order(std::pmr::vector<Occurrence> &events);

    Partitions<Entry> events_;
    std::pmr::memory_resource *memory_;
};

// The number of different periods that the track's events in (after, until] lie in. `starts` are the instants at which
// periods begin, ascending; what lies before the first is a period of its own.
std::uint64_t distinct_periods(Timeline events, std::uint32_t track, Time after, Time until, std::span<const Time> starts);

// How many periods in a row have an event of the track up to `as_of`, counted back from the period of `as_of` or the one before
// it. `starts` as above; the last is not after as_of, and reaches back to before the streak's begin: what lies before the first
// ends it.
std::uint64_t streak(Timeline events, std::uint32_t track, Time as_of, std::span<const Time> starts);

// Whether an event of the track in (after, as_of] has a predecessor, and that is not after `latest_predecessor(time)`.
template <class Latest>
bool resumed(Timeline events, std::uint32_t track, Time after, Time as_of, Latest latest_predecessor) {
    const Occurrence *previous = nullptr;
    for (const Occurrence &event : events) {
        if ((event.tracks >> track & 1) == 0)
            continue;
        if (event.time > as_of)
            break;
        if (previous && event.time > after && previous->time <= latest_predecessor(event.time))
            return true;
        previous = &event;
    }
    return false;
}

// A step of a sequence. `within` numbers the duration that bounds the time since the step before, for `Deadline`.
struct SequenceStep {
    std::uint32_t track;
    bool negated = false;
    std::uint32_t within = no_duration;

    static constexpr std::uint32_t no_duration = UINT32_MAX;
};

// Sequences whose steps do not refer to one another's columns. The first step is not negated, and of the negated ones only the
// last may have a `within`.
class SequenceMatcher {
public:
    SequenceMatcher(std::span<const SequenceStep> steps, std::pmr::memory_resource *memory)
        : steps_(steps), reached_(memory), next_(memory) {}

    // Whether some events, one for each step that is not negated, follow one another as the steps say, all of them in (after,
    // until]; events after as_of are not looked at. `deadline(time, within)` is the last instant of the duration that begins
    // at the time.
    template <class Deadline>
    bool matches(Timeline events, Time after, Time until, Time as_of, Deadline deadline);

private:
    static bool is_of(const Occurrence &event, std::uint32_t track) { return (event.tracks >> track & 1) != 0; }

    // Whether an event of one of the negated steps in [begin, end) lies after one and before the other event.
    bool blocked(Timeline events, std::size_t begin, std::size_t end, const Occurrence &after, const Occurrence &before) const;

    std::span<const SequenceStep> steps_;
    std::pmr::vector<std::uint32_t> reached_, next_;  // the events that a step can be taken with
};

template <class Deadline>
bool SequenceMatcher::matches(Timeline events, Time after, Time until, Time as_of, Deadline deadline) {
    while (!events.empty() && events.back().time > as_of)
        events = events.first(events.size() - 1);
    const auto inside = [&](const Occurrence &event) { return event.time <= until && (event.time > after || after == beginning_of_time); };
    reached_.clear();
    for (std::uint32_t i = 0; i < events.size(); ++i)
        if (is_of(events[i], steps_[0].track) && inside(events[i]))
            reached_.push_back(i);
    std::size_t previous = 0, step = 1;
    for (; step < steps_.size() && !reached_.empty(); ++step) {
        if (steps_[step].negated)
            continue;
        next_.clear();
        for (std::uint32_t i = 0; i < events.size(); ++i) {
            if (!is_of(events[i], steps_[step].track) || !inside(events[i]))
                continue;
            // The nearest event before is the best one, but where clocks change a farther one may have the later deadline.
            for (auto from = reached_.rbegin(); from != reached_.rend(); ++from) {
                const Occurrence &candidate = events[*from];
                if (!is_later(events[i], candidate))
                    continue;
                if (blocked(events, previous + 1, step, candidate, events[i]))
                    break;
                if (steps_[step].within == SequenceStep::no_duration || events[i].time <= deadline(candidate.time, steps_[step].within)) {
                    next_.push_back(i);
                    break;
                }
            }
        }
        reached_.swap(next_);
        previous = step;
    }
    for (const std::uint32_t last : reached_) {
        bool holds = true;
        for (std::size_t missing = previous + 1; missing < steps_.size() && holds; ++missing) {
            const SequenceStep &negated = steps_[missing];
            const Time end = negated.within == SequenceStep::no_duration ? as_of : deadline(events[last].time, negated.within);
            holds = end <= as_of;
            for (const Occurrence &event : events)
                holds = holds && !(is_of(event, negated.track) && is_later(event, events[last]) && event.time <= end);
        }
        if (holds)
            return true;
    }
    return false;
}

}  // namespace segment::behaviour
