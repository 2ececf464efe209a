#include "core/behaviour/event_lists.hpp"

#include <algorithm>
#include <tuple>

namespace segment::behaviour {

namespace {

constexpr std::uint32_t comparisons_per_poll = 1u << 16;

}  // namespace

Occurrences within(Occurrences events, Time after, Time until) {
    const auto end = std::ranges::upper_bound(events, until, {}, &Occurrence::time);
    const auto begin =
        after == beginning_of_time ? events.begin() : std::ranges::upper_bound(events.begin(), end, after, {}, &Occurrence::time);
    return {begin, end};
}

Occurrences EventLists::Member::list(ListId id) const {
    const auto range = std::ranges::lower_bound(ranges_, id, {}, &Range::list);
    if (range == ranges_.end() || range->list != id)
        return {};
    return Occurrences(events_).subspan(range->begin, range->end - range->begin);
}

void EventLists::move_out() {
    if (!overflow_ || entries_.bytes() <= entries_.least_bytes())
        return;
    interrupts_.poll();
    entries_.move_out(*overflow_);
}

void EventLists::read(std::span<Entry> entries, Member &member) const {
    std::uint32_t comparisons = 0;
    std::ranges::sort(entries, [&](const Entry &a, const Entry &b) {
        if (++comparisons % comparisons_per_poll == 0)
            interrupts_.poll();
        const auto order = [](const Entry &entry) {
            return std::tuple(entry.list(), entry.time, (entry.place & set_flag) != 0, entry.number, entry.code);
        };
        return order(a) < order(b);
    });
    member.events_.clear();
    member.ranges_.clear();
    for (const Entry &entry : entries) {
        const auto place = static_cast<std::uint32_t>(member.events_.size());
        if (member.ranges_.empty() || member.ranges_.back().list != entry.list())
            member.ranges_.push_back({entry.list(), place, place});
        ++member.ranges_.back().end;
        member.events_.push_back({entry.time, entry.number, entry.code, (entry.place & set_flag) != 0, (entry.place & wide_flag) != 0});
    }
}

}  // namespace segment::behaviour
