// Members side by side: every window and threshold against sums that are told member by member.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "core/behaviour/count_table.hpp"
#include "core/members/short_bytes.hpp"

namespace segment::behaviour {
namespace {

template <class Count>
struct BehaviourCountTable : testing::Test {};
using CountTypes = testing::Types<std::uint8_t, std::uint16_t>;
TYPED_TEST_SUITE(BehaviourCountTable, CountTypes);

using Words = std::array<std::uint64_t, NarrowTable::words>;

bool holds(const Words &words, std::uint32_t member) {
    return (words[member / 64] >> member % 64 & 1) == 1;
}

TYPED_TEST(BehaviourCountTable, EachMemberHasItsBit) {
    using Table = CountTable<TypeParam>;
    Table table(std::pmr::new_delete_resource());
    for (std::uint32_t member = 0; member < partition_size; ++member) {
        table.clear(1);
        table.add(member, 0, 1);
        table.sum_up();
        Words words{};
        table.flip({0, 1}, 1, Table::unlimited, words.data());
        for (std::uint32_t other = 0; other < partition_size; ++other)
            ASSERT_EQ(holds(words, other), other == member) << member;
        table.flip({0, 1}, 1, Table::unlimited, words.data());
        ASSERT_EQ(words, Words{});
    }
}

TYPED_TEST(BehaviourCountTable, LargeNumbersStayAboveEveryThreshold) {
    using Table = CountTable<TypeParam>;
    for (const std::uint32_t buckets : {1u, 2u, 20u, std::min<std::uint32_t>(most_table_buckets, Table::unlimited / 2)}) {
        Table table(std::pmr::new_delete_resource());
        const std::uint32_t limit = Table::limit(buckets);
        table.clear(buckets);
        for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
            table.add(1, bucket, limit - 1);  // the largest exact one, in each bucket
            table.add(2, bucket, UINT64_C(1) << 60);
            for (int again = 0; again < 3; ++again)
                table.add(3, bucket, limit - 1);
        }
        table.sum_up();
        const auto last = static_cast<TypeParam>(limit - 1);
        Words at_least{}, exactly{};
        table.flip({buckets - 1, buckets}, last, Table::unlimited, at_least.data());
        table.flip({buckets - 1, buckets}, last, last, exactly.data());
        for (std::uint32_t member = 0; member < 5; ++member) {
            EXPECT_EQ(holds(at_least, member), member >= 1 && member <= 3) << buckets << " " << member;
            EXPECT_EQ(holds(exactly, member), member == 1) << buckets << " " << member;
        }
        Words above{};
        table.flip({0, 1}, static_cast<TypeParam>(limit), Table::unlimited, above.data());
        EXPECT_EQ(above[0], 12u);  // members 2 and 3
        Words all{};
        table.flip({0, buckets}, last, Table::unlimited, all.data());
        EXPECT_EQ(all, at_least);
    }
}

TYPED_TEST(BehaviourCountTable, RandomEventsWindowsAndRanges) {
    using Table = CountTable<TypeParam>;
    std::mt19937 random(3);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    Table table(std::pmr::new_delete_resource());
    for (int round = 0; round < 60; ++round) {
        const std::uint32_t buckets = 1 + below(30), limit = Table::limit(buckets);
        table.clear(buckets);
        std::vector<std::vector<std::uint64_t>> truth(partition_size, std::vector<std::uint64_t>(buckets));
        for (std::uint32_t i = 0; i < 20'000; ++i) {
            const std::uint32_t member = std::min(below(partition_size), below(partition_size)), bucket = below(buckets);
            const std::uint32_t number = below(50) == 0 ? below(5'000) : 1;
            table.add(member, bucket, number);
            truth[member][bucket] += number;
        }
        table.sum_up();
        for (int i = 0; i < 20; ++i) {
            const std::uint32_t first = below(buckets), end = first + below(buckets - first + 1);
            const std::uint32_t least = 1 + below(std::min(12u, limit)),
                                most = least == limit || below(2) == 0 ? Table::unlimited : least + below(limit - least);
            Words words{};
            table.flip({first, end}, static_cast<TypeParam>(least), static_cast<TypeParam>(most), words.data());
            for (std::uint32_t member = 0; member < partition_size; ++member) {
                std::uint64_t sum = 0;
                for (std::uint32_t bucket = first; bucket < end; ++bucket)
                    sum += truth[member][bucket];
                ASSERT_EQ(holds(words, member), sum >= least && (most == Table::unlimited || sum <= most)) << member;
            }
        }
    }
}

TEST(MembersShortBytes, DifferentBytesOfOneLengthDiffer) {
    using members::ShortBytes;
    for (std::size_t length = 1; length <= ShortBytes::longest; ++length) {
        std::vector<char> bytes(length, 'a');
        const ShortBytes key(bytes.data(), length);
        EXPECT_EQ(key, ShortBytes(std::vector<char>(bytes).data(), length));
        for (char &byte : bytes) {
            byte = 'b';
            EXPECT_NE(key, ShortBytes(bytes.data(), length)) << length;
            byte = 'a';
        }
    }
    EXPECT_EQ(ShortBytes(nullptr, 0), ShortBytes());
}

}  // namespace
}  // namespace segment::behaviour
