// Cohorts: members by the period in which they had MRR for the first time, and what became of them by the end of that period and of
// each later one. A member that comes back stays in the cohort of its first time.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/revenue/movement.hpp"
#include "core/revenue/report.hpp"

namespace segment::revenue {

class Cohorts {
public:
    // Of one cohort at one age, or of a cohort's beginning: the instants at which its members first had MRR.
    struct Cell {
        std::int64_t members = 0;  // with MRR
        Money net = 0;             // MRR
        Money gross = 0;           // of each member at most its MRR at the beginning
        Money quantity = 0;
    };

    // A numerator and its denominator.
    struct Comparison {
        Cell cell, of;
    };

    enum class Relative : std::uint8_t {
        start,     // to the cohort's beginning
        previous,  // to the same cohort one period earlier; the first period to the beginning
    };

    // The periods between the edges are those of the cohorts and those that are looked at. The edges must outlive it.
    Cohorts(Edges edges, Group groups, std::pmr::memory_resource *memory);

    // How many cells there will be for so many periods.
    static std::uint64_t cells(std::uint64_t periods) { return periods * (periods + 3) / 2; }

    // The changes of a member's MRR, and of its quantity. One that first had MRR outside of the periods is in no cohort.
    void add(Group group, std::span<const Change> changes, std::span<const Change> quantities);
    // After the last member.
    void finish();

    std::size_t periods() const { return edges_.size() - 1; }
    // Of the cohort of a period at an age: 0 is the end of that period.
    Comparison at(Group group, std::size_t cohort, std::size_t age, Relative relative) const;
    // Sums over all cohorts that have reached the age by the end of the first `complete` periods.
    Comparison total(Group group, std::size_t age, std::size_t complete, Relative relative) const;

private:
    // Of a cohort: its beginning, then its ages.
    std::size_t index(Group group, std::size_t cohort) const {
        return group * cells(periods()) + cohort * (periods() + 1) - cohort * (cohort - 1) / 2;
    }

    Edges edges_;
    Group groups_;
    std::pmr::vector<Cell> cells_;  // until finish() differences from age to age
};

}  // namespace segment::revenue
