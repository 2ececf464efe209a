// Hashes by which a refresh knows that a chunk did not change, or that something has changed what it stored. They are stored: the functions
// must not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/members/ordinal.hpp"

namespace segment::members {

// Each member affects every bit of the hash: two chunks have the same with a probability near 2^-64, however little they differ.
// It protects against accidents, not against someone who constructs two chunks for it. It is the same on every platform.
std::uint64_t content_hash(ChunkWords words);

// The same of any bytes, on platforms of one byte order.
std::uint64_t content_hash(std::span<const std::byte> bytes);

namespace detail {

// The upper 64 bits of the product xor the lower 64, by the arithmetic that every compiler has.
constexpr std::uint64_t multiply_fold_portably(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t low_a = a & UINT32_MAX, high_a = a >> 32, low_b = b & UINT32_MAX, high_b = b >> 32;
    const std::uint64_t low = low_a * low_b;
    const std::uint64_t middle = high_a * low_b + (low >> 32);  // at most (2^32 - 1) 2^32
    const std::uint64_t other = low_a * high_b + (middle & UINT32_MAX);
    return (high_a * high_b + (middle >> 32) + (other >> 32)) ^ a * b;
}

constexpr std::uint64_t multiply_fold(std::uint64_t a, std::uint64_t b) {
#ifdef __SIZEOF_INT128__
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
#else
    return multiply_fold_portably(a, b);
#endif
}

}  // namespace detail

}  // namespace segment::members
