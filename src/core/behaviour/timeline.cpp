#include "core/behaviour/timeline.hpp"

#include <algorithm>

namespace segment::behaviour {

void Timelines::put_in_order(std::pmr::vector<Occurrence> &events) {
    std::ranges::sort(events, [](const Occurrence &a, const Occurrence &b) { return is_later(b, a); });
}

std::uint64_t distinct_periods(Timeline events, std::uint32_t track, Time after, Time until, std::span<const Time> starts) {
    std::uint64_t periods = 0;
    std::size_t next = 0;  // the first period that begins after what was seen
    bool any = false;
    for (const Occurrence &event : events) {
        if ((event.tracks >> track & 1) == 0 || event.time > until || (event.time <= after && after != beginning_of_time))
            continue;
        const std::size_t before = next;
        while (next < starts.size() && starts[next] <= event.time)
            ++next;
        periods += !any || next != before;
        any = true;
    }
    return periods;
}

std::uint64_t streak(Timeline events, std::uint32_t track, Time as_of, std::span<const Time> starts) {
    std::uint64_t length = 0;
    std::size_t period = starts.size();  // the one that was counted last begins at starts[period]
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
        if ((event->tracks >> track & 1) == 0 || event->time > as_of)
            continue;
        const auto own = static_cast<std::size_t>(std::ranges::upper_bound(starts.first(period), event->time) - starts.begin());
        if (length > 0 && event->time >= starts[period])
            continue;
        // The newest is in this period or the last, every other in the one before.
        const std::size_t gap = period - own;
        if (own == 0 || gap > (length == 0 ? 1u : 0u))
            break;
        period = own - 1;
        ++length;
    }
    return length;
}

bool SequenceMatcher::blocked(Timeline events, std::size_t begin, std::size_t end, const Occurrence &after,
                              const Occurrence &before) const {
    for (std::size_t step = begin; step < end; ++step)
        for (const Occurrence &event : events)
            if (is_of(event, steps_[step].track) && is_later(event, after) && is_later(before, event))
                return true;
    return false;
}

}  // namespace segment::behaviour
