// Members are numbered: an ordinal stands for a member's key wherever sets and codes are kept, and runs of 65,536 ordinals
// form a chunk, the unit of allocation, evaluation and storage.
#pragma once

#include <cstdint>
#include <span>

namespace segment::members {

using Ordinal = std::uint32_t;

inline constexpr Ordinal no_ordinal = UINT32_MAX;
inline constexpr std::uint64_t max_members = 4'000'000'000;  // ordinals are below it

inline constexpr std::uint32_t chunk_size = 65'536;
inline constexpr std::uint32_t words_per_chunk = chunk_size / 64;
inline constexpr std::uint32_t max_chunks = (max_members + chunk_size - 1) / chunk_size;

// The members of one chunk: bit i of word w is ordinal 64 w + i of the chunk.
using ChunkWords = std::span<const std::uint64_t, words_per_chunk>;

}  // namespace segment::members
