// Bridges by group: who belongs to a group may change over time, and the MRR of members who change groups is transferred.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/revenue/movement.hpp"

namespace segment::revenue {

using Group = std::uint32_t;

// When a member counts to which group, in one period.
enum class Membership : std::uint8_t {
    start,    // where it was at the period's start
    end,      // where it was at the period's end
    current,  // where it is now
    flow,     // moves between groups are transfers
};

// A member was in a group from one instant to another, `never` if it still is.
struct Spell {
    Instant entered_at, exited_at;
    Group group;
};

// A member's groups over time. Spells do not overlap and ascend; outside of them it is in `otherwise`.
struct Spells {
    std::span<const Spell> spells;
    Group otherwise;
    Group current;

    Group at(Instant at) const;
};

// The parts of `spells` that lie within those of `area`, whose gaps are filled with `otherwise`. Both ascend and do not overlap.
void restrict_spells(std::span<const Spell> area, std::span<const Spell> spells, Group otherwise, std::pmr::vector<Spell> &result);

struct GroupBridge : Bridge {
    Money transfer_in = 0, transfer_out = 0;  // the latter negative

    // Whether there is nothing to tell: no customer, no movement.
    bool is_idle() const;
};

class GroupedBridges {
public:
    // History is known for periods that start at `known_from` or later; earlier ones use the current groups. The edges must outlive it.
    GroupedBridges(Edges edges, const MovementRules &rules, Membership membership, Instant known_from, Group groups,
                   std::pmr::memory_resource *memory);

    void add(std::span<const Change> changes, const Spells &spells);
    // After the last member.
    void finish();

    const GroupBridge &bridge(Group group, std::size_t period) const { return bridges_[group * periods() + period]; }
    std::size_t periods() const { return edges_.size() - 1; }
    // What was asked for, or `current` for a period before the history begins.
    Membership membership(std::size_t period) const { return edges_[period] >= known_from_ ? membership_ : Membership::current; }

private:
    struct Route {
        Group from, to;
    };
    GroupBridge &bridge(Group group, std::size_t period) { return bridges_[group * periods() + period]; }
    Route route(std::size_t period, Money before, const Spells &spells) const;
    void add_settled(std::span<const Change> changes, Group group);

    Edges edges_;
    MovementRules rules_;
    Membership membership_;
    Instant known_from_;
    std::pmr::vector<GroupBridge> bridges_;  // by group, then period
    // What settled members bring to their group's balance at each edge, to be summed up from edge to edge.
    std::pmr::vector<Bridge::Sum> carried_;
    std::pmr::vector<Money> at_edges_;  // of the member that is being added, just before each edge
    std::pmr::vector<Moved> moved_;     // the same member's movements
};

}  // namespace segment::revenue
