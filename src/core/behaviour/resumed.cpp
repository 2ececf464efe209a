#include "core/behaviour/resumed.hpp"

#include <algorithm>

namespace segment::behaviour {

std::optional<std::int64_t> Resumed::value(const EventLists::Member &member) {
    events_.clear();
    for (const ListTerm &term : terms_) {
        const Occurrences events = events_of(term, member);
        events_.insert(events_.end(), events.begin(), events.end());
    }
    if (terms_.size() > 1)
        std::ranges::sort(events_, {}, &Occurrence::time);
    for (std::size_t i = events_.size(); i-- > 1 && events_[i].time > recent_;)
        if (events_[i].is_set && events_[i - 1].time <= events_[i].number)
            return 1;
    return 0;
}

}  // namespace segment::behaviour
