#include "core/behaviour/sequence.hpp"

#include <algorithm>

namespace segment::behaviour {

namespace {

constexpr std::size_t steps_per_poll = 100'000;
// Deadlines follow one another as their events do, but for changes of the clock and months of different lengths, which bring none so far
// (in microseconds; of days it is more than needed) before that of an earlier event.
constexpr Time most_disorder = 5 * Time{86'400'000'000};

bool is_before_in_list(const Occurrence &a, const Occurrence &b) {
    if (a.time != b.time)
        return a.time < b.time;
    return a.is_set != b.is_set ? b.is_set : a.number < b.number;
}

}  // namespace

bool is_later(const StepEvent &event, const StepEvent &than) {
    const Occurrence &a = *event.occurrence, &b = *than.occurrence;
    if (a.time != b.time)
        return a.time > b.time;
    return event.step->source != SequenceStep::no_source && event.step->source == than.step->source && is_before_in_list(b, a);
}

const Occurrence *Sequence::first_after(std::size_t step, const StepEvent &event) const {
    const Occurrences events = events_[step];
    const auto found = std::ranges::partition_point(events, [&](const Occurrence &other) {
        return !is_later({&steps_[step], &other}, event);
    });
    return found == events.end() ? nullptr : &*found;
}

bool Sequence::is_blocked(std::size_t begin, std::size_t end, const StepEvent &after, const StepEvent &before) const {
    for (std::size_t step = begin; step < end; ++step)
        if (const Occurrence *first = first_after(step, after); first && is_later(before, {&steps_[step], first}))
            return true;
    return false;
}

std::optional<Time> deadline(const EventLists::Member &member, const SequenceStep &step, Time time) {
    const Occurrences known = member.list(step.deadlines);
    const auto found = std::ranges::lower_bound(known, time, {}, &Occurrence::time);
    return found != known.end() && found->time == time && found->is_set ? std::optional(found->number) : std::nullopt;
}

void Sequence::advance(std::size_t previous, std::size_t step) {
    const SequenceStep &own = steps_[step];
    next_.clear();
    std::size_t before = 0, looked_at = 0;  // the events of the step before that come first
    for (const Occurrence &occurrence : events_[step]) {
        const StepEvent event{&own, &occurrence};
        while (before < reached_.size() && is_later(event, {&steps_[previous], reached_[before]}))
            ++before;
        // The nearest one before is the best, but where clocks change an earlier one may have a later deadline.
        for (std::size_t from = before; from-- > 0;) {
            if (++looked_at % steps_per_poll == 0)
                interrupts_.poll();
            const StepEvent candidate{&steps_[previous], reached_[from]};
            if (is_blocked(previous + 1, step, candidate, event))
                break;
            if (own.deadlines == SequenceStep::no_deadline) {
                next_.push_back(&occurrence);
                break;
            }
            const std::optional<Time> until = deadline(*member_, own, candidate.occurrence->time);
            if (until && occurrence.time <= *until) {
                next_.push_back(&occurrence);
                break;
            }
            if (until && *until < occurrence.time - most_disorder)
                break;
        }
    }
    reached_.swap(next_);
}

bool Sequence::stays_out(std::size_t begin, const StepEvent &event) const {
    for (std::size_t step = begin; step < steps_.size(); ++step) {
        const SequenceStep &negated = steps_[step];
        Time end = INT64_MAX;
        if (negated.deadlines != SequenceStep::no_deadline) {
            const std::optional<Time> until = deadline(*member_, negated, event.occurrence->time);
            if (!until || *until > negated.events.until)
                return false;
            end = *until;
        }
        if (const Occurrence *first = first_after(step, event); first && first->time <= end)
            return false;
    }
    return true;
}

std::optional<std::int64_t> Sequence::value(const EventLists::Member &member) {
    member_ = &member;
    events_.clear();
    for (const SequenceStep &step : steps_)
        events_.push_back(events_of(step.events, member));
    reached_.clear();
    for (const Occurrence &first : events_.front())
        reached_.push_back(&first);
    std::size_t previous = 0;
    for (std::size_t step = 1; step < steps_.size() && !reached_.empty(); ++step) {
        if (steps_[step].negated)
            continue;
        advance(previous, step);
        previous = step;
    }
    return std::ranges::any_of(reached_,
                               [&](const Occurrence *last) {
                                   return stays_out(previous + 1, {&steps_[previous], last});
                               })
               ? 1
               : 0;
}

}  // namespace segment::behaviour
