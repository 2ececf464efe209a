// What a condition looks at, as SQL: the member's value, what it is compared with, how far the one is from the other, and
// what the clock can change about it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "core/definition/bound.hpp"
#include "core/definition/sql.hpp"

namespace segment::definition {

struct Reading {
    // Texts over the scope's FROM clause; empty where the condition has no such thing. The margin is positive where the
    // condition holds, by how much, and negative where it does not.
    std::pmr::string value, threshold, margin;

    // Of a condition that depends on as_of, the condition with `clock.at` instead of as_of, a row of one timestamptz beside the FROM
    // clause; and where it may change: instants as turns.hpp has them, and comparisons, each true from some instant on, or up to
    // one, with the parameters `$first_clock`, `$first_clock + 1`, … instead of as_of. Empty for one that does not.
    std::pmr::string by_clock;
    std::pmr::vector<std::pmr::string> turns;
    std::pmr::vector<std::pmr::string> comparisons;
};

// Of conditions on one value or two, and on events, stays and past scores; of all others nothing.
Reading reading(const BoundCondition &condition, const Scope &scope, std::uint32_t first_clock, std::pmr::memory_resource *memory);

}  // namespace segment::definition
