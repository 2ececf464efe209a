// What a condition on events, stays or past scores found, as a text that people read: how many events and when, which steps of a
// sequence, which counts were compared.
#pragma once

#include <memory_resource>
#include <string>

#include "core/definition/bound.hpp"
#include "core/definition/sql.hpp"

namespace segment::definition {

// Texts over the scope's FROM clause. Times are local times of the population's zone, `2026-01-20 09:30`. Empty for other values and
// conditions.
std::pmr::string evidence(const BoundValue &value, const Scope &scope, std::pmr::memory_resource *memory);
std::pmr::string evidence(const BoundCondition &condition, const Scope &scope, std::pmr::memory_resource *memory);

}  // namespace segment::definition
