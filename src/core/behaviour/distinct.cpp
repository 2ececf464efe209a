#include "core/behaviour/distinct.hpp"

#include <algorithm>

namespace segment::behaviour {

namespace {

// The events with equal values side by side.
void by_value(std::uint32_t feature, std::span<const ListTerm> terms, const EventLists::Member &member, WideValues &wide,
              std::pmr::vector<Occurrence> &events) {
    gather(terms, member, events);
    if (std::ranges::any_of(events, &Occurrence::is_wide))
        wide.identify(feature, events);
    std::ranges::sort(events,
                      [](const Occurrence &a, const Occurrence &b) { return a.is_wide != b.is_wide ? b.is_wide : a.number < b.number; });
}

bool is_same(const Occurrence &a, const Occurrence &b) {
    return a.is_wide == b.is_wide && a.number == b.number;
}

}  // namespace

std::optional<std::int64_t> DistinctCount::value(const EventLists::Member &member) {
    by_value(feature_, terms_, member, wide_, events_);
    return std::unique(events_.begin(), events_.end(), is_same) - events_.begin();
}

std::optional<std::int64_t> MostFrequent::value(const EventLists::Member &member) {
    by_value(feature_, terms_, member, wide_, events_);
    std::optional<std::int64_t> found;
    std::ptrdiff_t most = 0;
    for (auto event = events_.begin(); event != events_.end();) {
        const auto end = std::find_if_not(event, events_.end(), [&](const Occurrence &other) { return is_same(*event, other); });
        if (end - event > most || (end - event == most && event->code < *found)) {
            most = end - event;
            found = event->code;
        }
        event = end;
    }
    return found;
}

}  // namespace segment::behaviour
