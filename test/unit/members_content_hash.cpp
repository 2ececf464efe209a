#include "core/members/content_hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "members_support.hpp"

namespace segment::members {
namespace {

// Databases hold these hashes: if this test fails, the function is wrong and not the test. The expected values were computed by an
// implementation in Python.
TEST(ContentHash, NeverChanges) {
    Words mixed;
    std::uint64_t state = 1;
    for (std::uint64_t &word : mixed) {
        word = state = state * 6364136223846793005 + 1442695040888963407;
    }
    EXPECT_EQ(content_hash(every(0, 0)), 0x613068951251d526U);
    EXPECT_EQ(content_hash(every(0, 1)), 0xbf7bb6bd992c0619U);
    EXPECT_EQ(content_hash(every(65'535, 1)), 0x37fdb8c95eb28b66U);
    EXPECT_EQ(content_hash(every(0, 65'536)), 0xcc102c0a0e79be77U);
    EXPECT_EQ(content_hash(every(7, 9'000, 7)), 0xd5ed358d0949cd38U);
    EXPECT_EQ(content_hash(mixed), 0x7d6637ac47b219dU);
}

std::vector<std::byte> counting(std::size_t count, unsigned modulus) {
    std::vector<std::byte> bytes(count);
    for (std::size_t i = 0; i < count; ++i) {
        bytes[i] = static_cast<std::byte>(i % modulus);
    }
    return bytes;
}

// As above; of platforms whose lower bytes come first.
TEST(ContentHash, OfBytesNeverChanges) {
    const std::vector<std::byte> letter = {std::byte{'a'}};
    const std::vector<std::byte> letter_and_zero = {std::byte{'a'}, std::byte{0}};
    EXPECT_EQ(content_hash(std::span<const std::byte>()), 0xf0b5709cdde56f55U);
    EXPECT_EQ(content_hash(letter), 0xeeb98d45b3fad09eU);
    EXPECT_EQ(content_hash(letter_and_zero), 0x9954d1af7cac3a01U);
    EXPECT_EQ(content_hash(counting(64, 64)), 0x1c84e1b49408f834U);
    EXPECT_EQ(content_hash(counting(1000, 251)), 0x1cc95c563fd11422U);
}

std::vector<Words> bases() {
    std::mt19937_64 random(7);
    return {Words{}, every(0, 65'536), every(0, 655, 100), random_words(random, 0.5)};
}

void expect_distinct(std::vector<std::uint64_t> hashes) {
    std::ranges::sort(hashes);
    EXPECT_EQ(std::ranges::adjacent_find(hashes), hashes.end());
}

TEST(ContentHash, OfAnotherByteOrLength) {
    std::vector<std::uint64_t> hashes;
    for (std::size_t length = 0; length <= 200; ++length) {
        std::vector<std::byte> bytes(length);
        hashes.push_back(content_hash(bytes));
        for (std::byte &byte : bytes) {
            for (unsigned bit = 0; bit < 8; ++bit) {
                byte ^= std::byte{1} << bit;
                hashes.push_back(content_hash(bytes));
                byte ^= std::byte{1} << bit;
            }
        }
    }
    expect_distinct(hashes);
}

TEST(ContentHash, OneMemberMore) {
    std::vector<std::uint64_t> hashes;
    for (Words words : bases()) {
        hashes.push_back(content_hash(words));
        for (std::uint32_t ordinal = 0; ordinal < chunk_size; ++ordinal) {
            flip(words, ordinal);
            hashes.push_back(content_hash(words));
            flip(words, ordinal);
        }
    }
    expect_distinct(hashes);
}

// Two million pairs: near ones, those a power of two apart, and any two of 1,024 members in different words.
TEST(ContentHash, TwoMembersMore) {
    for (Words words : bases()) {
        std::vector<std::uint64_t> hashes;
        const auto add = [&](std::uint32_t a, std::uint32_t b) {
            flip(words, a);
            flip(words, b);
            hashes.push_back(content_hash(words));
            flip(words, a);
            flip(words, b);
        };
        for (std::uint32_t a = 0; a < chunk_size; a += 5) {
            for (std::uint32_t b = a + 1; b < a + 16 && b < chunk_size; ++b) {
                add(a, b);
            }
            for (std::uint32_t distance = 16; a + distance < chunk_size; distance *= 2) {
                add(a, a + distance);
            }
        }
        for (std::uint32_t a = 0; a < words_per_chunk; ++a) {
            for (std::uint32_t b = a + 3; b < words_per_chunk; b += 3) {
                add(a * 64 + a / 64, b * 64 + b / 64);
            }
        }
        expect_distinct(hashes);
    }
}

// Each bit of the hash changes in half of the cases when a member at some place within a word is added or removed.
TEST(ContentHash, EveryMemberAffectsEveryBit) {
    constexpr std::uint32_t samples = 4 * words_per_chunk;
    std::vector<std::uint32_t> changes(64 * 64);
    for (Words words : bases()) {
        const std::uint64_t before = content_hash(words);
        for (std::uint32_t ordinal = 0; ordinal < chunk_size; ++ordinal) {
            flip(words, ordinal);
            const std::uint64_t changed = content_hash(words) ^ before;
            flip(words, ordinal);
            for (std::uint32_t bit = 0; bit < 64; ++bit) {
                changes[ordinal % 64 * 64 + bit] += changed >> bit & 1;
            }
        }
    }
    // Six standard deviations of so many tosses of a coin, in 4,096 cells.
    const auto [least, most] = std::ranges::minmax(changes);
    EXPECT_GT(least, samples / 2 - 6 * 32);
    EXPECT_LT(most, samples / 2 + 6 * 32);
}

TEST(ContentHash, ProductsAreTheSameOnEveryPlatform) {
    using detail::multiply_fold, detail::multiply_fold_portably;
    static_assert(multiply_fold_portably(UINT64_MAX, UINT64_MAX) == UINT64_MAX);  // (2^64 - 2) xor 1
    static_assert(multiply_fold_portably(std::uint64_t{1} << 63, 6) == 3);
    std::mt19937_64 random(5);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t a = random() >> random() % 64, b = random() >> random() % 64;
        ASSERT_EQ(multiply_fold(a, b), multiply_fold_portably(a, b));
    }
    for (const std::uint64_t a : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{UINT32_MAX}, std::uint64_t{1} << 32, UINT64_MAX}) {
        for (const std::uint64_t b : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{UINT32_MAX}, std::uint64_t{1} << 32, UINT64_MAX}) {
            ASSERT_EQ(multiply_fold(a, b), multiply_fold_portably(a, b));
        }
    }
}

}  // namespace
}  // namespace segment::members
