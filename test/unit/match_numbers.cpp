#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory_resource>
#include <vector>

#include "core/error.hpp"
#include "core/match/number_leaves.hpp"

namespace segment::match {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

class NoInterrupts : public Interrupts {
public:
    void poll() override {}
};

// Chunk 0 of source 7 has numbers, all others have none.
class OneChunk : public ChunkNumbers {
public:
    std::span<const double> numbers(std::uint32_t source, std::uint32_t chunk) override {
        return source == 7 && chunk == 0 ? std::span<const double>(values) : std::span<const double>();
    }

    std::vector<double> values = std::vector<double>(members::chunk_size, missing);
};

class AllOrNone : public LeafVectors {
public:
    void load(std::uint32_t chunk, Interrupts &) override { std::ranges::fill(words_, chunk == 0 ? ~std::uint64_t{0} : 0); }
    members::ChunkWords leaf(NodeId) const override { return members::ChunkWords(words_); }

private:
    std::array<std::uint64_t, members::words_per_chunk> words_{};
};

bool contains(members::ChunkWords words, std::uint32_t index) {
    return (words[index / 64] >> index % 64 & 1) != 0;
}

TEST(NumberLeaves, ComparesEachNumberWithTheCuts) {
    std::pmr::monotonic_buffer_resource memory;
    Plan plan(&memory);
    const FeatureId score = plan.feature("score");
    plan.measure(score);
    // 40 is written in two ways, and one cut is NULL.
    const CutId low = plan.cut(score, "40"), high = plan.cut(score, "70.5"), same = plan.cut(score, "40.0"), null = plan.cut(score, "null");
    const std::vector<double> cuts{40, 70.5, 40, missing};
    const auto leaf = [&](CutRange range) { return plan.leaf(score, {&range, 1}); };
    const NodeId below = leaf({no_cut, low, true, false}), up_to = leaf({no_cut, same}), between = leaf({low, high, false, true}),
                 equal = leaf({same, same}), is_set = leaf({}), nothing = leaf({no_cut, null});
    OneChunk numbers;
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<double> values{-infinity, -0.0,     39.999999999, 40, std::nextafter(40, 41), 70.5, std::nextafter(70.5, 71),
                                     1e300,     infinity, missing};
    for (std::size_t i = 0; i < values.size(); ++i)
        numbers.values[i * 6553] = values[i];
    const NumberFeature features[] = {{score, 7, cuts}};
    NumberLeaves leaves(plan, features, numbers, nullptr, &memory);
    NoInterrupts interrupts;
    leaves.load(0, interrupts);
    for (std::uint32_t i = 0; i < members::chunk_size; ++i) {
        const double value = numbers.values[i];
        ASSERT_EQ(contains(leaves.leaf(below), i), value < 40) << value;
        ASSERT_EQ(contains(leaves.leaf(up_to), i), value <= 40) << value;
        ASSERT_EQ(contains(leaves.leaf(between), i), value > 40 && value <= 70.5) << value;
        ASSERT_EQ(contains(leaves.leaf(equal), i), value == 40) << value;
        ASSERT_EQ(contains(leaves.leaf(is_set), i), !std::isnan(value)) << value;
        ASSERT_FALSE(contains(leaves.leaf(nothing), i)) << value;
    }
    leaves.load(1, interrupts);
    for (const NodeId node : {below, up_to, between, equal, is_set, nothing})
        for (const std::uint64_t word : leaves.leaf(node))
            ASSERT_EQ(word, 0);
    EXPECT_THROW((void)leaves.leaf(plan.everyone()), Error);
}

TEST(NumberLeaves, LeavesTheRestToOthers) {
    std::pmr::monotonic_buffer_resource memory;
    Plan plan(&memory);
    const FeatureId score = plan.feature("score"), count = plan.feature("count");
    plan.measure(score);
    plan.measure(count);
    const CutRange is_set{};
    const NodeId own = plan.leaf(score, {&is_set, 1}), other = plan.leaf(count, {&is_set, 1});
    OneChunk numbers;
    AllOrNone others;
    const NumberFeature features[] = {{score, 7, {}}};
    NumberLeaves leaves(plan, features, numbers, &others, &memory);
    NoInterrupts interrupts;
    leaves.load(0, interrupts);
    EXPECT_EQ(leaves.leaf(own)[3], 0);
    EXPECT_EQ(leaves.leaf(other)[3], ~std::uint64_t{0});
    leaves.load(1, interrupts);
    EXPECT_EQ(leaves.leaf(other)[3], 0);
}

}  // namespace
}  // namespace segment::match
