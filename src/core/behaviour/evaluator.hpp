// What a member's events come to, computed from his lists.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "core/behaviour/event_lists.hpp"

namespace segment::behaviour {

// An end of a window of each member's own: the number of the one event on a list. Nothing is within if there is none, or it has none.
struct MemberEdge {
    ListId list;
    bool inclusive;
};

// The events of a list in (after, until] that are not before `low` nor after `high`.
struct ListTerm {
    ListId list;
    Time after, until;
    std::optional<MemberEdge> low = {}, high = {};
};

Occurrences events_of(const ListTerm &term, const EventLists::Member &member);

// One kind of condition, for all members one after the other.
class Evaluator {
public:
    virtual ~Evaluator() = default;

    // The value, in whatever its bounds are told; nothing if it is missing.
    virtual std::optional<std::int64_t> value(const EventLists::Member &member) = 0;

    // The same as the number that SQL would give as double precision. Of values that are no whole numbers only some kinds know it.
    virtual std::optional<double> number(const EventLists::Member &member) {
        const std::optional<std::int64_t> whole = value(member);
        return whole ? std::optional<double>(static_cast<double>(*whole)) : std::nullopt;
    }
};

// The events of all terms together that have a number, in no particular order.
inline void gather(std::span<const ListTerm> terms, const EventLists::Member &member, std::pmr::vector<Occurrence> &events) {
    events.clear();
    for (const ListTerm &term : terms)
        for (const Occurrence &event : events_of(term, member))
            if (event.is_set)
                events.push_back(event);
}

}  // namespace segment::behaviour
