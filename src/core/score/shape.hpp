// From a metric's values to their parts of 0 to 1.
#pragma once

#include <memory_resource>
#include <span>

#include "core/interrupts.hpp"
#include "core/score/model.hpp"

namespace segment::score {

// The mean of values and how far they are spread, one after the other (Welford's method), without those that are missing.
class Spread {
public:
    void add(double value);
    // 1 ÷ (1 + e^−z), where z = (value − mean) ÷ the standard deviation of all values, as SQL's stddev_pop; 0.5 where all are alike.
    double logistic(double value, bool more_is_better) const;

private:
    std::uint64_t count_ = 0;
    double mean_ = 0, squares_ = 0;
};

// The part of 0 to 1 that a value is worth; missing for a missing value. Of a condition the value is 1 or 0. Not for
// relative shapes, which need all members' values.
double normalized(const Metric &metric, Mode mode, double value);

// Does so in place for the values of all members, of any shape. Of a percentile it is (members with a worse value) ÷
// (members with a value − 1), as SQL's percent_rank, and 0 for a single member; of a zscore what Spread tells.
void normalize(const Metric &metric, Mode mode, std::span<double> values, std::pmr::memory_resource *memory, Interrupts &interrupts);

// The mean of the values that are not missing; missing if all are.
double mean(std::span<const double> values);

}  // namespace segment::score
