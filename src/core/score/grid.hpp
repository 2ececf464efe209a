// Numbers of the members by their ordinals, as scans deliver them, in any order: first the values of a score's metrics, then the score.
//
// A chunk of 65,536 ordinals is one block of memory, a member's numbers lie side by side in it. What does not fit into the memory that
// a run may take is left to further passes, as match::Staging does with codes.
#pragma once

#include <memory_resource>
#include <vector>

#include "core/members/ordinal.hpp"
#include "core/score/model.hpp"

namespace segment::score {

using members::Ordinal;

class Grid {
public:
    // `width` numbers a member.
    Grid(std::uint32_t width, std::pmr::memory_resource *memory);
    ~Grid();
    Grid(const Grid &) = delete;
    Grid &operator=(const Grid &) = delete;

    std::uint32_t width() const { return width_; }
    // What a chunk takes, and how many of them a pass may hold.
    static std::uint64_t chunk_bytes(std::uint32_t width);
    void limit(std::uint32_t chunks) { limit_ = chunks; }

    // Whether a member belongs to this pass: not if its chunk was part of an earlier one, nor if there is no room for it.
    bool admits(Ordinal member) const;
    // Whether the member's chunk was part of an earlier pass.
    bool is_done(Ordinal member) const;
    // The numbers of a member that this pass admits, all missing at first; null if it has been added before.
    double *add(Ordinal member);
    // Those of a member that was added in this pass, else null.
    double *row(Ordinal member);
    void prefetch(Ordinal member) const;

    // Marks a member that was added. All are unmarked at first.
    void mark(Ordinal member);

    std::uint32_t chunks() const { return static_cast<std::uint32_t>(chunks_.size()); }
    bool holds(std::uint32_t chunk) const { return chunks_[chunk].rows != nullptr; }
    members::ChunkWords present(std::uint32_t chunk) const { return members::ChunkWords(chunks_[chunk].present, members::words_per_chunk); }
    members::ChunkWords marked(std::uint32_t chunk) const { return members::ChunkWords(chunks_[chunk].marked, members::words_per_chunk); }
    // The numbers of its first ordinal; those of members that were not added are not set.
    double *rows(std::uint32_t chunk) { return chunks_[chunk].rows; }

    // Forgets the numbers of this pass.
    void begin_next_pass();
    // Forgets the earlier passes, too.
    void restart();

private:
    struct Chunk {
        double *rows = nullptr;  // the beginning of the chunk's block
        std::uint64_t *present = nullptr, *marked = nullptr;
        bool done = false;
    };
    struct Place {
        Chunk *chunk;  // null if this pass does not hold it
        std::uint32_t index;
    };

    Place place(Ordinal member);
    void make_chunk(std::uint32_t chunk);

    std::uint32_t width_;
    std::uint32_t limit_ = UINT32_MAX, held_ = 0;
    std::pmr::vector<Chunk> chunks_;
};

inline bool Grid::is_done(Ordinal member) const {
    const std::uint32_t at = member / members::chunk_size;
    return at < chunks_.size() && chunks_[at].done;
}

inline bool Grid::admits(Ordinal member) const {
    const std::uint32_t at = member / members::chunk_size;
    if (at < chunks_.size() && (chunks_[at].rows != nullptr || chunks_[at].done)) {
        return !chunks_[at].done;
    }
    return held_ < limit_;
}

inline Grid::Place Grid::place(Ordinal member) {
    const std::uint32_t at = member / members::chunk_size;
    return {at < chunks_.size() && chunks_[at].rows != nullptr ? &chunks_[at] : nullptr, member % members::chunk_size};
}

inline double *Grid::row(Ordinal member) {
    const auto [chunk, index] = place(member);
    const bool is_present = chunk != nullptr && (chunk->present[index / 64] >> index % 64 & 1) != 0;
    return is_present ? chunk->rows + std::size_t{index} * width_ : nullptr;
}

inline double *Grid::add(Ordinal member) {
    if (place(member).chunk == nullptr) [[unlikely]] {
        make_chunk(member / members::chunk_size);
    }
    const auto [chunk, index] = place(member);
    const std::uint64_t bit = std::uint64_t{1} << index % 64;
    if ((chunk->present[index / 64] & bit) != 0) {
        return nullptr;
    }
    chunk->present[index / 64] |= bit;
    double *const row = chunk->rows + std::size_t{index} * width_;
    for (std::uint32_t i = 0; i < width_; ++i) {
        row[i] = missing;
    }
    return row;
}

inline void Grid::mark(Ordinal member) {
    const auto [chunk, index] = place(member);
    chunk->marked[index / 64] |= std::uint64_t{1} << index % 64;
}

inline void Grid::prefetch(Ordinal member) const {
    const std::uint32_t at = member / members::chunk_size, index = member % members::chunk_size;
    if (at < chunks_.size() && chunks_[at].rows != nullptr) {
        __builtin_prefetch(chunks_[at].rows + std::size_t{index} * width_, 1);
        __builtin_prefetch(chunks_[at].present + index / 64, 1);
    }
}

}  // namespace segment::score
