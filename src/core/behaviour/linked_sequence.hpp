// Sequences whose steps refer to one another's columns.
#pragma once

#include "core/behaviour/links.hpp"
#include "core/behaviour/sequence.hpp"

namespace segment::behaviour {

struct LinkedStep {
    SequenceStep step;
    LinkId link;  // that its events stand in with those of the steps before, or no_link
};

// As Sequence, but events must stand in their steps' links as well: it tries events one after the other, for each step those that may
// follow the event chosen for the step before. Where a link asks for equal values only events that have them are tried; and what cannot be
// completed from an event is tried once, if no later link looks back beyond it.
class LinkedSequence final : public Evaluator {
public:
    LinkedSequence(std::span<const LinkedStep> steps, Links links, Interrupts &interrupts, std::pmr::memory_resource *memory);

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    // A step's events by the value that its link asks to be equal, and by their places.
    struct Keyed {
        std::int64_t value;
        std::uint32_t place;
        auto operator<=>(const Keyed &) const = default;
    };
    struct State {
        explicit State(std::pmr::memory_resource *memory) : by_key(memory), is_tried(memory) {}
        std::optional<Links::Key> key;
        std::pmr::vector<Keyed> by_key;
        bool stands_alone = false;                // no later link reads a step before
        std::pmr::vector<std::uint8_t> is_tried;  // by event: it cannot be completed
    };

    StepEvent event(std::size_t step, std::uint32_t place) const { return {&steps_[step].step, &events_[step][place]}; }
    StepEvent chosen(std::size_t step) const { return event(step, chosen_[step]); }
    void prepare(std::size_t step);
    std::size_t following(std::size_t step) const;
    bool holds(std::size_t step) const { return steps_[step].link == no_link || links_.hold(steps_[step].link, chosen_); }
    // Calls `visit(place)` for each of the step's events that may be later than the other one, in their order, until it says true.
    template <class Visit>
    bool any_after(std::size_t step, const StepEvent &than, Visit visit);
    bool completes(std::size_t previous, std::size_t step);
    bool is_blocked(std::size_t begin, std::size_t end);
    bool stays_out(std::size_t last);

    std::pmr::vector<LinkedStep> steps_;
    Links links_;
    Interrupts &interrupts_;
    const EventLists::Member *member_ = nullptr;
    std::size_t tried_ = 0;
    std::pmr::vector<Occurrences> events_;    // of the member, by step
    std::pmr::vector<State> states_;          // by step
    std::pmr::vector<std::uint32_t> chosen_;  // by step
};

}  // namespace segment::behaviour
