#include "core/behaviour/linked_sequence.hpp"

#include <algorithm>

namespace segment::behaviour {

namespace {

constexpr std::size_t events_per_poll = 10'000;

}  // namespace

LinkedSequence::LinkedSequence(std::span<const LinkedStep> steps, Links links, Interrupts &interrupts, std::pmr::memory_resource *memory)
    : steps_(steps.begin(), steps.end(), memory),
      links_(std::move(links)),
      interrupts_(interrupts),
      events_(memory),
      states_(memory),
      chosen_(steps.size(), memory) {
    states_.reserve(steps_.size());
    for (std::size_t step = 0; step < steps_.size(); ++step)
        states_.emplace_back(memory).stands_alone =
            std::ranges::all_of(steps_.begin() + static_cast<std::ptrdiff_t>(step) + 1, steps_.end(),
                                [&](const LinkedStep &later) { return later.link == no_link || links_.earliest_step(later.link) >= step; });
}

void LinkedSequence::prepare(std::size_t step) {
    State &state = states_[step];
    state.is_tried.assign(events_[step].size(), 0);
    state.by_key.clear();
    state.key = steps_[step].link == no_link ? std::nullopt : links_.key(steps_[step].link, static_cast<std::uint32_t>(step));
    if (!state.key)
        return;
    for (std::uint32_t place = 0; place < events_[step].size(); ++place)
        if (const Occurrence &value = links_.value(state.key->own, place); value.is_set)
            state.by_key.push_back({value.number, place});
    std::ranges::sort(state.by_key);
}

// The next step that is not negated.
std::size_t LinkedSequence::following(std::size_t step) const {
    do
        ++step;
    while (step < steps_.size() && steps_[step].step.negated);
    return step;
}

template <class Visit>
bool LinkedSequence::any_after(std::size_t step, const StepEvent &than, Visit visit) {
    const State &state = states_[step];
    const Occurrences events = events_[step];
    const auto first = static_cast<std::uint32_t>(std::ranges::partition_point(events,
                                                                               [&](const Occurrence &other) {
                                                                                   return !is_later({&steps_[step].step, &other}, than);
                                                                               }) -
                                                  events.begin());
    const auto try_out = [&](std::uint32_t place) {
        if (++tried_ % events_per_poll == 0)
            interrupts_.poll();
        return visit(place);
    };
    if (!state.key) {
        for (std::uint32_t place = first; place < events.size(); ++place)
            if (try_out(place))
                return true;
        return false;
    }
    const Occurrence &asked = links_.value(state.key->other, chosen_[links_.column(state.key->other).step]);
    if (!asked.is_set)
        return false;
    for (auto found = std::ranges::lower_bound(state.by_key, Keyed{asked.number, first});
         found != state.by_key.end() && found->value == asked.number; ++found)
        if (try_out(found->place))
            return true;
    return false;
}

// Whether the negated steps in [begin, end) have an event between those chosen for the steps around them.
bool LinkedSequence::is_blocked(std::size_t begin, std::size_t end) {
    for (std::size_t step = begin; step < end; ++step) {
        bool blocked = false;
        any_after(step, chosen(begin - 1), [&](std::uint32_t place) {
            if (!is_later(chosen(end), event(step, place)))
                return true;
            chosen_[step] = place;
            return blocked = holds(step);
        });
        if (blocked)
            return true;
    }
    return false;
}

// Whether the negated steps at the end do not happen after the last of the others.
bool LinkedSequence::stays_out(std::size_t last) {
    for (std::size_t step = last + 1; step < steps_.size(); ++step) {
        const SequenceStep &negated = steps_[step].step;
        Time end = INT64_MAX;
        if (negated.deadlines != SequenceStep::no_deadline) {
            const std::optional<Time> until = deadline(*member_, negated, chosen(last).occurrence->time);
            if (!until || *until > negated.events.until)
                return false;
            end = *until;
        }
        bool happens = false;
        any_after(step, chosen(last), [&](std::uint32_t place) {
            if (events_[step][place].time > end)
                return true;
            chosen_[step] = place;
            return happens = holds(step);
        });
        if (happens)
            return false;
    }
    return true;
}

// Whether events for the step and all that follow it can be chosen.
bool LinkedSequence::completes(std::size_t previous, std::size_t step) {
    if (step == steps_.size())
        return stays_out(previous);
    const SequenceStep &own = steps_[step].step;
    Time end = INT64_MAX;
    if (own.deadlines != SequenceStep::no_deadline) {
        const std::optional<Time> until = deadline(*member_, own, chosen(previous).occurrence->time);
        if (!until)
            return false;
        end = *until;
    }
    bool completed = false;
    any_after(step, chosen(previous), [&](std::uint32_t place) {
        if (events_[step][place].time > end)
            return true;
        if (states_[step].is_tried[place])
            return false;
        chosen_[step] = place;
        if (!holds(step))
            return false;
        // What lies between this event and the one before lies before all later ones.
        if (is_blocked(previous + 1, step))
            return true;
        completed = completes(step, following(step));
        states_[step].is_tried[place] = states_[step].stands_alone;
        return completed;
    });
    return completed;
}

std::optional<std::int64_t> LinkedSequence::value(const EventLists::Member &member) {
    member_ = &member;
    events_.clear();
    for (const LinkedStep &step : steps_)
        events_.push_back(events_of(step.step.events, member));
    links_.load(member, events_);
    for (std::size_t step = 0; step < steps_.size(); ++step)
        prepare(step);
    for (std::uint32_t place = 0; place < events_.front().size(); ++place) {
        chosen_.front() = place;
        if (completes(0, following(0)))
            return 1;
    }
    return 0;
}

}  // namespace segment::behaviour
