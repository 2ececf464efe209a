#include "core/members/bit_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <random>
#include <set>
#include <vector>

#include "failing_memory.hpp"

namespace segment::members {
namespace {

constexpr Ordinal edges[] = {0, 1, 63, 64, 2'047, 2'048, 65'535, 65'536, 65'537, 131'071, 131'072, 300'000, 3'999'999};

std::set<Ordinal> random_members(std::mt19937 &random) {
    std::set<Ordinal> members;
    for (const Ordinal edge : edges) {
        if (random() % 2 == 0) {
            members.insert(edge);
        }
    }
    const std::uint32_t first = random() % 200'000, size = 1 + random() % 5'000, step = 1 + random() % 70;
    for (std::uint32_t i = 0; i < size; ++i) {
        members.insert(first + i * step);
    }
    return members;
}

BitSet bit_set(const std::set<Ordinal> &members, std::pmr::memory_resource *memory = std::pmr::new_delete_resource()) {
    BitSet set(memory);
    for (const Ordinal member : members) {
        set.insert(member);
    }
    return set;
}

template <class ForEach>
std::vector<Ordinal> collect(ForEach for_each) {
    std::vector<Ordinal> members;
    for_each([&](Ordinal ordinal) { members.push_back(ordinal); });
    return members;
}

TEST(BitSet, AgreesWithSet) {
    std::mt19937 random(1);
    for (int i = 0; i < 30; ++i) {
        const std::set<Ordinal> members = random_members(random);
        const BitSet set = bit_set(members);
        EXPECT_EQ(set.count(), members.size());
        EXPECT_TRUE(std::ranges::equal(collect([&](auto visit) { set.for_each(visit); }), members));
        for (int j = 0; j < 1'000; ++j) {
            const Ordinal ordinal = random() % 400'000;
            ASSERT_EQ(set.contains(ordinal), members.contains(ordinal));
        }
        for (const Ordinal edge : edges) {
            ASSERT_EQ(set.contains(edge), members.contains(edge));
        }
    }
}

TEST(BitSet, EmptySetTakesNoMemory) {
    testing::FailingMemory memory(0);
    BitSet set(&memory);
    EXPECT_EQ(set.count(), 0U);
    EXPECT_EQ(set.chunks(), 0U);
    EXPECT_FALSE(set.contains(0));
    EXPECT_FALSE(set.contains(UINT32_MAX));
    EXPECT_TRUE(is_empty(set.words(0)));
    EXPECT_TRUE(is_empty(set.words(UINT32_MAX)));
    EXPECT_TRUE(collect([&](auto visit) { set.for_each(visit); }).empty());
}

TEST(BitSet, ChunksAreReplaced) {
    std::array<std::uint64_t, words_per_chunk> words{};
    words[0] = 5;
    words.back() = std::uint64_t{1} << 63;
    BitSet set(std::pmr::new_delete_resource());
    set.insert(70'000);
    set.assign(1, words);
    set.assign(3, words);
    EXPECT_EQ(collect([&](auto visit) { set.for_each(visit); }),
              (std::vector<Ordinal>{65'536, 65'538, 131'071, 3 * 65'536, 3 * 65'536 + 2, 4 * 65'536 - 1}));
    EXPECT_TRUE(std::ranges::equal(set.words(1), words));
    EXPECT_TRUE(is_empty(set.words(2)));
    set.assign(1, no_members);
    EXPECT_EQ(set.count(), 3U);
    EXPECT_FALSE(set.contains(65'536));
}

TEST(BitSet, HighestOrdinals) {
    const BitSet set = bit_set({3'999'999'999});
    EXPECT_TRUE(set.contains(3'999'999'999));
    EXPECT_EQ(collect([&](auto visit) { set.for_each(visit); }), (std::vector<Ordinal>{3'999'999'999}));
}

TEST(BitSet, ReturnsItsMemory) {
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        BitSet set = bit_set({1, 70'000, 70'001, 1'000'000}, memory);
        set.assign(0, no_members);
        BitSet moved = std::move(set);
        EXPECT_EQ(moved.count(), 3U);
    });
}

TEST(Words, CountEveryNumberOfBits) {
    std::array<std::uint64_t, words_per_chunk> words{}, others{};
    EXPECT_EQ(count(words), 0U);
    EXPECT_TRUE(is_empty(words));
    words.fill(~std::uint64_t{0});
    EXPECT_EQ(count(words), 65'536U);
    EXPECT_EQ(count_and_not(words, others), 65'536U);
    EXPECT_EQ(count_and_not(words, words), 0U);
    EXPECT_FALSE(is_empty(words));
    std::mt19937_64 random(2);
    for (int i = 0; i < 200; ++i) {
        std::uint32_t bits = 0, rest = 0;
        for (std::uint32_t w = 0; w < words_per_chunk; ++w) {
            words[w] = i % 3 == 0 ? random() : i % 3 == 1 ? random() & random() & random() : random() | random() | random();
            others[w] = random();
            for (int bit = 0; bit < 64; ++bit) {
                bits += words[w] >> bit & 1;
                rest += (words[w] >> bit & 1) > (others[w] >> bit & 1);
            }
        }
        ASSERT_EQ(count(words), bits);
        ASSERT_EQ(count_and_not(words, others), rest);
    }
}

TEST(Words, OneBitAnywhereIsSeen) {
    for (std::uint32_t bit = 0; bit < chunk_size; bit += 31) {
        std::array<std::uint64_t, words_per_chunk> words{};
        words[bit / 64] = std::uint64_t{1} << bit % 64;
        ASSERT_EQ(count(words), 1U);
        ASSERT_FALSE(is_empty(words));
    }
}

}  // namespace
}  // namespace segment::members
