#include "core/revenue/report.hpp"

#include <optional>

namespace segment::revenue {

Group Spells::at(Instant at) const {
    const auto after =
        std::upper_bound(spells.begin(), spells.end(), at, [](Instant t, const Spell &spell) { return t < spell.entered_at; });
    if (after == spells.begin() || std::prev(after)->exited_at <= at) {
        return otherwise;
    }
    return std::prev(after)->group;
}

void restrict_spells(std::span<const Spell> area, std::span<const Spell> spells, Group otherwise, std::pmr::vector<Spell> &result) {
    result.clear();
    auto spell = spells.begin();
    for (const Spell &stay : area) {
        Instant at = stay.entered_at;
        const auto reach = [&](Instant until, Group group) {
            if (until > at) {
                result.push_back({at, until, group});
                at = until;
            }
        };
        while (spell != spells.end() && spell->exited_at <= at) {
            ++spell;
        }
        // One that reaches beyond the stay may also be part of the next.
        for (; spell != spells.end() && spell->entered_at < stay.exited_at; ++spell) {
            reach(spell->entered_at, otherwise);
            reach(std::min(spell->exited_at, stay.exited_at), spell->group);
            if (spell->exited_at > stay.exited_at) {
                break;
            }
        }
        reach(stay.exited_at, otherwise);
    }
}

bool GroupBridge::is_idle() const {
    return starting.customers == 0 && ending.customers == 0 && transfer_in == 0 && transfer_out == 0 &&
           std::all_of(movements.begin(), movements.end(), [](const Sum &movement) { return movement.customers == 0; });
}

GroupedBridges::GroupedBridges(Edges edges, const MovementRules &rules, Membership membership, Instant known_from, Group groups,
                               std::pmr::memory_resource *memory)
    : edges_(edges),
      rules_(rules),
      membership_(membership),
      known_from_(known_from),
      bridges_(static_cast<std::size_t>(groups) * periods(), memory),
      carried_(static_cast<std::size_t>(groups) * edges.size(), memory),
      at_edges_(edges.size(), memory),
      moved_(memory) {}

// A member without MRR before the period counts where it is at the period's end, whatever the membership.
GroupedBridges::Route GroupedBridges::route(std::size_t period, Money before, const Spells &spells) const {
    const Membership membership = this->membership(period);
    if (membership == Membership::current) {
        return {spells.current, spells.current};
    }
    const Group end = spells.at(edges_[period + 1]);
    if (before == 0 || membership == Membership::end) {
        return {end, end};
    }
    const Group start = spells.at(edges_[period]);
    return {start, membership == Membership::flow ? end : start};
}

// Of a member that has always been where it is; most periods are without a change, and cost nothing.
void GroupedBridges::add_settled(std::span<const Change> changes, Group group) {
    GroupBridge *bridges = bridges_.data() + group * periods();
    Bridge::Sum *carried = carried_.data() + group * edges_.size();
    std::optional<Moved> net;  // of the period so far
    const auto follow = [&] {
        if (net && net->before > 0) {
            bridges[net->period].follow(net->before, net->after);
        }
    };
    const Money opening = for_each_movement(changes, edges_, rules_, [&](const Moved &moved) {
        if (net && net->period == moved.period) {
            net->after = moved.after;
        } else {
            follow();
            net = moved;
        }
        const Money amount = subtract(moved.after, moved.before);
        Bridge::Sum &change = carried[moved.period + 1];
        bridges[moved.period].movements[static_cast<std::size_t>(moved.movement)].add(amount);
        change.mrr = revenue::add(change.mrr, amount);
        change.customers += (moved.after > 0) - (moved.before > 0);
    });
    follow();
    if (opening > 0) {
        carried[0].add(opening);
    }
}

void GroupedBridges::add(std::span<const Change> changes, const Spells &spells) {
    if (spells.spells.empty()) {
        return add_settled(changes, spells.current);
    }
    moved_.clear();
    Money mrr = for_each_movement(changes, edges_, rules_, [&](const Moved &moved) { moved_.push_back(moved); });
    std::size_t known = 0;  // edges so far
    const auto reach = [&](std::size_t edge) {
        while (known <= edge) {
            at_edges_[known++] = mrr;
        }
    };
    for (const Moved &moved : moved_) {
        reach(moved.period);
        mrr = moved.after;
    }
    reach(periods());

    auto moved = moved_.begin();
    for (std::size_t period = 0; period < periods(); ++period) {
        const Money before = at_edges_[period], after = at_edges_[period + 1];
        const bool moves = moved != moved_.end() && moved->period == period;
        if (before == 0 && !moves) {
            continue;
        }
        const auto [from, to] = route(period, before, spells);
        GroupBridge &bridge = this->bridge(from, period);
        if (before > 0) {
            bridge.starting.add(before);
            bridge.follow(before, after);
        }
        for (; moved != moved_.end() && moved->period == period; ++moved) {
            bridge.movements[static_cast<std::size_t>(moved->movement)].add(subtract(moved->after, moved->before));
        }
        GroupBridge &last = this->bridge(to, period);
        if (after > 0) {
            last.ending.add(after);
        }
        if (from != to) {
            bridge.transfer_out = subtract(bridge.transfer_out, after);
            last.transfer_in = revenue::add(last.transfer_in, after);
        }
    }
}

void GroupedBridges::finish() {
    const auto join = [](Bridge::Sum &sum, const Bridge::Sum &part) {
        sum.mrr = revenue::add(sum.mrr, part.mrr);
        sum.customers += part.customers;
    };
    for (std::size_t group = 0; group < carried_.size() / edges_.size(); ++group) {
        Bridge::Sum balance;
        for (std::size_t period = 0; period < periods(); ++period) {
            GroupBridge &bridge = bridges_[group * periods() + period];
            const Bridge::Sum *carried = &carried_[group * edges_.size() + period];
            join(balance, carried[0]);
            join(bridge.starting, balance);
            join(bridge.ending, balance);
            join(bridge.ending, carried[1]);
            bridge.derive();
        }
    }
}

}  // namespace segment::revenue
