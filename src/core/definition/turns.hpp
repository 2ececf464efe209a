// When the clock may change what a condition says: the instants at which an event, a stay or a member's own time meets an edge that
// moves with as_of.
#pragma once

#include <memory_resource>
#include <string>
#include <vector>

#include "core/definition/bound.hpp"
#include "core/definition/sql.hpp"

namespace segment::definition {

// SELECTs of one column of instants, over the scope's FROM clause: between two of these instants the condition stays what it is, except
// for what it says of numbers that the clock moves (an age, days since something). There may be instants at which nothing changes,
// and NULLs. Empty for conditions that have no such edge.
std::pmr::vector<std::pmr::string> turns(const BoundCondition &condition, const Scope &scope, std::pmr::memory_resource *memory);

}  // namespace segment::definition
