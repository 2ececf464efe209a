#include "core/score/total.hpp"

#include <algorithm>

namespace segment::score {
namespace {

// Sums of floating point numbers miss round ones, on which bands and thresholds begin, by the last digits.
double rounded(double sum) {
    constexpr double unit = 1e9, exact = 1e6;
    return std::abs(sum) < exact ? std::round(sum * unit) / unit : sum;
}

// The least and the most that the metric's shape can give.
std::pair<double, double> range_of(const Metric &metric) {
    if (metric.shape != Shape::steps)
        return {0, 1};
    const auto [least, most] = std::ranges::minmax(metric.steps, {}, &Step::value);
    return {least.value, most.value};
}

// Whether the condition holds of which `part` is the normalized value.
bool holds(const Metric &metric, Mode mode, double part) {
    return part == (mode == Mode::weighted && metric.points < 0 ? 0 : 1);
}

}  // namespace

Totals::Totals(const Model &model, std::pmr::memory_resource *memory)
    : model_(model), group_weights_(model.groups.begin(), model.groups.end(), memory), groups_(memory), shares_(memory), sums_(memory) {
    for (const Metric &metric : model.metrics) {
        groups_.push_back(metric.group >= 0 ? static_cast<std::size_t>(metric.group) : group_weights_.size());
        if (metric.group < 0)
            group_weights_.push_back(metric.weight);
    }
    sums_.resize(group_weights_.size());
    for (std::size_t i = 0; i < model.metrics.size(); ++i)
        sums_[groups_[i]].weight += model.metrics[i].counts ? model.metrics[i].weight : 0;
    for (std::size_t i = 0; i < model.metrics.size(); ++i) {
        const Metric &metric = model.metrics[i];
        double share = 0;
        if (metric.counts && model.mode == Mode::additive)
            share = std::abs(metric.points);
        else if (metric.counts && metric.weight > 0)
            share = group_weights_[groups_[i]] * metric.weight / sums_[groups_[i]].weight;
        shares_.push_back(share);
        all_shares_ += share;
    }
}

// What the part counts as; missing if it does not count.
double Totals::counted(std::size_t index, double part) const {
    const Metric &metric = model_.metrics[index];
    if (!metric.counts)
        return missing;
    if (!is_missing(part))
        return part;
    switch (model_.missing_rule) {
        case MissingRule::exclude:
        case MissingRule::carry_forward:
            return missing;
        case MissingRule::zero:
            return 0;
        case MissingRule::neutral:
            return 0.5;
        case MissingRule::worst: {
            const auto [least, most] = range_of(metric);
            return model_.mode == Mode::additive && metric.points < 0 ? most : least;
        }
    }
    return missing;
}

double Totals::coverage(std::span<const double> parts) const {
    double present = 0;
    for (std::size_t i = 0; i < parts.size(); ++i)
        present += is_missing(parts[i]) ? 0 : shares_[i];
    return all_shares_ > 0 ? rounded(present / all_shares_) : 1;
}

// Before caps, floors and the ends of the scale; missing if nothing counts. Leaves the groups' sums behind.
double Totals::raw(std::span<const double> parts) {
    if (model_.mode == Mode::additive) {
        double sum = model_.base;
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (const double part = counted(i, parts[i]); !is_missing(part))
                sum += model_.metrics[i].points * part;
        return sum;
    }
    std::ranges::fill(sums_, Sum{});
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (const double part = counted(i, parts[i]); !is_missing(part)) {
            sums_[groups_[i]].weighted += model_.metrics[i].weight * part;
            sums_[groups_[i]].weight += model_.metrics[i].weight;
        }
    }
    Sum all;
    for (std::size_t group = 0; group < sums_.size(); ++group) {
        if (sums_[group].weight > 0) {
            all.weighted += group_weights_[group] * sums_[group].weighted / sums_[group].weight;
            all.weight += group_weights_[group];
        }
    }
    return all.weight > 0 ? model_.scale_min + (model_.scale_max - model_.scale_min) * (all.weighted / all.weight) : missing;
}

// Floors first, so that a cap is never exceeded; each gets what it changes.
double Totals::limited(std::span<const double> parts, double score, std::span<Contribution> contributions) const {
    const auto limit = [&](bool caps) {
        std::size_t strictest = parts.size();
        double value = score;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const Metric &metric = model_.metrics[i];
            const std::optional<double> &bound = caps ? metric.cap : metric.floor;
            if (bound && holds(metric, model_.mode, parts[i]) && (caps ? *bound < value : *bound > value)) {
                value = *bound;
                strictest = i;
            }
        }
        if (strictest < contributions.size())
            contributions[strictest].amount += value - score;
        score = value;
    };
    limit(false);
    limit(true);
    return std::clamp(score, model_.scale_min, model_.scale_max);
}

Total Totals::total(std::span<const double> parts) {
    const double covered = coverage(parts), score = raw(parts);
    if (is_missing(score) || covered < model_.min_coverage)
        return {missing, is_missing(score) && all_shares_ <= 0 ? 0 : covered, -1};
    const double limited = rounded(this->limited(parts, score, {}));
    return {limited, covered, band_of(model_.bands, limited)};
}

void Totals::explain(std::span<const double> parts, std::span<const double> means, std::span<Contribution> contributions) {
    std::ranges::fill(contributions, Contribution{0, 0});
    const bool none = is_missing(total(parts).score);
    const double score = raw(parts);
    double groups = 0;
    for (std::size_t group = 0; group < sums_.size(); ++group)
        groups += sums_[group].weight > 0 ? group_weights_[group] : 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Metric &metric = model_.metrics[i];
        const double part = counted(i, parts[i]);
        const bool additive = model_.mode == Mode::additive;
        if (additive)
            contributions[i].weight = metric.counts ? metric.points : 0;
        else if (!is_missing(part) && groups > 0 && metric.weight > 0)
            contributions[i].weight = group_weights_[groups_[i]] / groups * metric.weight / sums_[groups_[i]].weight;
        // In an additive score what is left out has given nothing, where the others have.
        const double counted_part = is_missing(part) && additive && metric.counts ? 0 : part;
        if (none || is_missing(counted_part) || is_missing(means[i]))
            continue;
        const double unit = additive ? 1 : model_.scale_max - model_.scale_min;
        contributions[i].amount = unit * contributions[i].weight * (counted_part - means[i]);
    }
    if (!none)
        limited(parts, score, contributions);
}

std::int32_t band_of(std::span<const Band> bands, double score) {
    if (bands.empty() || is_missing(score))
        return -1;
    const auto above = std::ranges::upper_bound(bands, score, {}, &Band::from);
    return above == bands.begin() ? 0 : static_cast<std::int32_t>(above - bands.begin()) - 1;
}

std::int32_t band_of(std::span<const Band> bands, double score, std::int32_t before, double hysteresis) {
    if (before < 0 || is_missing(score))
        return band_of(bands, score);
    const auto index = static_cast<std::size_t>(before);
    const bool fell = index > 0 && score < bands[index].from - hysteresis;
    const bool rose = index + 1 < bands.size() && score >= bands[index + 1].from + hysteresis;
    return fell || rose ? band_of(bands, score) : before;
}

}  // namespace segment::score
