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

// How a condition follows from its comparisons.
enum class Rule : std::uint8_t {
    all,         // all of them hold
    first_only,  // the first holds and the second does not: equality, as ≥ and >
};

struct Reading {
    // Texts over the scope's FROM clause; empty where the condition has no such thing. The margin is positive where the
    // condition holds, by how much, and negative where it does not.
    std::pmr::string value, threshold, margin;

    // Of a condition that depends on as_of, the comparisons that it follows from. Each is true from some instant on, or up to one;
    // instead of as_of they read the parameters `$first_clock`, `$first_clock + 1`, …, one each.
    std::pmr::vector<std::pmr::string> comparisons;
    Rule rule = Rule::all;
    bool negated = false;
};

// Of comparisons, ranges, lists, ranks and conditions on one value; of all others nothing.
Reading reading(const BoundCondition &condition, const Scope &scope, std::uint32_t first_clock, std::pmr::memory_resource *memory);

}  // namespace segment::definition
