#include "core/behaviour/evaluator.hpp"

#include <algorithm>

namespace segment::behaviour {

namespace {

std::optional<Time> edge_of(const MemberEdge &edge, const EventLists::Member &member) {
    const Occurrences known = member.list(edge.list);
    return known.empty() || !known.front().is_set ? std::nullopt : std::optional(known.front().number);
}

// The first of the events that lies after the time, or at it if that is asked.
Occurrences::iterator first_after(Occurrences events, Time time, bool at_it) {
    return at_it ? std::ranges::lower_bound(events, time, {}, &Occurrence::time)
                 : std::ranges::upper_bound(events, time, {}, &Occurrence::time);
}

}  // namespace

Occurrences events_of(const ListTerm &term, const EventLists::Member &member) {
    Occurrences events = within(member.list(term.list), term.after, term.until);
    if (term.low) {
        const std::optional<Time> low = edge_of(*term.low, member);
        events = low ? Occurrences(first_after(events, *low, term.low->inclusive), events.end()) : Occurrences();
    }
    if (term.high) {
        const std::optional<Time> high = edge_of(*term.high, member);
        events = high ? Occurrences(events.begin(), first_after(events, *high, !term.high->inclusive)) : Occurrences();
    }
    return events;
}

}  // namespace segment::behaviour
