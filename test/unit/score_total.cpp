// Scores against the vendors' published examples and hand calculations.
#include <gtest/gtest.h>

#include <array>
#include <memory_resource>
#include <numeric>
#include <vector>

#include "core/score/shape.hpp"
#include "core/score/total.hpp"

namespace segment::score {
namespace {

class NoInterrupts final : public Interrupts {
public:
    void poll() override {}
};

Metric linear(double weight = 1, std::int32_t group = -1) {
    Metric metric;
    metric.best = 100;
    metric.weight = weight;
    metric.group = group;
    return metric;
}

Metric filter(double points) {
    Metric metric;
    metric.shape = Shape::points;
    metric.points = points;
    return metric;
}

Total total(const Model &model, std::vector<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = normalized(model.metrics[i], model.mode, values[i]);
    return Totals(model, std::pmr::get_default_resource()).total(values);
}

const Band bands[] = {{"poor", 0}, {"average", 40}, {"good", 70}};

TEST(ScoreShape, LinearIsClampedInEitherDirection) {
    Metric metric = linear();
    EXPECT_EQ(normalized(metric, Mode::weighted, 83), 0.83);
    EXPECT_EQ(normalized(metric, Mode::weighted, -1), 0);
    EXPECT_EQ(normalized(metric, Mode::weighted, 101), 1);
    metric.worst = 10, metric.best = 2;
    EXPECT_EQ(normalized(metric, Mode::weighted, 4), 0.75);
    EXPECT_EQ(normalized(metric, Mode::weighted, 11), 0);
    EXPECT_TRUE(is_missing(normalized(metric, Mode::weighted, missing)));
}

TEST(ScoreShape, StepsBeginWhereTheySay) {
    const Step steps[] = {{0, 0.1}, {5, 0.5}, {20, 1}};
    Metric metric;
    metric.shape = Shape::steps;
    metric.steps = steps;
    const auto at = [&](double value) { return normalized(metric, Mode::weighted, value); };
    EXPECT_EQ(at(-3), 0.1);
    EXPECT_EQ(at(0), 0.1);
    EXPECT_EQ(at(4.999), 0.1);
    EXPECT_EQ(at(5), 0.5);
    EXPECT_EQ(at(20), 1);
    EXPECT_EQ(at(1e300), 1);
}

TEST(ScoreShape, RecencyHalves) {
    Metric metric;
    metric.shape = Shape::recency_decay;
    metric.half_life = 10;
    EXPECT_EQ(normalized(metric, Mode::weighted, -4), 1);
    EXPECT_EQ(normalized(metric, Mode::weighted, 10), 0.5);
    EXPECT_EQ(normalized(metric, Mode::weighted, 30), 0.125);
    EXPECT_EQ(normalized(metric, Mode::weighted, 1e6), 0);
}

// percent_rank of 3, 1, 3, 7 and a missing value.
TEST(ScoreShape, PercentileIsPercentRank) {
    Metric metric;
    metric.shape = Shape::percentile;
    NoInterrupts interrupts;
    std::array<double, 5> values{3, 1, missing, 3, 7};
    normalize(metric, Mode::weighted, values, std::pmr::get_default_resource(), interrupts);
    EXPECT_EQ(values[0], 1.0 / 3);
    EXPECT_EQ(values[1], 0);
    EXPECT_TRUE(is_missing(values[2]));
    EXPECT_EQ(values[3], 1.0 / 3);
    EXPECT_EQ(values[4], 1);
    metric.worst = 1, metric.best = 0;
    values = {3, 1, missing, 3, 7};
    normalize(metric, Mode::weighted, values, std::pmr::get_default_resource(), interrupts);
    EXPECT_EQ(values[0], 1.0 / 3);
    EXPECT_EQ(values[1], 1);
    EXPECT_EQ(values[4], 0);
    std::array<double, 1> single{5};
    normalize(metric, Mode::weighted, single, std::pmr::get_default_resource(), interrupts);
    EXPECT_EQ(single[0], 0);
}

TEST(ScoreTotal, Natero) {
    const Metric metrics[] = {linear(7), linear(5), linear(8), linear(3)};
    const Model model{.metrics = metrics, .bands = bands};
    const Total result = total(model, {83, 71, 78, 54});
    EXPECT_NEAR(result.score, (83 * 7 + 71 * 5 + 78 * 8 + 54 * 3) / 23.0, 1e-9);
    EXPECT_EQ(std::round(result.score), 75);
    EXPECT_EQ(result.coverage, 1);
    EXPECT_EQ(result.band, 2);
}

TEST(ScoreTotal, Akita) {
    const Metric metrics[] = {filter(5), filter(4), filter(-10)};
    const double infinity = std::numeric_limits<double>::infinity();
    const Model model{.mode = Mode::additive, .scale_min = -infinity, .scale_max = infinity, .metrics = metrics};
    EXPECT_EQ(total(model, {1, 1, 0}).score, 9);
    EXPECT_EQ(total(model, {0, 0, 1}).score, -10);
    EXPECT_EQ(total(model, {0, 0, 0}).score, 0);
}

TEST(ScoreTotal, PlanhatStaysOnItsScale) {
    const Metric metrics[] = {filter(3), filter(4), filter(-8)};
    const Model model{.mode = Mode::additive, .base = 5, .scale_max = 10, .metrics = metrics};
    EXPECT_EQ(total(model, {1, 1, 0}).score, 10);
    EXPECT_EQ(total(model, {0, 0, 1}).score, 0);
    EXPECT_EQ(total(model, {1, 0, 1}).score, 0);
    EXPECT_EQ(total(model, {0, 1, 0}).score, 9);
}

TEST(ScoreTotal, WhatIsMissingDropsOutOfItsGroup) {
    const Metric metrics[] = {linear(60, 0), linear(40, 0), linear(1, 1), linear(1, 1)};
    const double groups[] = {70, 30};
    const Model model{.metrics = metrics, .groups = groups};
    EXPECT_NEAR(total(model, {80, 60, 40, 90}).score, 69.9, 1e-9);
    const Total without = total(model, {80, missing, 40, 90});
    EXPECT_NEAR(without.score, 75.5, 1e-9);
    EXPECT_EQ(without.coverage, 0.72);
    EXPECT_TRUE(is_missing(total(model, {80, missing, missing, missing}).score));
    EXPECT_NEAR(total(model, {80, missing, missing, missing}).coverage, 0.42, 1e-12);
}

TEST(ScoreTotal, CapsComeBeforeFloors) {
    Metric cap = filter(1), strict = filter(1), floor = filter(1);
    cap.cap = 40, strict.cap = 30, floor.floor = 60;
    cap.counts = strict.counts = floor.counts = false;
    const Metric metrics[] = {linear(), cap, strict, floor};
    const Model model{.metrics = metrics};
    EXPECT_EQ(total(model, {90, 0, 0, 0}).score, 90);
    EXPECT_EQ(total(model, {90, 1, 0, 0}).score, 40);
    EXPECT_EQ(total(model, {90, 1, 1, 0}).score, 30);
    EXPECT_EQ(total(model, {10, 0, 0, 1}).score, 60);
    EXPECT_EQ(total(model, {10, 1, 0, 1}).score, 40);
    EXPECT_TRUE(is_missing(total(model, {missing, 0, 0, 1}).score));
}

TEST(ScoreTotal, NothingToCountIsNoScore) {
    const Model empty{};
    EXPECT_TRUE(is_missing(Totals(empty, std::pmr::get_default_resource()).total({}).score));
    const Metric metrics[] = {linear(0)};
    const Model weightless{.metrics = metrics};
    EXPECT_TRUE(is_missing(total(weightless, {50}).score));
    const Model additive{.mode = Mode::additive, .base = 5};
    EXPECT_EQ(Totals(additive, std::pmr::get_default_resource()).total({}).score, 5);
}

TEST(ScoreTotal, BandsAreLowerInclusive) {
    EXPECT_EQ(band_of(bands, 39.999999), 0);
    EXPECT_EQ(band_of(bands, 40), 1);
    EXPECT_EQ(band_of(bands, 70), 2);
    EXPECT_EQ(band_of(bands, -5), 0);
    EXPECT_EQ(band_of(bands, missing), -1);
    EXPECT_EQ(band_of({}, 5), -1);
}

// A sum of parts that is 40 is in the band that begins there.
TEST(ScoreTotal, RoundNumbersAreReached) {
    const Metric metrics[] = {linear(0.1), linear(0.2), linear(0.7)};
    const Model model{.metrics = metrics, .bands = bands};
    const Total result = total(model, {40, 40, 40});
    EXPECT_EQ(result.score, 40);
    EXPECT_EQ(result.band, 1);
}

// What explanations say adds up to the difference from a member with the means.
TEST(ScoreExplain, ContributionsAddUp) {
    Metric cap = filter(1);
    cap.cap = 50;
    cap.counts = false;
    const Metric metrics[] = {linear(2, 0), linear(1, 0), linear(3), linear(1), cap};
    const double groups[] = {4};
    for (const MissingRule rule : {MissingRule::exclude, MissingRule::zero, MissingRule::neutral, MissingRule::worst}) {
        const Model model{.missing_rule = rule, .min_coverage = 0, .metrics = metrics, .groups = groups};
        Totals totals(model, std::pmr::get_default_resource());
        const double parts[] = {0.9, missing, 0.6, 1, 1}, means[] = {0.5, 0.25, 0.75, 0.1, 0};
        Contribution contributions[5];
        totals.explain(parts, means, contributions);
        double sum = 0, weights = 0, expected = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            sum += contributions[i].amount;
            weights += contributions[i].weight;
            expected += 100 * contributions[i].weight * means[i];
        }
        EXPECT_NEAR(weights, 1, 1e-12);
        EXPECT_NEAR(sum, totals.total(parts).score - expected, 1e-9);
        EXPECT_EQ(totals.total(parts).score, 50);
        EXPECT_LT(contributions[4].amount, 0);
    }
}

TEST(ScoreExplain, AdditiveContributionsAddUp) {
    const Metric metrics[] = {filter(5), filter(-3), linear()};
    const Model model{.mode = Mode::additive, .min_coverage = 0, .base = 20, .metrics = metrics};
    Totals totals(model, std::pmr::get_default_resource());
    const double parts[] = {1, 1, missing}, means[] = {0.25, 0.5, 0.5};
    Contribution contributions[3];
    totals.explain(parts, means, contributions);
    EXPECT_NEAR(contributions[0].amount, 5 * 0.75, 1e-12);
    EXPECT_NEAR(contributions[1].amount, -3 * 0.5, 1e-12);
    EXPECT_NEAR(contributions[2].amount, -0.5, 1e-12);
    EXPECT_EQ(totals.total(parts).score, 22);
}

TEST(Bands, AreLeftBeyondTheHysteresis) {
    const Band bands[] = {{"poor", 0}, {"average", 40}, {"good", 70}};
    const auto after = [&](double score, std::int32_t before) { return band_of(bands, score, before, 5); };
    for (const double score : {-10.0, 39.9, 44.9})
        EXPECT_EQ(after(score, 0), 0) << score;
    EXPECT_EQ(after(45, 0), 1);
    EXPECT_EQ(after(70, 0), 2);  // it is left for where the score is
    for (const double score : {35.0, 40.0, 74.9})
        EXPECT_EQ(after(score, 1), 1) << score;
    EXPECT_EQ(after(34.9, 1), 0);
    EXPECT_EQ(after(75, 1), 2);
    EXPECT_EQ(after(65, 2), 2);
    EXPECT_EQ(after(64.9, 2), 1);
    EXPECT_EQ(after(200, 2), 2);
    EXPECT_EQ(after(missing, 2), -1);
    EXPECT_EQ(after(69, -1), 1);  // known to be in none
    EXPECT_EQ(after(69, -2), 1);  // in one that is no more
    EXPECT_EQ(band_of(bands, 69.9, 2, 0), 1);
}

}  // namespace
}  // namespace segment::score
