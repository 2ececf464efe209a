// The members of a chunk as bytes, the form in which sets are stored. No bytes are no members; otherwise the first byte tells the
// kind of what follows, in which all numbers are little-endian, two bytes each:
//
//   1  array       the members, ascending
//   2  complement  the ordinals that are no members, ascending
//   3  bitmap      8,192 bytes: bit i of byte b is ordinal 8 b + i
//   4  runs        for each run of members without a gap its first ordinal and its length less one, ascending; runs do not touch
//
// This must not change: databases hold it. Bytes come from tables that their owner can write, so nothing is taken on trust.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/members/ordinal.hpp"

namespace segment::members {

inline constexpr std::size_t max_encoded = 1 + chunk_size / 8;

// Writes the members in the smallest form to the front of `out` and returns its length, 0 for an empty chunk.
std::size_t encode(ChunkWords words, std::span<std::byte, max_encoded> out);

// Sets `words` to the members and returns how many they are. Throws data_corrupted, with `words` unspecified, unless the bytes are
// one of the forms above of at most max_encoded bytes; it need not be the smallest.
std::uint32_t decode(std::span<const std::byte> bytes, std::span<std::uint64_t, words_per_chunk> words);

// Answers without decoding. They throw data_corrupted for bytes of no kind or of a wrong length, but do not look at the order of
// ordinals: whatever the answer then is, it is harmless.
std::uint32_t cardinality(std::span<const std::byte> bytes);
bool contains(std::span<const std::byte> bytes, std::uint16_t ordinal);

}  // namespace segment::members
