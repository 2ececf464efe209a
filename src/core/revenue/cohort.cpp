#include "core/revenue/cohort.hpp"

#include <algorithm>

namespace segment::revenue {

namespace {

void add_to(Cohorts::Cell &sum, const Cohorts::Cell &part) {
    sum.members += part.members;
    sum.net = add(sum.net, part.net);
    sum.gross = add(sum.gross, part.gross);
    sum.quantity = add(sum.quantity, part.quantity);
}

// Calls visit(period, before, after) for each period of `edges` from `first` on in whose course the balance has changed.
template <class Visit>
void for_each_step(std::span<const Change> changes, Edges edges, std::size_t first, Money before, Visit visit) {
    Balance balance;
    auto change = changes.begin();
    for (std::size_t period = first; period + 1 < edges.size() && change != changes.end();) {
        for (; change != changes.end() && change->at < edges[period + 1]; ++change) {
            balance.apply(*change);
        }
        if (balance.mrr() != before) {
            visit(period, before, balance.mrr());
            before = balance.mrr();
        }
        if (change != changes.end()) {
            period = static_cast<std::size_t>(
                std::upper_bound(edges.begin() + static_cast<std::ptrdiff_t>(period), edges.end(), change->at) - edges.begin() - 1);
        }
    }
}

Money balance_at(std::span<const Change> changes, Instant at) {
    Balance balance;
    for (const Change &change : changes) {
        if (change.at > at) {
            break;
        }
        balance.apply(change);
    }
    return balance.mrr();
}

}  // namespace

Cohorts::Cohorts(Edges edges, Group groups, std::pmr::memory_resource *memory)
    : edges_(edges), groups_(groups), cells_(groups * cells(edges.size() - 1), memory) {}

void Cohorts::add(Group group, std::span<const Change> changes, std::span<const Change> quantities) {
    Balance first;
    auto change = changes.begin();
    for (; change != changes.end() && !first.ever(); ++change) {
        first.apply(*change);
    }
    if (!first.ever()) {
        return;
    }
    const Instant began = std::prev(change)->at;
    if (began < edges_.front() || began >= edges_.back()) {
        return;
    }
    const auto cohort = static_cast<std::size_t>(std::upper_bound(edges_.begin(), edges_.end(), began) - edges_.begin() - 1);
    const Money start = first.mrr(), quantity = balance_at(quantities, began);
    Cell *cell = &cells_[index(group, cohort)];
    add_to(*cell, {1, start, start, quantity});
    // Ages follow the beginning, whose numbers hold until something changes.
    for_each_step(changes, edges_, cohort, start, [&](std::size_t period, Money before, Money after) {
        add_to(cell[1 + period - cohort],
               {(after > 0) - (before > 0), subtract(after, before), subtract(std::min(after, start), std::min(before, start)), 0});
    });
    for_each_step(quantities, edges_, cohort, quantity, [&](std::size_t period, Money before, Money after) {
        add_to(cell[1 + period - cohort], {0, 0, 0, subtract(after, before)});
    });
}

void Cohorts::finish() {
    for (Group group = 0; group < groups_; ++group) {
        for (std::size_t cohort = 0; cohort < periods(); ++cohort) {
            Cell *cell = &cells_[index(group, cohort)];
            for (std::size_t age = 0; age + cohort < periods(); ++age, ++cell) {
                add_to(cell[1], cell[0]);
            }
        }
    }
}

Cohorts::Comparison Cohorts::at(Group group, std::size_t cohort, std::size_t age, Relative relative) const {
    const Cell *start = &cells_[index(group, cohort)];
    return {start[1 + age], relative == Relative::start ? *start : start[age]};
}

Cohorts::Comparison Cohorts::total(Group group, std::size_t age, std::size_t complete, Relative relative) const {
    Comparison total;
    for (std::size_t cohort = 0; cohort + age < complete; ++cohort) {
        const Comparison part = at(group, cohort, age, relative);
        add_to(total.cell, part.cell);
        add_to(total.of, part.of);
    }
    return total;
}

}  // namespace segment::revenue
