// Movements: what happened to the MRR of a member between two moments, and their sums over a period.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "core/revenue/ledger.hpp"

namespace segment::revenue {

enum class Movement : std::uint8_t { new_business, expansion, contraction, churn, reactivation };
inline constexpr std::size_t movement_kinds = 5;

// Which movement leads from one MRR to another, different one; `known`: whether the member has had MRR before.
constexpr Movement movement_of(Money before, Money after, bool known) {
    if (before == 0) {
        return known ? Movement::reactivation : Movement::new_business;
    }
    if (after == 0) {
        return Movement::churn;
    }
    return after > before ? Movement::expansion : Movement::contraction;
}

// Microseconds.
using Duration = std::uint64_t;
inline constexpr Duration any_duration = UINT64_MAX;

// A member's MRR over time: the sum of its lines, or zero if that is negative.
class Balance {
public:
    void apply(const Change &change) {
        const bool had = sum_ > 0;
        sum_ = add(sum_, change.amount);
        ever_ = ever_ || sum_ > 0;
        if (had && sum_ <= 0) {
            lost_at_ = change.at;
        }
    }

    Money mrr() const { return std::max(sum_, Money{0}); }
    // Whether it has been above zero since the beginning.
    bool ever() const { return ever_; }
    // Of one without MRR until `at`: whether it has had any, and has lost it no longer before than that.
    bool ever(Instant at, Duration within) const { return ever_ && static_cast<Duration>(at) - static_cast<Duration>(lost_at_) <= within; }

private:
    Money sum_ = 0;
    bool ever_ = false;
    Instant lost_at_ = forever_ago;  // for the last time, if ever_
};

// Periods follow each other without a gap: period i is [edges[i], edges[i + 1]). There is one edge at least, and they ascend.
using Edges = std::span<const Instant>;

enum class Granularity : std::uint8_t {
    net,    // a movement per member and period: the MRR before its start against that before its end
    event,  // a movement per member and instant
};

// What a movement is.
struct MovementRules {
    MovementRules() = default;
    MovementRules(Granularity granularity, Duration reactivation_within = any_duration)
        : granularity(granularity), reactivation_within(reactivation_within) {}

    Granularity granularity = Granularity::net;
    // Who has been without MRR for longer and has some again is new again. A net movement begins with the first MRR in the period.
    Duration reactivation_within = any_duration;
};

// A movement of one member. `at` is the instant, or of a net movement the start of the period.
struct Moved {
    std::size_t period;
    Instant at;
    Money before, after;
    Movement movement;
};

// Calls visit(Moved) for the movements of a member in the periods, in the order of time, and returns its MRR before the first period. A
// movement at an edge belongs to the period that begins there.
template <class Visit>
Money for_each_movement(std::span<const Change> changes, Edges edges, const MovementRules &rules, Visit visit) {
    const bool net = rules.granularity == Granularity::net;
    Balance balance;
    auto change = changes.begin();
    while (change != changes.end() && change->at < edges.front()) {
        balance.apply(*change++);
    }
    const Money opening = balance.mrr();
    std::size_t period = 0;
    while (change != changes.end() && change->at < edges.back()) {
        // Most periods are without a change.
        period = static_cast<std::size_t>(std::upper_bound(edges.begin() + static_cast<std::ptrdiff_t>(period), edges.end(), change->at) -
                                          edges.begin()) -
                 1;
        const Instant at = net ? edges[period] : change->at;
        const Money before = balance.mrr();
        bool known = false, has_some = before > 0;
        do {
            if (!has_some) {
                known = balance.ever(change->at, rules.reactivation_within);
            }
            balance.apply(*change++);
            has_some = has_some || balance.mrr() > 0;
        } while (net && change != changes.end() && change->at < edges[period + 1]);
        if (balance.mrr() != before) {
            visit(Moved{period, at, before, balance.mrr(), movement_of(before, balance.mrr(), known)});
        }
    }
    return opening;
}

// The bridge of a period: from the MRR and the customers at its start to those at its end. A customer is a member with MRR.
struct Bridge {
    struct Sum {
        Money mrr = 0;  // of losses negative
        std::int64_t customers = 0;

        void add(Money amount) {
            mrr = revenue::add(mrr, amount);
            ++customers;
        }
    };

    Sum starting, ending;
    std::array<Sum, movement_kinds> movements{};

    // The net movements of those who were customers at the start, whatever the granularity of `movements`: what became of the MRR at
    // the start, for rates that follow the customers of a period's start to its end.
    Money expanded = 0, contracted = 0, churned = 0;
    std::int64_t churned_customers = 0;

    const Sum &operator[](Movement movement) const { return movements[static_cast<std::size_t>(movement)]; }

    // Counts what became of a customer's MRR between the start and the end.
    void follow(Money before, Money after);
    // Computes what follows from the sums.
    void derive();
    Money lost = 0;                          // by churn and contraction
    Money net_lost_excl_reactivation = 0;    // less expansion
    Money net_lost = 0;                      // less expansion and reactivation
    Money won = 0;                           // new business and expansion
    Money retained = 0, retained_gross = 0;  // of starting.mrr at the end: with and without expansion
};

// Adds up the bridges of members.
class Bridges {
public:
    // The edges must outlive it, and `bridges` be as many as there are periods.
    Bridges(Edges edges, const MovementRules &rules, std::span<Bridge> bridges) : edges_(edges), rules_(rules), bridges_(bridges) {}

    void add(std::span<const Change> changes);

    // After the last member: carries what the movements left from one period to the next.
    void finish();

private:
    Edges edges_;
    MovementRules rules_;
    std::span<Bridge> bridges_;
};

// The MRR of all members of a ledger at an instant, changes at that instant included, and how many of them have any.
Bridge::Sum balance_at(LedgerReader &ledger, Instant at);

}  // namespace segment::revenue
