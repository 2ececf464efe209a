// Events one after the other.
#pragma once

#include "core/behaviour/evaluator.hpp"

namespace segment::behaviour {

// A step's events, those of a negated one all up to as_of, are on a list of their own. Numbers of such a list are tie-breakers: an event is
// later than another if its time is, or, of one source, if times are equal and its number is greater; any number is greater than none.
struct SequenceStep {
    ListTerm events;
    std::uint32_t source;  // equal ones are compared by their numbers; no_source: by time only
    bool negated;
    // Tells by the time of the step before, among those that are not negated, until when this step's `within` lasts: a list of the same
    // events, whose numbers these instants are. Those without number have none, and nothing is within.
    ListId deadlines;

    static constexpr std::uint32_t no_source = UINT32_MAX;
    static constexpr ListId no_deadline = UINT32_MAX;
};

// An event of a step.
struct StepEvent {
    const SequenceStep *step;
    const Occurrence *occurrence;
};
bool is_later(const StepEvent &event, const StepEvent &than);

// Until when the step's `within` lasts after an event of that time; nothing if there is no such time.
std::optional<Time> deadline(const EventLists::Member &member, const SequenceStep &step, Time time);

// Sequences whose steps do not refer to one another's columns: 1 if some events, one for each step that is not negated, follow one another
// with none of the negated steps' events in between, else 0. The first step is not negated, and of those that are only the last may
// have deadlines.
class Sequence final : public Evaluator {
public:
    Sequence(std::span<const SequenceStep> steps, Interrupts &interrupts, std::pmr::memory_resource *memory)
        : steps_(steps.begin(), steps.end(), memory), interrupts_(interrupts), events_(memory), reached_(memory), next_(memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    // The step's first event that is later than another one; null if there is none.
    const Occurrence *first_after(std::size_t step, const StepEvent &event) const;
    // Whether an event of the negated steps in [begin, end) lies between the two.
    bool is_blocked(std::size_t begin, std::size_t end, const StepEvent &after, const StepEvent &before) const;
    // Goes on from the events that the step `previous` is reached with to those of `step`.
    void advance(std::size_t previous, std::size_t step);
    // Whether the negated steps from `begin` on do not happen after the event.
    bool stays_out(std::size_t begin, const StepEvent &event) const;

    std::pmr::vector<SequenceStep> steps_;
    Interrupts &interrupts_;
    const EventLists::Member *member_ = nullptr;
    std::pmr::vector<Occurrences> events_;                 // of the member, by step
    std::pmr::vector<const Occurrence *> reached_, next_;  // in the order of their list
};

}  // namespace segment::behaviour
