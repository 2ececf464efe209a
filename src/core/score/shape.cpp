#include "core/score/shape.hpp"

#include <algorithm>
#include <cmath>

#include "core/score/ranks.hpp"

namespace segment::score {
namespace {

constexpr std::size_t values_between_polls = 65536;

double step_value(std::span<const Step> steps, double value) {
    const auto above = std::ranges::upper_bound(steps, value, {}, &Step::from);
    return (above == steps.begin() ? above : above - 1)->value;
}

void rank_among(const Metric &metric, std::span<double> values, std::pmr::memory_resource *memory, Interrupts &interrupts) {
    Ranks ranks(UINT64_MAX, nullptr, memory);
    for (const double value : values) {
        if (!is_missing(value))
            ranks.add(value);
    }
    ranks.finish();
    ranks.rank(values, metric.worst <= metric.best, interrupts);
}

}  // namespace

void Spread::add(double value) {
    if (is_missing(value))
        return;
    ++count_;
    const double distance = value - mean_;
    mean_ += distance / static_cast<double>(count_);
    squares_ += distance * (value - mean_);
}

double Spread::logistic(double value, bool more_is_better) const {
    if (is_missing(value))
        return missing;
    const double deviation = count_ == 0 ? 0 : std::sqrt(squares_ / static_cast<double>(count_));
    const double z = (value - mean_) / deviation;
    // Also where squares are too large for a number, or too small.
    if (!std::isfinite(z))
        return 0.5;
    return 1 / (1 + std::exp(more_is_better ? -z : z));
}

double normalized(const Metric &metric, Mode mode, double value) {
    if (is_missing(value))
        return missing;
    switch (metric.shape) {
        case Shape::linear:
            return std::clamp((value - metric.worst) / (metric.best - metric.worst), 0.0, 1.0);
        case Shape::steps:
            return step_value(metric.steps, value);
        case Shape::points:
            return mode == Mode::weighted && metric.points < 0 ? 1 - value : value;
        case Shape::recency_decay:
            return std::exp2(-std::max(value, 0.0) / metric.half_life);
        case Shape::percentile:
        case Shape::zscore:
            break;
    }
    return missing;
}

void normalize(const Metric &metric, Mode mode, std::span<double> values, std::pmr::memory_resource *memory, Interrupts &interrupts) {
    if (metric.shape == Shape::percentile)
        return rank_among(metric, values, memory, interrupts);
    if (metric.shape == Shape::zscore) {
        Spread spread;
        std::ranges::for_each(values, [&](double value) { spread.add(value); });
        std::ranges::transform(values, values.begin(), [&](double value) { return spread.logistic(value, metric.worst <= metric.best); });
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i % values_between_polls == 0)
            interrupts.poll();
        values[i] = normalized(metric, mode, values[i]);
    }
}

double mean(std::span<const double> values) {
    double sum = 0;
    std::size_t count = 0;
    for (const double value : values) {
        if (!is_missing(value)) {
            sum += value;
            ++count;
        }
    }
    return count == 0 ? missing : sum / static_cast<double>(count);
}

}  // namespace segment::score
