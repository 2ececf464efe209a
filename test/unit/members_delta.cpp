#include "core/members/delta.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/members/content_hash.hpp"
#include "core/members/words.hpp"
#include "failing_memory.hpp"
#include "members_support.hpp"

namespace segment::members {
namespace {

struct Change {
    std::uint32_t chunk;
    Words stored, current;
};

std::vector<std::byte> delta(const std::vector<Change> &changes, std::pmr::memory_resource *memory = std::pmr::new_delete_resource()) {
    DeltaBuilder builder(memory);
    for (const Change &change : changes) {
        builder.add(change.chunk, change.stored, change.current, content_hash(change.current));
    }
    const auto bytes = builder.bytes();
    EXPECT_EQ(bytes.size(), builder.size());
    return {bytes.begin(), bytes.end()};
}

TEST(Delta, BytesAreFixed) {
    DeltaBuilder builder(std::pmr::new_delete_resource());
    const Words words = every(0x102, 3);
    EXPECT_EQ(builder.size(), 0U);
    EXPECT_EQ(builder.add(0x203, no_members, words, 0x1122334455667788), 3U);
    EXPECT_EQ(builder.size(), 30U);
    EXPECT_EQ(builder.add(0x204, words, words, 7), 0U);
    EXPECT_EQ(builder.add(0x205, words, every(0x102, 2), 9), 1U);
    const auto result = builder.bytes();
    EXPECT_EQ(std::vector(result.begin(), result.end()),
              bytes(2, 0, 0, 0,                                                                          //
                    3, 2, 0, 0, 3, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 3, 0, 0, 0,  //
                    5, 2, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0,                          //
                    2, 1, 3, 1, 4, 1, 4, 1));
}

TEST(Delta, NoChangeIsNoBytes) {
    EXPECT_TRUE(delta({}).empty());
    EXPECT_TRUE(delta({{3, every(0, 9), every(0, 9)}, {4, Words{}, Words{}}}).empty());
    const DeltaReader reader({});
    EXPECT_EQ(reader.size(), 0U);
    EXPECT_FALSE(reader.find(0).has_value());
}

TEST(Delta, RandomPairs) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 30; ++i) {
        std::vector<Change> changes;
        std::uint32_t chunk = static_cast<std::uint32_t>(random() % 3);
        for (std::uint64_t left = 1 + random() % 8; left > 0; --left) {
            Change change{chunk, random_words(random, 0.3), {}};
            change.current = change.stored;
            for (std::uint64_t toggles = random() % 50; toggles > 0; --toggles) {
                flip(change.current, random() % chunk_size);
            }
            if (random() % 8 == 0) {
                change.current = random_words(random, 0.3);
            }
            changes.push_back(change);
            chunk += 1 + static_cast<std::uint32_t>(random() % 3);
        }
        const auto bytes = delta(changes);
        const DeltaReader reader(bytes);
        std::uint32_t entries = 0;
        for (const Change &change : changes) {
            const auto entry = reader.find(change.chunk);
            ASSERT_EQ(entry.has_value(), change.stored != change.current);
            if (entry) {
                EXPECT_EQ(reader[entries].chunk, change.chunk);
                EXPECT_EQ(entry->chunk, change.chunk);
                EXPECT_EQ(entry->cardinality, slow_count(change.current));
                EXPECT_EQ(entry->hash, content_hash(change.current));
                Words words = change.stored;
                entry->apply_to(words);
                EXPECT_EQ(words, change.current);
                ++entries;
            }
        }
        EXPECT_EQ(reader.size(), entries);
        EXPECT_FALSE(reader.find(chunk).has_value());
        EXPECT_FALSE(reader.find(UINT32_MAX).has_value());
        for (std::uint32_t other = 0; other < chunk; ++other) {
            EXPECT_EQ(reader.find(other).has_value(), std::ranges::any_of(changes, [&](const Change &change) {
                          return change.chunk == other && change.stored != change.current;
                      }));
        }
    }
}

