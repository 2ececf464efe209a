// Chunks for the tests of stored sets.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/members/chunk_format.hpp"
#include "core/members/ordinal.hpp"

namespace segment::members {

using Words = std::array<std::uint64_t, words_per_chunk>;

inline void flip(Words &words, std::uint32_t ordinal) {
    words[ordinal / 64] ^= std::uint64_t{1} << ordinal % 64;
}

inline bool has(const Words &words, std::uint32_t ordinal) {
    return (words[ordinal / 64] >> ordinal % 64 & 1) != 0;
}

// The members from `first` on, `size` of them, `step` apart.
inline Words every(std::uint32_t first, std::uint32_t size, std::uint32_t step = 1) {
    Words words{};
    for (std::uint32_t i = 0; i < size; ++i) {
        flip(words, first + i * step);
    }
    return words;
}

inline Words without(Words words) {
    for (std::uint64_t &word : words) {
        word = ~word;
    }
    return words;
}

// Members by the toss of a coin, which favours what the member before got the more the larger `stickiness` is.
inline Words random_words(std::mt19937_64 &random, double density, double stickiness = 0) {
    std::bernoulli_distribution fresh(1 - stickiness), in(density);
    Words words{};
    bool member = in(random);
    for (std::uint32_t ordinal = 0; ordinal < chunk_size; ++ordinal) {
        if (fresh(random)) {
            member = in(random);
        }
        if (member) {
            flip(words, ordinal);
        }
    }
    return words;
}

// Bit by bit, unlike the code under test.
inline std::uint32_t slow_count(const Words &words) {
    std::uint32_t members = 0;
    for (std::uint32_t ordinal = 0; ordinal < chunk_size; ++ordinal) {
        members += has(words, ordinal);
    }
    return members;
}

inline std::uint32_t slow_count_runs(const Words &words) {
    std::uint32_t runs = 0;
    for (std::uint32_t ordinal = 0; ordinal < chunk_size; ++ordinal) {
        runs += has(words, ordinal) && (ordinal == 0 || !has(words, ordinal - 1));
    }
    return runs;
}

inline std::vector<std::byte> encoded(const Words &words) {
    std::array<std::byte, max_encoded> bytes;
    const std::size_t size = encode(words, bytes);
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

// The bytes of small numbers: bytes(1, 0, 2) are 01 00 02.
template <class... Number>
std::vector<std::byte> bytes(Number... numbers) {
    return {static_cast<std::byte>(numbers)...};
}

// The detail says which of the checks it was.
template <class Work>
void expect_corrupted(const std::string &detail, Work work) {
    try {
        work();
        ADD_FAILURE() << "no error, but expected: " << detail;
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::data_corrupted);
        EXPECT_EQ(error.message, "stored members are corrupted");
        EXPECT_EQ(error.detail, detail);
    }
}

}  // namespace segment::members
