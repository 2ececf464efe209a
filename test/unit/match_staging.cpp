#include "core/match/staging.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/members/dictionary.hpp"
#include "core/members/hash.hpp"
#include "failing_memory.hpp"

namespace segment::match {
namespace {

// A plan of features with so many cuts each.
Plan plan_of(const std::vector<std::size_t> &cuts, std::pmr::memory_resource *memory = std::pmr::new_delete_resource()) {
    Plan plan(memory);
    for (std::size_t f = 0; f < cuts.size(); ++f) {
        const FeatureId feature = plan.feature("m.f" + std::to_string(f));
        for (std::size_t c = 0; c < cuts[f]; ++c) {
            plan.cut(feature, std::to_string(c));
        }
    }
    return plan;
}

template <class Work>
void expect_error(ErrorCode code, Work work) {
    try {
        work();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const Error &error) {
        EXPECT_EQ(error.code, code);
    }
}

TEST(Staging, WidthFollowsTheNumberOfCodes) {
    const Plan plan = plan_of({0, 127, 128, 32'767, 32'768});
    Staging staging(plan, std::pmr::new_delete_resource());
    staging.add(staging.end());
    const std::uint32_t widths[] = {1, 1, 2, 2, 4}, codes[] = {2, 256, 258, 65'536, 65'538};
    for (FeatureId f = 0; f < 5; ++f) {
        EXPECT_EQ(staging.codes(f, 0, 0).width, widths[f]);
        EXPECT_EQ(staging.code_limit(f), codes[f]);
        staging.set(f, 0, codes[f] - 1);
        EXPECT_EQ(staging.code(f, 0), codes[f] - 1);
        expect_error(ErrorCode::internal_error, [&] { staging.set(f, 0, codes[f]); });
    }
    for (FeatureId f = 0; f < 5; ++f) {
        EXPECT_EQ(staging.code(f, 0), codes[f] - 1) << "no feature writes into another";
    }
    expect_error(ErrorCode::internal_error, [&] { staging.set(5, 0, 0); });
}

// Random writes in random order, against a map. 150 features take several lanes.
TEST(Staging, AgreesWithMap) {
    std::mt19937 random(1);
    std::vector<std::size_t> cuts(150);
    for (auto &n : cuts) {
        n = random() % 10 == 0 ? 200 : random() % 5;
    }
    const Plan plan = plan_of(cuts);
    testing::FailingMemory memory;
    Staging staging(plan, &memory);
    std::map<Ordinal, std::map<FeatureId, std::uint32_t>> expected;
    for (int i = 0; i < 20'000; ++i) {
        const Ordinal ordinal = random() % 4 == 0 ? random() % 200'000 : 65'000 + random() % 1'000;
        const auto row = staging.add(ordinal);
        const auto feature = static_cast<FeatureId>(random() % cuts.size());
        const auto code = static_cast<std::uint32_t>(random() % staging.code_limit(feature));
        row.set(feature, code);
        expected[ordinal][feature] = code;
    }
    EXPECT_EQ(staging.end(), expected.rbegin()->first + 1);
    EXPECT_EQ(staging.chunks(), expected.rbegin()->first / 65'536 + 1);
    for (const auto &[ordinal, codes] : expected) {
        ASSERT_TRUE(staging.contains(ordinal));
        for (FeatureId f = 0; f < cuts.size(); ++f) {
            const auto found = codes.find(f);
            ASSERT_EQ(staging.code(f, ordinal), found == codes.end() ? 0 : found->second);
        }
    }
    for (FeatureId f = 0; f < cuts.size(); ++f) {
        ASSERT_LE(staging.codes(f, 0, 0).stride, 64U) << "a lane is as wide as a cache line";
    }
    for (Ordinal ordinal = 64'000; ordinal < 67'000; ++ordinal) {
        ASSERT_EQ(staging.contains(ordinal), expected.contains(ordinal));
    }
}

TEST(Staging, AbsentMembersHaveNoRow) {
    const Plan plan = plan_of({3});
    Staging staging(plan, std::pmr::new_delete_resource());
    EXPECT_EQ(staging.end(), 0U);
    EXPECT_EQ(staging.chunks(), 0U);
    EXPECT_FALSE(staging.contains(0));
    expect_error(ErrorCode::internal_error, [&] { staging.row(0); });
    staging.add(200'000);
    EXPECT_FALSE(staging.contains(0)) << "a chunk without memory";
    expect_error(ErrorCode::internal_error, [&] { staging.row(0); });
    expect_error(ErrorCode::internal_error, [&] { staging.set(0, 199'999, 1); });
    expect_error(ErrorCode::internal_error, [&] { staging.code(0, 200'001); });
    EXPECT_EQ(staging.end(), 200'001U);
}

TEST(Staging, AddingAgainKeepsTheCodes) {
    const Plan plan = plan_of({3, 3});
    Staging staging(plan, std::pmr::new_delete_resource());
    staging.add(7).set(1, 5);
    staging.add(7).set(0, 2);
    EXPECT_EQ(staging.code(0, 7), 2U);
    EXPECT_EQ(staging.code(1, 7), 5U);
    EXPECT_EQ(staging.end(), 8U);
}

TEST(Staging, OrdinalsHaveALimit) {
    const Plan plan = plan_of({});
    Staging staging(plan, std::pmr::new_delete_resource());
    for (const std::uint64_t ordinal : {std::uint64_t{4'000'000'000}, std::uint64_t{1} << 32, UINT64_MAX}) {
        expect_error(ErrorCode::program_limit_exceeded, [&] { staging.add(ordinal); });
    }
    staging.add(3'999'999'999);
    EXPECT_TRUE(staging.contains(3'999'999'999));
    expect_error(ErrorCode::program_limit_exceeded, [&] { staging.add(staging.end()); });
}

// One scan numbers the members, another finds them by key and adds its own features.
TEST(Staging, SeveralScansFillOneRow) {
    const Plan plan = plan_of({10, 500, 10});
    Staging staging(plan, std::pmr::new_delete_resource());
    members::Dictionary dictionary(std::pmr::new_delete_resource());
    std::mt19937 random(2);
    std::vector<std::uint64_t> keys(5'000);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        keys[i] = i << 40 | 12345;
    }
    std::ranges::shuffle(keys, random);
    for (const std::uint64_t key : keys) {
        const auto ordinal = static_cast<Ordinal>(staging.end());
        staging.add(ordinal);
        dictionary.insert(members::hash(key), ordinal);
        staging.set(0, ordinal, static_cast<std::uint32_t>((key >> 40) % 22));
        staging.set(2, ordinal, static_cast<std::uint32_t>((key >> 40) % 21));
    }
    std::ranges::shuffle(keys, random);
    for (const std::uint64_t key : keys) {
        staging.set(1, dictionary.find(members::hash(key), members::HashIsKey()), static_cast<std::uint32_t>((key >> 40) % 1'002));
    }
    for (const std::uint64_t key : keys) {
        const Ordinal ordinal = dictionary.find(members::hash(key), members::HashIsKey());
        ASSERT_EQ(staging.code(0, ordinal), (key >> 40) % 22);
        ASSERT_EQ(staging.code(1, ordinal), (key >> 40) % 1'002);
        ASSERT_EQ(staging.code(2, ordinal), (key >> 40) % 21);
    }
}

TEST(Staging, ReturnsItsMemory) {
    const Plan plan = plan_of({3, 3});
    testing::fail_at_every_allocation([&](std::pmr::memory_resource *memory) {
        Staging staging(plan, memory);
        staging.add(300'000).set(0, 1);
        staging.add(5).set(1, 1);
    });
}

// A failed call leaves the staging as it was.
TEST(Staging, SurvivesAFailedAllocation) {
    const Plan plan = plan_of({3});
    for (std::uint64_t fail_at = 2; fail_at < 8; ++fail_at) {  // the constructor takes two
        testing::FailingMemory memory(fail_at);
        Staging staging(plan, &memory);
        for (const Ordinal ordinal : {300'000U, 5U, 70'000U, 900'000U}) {
            try {
                staging.add(ordinal).set(0, 1);
            } catch (const std::bad_alloc &) {
                ASSERT_FALSE(staging.contains(ordinal));
                staging.add(ordinal).set(0, 1);
            }
            ASSERT_EQ(staging.code(0, ordinal), 1U);
        }
        EXPECT_TRUE(memory.failed());
    }
}

}  // namespace
}  // namespace segment::match
