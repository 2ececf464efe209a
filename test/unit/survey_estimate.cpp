#include "core/survey/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace segment::survey {
namespace {

Groups groups(std::int64_t promoters, std::int64_t passives, std::int64_t detractors) {
    return {.answers = promoters + passives + detractors, .promoters = promoters, .passives = passives, .detractors = detractors};
}

TEST(SurveyEstimate, QuantilesOfTheNormalDistribution) {
    EXPECT_NEAR(normal_quantile(0.95), 1.959963984540054, 1e-14);
    EXPECT_NEAR(normal_quantile(0.99), 2.575829303548901, 1e-14);
    EXPECT_NEAR(normal_quantile(0.5), 0.6744897501960817, 1e-14);
    for (const double wrong : {0.0, 1.0, -0.5, 95.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        EXPECT_THROW(normal_quantile(wrong), Error) << wrong;
    }
}

// Half promoters, a third passives, a sixth detractors: the variance is 5/9, the error for 324 answers 4.1 %.
TEST(SurveyEstimate, StandardErrorOfNps) {
    EXPECT_NEAR(*nps_standard_error(groups(162, 108, 54)), 100 * std::sqrt(5.0 / 9.0) / 18, 1e-12);
    EXPECT_EQ(*nps_standard_error(groups(7, 0, 0)), 0);
    EXPECT_EQ(*nps_standard_error(groups(0, 0, 3)), 0);
    EXPECT_FALSE(nps_standard_error(groups(0, 0, 0)).has_value());
    EXPECT_FALSE(nps_interval(groups(0, 0, 0), 0.95).has_value());
}

// The definition of the variance against the short form of it.
TEST(SurveyEstimate, StandardErrorIsThatOfTheScores) {
    for (int promoters = 0; promoters < 6; ++promoters) {
        for (int passives = 0; passives < 6; ++passives) {
            for (int detractors = 0; detractors < 6; ++detractors) {
                const double n = promoters + passives + detractors;
                if (n == 0) {
                    continue;
                }
                const double score = (promoters - detractors) / n;
                const double variance =
                    (promoters * (1 - score) * (1 - score) + passives * score * score + detractors * (-1 - score) * (-1 - score)) / n;
                EXPECT_NEAR(*nps_standard_error(groups(promoters, passives, detractors)), 100 * std::sqrt(variance / n), 1e-6);
            }
        }
    }
}

TEST(SurveyEstimate, IntervalsEndWhereTheScaleDoes) {
    const Interval nps = *nps_interval(groups(2, 0, 1), 0.95);
    EXPECT_EQ(nps.high, 100);
    EXPECT_GT(nps.low, -100);
    Answers answers(Scale::one_to_five);
    answers.add(1);
    EXPECT_FALSE(mean_standard_error(answers).has_value());
    EXPECT_FALSE(mean_interval(answers, 0.95).has_value());
    answers.add(5);
    EXPECT_EQ(mean_interval(answers, 0.95)->low, 1);
    EXPECT_EQ(mean_interval(answers, 0.95)->high, 5);
}

// R. Newcombe, Two-sided confidence intervals for the single proportion (1998), table I.
TEST(SurveyEstimate, WilsonsIntervals) {
    const struct {
        std::int64_t part, whole;
        double low, high;
    } published[] = {{81, 263, 25.53, 36.62}, {15, 148, 6.24, 16.05}, {0, 20, 0, 16.11}, {1, 29, 0.61, 17.18}};
    for (const auto &row : published) {
        const Interval found = *share_interval(row.part, row.whole, 0.95);
        EXPECT_NEAR(found.low, row.low, 0.005);
        EXPECT_NEAR(found.high, row.high, 0.005);
        const Interval mirrored = *share_interval(row.whole - row.part, row.whole, 0.95);
        EXPECT_NEAR(mirrored.low, 100 - found.high, 1e-9);
        EXPECT_NEAR(mirrored.high, 100 - found.low, 1e-9);
    }
    EXPECT_EQ(share_interval(0, 3, 0.95)->low, 0);
    EXPECT_EQ(share_interval(3, 3, 0.95)->high, 100);
    EXPECT_FALSE(share_interval(0, 0, 0.95).has_value());
}

// Whatever the confidence and the number of answers: an interval that holds the figure, and is no wider than the scale.
TEST(SurveyEstimate, ExtremeArguments) {
    for (const double confidence : {5e-324, 1e-300, 1e-16, 0.5, 1 - 1e-12, std::nextafter(1.0, 0.0)}) {
        for (const std::int64_t count : {std::int64_t{1}, std::int64_t{2}, std::int64_t{1000}, std::int64_t{1} << 61}) {
            Answers answers(Scale::one_to_seven);
            answers.of[2] = answers.of[7] = count;
            answers.asked = 2 * count;
            const Interval mean = *mean_interval(answers, confidence), nps = *nps_interval(groups_of(answers), confidence),
                           share = *share_interval(count, 2 * count, confidence);
            EXPECT_LE(1, mean.low);
            EXPECT_LE(mean.low, 4.5);
            EXPECT_LE(4.5, mean.high);
            EXPECT_LE(mean.high, 7);
            EXPECT_LE(nps.low, 0);
            EXPECT_LE(0, nps.high);
            EXPECT_LE(share.low, 50 + 1e-9);
            EXPECT_LE(50 - 1e-9, share.high);
        }
    }
}

}  // namespace
}  // namespace segment::survey
