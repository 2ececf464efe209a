// Loops over the bit vectors of a window: 2,048 ordinals, 32 words. Lengths are constants and pointers do not alias, which is
// all that a compiler needs to use the processor's widest portable registers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/match/staging.hpp"

namespace segment::match {

inline std::uint64_t *vector_at(std::uint64_t *vectors, std::uint32_t index) {
    return vectors + std::size_t{index} * words_per_window;
}

inline void copy(const std::uint64_t *__restrict from, std::uint64_t *__restrict to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] = from[w];
    }
}

inline void clear(std::uint64_t *to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] = 0;
    }
}

inline void add(const std::uint64_t *__restrict from, std::uint64_t *__restrict to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] |= from[w];
    }
}

inline void keep(const std::uint64_t *__restrict from, std::uint64_t *__restrict to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] &= from[w];
    }
}

inline void intersection(const std::uint64_t *a, const std::uint64_t *b, std::uint64_t *__restrict to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] = a[w] & b[w];
    }
}

inline void union_of(const std::uint64_t *a, const std::uint64_t *b, std::uint64_t *__restrict to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] = a[w] | b[w];
    }
}

inline void difference(const std::uint64_t *a, const std::uint64_t *b, std::uint64_t *__restrict to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] = a[w] & ~b[w];
    }
}

inline void add_difference(const std::uint64_t *a, const std::uint64_t *b, std::uint64_t *__restrict to) {
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        to[w] |= a[w] & ~b[w];
    }
}

// Puts each ordinal into the vector of its code's class; the vectors are zero before. Two halves of the window alternate,
// because neighbours of the same class change the same word and would wait for each other.
template <class Code>
void scatter(const Staging::Codes &codes, const std::uint16_t *class_of, std::uint64_t *__restrict vectors) {
    constexpr std::uint32_t half = words_per_window / 2;
    const std::byte *at = codes.first;
    const std::size_t distance = std::size_t{codes.stride} * half * 64;
    for (std::uint32_t w = 0; w < half; ++w) {
        for (std::uint32_t bit = 0; bit < 64; ++bit, at += codes.stride) {
            vectors[class_of[load<Code>(at)] * std::size_t{words_per_window} + w] |= std::uint64_t{1} << bit;
            vectors[class_of[load<Code>(at + distance)] * std::size_t{words_per_window} + w + half] |= std::uint64_t{1} << bit;
        }
    }
}

// The ordinals whose code's bit is set in `holds`.
template <class Code>
void look_up(const Staging::Codes &codes, const std::uint64_t *holds, std::uint64_t *__restrict to) {
    const std::byte *at = codes.first;
    for (std::uint32_t w = 0; w < words_per_window; ++w) {
        std::uint64_t word = 0;
        for (std::uint32_t bit = 0; bit < 64; ++bit, at += codes.stride) {
            const std::uint32_t code = load<Code>(at);
            word |= (holds[code / 64] >> code % 64 & 1) << bit;
        }
        to[w] = word;
    }
}

}  // namespace segment::match
