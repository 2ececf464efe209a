#include "core/members/chunk_format.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/members/pieces.hpp"
#include "core/members/words.hpp"
#include "members_support.hpp"

namespace segment::members {
namespace {

constexpr unsigned array = 1, complement = 2, bitmap = 3, runs = 4;

unsigned kind_of(const std::vector<std::byte> &encoded) {
    return encoded.empty() ? 0 : std::to_integer<unsigned>(encoded[0]);
}

// What the smallest form takes, by the description of the format.
std::size_t smallest(const Words &words) {
    const std::size_t members = slow_count(words);
    return members == 0 ? 0
                        : 1 + std::min({std::size_t{8'192}, 2 * members, 2 * (65'536 - members), 4 * std::size_t{slow_count_runs(words)}});
}

void expect_round_trip(const Words &words) {
    const auto bytes = encoded(words);
    ASSERT_EQ(bytes.size(), smallest(words));
    ASSERT_EQ(cardinality(bytes), slow_count(words));
    Words again;
    again.fill(0x123456789abcdef);
    ASSERT_EQ(decode(bytes, again), slow_count(words));
    ASSERT_EQ(again, words);
}

void expect_contains_agrees(const Words &words) {
    const auto bytes = encoded(words);
    for (std::uint32_t ordinal = 0; ordinal < chunk_size; ++ordinal) {
        ASSERT_EQ(contains(bytes, static_cast<std::uint16_t>(ordinal)), has(words, ordinal)) << ordinal;
    }
}

TEST(ChunkFormat, BytesAreFixed) {
    EXPECT_EQ(encoded(every(0, 0)), bytes());
    EXPECT_EQ(encoded(every(0, 1)), bytes(array, 0, 0));
    EXPECT_EQ(encoded(every(65'535, 1)), bytes(array, 0xff, 0xff));
    EXPECT_EQ(encoded(every(0x102, 3, 0x300)), bytes(array, 0x02, 0x01, 0x02, 0x04, 0x02, 0x07));
    EXPECT_EQ(encoded(every(0x102, 2)), bytes(array, 0x02, 0x01, 0x03, 0x01));  // as long as a run
    EXPECT_EQ(encoded(every(0x102, 3)), bytes(runs, 0x02, 0x01, 0x02, 0x00));
    EXPECT_EQ(encoded(every(0, 65'536)), bytes(complement));
    EXPECT_EQ(encoded(without(every(0x102, 1))), bytes(complement, 0x02, 0x01));
    EXPECT_EQ(encoded(every(0, 65'535)), bytes(complement, 0xff, 0xff));
    EXPECT_EQ(encoded(every(0, 40'000)), bytes(runs, 0, 0, 0x3f, 0x9c));
    Words two_runs = every(0, 40'000);
    flip(two_runs, 0x102);
    flip(two_runs, 65'535);
    EXPECT_EQ(encoded(two_runs), bytes(runs, 0, 0, 0x01, 0x01, 0x03, 0x01, 0x3c, 0x9b, 0xff, 0xff, 0, 0));
    const auto bits = encoded(every(1, 21'845, 3));
    ASSERT_EQ(bits.size(), 8'193U);
    EXPECT_EQ(std::vector(bits.begin(), bits.begin() + 5), bytes(bitmap, 0x92, 0x24, 0x49, 0x92));
}

TEST(ChunkFormat, EveryKindAtItsEdges) {
    // Members two apart: as many runs.
    for (const std::uint32_t size : {0, 1, 2, 3, 2'047, 2'048, 2'049, 4'094, 4'095, 4'096, 4'097, 5'000}) {
        for (const std::uint32_t first : {0, 1, 50'000}) {
            const Words words = every(first, size, first == 50'000 ? 3 : 2);
            const unsigned kind = size == 0 ? 0 : size < 4'096 ? array : bitmap;
            EXPECT_EQ(kind_of(encoded(words)), kind) << size;
            expect_round_trip(words);
            EXPECT_EQ(kind_of(encoded(without(words))), kind == array || kind == 0 ? complement : bitmap) << size;
            expect_round_trip(without(words));
        }
    }
    // Runs of ten, from the first ordinal or to the last.
    for (const std::uint32_t size : {1, 2'047, 2'048, 2'049}) {
        for (const bool last : {false, true}) {
            Words words{};
            for (std::uint32_t i = 0; i < 10 * size; ++i) {
                const std::uint32_t ordinal = i / 10 * 31 + i % 10;
                flip(words, last ? 65'535 - ordinal : ordinal);
            }
            EXPECT_EQ(kind_of(encoded(words)), size < 2'048 ? runs : bitmap) << size;
            expect_round_trip(words);
            expect_contains_agrees(words);
        }
    }
    for (const std::uint32_t size : {0, 1, 2, 3, 63, 64, 65, 4'095, 4'096, 4'097, 61'439, 61'440, 61'441, 65'534, 65'535, 65'536}) {
        expect_round_trip(every(0, size));
        expect_round_trip(every(65'536 - size, size));
        expect_contains_agrees(every(0, size));
        expect_contains_agrees(every(65'536 - size, size));
    }
    Words ends = every(0, 100);
    ends[1'023] = ~std::uint64_t{0};
    expect_round_trip(ends);
    expect_contains_agrees(ends);
}

TEST(ChunkFormat, RandomSetsRoundTrip) {
    std::mt19937_64 random(1);
    for (const double density : {0.0001, 0.001, 0.01, 0.05, 0.0625, 0.27, 0.5, 0.9, 0.9375, 0.95, 0.999, 0.9999}) {
        for (const double stickiness : {0.0, 0.9, 0.99, 0.999}) {
            for (int i = 0; i < 3; ++i) {
                expect_round_trip(random_words(random, density, stickiness));
            }
            expect_contains_agrees(random_words(random, density, stickiness));
        }
    }
}

// Copied to the heap to their exact size, so that the address sanitizer sees every read beyond them.
struct Exact {
    explicit Exact(const std::vector<std::byte> &bytes) : data(new std::byte[bytes.size()]), size(bytes.size()) {
        std::copy(bytes.begin(), bytes.end(), data.get());
    }
    operator std::span<const std::byte>() const { return {data.get(), size}; }

    std::unique_ptr<std::byte[]> data;
    std::size_t size;
};

// Whether the bytes were accepted; if so, all functions must agree about them.
bool is_consistent(const std::vector<std::byte> &bytes) {
    const Exact exact(bytes);
    Words words;
    std::uint32_t members;
    try {
        members = decode(exact, words);
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::data_corrupted);
        for (const std::uint32_t ordinal : {0, 1, 999, 32'768, 65'535}) {
            try {
                contains(exact, static_cast<std::uint16_t>(ordinal));
                cardinality(exact);
            } catch (const Error &other) {
                EXPECT_EQ(other.code, ErrorCode::data_corrupted);
            }
        }
        return false;
    }
    EXPECT_EQ(members, count(words));
    EXPECT_EQ(cardinality(exact), members);
    for (std::uint32_t ordinal = 0; ordinal < chunk_size; ordinal += 251) {
        EXPECT_EQ(contains(exact, static_cast<std::uint16_t>(ordinal)), has(words, ordinal));
    }
    return true;
}

TEST(ChunkFormat, DamagedBytesAreRefusedOrConsistent) {
    std::mt19937_64 random(2);
    Words many_runs{};
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        flip(many_runs, i % 10 + i / 10 * 400);
    }
    for (const Words &words : {every(5, 40, 1'001), without(every(5, 40, 1'001)), many_runs, random_words(random, 0.3)}) {
        const auto good = encoded(words);
        const bool is_bitmap = kind_of(good) == bitmap;
        for (std::size_t size = 0; size < good.size(); size += is_bitmap ? 63 : 1) {
            is_consistent({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
        }
        int refused = 0;
        for (std::size_t at = 0; at < good.size(); at += is_bitmap && at > 0 ? 255 : 1) {
            for (const unsigned flipped : {0x01U, 0x10U, 0x80U, 0xffU}) {
                auto bad = good;
                bad[at] ^= static_cast<std::byte>(flipped);
                refused += !is_consistent(bad);
            }
        }
        EXPECT_GT(refused, 0);
    }
}

TEST(ChunkFormat, EveryCheckRefuses) {
    Words words;
    const auto expect = [&](const std::string &detail, const std::vector<std::byte> &bad) {
        expect_corrupted(detail, [&] { decode(bad, words); });
    };
    for (const auto &[bad, detail] : std::vector<std::pair<std::vector<std::byte>, std::string>>{
             {bytes(0), "A chunk is of an unknown kind."},
             {bytes(5, 0, 0), "A chunk is of an unknown kind."},
             {bytes(0xff), "A chunk is of an unknown kind."},
             {bytes(array, 0), "A chunk has a wrong length."},
             {bytes(complement, 0, 0, 0), "A chunk has a wrong length."},
             {bytes(runs, 0, 0), "A chunk has a wrong length."},
             {bytes(bitmap), "A chunk has a wrong length."},
             {std::vector<std::byte>(max_encoded + 1, std::byte{array}), "A chunk is too long."}}) {
        expect(detail, bad);
        expect_corrupted(detail, [&] { cardinality(bad); });
        expect_corrupted(detail, [&] { contains(bad, 0); });
    }
    auto bits = encoded(every(1, 21'845, 3));
    bits.pop_back();
    expect("A chunk has a wrong length.", bits);
    const std::string order = "The ordinals of a chunk are not ascending.";
    expect(order, bytes(array, 2, 0, 1, 0));
    expect(order, bytes(array, 1, 0, 1, 0));
    expect(order, bytes(complement, 0, 1, 0xff, 0));
    const std::string apart = "The runs of a chunk are not ascending, or not apart.";
    expect(apart, bytes(runs, 0, 0, 9, 0, 10, 0, 0, 0));       // touch
    expect(apart, bytes(runs, 0, 0, 9, 0, 9, 0, 0, 0));        // overlap
    expect(apart, bytes(runs, 20, 0, 9, 0, 10, 0, 0, 0));      // not ascending
    expect(apart, bytes(runs, 0xff, 0xff, 1, 0));              // beyond the end
    expect(apart, bytes(runs, 0xfe, 0xff, 1, 0, 0, 0, 0, 0));  // nothing can follow the last ordinal
    expect(apart, bytes(runs, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0));
}

TEST(ChunkFormat, OtherThanTheSmallestFormIsRead) {
    Words words;
    EXPECT_EQ(decode(bytes(array), words), 0U);
    EXPECT_EQ(words, Words{});
    EXPECT_EQ(decode(bytes(runs), words), 0U);
    EXPECT_EQ(words, Words{});
    EXPECT_EQ(decode(bytes(runs, 0, 0, 0xff, 0xff), words), 65'536U);
    EXPECT_EQ(words, every(0, 65'536));
    EXPECT_EQ(decode(bytes(runs, 1, 0, 0, 0, 3, 0, 0, 0), words), 2U);
    EXPECT_EQ(words, every(1, 2, 2));
    std::vector<std::byte> bits(max_encoded);
    bits[0] = std::byte{bitmap};
    bits[max_encoded - 1] = std::byte{0x80};
    EXPECT_EQ(decode(bits, words), 1U);
    EXPECT_EQ(words, every(65'535, 1));
}

TEST(ChunkFormat, PiecesGiveTheBytesBack) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, max_piece, max_piece + 1, max_encoded, 3 * max_piece}) {
        const std::vector<std::byte> bytes(size, std::byte{7});
        std::vector<std::byte> again;
        std::uint32_t pieces = 0;
        for_each_piece(bytes, [&](std::uint32_t number, std::span<const std::byte> piece) {
            EXPECT_EQ(number, pieces++);
            EXPECT_LE(piece.size(), max_piece);
            again.insert(again.end(), piece.begin(), piece.end());
        });
        EXPECT_EQ(again, bytes);
        EXPECT_EQ(pieces, (size + 7'999) / 8'000);
    }
    EXPECT_EQ(max_pieces_of_chunk, 2U);
}

}  // namespace
}  // namespace segment::members
