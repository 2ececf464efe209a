#include "core/members/words.hpp"

#include <algorithm>
#include <cstring>

#include "core/multiversion.hpp"

namespace segment::members {

namespace {

// Four words side by side: one register with AVX2, two without.
using Lanes = std::uint64_t __attribute__((vector_size(32)));
constexpr std::uint32_t lanes = sizeof(Lanes) / sizeof(std::uint64_t);

#define ALWAYS_INLINE __attribute__((always_inline)) inline

// Vectors are passed by reference: how a function would return them depends on the processor it is compiled for.
ALWAYS_INLINE void load(Lanes &result, const std::uint64_t *words) {
    std::memcpy(&result, words, sizeof result);
}

// Adds one bit of `a` and `b` each to `sum`, at all places at once; what carries goes to `carry`.
ALWAYS_INLINE void add(Lanes &carry, Lanes &sum, const Lanes &a, const Lanes &b) {
    const Lanes odd = sum ^ a;
    carry = (sum & a) | (odd & b);
    sum = odd ^ b;
}

// The number of bits in each 16 bits.
ALWAYS_INLINE void count_in_fields(Lanes &counts, const Lanes &bits) {
    counts = bits - (bits >> 1 & 0x5555555555555555);
    counts = (counts & 0x3333333333333333) + (counts >> 2 & 0x3333333333333333);
    counts = (counts + (counts >> 4)) & 0x0f0f0f0f0f0f0f0f;
    counts = (counts & 0x00ff00ff00ff00ff) + (counts >> 8 & 0x00ff00ff00ff00ff);
}

// Carry-save addition (Harley and Seal; W. Muła, N. Kurz, D. Lemire, "Faster population counts using AVX2 instructions", 2018):
// eight vectors are added bit by bit, so that bits are counted, at four times the cost of an addition, for one vector in eight.
// `read(result, w)` sets result to the words from w on.
template <class Read>
ALWAYS_INLINE std::uint32_t count_words(Read read) {
    Lanes ones{}, twos{}, fours{}, eights, total{}, a, b, two, other_two, four, counts;
    for (std::uint32_t w = 0; w < words_per_chunk; w += 8 * lanes) {
        Lanes other_four;
        read(a, w), read(b, w + lanes);
        add(two, ones, a, b);
        read(a, w + 2 * lanes), read(b, w + 3 * lanes);
        add(other_two, ones, a, b);
        add(four, twos, two, other_two);
        read(a, w + 4 * lanes), read(b, w + 5 * lanes);
        add(two, ones, a, b);
        read(a, w + 6 * lanes), read(b, w + 7 * lanes);
        add(other_two, ones, a, b);
        add(other_four, twos, two, other_two);
        add(eights, fours, four, other_four);
        count_in_fields(counts, eights);
        total += counts;  // fields of up to 32 * 16
    }
    total *= 8;
    count_in_fields(counts, fours);
    total += counts * 4;
    count_in_fields(counts, twos);
    total += counts * 2;
    count_in_fields(counts, ones);
    total += counts;  // 16 fields of up to 4,096
    std::uint64_t sum = 0;
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
        sum += total[lane];
    }
    sum = (sum & 0x0000ffff0000ffff) + (sum >> 16 & 0x0000ffff0000ffff);
    return static_cast<std::uint32_t>(sum) + static_cast<std::uint32_t>(sum >> 32);
}

SEGMENT_MULTIVERSION std::uint32_t count_of(const std::uint64_t *words) {
    return count_words([=](Lanes & result, std::uint32_t w) __attribute__((always_inline)) { load(result, words + w); });
}

SEGMENT_MULTIVERSION std::uint32_t count_of_and_not(const std::uint64_t *words, const std::uint64_t *others) {
    return count_words([=](Lanes & result, std::uint32_t w) __attribute__((always_inline)) {
        Lanes other;
        load(result, words + w);
        load(other, others + w);
        result &= ~other;
    });
}

// A run starts at a member whose predecessor is none.
SEGMENT_MULTIVERSION std::uint32_t count_of_starts(const std::uint64_t *words) {
    return count_words([=](Lanes & result, std::uint32_t w) __attribute__((always_inline)) {
        Lanes before;
        if (w == 0) {
            before = Lanes{0, words[0], words[1], words[2]};
        } else {
            load(before, words + w - 1);
        }
        load(result, words + w);
        result &= ~(result << 1 | before >> 63);
    });
}

}  // namespace

std::uint32_t count(ChunkWords words) {
    return count_of(words.data());
}

std::uint32_t count_and_not(ChunkWords words, ChunkWords others) {
    return count_of_and_not(words.data(), others.data());
}

std::uint32_t count_runs(ChunkWords words) {
    return count_of_starts(words.data());
}

bool is_empty(ChunkWords words) {
    return std::all_of(words.begin(), words.end(), [](std::uint64_t word) { return word == 0; });
}

}  // namespace segment::members