TEST(Delta, WholeChunks) {
    const Words all = every(0, 65'536);
    const auto bytes = delta({{0, Words{}, all}, {max_chunks - 1, all, Words{}}});
    EXPECT_EQ(bytes.size(), 4U + 2 * 20 + 2 * 2 * 65'536);
    const DeltaReader reader(bytes);
    Words words{};
    reader.find(0)->apply_to(words);
    EXPECT_EQ(words, all);
    reader.find(max_chunks - 1)->apply_to(words);
    EXPECT_EQ(words, Words{});
}

TEST(Delta, ChunksComeInOrder) {
    DeltaBuilder builder(std::pmr::new_delete_resource());
    const Words words = every(0, 1);
    builder.add(5, no_members, words, 0);
    for (const std::uint32_t chunk : {0U, 4U, 5U, max_chunks, UINT32_MAX}) {
        try {
            builder.add(chunk, no_members, words, 0);
            ADD_FAILURE() << chunk;
        } catch (const Error &error) {
            EXPECT_EQ(error.code, ErrorCode::internal_error);
        }
    }
    EXPECT_EQ(builder.add(6, no_members, words, 0), 1U);
}

TEST(Delta, OfAnotherStateIsRefused) {
    const auto bytes = delta({{0, every(0, 10), every(0, 12)}});
    const DeltaReader reader(bytes);
    Words words = every(0, 11);
    expect_corrupted("A delta does not belong to the stored chunk.", [&] { reader[0].apply_to(words); });
}

TEST(Delta, EveryCheckRefuses) {
    const auto good = delta({{1, Words{}, every(0, 2)}, {3, Words{}, every(7, 1)}, {9, Words{}, every(0, 3)}});
    ASSERT_EQ(good.size(), 4U + 3 * 20 + 6 * 2);
    const auto expect = [&](const std::string &detail, std::vector<std::pair<std::size_t, unsigned>> edits) {
        auto bad = good;
        for (const auto &[at, byte] : edits) {
            bad[at] = static_cast<std::byte>(byte);
        }
        expect_corrupted(detail, [&] { const DeltaReader reader(bad); });
    };
    for (const std::size_t size : {1, 2, 3}) {
        expect_corrupted("A delta is too short.", [&] { const DeltaReader reader{std::span(good).first(size)}; });
    }
    for (std::size_t size = 4; size < good.size(); ++size) {
        EXPECT_THROW(const DeltaReader reader{std::span(good).first(size)}, Error);
    }
    expect_corrupted("A delta has a wrong number of entries.", [] { const DeltaReader reader(bytes(0, 0, 0, 0)); });
    expect("A delta has a wrong number of entries.", {{0, 0}});
    expect("A delta has a wrong number of entries.", {{0, 4}});
    expect("A delta has a wrong number of entries.", {{3, 0x80}});
    expect("A delta has a wrong number of entries.", {{0, 255}, {1, 255}, {2, 255}, {3, 255}});
    expect("A delta has a wrong length.", {{60, 5}});
    expect("A delta has a wrong length.", {{60, 7}});
    expect("A delta has a wrong length.", {{63, 0x80}});
    expect("The chunks of a delta are not ascending.", {{24, 1}});
    expect("The chunks of a delta are not ascending.", {{24, 0}});
    expect("The chunks of a delta are not ascending.", {{24, 9}});
    expect("The chunks of a delta are not ascending.", {{46, 1}});  // beyond the last chunk
    expect("The entries of a delta do not follow each other.", {{20, 0}});
    expect("The entries of a delta do not follow each other.", {{20, 3}});
    expect("The entries of a delta do not follow each other.", {{20, 7}});
    expect("The entries of a delta do not follow each other.", {{43, 0x80}});
    expect("An entry of a delta is not that of a chunk.", {{10, 1}, {8, 1}});  // 65,537 members
    expect("An entry of a delta is not that of a chunk.", {{64, 1}});
    expect("An entry of a delta is not that of a chunk.", {{64, 2}});
}

TEST(Delta, DamagedBytesAreRefusedOrConsistent) {
    const auto good = delta({{1, Words{}, every(0, 40, 1'001)}, {3, every(7, 9), every(8, 30)}, {9, Words{}, every(0, 3)}});
    int refused = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (unsigned value = 0; value < 256; ++value) {
            auto bad = good;
            bad[at] = static_cast<std::byte>(value);
            try {
                const DeltaReader reader(bad);
                for (std::uint32_t i = 0; i < reader.size(); ++i) {
                    Words words{};
                    reader[i].apply_to(words);
                    ASSERT_EQ(count(words), reader[i].cardinality);
                }
            } catch (const Error &error) {
                ASSERT_EQ(error.code, ErrorCode::data_corrupted);
                ++refused;
            }
        }
    }
    EXPECT_GT(refused, 0);
}

TEST(Delta, ReturnsItsMemory) {
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        EXPECT_FALSE(delta({{1, Words{}, every(0, 40)}, {2, Words{}, every(0, 40)}}, memory).empty());
    });
}

}  // namespace
}  // namespace segment::members
