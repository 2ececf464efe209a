// From a metric's values to their parts of 0 to 1.
#pragma once

#include <memory_resource>
#include <span>

#include "core/interrupts.hpp"
#include "core/score/model.hpp"

namespace segment::score {

// The part of 0 to 1 that a value is worth; missing for a missing value. Of a condition the value is 1 or 0. Not for
// percentiles, which need all members' values.
double normalized(const Metric &metric, Mode mode, double value);

// Does so in place for the values of all members, percentiles included: of a value it is (members with a worse one) ÷
// (members with a value − 1), as SQL's percent_rank, and 0 for a single member.
void normalize(const Metric &metric, Mode mode, std::span<double> values, std::pmr::memory_resource *memory, Interrupts &interrupts);

// The mean of the values that are not missing; missing if all are.
double mean(std::span<const double> values);

}  // namespace segment::score
