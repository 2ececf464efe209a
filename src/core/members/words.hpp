// Loops over the words of chunks.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/members/ordinal.hpp"

namespace segment::members {

inline constexpr std::uint64_t zero_chunk[words_per_chunk] = {};
inline constexpr ChunkWords no_members{zero_chunk};

// How many members there are in the chunk.
std::uint32_t count(ChunkWords words);
// How many of `words` are not in `others`.
std::uint32_t count_and_not(ChunkWords words, ChunkWords others);
// How many runs of members without a gap there are.
std::uint32_t count_runs(ChunkWords words);
bool is_empty(ChunkWords words);

template <class Visit>
void for_each_bit(std::uint64_t word, Ordinal first, Visit &&visit) {
    for (; word != 0; word &= word - 1) {
        visit(static_cast<Ordinal>(first + static_cast<Ordinal>(std::countr_zero(word))));
    }
}

// Calls visit(ordinal) for each member of a chunk in ascending order; `first` is the chunk's first ordinal.
template <class Visit>
void for_each_bit(ChunkWords words, Ordinal first, Visit &&visit) {
    for (std::uint32_t w = 0; w < words_per_chunk; ++w) {
        for_each_bit(words[w], first + w * 64, visit);
    }
}

// The same for the members that are not in `others`.
template <class Visit>
void for_each_bit_and_not(ChunkWords words, ChunkWords others, Ordinal first, Visit &&visit) {
    for (std::uint32_t w = 0; w < words_per_chunk; ++w) {
        for_each_bit(words[w] & ~others[w], first + w * 64, visit);
    }
}

}  // namespace segment::members
