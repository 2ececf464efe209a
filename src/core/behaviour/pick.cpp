#include "core/behaviour/pick.hpp"

#include <algorithm>

namespace segment::behaviour {

namespace {

constexpr std::uint32_t missing = 0;

bool is_together(const Occurrence &a, const Occurrence &b) {
    return a.time == b.time && a.is_set == b.is_set && a.number == b.number;
}

// Of the first events, which nothing orders among one another but their values.
std::uint32_t smallest(Occurrences events) {
    for (const Occurrence &event : events) {
        if (!is_together(event, events.front()))
            break;
        if (event.code != missing)
            return event.code;
    }
    return missing;
}

Occurrences last_together(Occurrences events) {
    std::size_t begin = events.size() - 1;
    while (begin > 0 && is_together(events[begin - 1], events.back()))
        --begin;
    return events.subspan(begin);
}

}  // namespace

std::optional<std::int64_t> Pick::value(const EventLists::Member &member) {
    std::uint32_t found = missing;
    for (const ListTerm &term : terms_) {
        const Occurrences events = events_of(term, member);
        if (events.empty())
            continue;
        if (choice_ == Choice::first) {
            found = smallest(events);
        } else if (choice_ == Choice::last) {
            found = smallest(last_together(events));
        } else {
            for (const Occurrence &event : events)
                if (event.code != missing)
                    found = found == missing           ? event.code
                            : choice_ == Choice::least ? std::min(found, event.code)
                                                       : std::max(found, event.code);
        }
    }
    return found == missing ? std::nullopt : std::optional<std::int64_t>(found);
}

}  // namespace segment::behaviour
