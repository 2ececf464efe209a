#include "core/members/dictionary.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "core/members/hash.hpp"
#include "failing_memory.hpp"

namespace segment::members {
namespace {

// Looks keys up in a dictionary that numbers them in the order of their appearance, and in a map that does the same.
void compare_with_map(std::uint64_t keys, std::uint64_t (*hash_of)(std::uint64_t)) {
    std::mt19937_64 random(keys);
    testing::FailingMemory memory;
    Dictionary dictionary(&memory);
    std::unordered_map<std::uint64_t, Ordinal> map;
    std::vector<std::uint64_t> key_of;
    for (std::uint64_t i = 0; i < 3 * keys; ++i) {
        const std::uint64_t key = random() % keys * 0x100000001;
        const auto equal = [&](Ordinal candidate) { return key_of.at(candidate) == key; };
        const auto known = map.find(key);
        ASSERT_EQ(dictionary.find(hash_of(key), equal), known == map.end() ? no_ordinal : known->second);
        dictionary.prefetch(hash_of(key));
        const Ordinal ordinal = dictionary.find_or_insert(hash_of(key), key_of.size(), equal);
        ASSERT_EQ(ordinal, map.emplace(key, key_of.size()).first->second);
        if (ordinal == key_of.size()) {
            key_of.push_back(key);
        }
        ASSERT_EQ(dictionary.size(), map.size());
    }
}

TEST(Dictionary, AgreesWithMap) {
    for (const std::uint64_t keys : {1, 2, 12, 13, 1'000, 100'000}) {
        compare_with_map(keys, [](std::uint64_t key) { return hash(key); });
    }
}

TEST(Dictionary, AsksForTheKeyWhenHashesCollide) {
    compare_with_map(300, [](std::uint64_t) { return std::uint64_t{0}; });
    compare_with_map(300, [](std::uint64_t) { return ~std::uint64_t{0}; });
    compare_with_map(300, [](std::uint64_t key) { return key % 7; });
    compare_with_map(300, [](std::uint64_t key) { return key << 60; });
}

TEST(Dictionary, IntegersNeedNoKeys) {
    Dictionary dictionary(std::pmr::new_delete_resource());
    for (std::uint64_t key = 0; key < 50'000; ++key) {
        ASSERT_EQ(dictionary.find_or_insert(hash(key << 16), key, HashIsKey()), key);
    }
    for (std::uint64_t key = 0; key < 50'000; ++key) {
        ASSERT_EQ(dictionary.find(hash(key << 16), HashIsKey()), key);
        ASSERT_EQ(dictionary.find(hash(key << 16 | 1), HashIsKey()), no_ordinal);
    }
}

TEST(Dictionary, AllBitsOfTheHashCount) {
    for (int bit = 0; bit < 64; ++bit) {
        Dictionary dictionary(std::pmr::new_delete_resource());
        dictionary.insert(0, 1);
        const std::uint64_t other = std::uint64_t{1} << bit;
        EXPECT_EQ(dictionary.find(other, HashIsKey()), no_ordinal);
        EXPECT_EQ(dictionary.find_or_insert(other, 2, HashIsKey()), 2U);
        EXPECT_EQ(dictionary.find(0, HashIsKey()), 1U);
    }
}

TEST(Dictionary, OrdinalsMayBeGiven) {
    Dictionary dictionary(std::pmr::new_delete_resource());
    dictionary.insert(hash(1), 77);
    dictionary.insert(hash(2), 5);
    EXPECT_EQ(dictionary.find(hash(1), HashIsKey()), 77U);
    EXPECT_EQ(dictionary.find(hash(2), HashIsKey()), 5U);
}

TEST(Dictionary, EmptyFindsNothing) {
    testing::FailingMemory memory(0);
    Dictionary dictionary(&memory);
    dictionary.prefetch(42);
    EXPECT_EQ(dictionary.find(0, HashIsKey()), no_ordinal);
    EXPECT_EQ(memory.allocations(), 0U);
}

TEST(Dictionary, RefusesOrdinalsAboveTheLimit) {
    Dictionary dictionary(std::pmr::new_delete_resource());
    dictionary.insert(1, 3'999'999'999);
    EXPECT_EQ(dictionary.find(1, HashIsKey()), 3'999'999'999);
    for (const std::uint64_t ordinal : {std::uint64_t{4'000'000'000}, std::uint64_t{1} << 32, std::uint64_t{1} << 63}) {
        try {
            dictionary.find_or_insert(2, ordinal, HashIsKey());
            FAIL() << ordinal;
        } catch (const Error &error) {
            EXPECT_EQ(error.code, ErrorCode::program_limit_exceeded);
        }
    }
    EXPECT_EQ(dictionary.size(), 1U);
    EXPECT_EQ(dictionary.find(2, HashIsKey()), no_ordinal);
}

TEST(Dictionary, EqualMayLeaveByAnException) {
    Dictionary dictionary(std::pmr::new_delete_resource());
    for (std::uint64_t i = 0; i < 12; ++i) {  // full up to the next growth
        dictionary.insert(hash(i), i);
    }
    const auto fails = [](Ordinal) -> bool { throw std::runtime_error("comparison"); };
    EXPECT_THROW(dictionary.find(hash(3), fails), std::runtime_error);
    EXPECT_THROW(dictionary.find_or_insert(hash(3), 12, fails), std::runtime_error);
    EXPECT_EQ(dictionary.size(), 12U);
    for (std::uint64_t i = 0; i < 12; ++i) {
        EXPECT_EQ(dictionary.find(hash(i), HashIsKey()), i);
    }
}

TEST(Dictionary, ReservedRoomNeedsNoAllocation) {
    testing::FailingMemory memory;
    Dictionary dictionary(&memory);
    dictionary.reserve(1'000);
    const std::uint64_t before = memory.allocations();
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        dictionary.insert(hash(i), i);
    }
    EXPECT_EQ(memory.allocations(), before);
}

TEST(Dictionary, SurvivesFailedGrowth) {
    for (std::uint64_t fail_at = 0; fail_at < 8; ++fail_at) {
        testing::FailingMemory memory(fail_at);
        Dictionary dictionary(&memory);
        for (std::uint64_t i = 0; i < 1'000; ++i) {
            try {
                dictionary.insert(hash(i), i);
            } catch (const std::bad_alloc &) {
                ASSERT_EQ(dictionary.size(), i);
                dictionary.insert(hash(i), i);
            }
        }
        EXPECT_TRUE(memory.failed() || fail_at >= memory.allocations());
        for (std::uint64_t i = 0; i < 1'000; ++i) {
            ASSERT_EQ(dictionary.find(hash(i), HashIsKey()), i);
        }
    }
}

TEST(Hash, IntegersAreMixedAsInSplitMix64) {
    // The first outputs of the published generator for the seeds 0 and 1234567.
    constexpr std::uint64_t increment = 0x9e3779b97f4a7c15;
    EXPECT_EQ(hash(increment), 0xe220a8397b1dcdaf);
    EXPECT_EQ(hash(2 * increment), 0x6e789e6aa1b965f4);
    EXPECT_EQ(hash(1234567 + increment), 6457827717110365317U);
}

std::uint64_t flipped(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>(std::popcount(a ^ b));
}

TEST(Hash, EveryBitOfTheKeyChangesHalfOfTheHash) {
    std::mt19937_64 random(3);
    for (std::size_t length = 1; length <= 40; ++length) {
        for (std::size_t bit = 0; bit < 8 * length; ++bit) {
            std::uint64_t bytes_total = 0, uuid_total = 0;
            for (int i = 0; i < 100; ++i) {
                std::vector<std::byte> key(length);
                for (std::byte &byte : key) {
                    byte = static_cast<std::byte>(random());
                }
                std::vector<std::byte> other = key;
                other[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
                bytes_total += flipped(hash_bytes(key), hash_bytes(other));
                if (length == 16) {
                    uuid_total += flipped(hash_uuid(std::span<const std::byte, 16>(key)), hash_uuid(std::span<const std::byte, 16>(other)));
                }
            }
            // 6,400 flips of a fair coin: standard deviation 40.
            ASSERT_NEAR(static_cast<double>(bytes_total), 3'200, 320) << length << " bytes, bit " << bit;
            if (length == 16) {
                ASSERT_NEAR(static_cast<double>(uuid_total), 3'200, 320) << "bit " << bit;
            }
        }
    }
}

TEST(Hash, LengthsDiffer) {
    const std::array<std::byte, 100> zeros{};
    std::set<std::uint64_t> hashes;
    for (std::size_t length = 0; length <= zeros.size(); ++length) {
        hashes.insert(hash_bytes(std::span(zeros).first(length)));
    }
    EXPECT_EQ(hashes.size(), 101U);
}

TEST(Hash, ReadsNoByteBeyondTheKey) {
    for (std::size_t length = 0; length < 20; ++length) {
        std::vector<std::byte> a(length + 8, std::byte{1}), b(length + 8, std::byte{2});
        std::fill_n(a.begin(), length, std::byte{7});
        std::fill_n(b.begin(), length, std::byte{7});
        EXPECT_EQ(hash_bytes(std::span(a).first(length)), hash_bytes(std::span(b).first(length)));
    }
}

}  // namespace
}  // namespace segment::members
