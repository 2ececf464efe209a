#include "core/survey/panel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <tuple>
#include <vector>

namespace segment::survey {
namespace {

struct Row {
    std::uint32_t member, group;
    Instant at;
    std::optional<int> answer;
};

// Of one cell, found by looking at all rows again.
struct Expected {
    std::int64_t asked = 0, out_of_scale = 0;
    Groups groups;
    double mean = 0;
};

Expected expected(const std::vector<Row> &rows, PerMember per_member, const ScaleRules &scale, std::uint32_t group, Instant start,
                  Instant end) {
    Expected result;
    std::vector<double> answers;
    for (std::uint32_t member = 0; member < 20; ++member) {
        std::vector<double> valid;
        int asked = 0;
        for (const Row &row : rows) {
            if (row.member != member || row.group != group || row.at < start || row.at >= end) {
                continue;
            }
            ++asked;
            if (row.answer && *row.answer >= scale.lowest && *row.answer <= scale.highest) {
                valid.push_back(*row.answer);
            } else if (row.answer) {
                ++result.out_of_scale;
            }
        }
        result.asked += per_member == PerMember::all ? asked : std::min(asked, 1);
        if (valid.empty()) {
            continue;
        }
        double sum = 0;
        for (const double answer : valid) {
            sum += answer;
        }
        if (per_member == PerMember::all) {
            answers.insert(answers.end(), valid.begin(), valid.end());
        } else {
            answers.push_back(per_member == PerMember::last ? valid.back() : sum / static_cast<double>(valid.size()));
        }
    }
    for (const double answer : answers) {
        ++result.groups.answers;
        const bool promoter = answer >= scale.promoters_from, passive = !promoter && answer >= scale.passives_from;
        result.groups.promoters += promoter ? 1 : 0;
        result.groups.passives += passive ? 1 : 0;
        result.groups.detractors += promoter || passive ? 0 : 1;
        result.groups.satisfied += answer >= scale.satisfied_from ? 1 : 0;
        result.mean += answer / static_cast<double>(answers.size());
    }
    return result;
}

double mean_of(const Tally &tally) {
    double sum = 0;
    for (const auto &[answers, part] : tally.sums) {
        sum += static_cast<double>(part) / static_cast<double>(answers);
    }
    return tally.groups.answers == 0 ? 0 : sum / static_cast<double>(tally.groups.answers);
}

TEST(SurveyPanel, CountsAsEachMemberAlone) {
    std::mt19937 random(4);
    for (int round = 0; round < 150; ++round) {
        const auto scale = static_cast<Scale>(1 + random() % 4);
        const auto per_member = static_cast<PerMember>(random() % 3);
        const std::vector<Instant> edges{10, 20, 21, 50, 90};
        std::vector<Row> rows;
        for (std::size_t i = random() % 120; i > 0; --i) {
            const auto member = static_cast<std::uint32_t>(random() % 20);
            rows.push_back({member, member % 3, static_cast<Instant>(random() % 100), {}});
            if (random() % 4 > 0) {
                rows.back().answer = static_cast<int>(random() % 12) - 1;
            }
        }
        std::stable_sort(rows.begin(), rows.end(),
                         [](const Row &a, const Row &b) { return std::tie(a.member, a.at) < std::tie(b.member, b.at); });
        Panel panel(scale, per_member, edges, 3, std::pmr::get_default_resource());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (i == 0 || rows[i].member != rows[i - 1].member) {
                panel.begin_member(rows[i].group);
            }
            panel.add(rows[i].at, rows[i].answer);
        }
        panel.finish();
        ASSERT_EQ(panel.periods(), 4U);
        for (std::uint32_t group = 0; group < 3; ++group) {
            for (std::size_t period = 0; period < panel.periods(); ++period) {
                const Tally &tally = panel.tally(group, period);
                const Expected right = expected(rows, per_member, rules(scale), group, edges[period], edges[period + 1]);
                EXPECT_EQ(tally.asked, right.asked);
                EXPECT_EQ(tally.out_of_scale, right.out_of_scale);
                EXPECT_EQ(tally.groups.answers, right.groups.answers);
                EXPECT_EQ(tally.groups.promoters, right.groups.promoters);
                EXPECT_EQ(tally.groups.passives, right.groups.passives);
                EXPECT_EQ(tally.groups.detractors, right.groups.detractors);
                EXPECT_EQ(tally.groups.satisfied, right.groups.satisfied);
                EXPECT_NEAR(mean_of(tally), right.mean, 1e-9);
            }
        }
    }
}

TEST(SurveyPanel, NobodyWasAsked) {
    const std::array<Instant, 2> edges{0, 10};
    Panel panel(Scale::zero_to_ten, PerMember::last, edges, 1, std::pmr::get_default_resource());
    panel.begin_member(0);
    panel.add(-1, 9);
    panel.add(10, 9);
    panel.finish();
    EXPECT_EQ(panel.tally(0, 0).asked, 0);
    EXPECT_TRUE(panel.tally(0, 0).sums.empty());
}

}  // namespace
}  // namespace segment::survey
