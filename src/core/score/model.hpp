// What a score is: metrics, each brought to a part of 0 to 1 by its shape, and how they become one number and a band.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace segment::score {

// A value that is not known, of a metric, a score or a mean.
inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

// Weights, points, bounds and values of steps go no further, so that no sum of their products overflows.
inline constexpr double largest_number = 1e100;

inline bool is_missing(double value) {
    return std::isnan(value);
}

enum class Mode : std::uint8_t {
    weighted,  // scale_min + (scale_max − scale_min) · Σ W N S ÷ Σ W N over groups, each Σ w n s ÷ Σ w n over its metrics
    additive,  // base + Σ points · s
};

// What a missing value counts as. A value that is carried forward is put in its place before; what then is still missing is
// left out.
enum class MissingRule : std::uint8_t { exclude, zero, neutral, worst, carry_forward };

enum class Shape : std::uint8_t {
    linear,         // (x − worst) ÷ (best − worst), not below 0 nor above 1
    steps,          // the value of the last step that x reaches
    points,         // 1 where a condition holds, else 0; the other way round for negative points of a weighted score
    percentile,     // rank among all members, by percent_rank in the order from worst to best
    recency_decay,  // 0.5 ^ (x ÷ half_life), x not below 0
    zscore,  // 1 ÷ (1 + e^−z), z the standard deviations that x lies from the mean of all members, in the order from worst to best
};

// Whether a part can be told only when the values of all members are known.
inline bool is_relative(Shape shape) {
    return shape == Shape::percentile || shape == Shape::zscore;
}

struct Step {
    double from, value;  // from `from` on; values below the first step's take the first's
};

struct Metric {
    Shape shape = Shape::linear;
    double worst = 0, best = 1;  // of relative shapes only their order counts
    std::span<const Step> steps = {};
    double points = 1;
    double half_life = 1;              // in the unit of the values: days
    double weight = 1;                 // of a weighted score
    std::int32_t group = -1;           // index into Model::groups; −1: a group of its own with the metric's weight
    std::optional<double> cap, floor;  // what the score is at most or at least where the condition holds
    bool counts = true;                // false: it only caps
};

// Lower-inclusive; the first one also takes what is below it.
struct Band {
    std::string_view name;
    double from;
};

struct Model {
    Mode mode = Mode::weighted;
    MissingRule missing_rule = MissingRule::exclude;
    double min_coverage = 0.5;
    double base = 0;
    double scale_min = 0, scale_max = 100;
    std::span<const Metric> metrics = {};
    std::span<const double> groups = {};  // their weights
    std::span<const Band> bands = {};     // ascending
    double hysteresis = 0;                // how far beyond the edges of its band a score has to be to leave it
};

}  // namespace segment::score
