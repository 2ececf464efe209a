#include "core/revenue/movement.hpp"

namespace segment::revenue {

void Bridges::add(std::span<const Change> changes) {
    const auto of_start = [this](const Moved &moved) {
        Bridge &bridge = bridges_[moved.period];
        const Money amount = subtract(moved.after, moved.before);
        switch (moved.movement) {
            case Movement::expansion:
                bridge.expanded = revenue::add(bridge.expanded, amount);
                break;
            case Movement::contraction:
                bridge.contracted = revenue::add(bridge.contracted, amount);
                break;
            case Movement::churn:
                bridge.churned = revenue::add(bridge.churned, amount);
                ++bridge.churned_customers;
                break;
            case Movement::new_business:
            case Movement::reactivation:
                break;
        }
    };
    const auto count = [this](const Moved &moved) {
        bridges_[moved.period].movements[static_cast<std::size_t>(moved.movement)].add(subtract(moved.after, moved.before));
    };
    Money opening;
    if (granularity_ == Granularity::net) {
        opening = for_each_movement(changes, edges_, Granularity::net, [&](const Moved &moved) {
            of_start(moved);
            count(moved);
        });
    } else {
        opening = for_each_movement(changes, edges_, Granularity::net, of_start);
        for_each_movement(changes, edges_, Granularity::event, count);
    }
    if (opening > 0 && !bridges_.empty()) {
        bridges_.front().starting.add(opening);
    }
}

namespace {

void derive(Bridge &bridge) {
    using revenue::add;
    const Money expansion = bridge[Movement::expansion].mrr;
    bridge.lost = negated(add(bridge[Movement::churn].mrr, bridge[Movement::contraction].mrr));
    bridge.net_lost_excl_reactivation = subtract(bridge.lost, expansion);
    bridge.net_lost = subtract(bridge.net_lost_excl_reactivation, bridge[Movement::reactivation].mrr);
    bridge.won = add(bridge[Movement::new_business].mrr, expansion);
    bridge.retained_gross = add(bridge.starting.mrr, add(bridge.contracted, bridge.churned));
    bridge.retained = add(bridge.retained_gross, bridge.expanded);
}

}  // namespace

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
        derive(bridge);
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
