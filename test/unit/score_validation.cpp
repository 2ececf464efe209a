// Validation against definitions taken literally, and a published logistic regression.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/score/validation.hpp"

namespace segment::score {
namespace {

class NoInterrupts final : public Interrupts {
public:
    void poll() override {}
};

TEST(ScoreValidation, AucIsTheShareOfPairsInOrder) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 50; ++round) {
        std::vector<Outcome> outcomes;
        for (int i = 0; i < 40; ++i)
            outcomes.push_back({static_cast<double>(random() % 12), random() % 3 == 0});
        double pairs = 0, right = 0;
        for (const Outcome &a : outcomes)
            for (const Outcome &b : outcomes)
                if (a.churned && !b.churned) {
                    ++pairs;
                    right += a.score < b.score ? 1 : a.score == b.score ? 0.5 : 0;
                }
        std::vector<Outcome> shuffled = outcomes;
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        EXPECT_NEAR(validate(shuffled).auc, right / pairs, 1e-12);
    }
}

// 1 + floor(10 (rank − 1) / n), equal scores alike.
TEST(ScoreValidation, DecilesKeepEqualScoresTogether) {
    std::vector<Outcome> outcomes;
    for (int i = 0; i < 25; ++i)
        outcomes.push_back({i < 5 ? 1.0 : static_cast<double>(i), i < 6});
    const Validation result = validate(outcomes);
    EXPECT_EQ(result.members, 25);
    EXPECT_EQ(result.churned, 6);
    EXPECT_EQ(result.deciles[0].members, 5);
    EXPECT_EQ(result.deciles[0].churned, 5);
    EXPECT_EQ(result.deciles[0].lowest, 1);
    EXPECT_EQ(result.deciles[0].highest, 1);
    EXPECT_EQ(result.deciles[1].members, 0);
    EXPECT_EQ(result.deciles[2].members, 3);
    EXPECT_EQ(result.deciles[2].churned, 1);
    EXPECT_EQ(result.deciles[9].highest, 24);
    EXPECT_EQ(result.monotonicity, 1);
    EXPECT_EQ(result.auc, 1);
}

TEST(ScoreValidation, NobodyIsNoAnswer) {
    EXPECT_TRUE(is_missing(validate({}).auc));
    EXPECT_TRUE(is_missing(validate({}).monotonicity));
    std::vector<Outcome> outcomes{{1, false}, {2, false}};
    EXPECT_TRUE(is_missing(validate(outcomes).auc));
}

// Dalal, Fowlkes and Hoadley (1989): O-ring failures by temperature; 15.0429 and -0.2322 in every textbook.
TEST(ScoreRegression, Challenger) {
    const double temperatures[] = {53, 57, 58, 63, 66, 67, 67, 67, 68, 69, 70, 70, 70, 70, 72, 73, 75, 75, 76, 76, 78, 79, 81};
    const bool failed[] = {true,  true,  true,  true,  false, false, false, false, false, false, true, true,
                           false, false, false, false, true,  false, false, false, false, false, false};
    NoInterrupts interrupts;
    const Regression fit = logistic(temperatures, 1, failed, 1e-9, std::pmr::get_default_resource(), interrupts);
    EXPECT_TRUE(fit.converged);
    EXPECT_NEAR(fit.coefficients[0], 15.0429, 5e-5);
    EXPECT_NEAR(fit.coefficients[1], -0.2322, 5e-5);
}

// At the optimum the penalized gradient is 0; the penalty holds what separates the outcomes.
TEST(ScoreRegression, GradientIsZero) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> uniform;
    NoInterrupts interrupts;
    std::vector<double> features;
    bool outcomes[200];
    for (bool &outcome : outcomes) {
        const double row[] = {uniform(random), uniform(random), uniform(random)};
        features.insert(features.end(), row, row + 3);
        outcome = row[0] > 0.4;
    }
    const Regression fit = logistic(features, 3, outcomes, 1, std::pmr::get_default_resource(), interrupts);
    EXPECT_TRUE(fit.converged);
    double gradient[4] = {0, -fit.coefficients[1], -fit.coefficients[2], -fit.coefficients[3]};
    for (std::size_t i = 0; i < 200; ++i) {
        double logit = fit.coefficients[0];
        for (std::size_t j = 0; j < 3; ++j)
            logit += fit.coefficients[j + 1] * features[3 * i + j];
        const double error = (outcomes[i] ? 1 : 0) - 1 / (1 + std::exp(-logit));
        gradient[0] += error;
        for (std::size_t j = 0; j < 3; ++j)
            gradient[j + 1] += error * features[3 * i + j];
    }
    for (const double part : gradient)
        EXPECT_NEAR(part, 0, 1e-6);
    EXPECT_GT(fit.coefficients[1], 3);
}

TEST(ScoreRegression, NothingToLearnFrom) {
    NoInterrupts interrupts;
    const bool all[] = {true, true, true};
    const double constant[] = {1, 1, 1};
    const Regression fit = logistic(constant, 1, all, 1, std::pmr::get_default_resource(), interrupts);
    ASSERT_EQ(fit.coefficients.size(), 2u);
    EXPECT_TRUE(std::isfinite(fit.coefficients[0]) && std::isfinite(fit.coefficients[1]));
    EXPECT_EQ(logistic({}, 0, {}, 1, std::pmr::get_default_resource(), interrupts).coefficients.size(), 1u);
}

}  // namespace
}  // namespace segment::score
