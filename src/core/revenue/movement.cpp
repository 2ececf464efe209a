#include "core/revenue/movement.hpp"

namespace segment::revenue {

void Bridge::follow(Money before, Money after) {
    using revenue::add;
    const Money amount = subtract(after, before);
    if (after == 0) {
        churned = add(churned, amount);
        ++churned_customers;
    } else if (amount < 0) {
        contracted = add(contracted, amount);
    } else {
        expanded = add(expanded, amount);
    }
}

void Bridge::derive() {
    using revenue::add;
    const Money expansion = (*this)[Movement::expansion].mrr;
    lost = negated(add((*this)[Movement::churn].mrr, (*this)[Movement::contraction].mrr));
    net_lost_excl_reactivation = subtract(lost, expansion);
    net_lost = subtract(net_lost_excl_reactivation, (*this)[Movement::reactivation].mrr);
    won = add((*this)[Movement::new_business].mrr, expansion);
    retained_gross = add(starting.mrr, add(contracted, churned));
    retained = add(retained_gross, expanded);
}

void Bridges::add(std::span<const Change> changes) {
    const auto of_start = [this](const Moved &moved) {
        if (moved.before > 0) {
            bridges_[moved.period].follow(moved.before, moved.after);
        }
    };
    const auto count = [this](const Moved &moved) {
        bridges_[moved.period].movements[static_cast<std::size_t>(moved.movement)].add(subtract(moved.after, moved.before));
    };
    Money opening;
    if (rules_.granularity == Granularity::net) {
        opening = for_each_movement(changes, edges_, rules_, [&](const Moved &moved) {
            of_start(moved);
            count(moved);
        });
    } else {
        opening = for_each_movement(changes, edges_, Granularity::net, of_start);
        for_each_movement(changes, edges_, rules_, count);
    }
    if (opening > 0 && !bridges_.empty()) {
        bridges_.front().starting.add(opening);
    }
}

void Bridges::finish() {
    for (std::size_t period = 0; period < bridges_.size(); ++period) {
        Bridge &bridge = bridges_[period];
        if (period > 0) {
            bridge.starting = bridges_[period - 1].ending;
        }
        bridge.ending.mrr = bridge.starting.mrr;
        for (const Bridge::Sum &movement : bridge.movements) {
            bridge.ending.mrr = revenue::add(bridge.ending.mrr, movement.mrr);
        }
        bridge.ending.customers = bridge.starting.customers + bridge[Movement::new_business].customers +
                                  bridge[Movement::reactivation].customers - bridge[Movement::churn].customers;
        bridge.derive();
    }
}

Bridge::Sum balance_at(LedgerReader &ledger, Instant at) {
    Bridge::Sum sum;
    while (ledger.next()) {
        Balance balance;
        for (const Change &change : ledger.changes()) {
            if (change.at > at) {
                break;
            }
            balance.apply(change);
        }
        if (balance.mrr() > 0) {
            sum.add(balance.mrr());
        }
    }
    return sum;
}

}  // namespace segment::revenue
