#include "core/members/words.hpp"

#include <algorithm>

namespace segment::members {

namespace {

// std::popcount without a processor flag is a call that looks bytes up in a table. Four words at a time, with the counts kept
// side by side in the fields of one word until the end, is several times faster on any processor.
template <class Word>
std::uint32_t count_words(Word word) {
    constexpr std::uint64_t twos = 0x3333333333333333, fours = 0x0f0f0f0f0f0f0f0f, bytes = 0x00ff00ff00ff00ff;
    const auto pairs = [&](std::uint32_t w) {
        const std::uint64_t bits = word(w);
        const std::uint64_t counts = bits - (bits >> 1 & 0x5555555555555555);
        return (counts & twos) + (counts >> 2 & twos);  // 16 fields of up to 4
    };
    std::uint64_t total = 0;  // 4 fields of up to 256 * 64
    for (std::uint32_t w = 0; w < words_per_chunk; w += 4) {
        const std::uint64_t a = pairs(w) + pairs(w + 1), b = pairs(w + 2) + pairs(w + 3);
        const std::uint64_t sums = (a & fours) + (a >> 4 & fours) + (b & fours) + (b >> 4 & fours);  // 8 fields of up to 32
        total += (sums & bytes) + (sums >> 8 & bytes);
    }
    const std::uint64_t halves = (total & 0x0000ffff0000ffff) + (total >> 16 & 0x0000ffff0000ffff);
    return static_cast<std::uint32_t>(halves) + static_cast<std::uint32_t>(halves >> 32);
}

}  // namespace

std::uint32_t count(ChunkWords words) {
    return count_words([&](std::uint32_t w) { return words[w]; });
}

std::uint32_t count_and_not(ChunkWords words, ChunkWords others) {
    return count_words([&](std::uint32_t w) { return words[w] & ~others[w]; });
}

bool is_empty(ChunkWords words) {
    return std::all_of(words.begin(), words.end(), [](std::uint64_t word) { return word == 0; });
}

}  // namespace segment::members
