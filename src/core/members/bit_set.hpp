// A set of ordinals as plain bits, in chunks of 65,536: what a run computes with. Chunks without a member take no memory.
#pragma once

#include <bit>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/members/ordinal.hpp"
#include "core/members/words.hpp"

namespace segment::members {

class BitSet {
public:
    explicit BitSet(std::pmr::memory_resource *memory) : chunks_(memory) {}

    // Replaces the members of one chunk.
    void assign(std::uint32_t chunk, ChunkWords words);
    void insert(Ordinal ordinal);

    bool contains(Ordinal ordinal) const { return (words(ordinal / chunk_size)[ordinal % chunk_size / 64] >> ordinal % 64 & 1) != 0; }
    // Before many members are asked for that are far from each other.
    void prefetch(Ordinal ordinal) const { __builtin_prefetch(&words(ordinal / chunk_size)[ordinal % chunk_size / 64]); }
    std::uint64_t count() const;

    // Chunks from this one on are empty.
    std::uint32_t chunks() const { return static_cast<std::uint32_t>(chunks_.size()); }
    // The words of a chunk, of any number; all zero where it has no members.
    ChunkWords words(std::uint32_t chunk) const {
        return chunk < chunks_.size() && !chunks_[chunk].empty() ? ChunkWords(chunks_[chunk].data(), words_per_chunk) : no_members;
    }

    // Calls visit(ordinal) for each member in ascending order. Holds nothing that a longjmp out of it would leak.
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::uint32_t chunk = 0; chunk < chunks(); ++chunk) {
            if (!chunks_[chunk].empty()) {
                for_each_bit(words(chunk), chunk * chunk_size, visit);
            }
        }
    }

private:
    std::pmr::vector<std::pmr::vector<std::uint64_t>> chunks_;  // each empty or of words_per_chunk words
};

}  // namespace segment::members
