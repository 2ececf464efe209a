// The codes of all members, placed at their ordinals as the scans deliver them, in any order, and evaluated afterwards in the
// order of the ordinals.
//
// A chunk of 65,536 ordinals is one block of memory. Features lie in lanes: as many of them as fit into 64 bytes are
// neighbours, so that a row touches few cache lines when rows come in random order (more than twice as fast as an array per
// feature), and a window of a lane fits into the first caches when it is evaluated.
//
// When the codes of everybody do not fit into the memory that a run may take, it makes several passes: a pass stages the
// chunks that it meets first, up to the limit, and leaves the others to those that follow. No pass needs to know how many
// members there are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/match/plan.hpp"
#include "core/members/ordinal.hpp"

namespace segment::match {

using members::Ordinal;

inline constexpr std::uint32_t window_size = 2'048;  // ordinals that are evaluated together
inline constexpr std::uint32_t words_per_window = window_size / 64;
inline constexpr std::uint32_t windows_per_chunk = members::chunk_size / window_size;

class Staging {
    struct Column {
        std::size_t offset;    // of ordinal 0 in a chunk's block
        std::uint32_t stride;  // from one ordinal to the next
        std::uint32_t width;   // 1, 2 or 4 bytes
        std::uint32_t codes;   // codes are below it
        std::uint32_t in_row;  // its place in a row of codes
    };

public:
    // Where a feature's code lies in a row: the codes of one member, side by side in row_bytes() bytes.
    struct Place {
        std::uint32_t offset, width;
    };
    // Bytes of a row that lie as closely in a chunk's block.
    struct Part {
        std::size_t offset;    // of ordinal 0 in the block
        std::uint32_t stride;  // from one ordinal to the next
        std::uint32_t in_row, size;
    };

    // Takes the features of the plan; none may be added later. They need not be ranked yet.
    Staging(const Plan &plan, std::pmr::memory_resource *memory);
    ~Staging();
    Staging(const Staging &) = delete;
    Staging &operator=(const Staging &) = delete;

    std::uint32_t row_bytes() const { return row_bytes_; }
    // Throws internal_error for a feature that the plan does not have, as does `parts`.
    Place place(FeatureId feature) const;
    // The parts of a row with the codes of some features, and no others.
    std::pmr::vector<Part> parts(std::span<const FeatureId> features, std::pmr::memory_resource *memory) const;
    // The code must be one of the feature's.
    static void write(Place place, std::uint32_t code, std::byte *row);

    // What a chunk takes, and how many of them a pass may hold.
    std::size_t chunk_bytes() const { return block_size_; }
    void limit(std::uint32_t chunks) { limit_ = chunks; }
    // Whether a member belongs to this pass: not if its chunk was part of an earlier one, nor if there is no room for it.
    bool admits(std::uint64_t ordinal) const;
    // Whether the ordinal's chunk was part of an earlier pass.
    bool is_done(std::uint32_t chunk) const { return chunk < chunks_.size() && chunks_[chunk].done; }
    // Forgets the codes of this pass.
    void begin_next_pass();

    // Where the codes of one member go. Valid as long as the staging.
    class Row {
    public:
        // Throws internal_error for a feature that the plan, or a code that the feature does not have.
        void set(FeatureId feature, std::uint32_t code) const;
        // Takes over all codes of these parts.
        void copy(std::span<const Part> parts, const std::byte *row) const;

    private:
        friend class Staging;
        Row(const std::pmr::vector<Column> &columns, std::byte *block, std::uint32_t index)
            : columns_(&columns), block_(block), index_(index) {}
        [[noreturn]] static void refuse();

        const std::pmr::vector<Column> *columns_;
        std::byte *block_;
        std::uint32_t index_;
    };

    // A member exists; its features are missing until they are set. Adding it again changes nothing.
    // Throws program_limit_exceeded for an ordinal that is not below members::max_members, internal_error for one that this
    // pass does not admit.
    Row add(std::uint64_t ordinal);
    // The row of a member that has been added, for another scan's features. Throws internal_error if it has not.
    Row row(Ordinal ordinal);
    void set(FeatureId feature, Ordinal ordinal, std::uint32_t code) { row(ordinal).set(feature, code); }

    // Whether the member was added in this pass.
    bool contains(Ordinal ordinal) const;
    // Brings the member's place into the cache: rows come in any order.
    void prefetch(std::uint64_t ordinal) const;
    // The code of a member that has been added.
    std::uint32_t code(FeatureId feature, Ordinal ordinal) const;
    // One more than the highest ordinal added, 0 if there is none.
    std::uint64_t end() const { return end_; }

    // For the evaluation: the memory of one window, which is untouched as long as none of its members was added.
    struct Codes {
        const std::byte *first;  // the code of the window's first ordinal; absent ordinals have code 0
        std::uint32_t stride, width;
    };
    std::uint32_t chunks() const { return static_cast<std::uint32_t>(chunks_.size()); }
    bool holds(std::uint32_t chunk) const { return chunks_[chunk].block != nullptr; }
    bool touched(std::uint32_t chunk, std::uint32_t window) const { return (chunks_[chunk].touched >> window & 1) != 0; }
    const std::uint64_t *present(std::uint32_t chunk, std::uint32_t window) const;
    Codes codes(FeatureId feature, std::uint32_t chunk, std::uint32_t window) const;
    // Codes are below it; 0 for a feature that the plan did not have.
    std::uint32_t code_limit(FeatureId feature) const { return feature < columns_.size() ? columns_[feature].codes : 0; }

private:
    struct Lane {
        std::size_t offset;
        std::uint32_t stride;
    };
    struct Chunk {
        std::byte *block = nullptr;  // presence bits, then the lanes
        std::uint32_t touched = 0;   // a bit per window
        bool done = false;           // part of an earlier pass
    };
    static_assert(windows_per_chunk == 32);

    static std::uint64_t *presence(const Chunk &chunk) { return reinterpret_cast<std::uint64_t *>(chunk.block); }
    [[noreturn]] static void refuse(std::uint64_t ordinal);
    void make_chunk(std::uint32_t chunk);
    void touch(Chunk &chunk, std::uint32_t window);

    std::pmr::vector<Column> columns_;
    std::pmr::vector<Lane> lanes_;
    std::pmr::vector<Chunk> chunks_;
    std::pmr::vector<std::byte *> spare_;  // blocks of earlier passes
    std::size_t block_size_;
    std::uint32_t row_bytes_ = 0;
    std::uint32_t limit_ = UINT32_MAX, held_ = 0;
    std::uint64_t end_ = 0;
};

template <class Code>
std::uint32_t load(const std::byte *at) {
    Code code;
    std::memcpy(&code, at, sizeof code);
    return code;
}

inline Staging::Row Staging::add(std::uint64_t ordinal) {
    if (ordinal >= members::max_members) [[unlikely]] {
        refuse(ordinal);
    }
    const auto at = static_cast<std::uint32_t>(ordinal / members::chunk_size);
    const auto index = static_cast<std::uint32_t>(ordinal % members::chunk_size);
    if (at >= chunks_.size() || chunks_[at].block == nullptr) [[unlikely]] {
        make_chunk(at);
    }
    Chunk &chunk = chunks_[at];
    if (!touched(at, index / window_size)) [[unlikely]] {
        touch(chunk, index / window_size);
    }
    presence(chunk)[index / 64] |= std::uint64_t{1} << index % 64;
    end_ = std::max(end_, ordinal + 1);
    return {columns_, chunk.block, index};
}

inline bool Staging::admits(std::uint64_t ordinal) const {
    const std::uint64_t at = ordinal / members::chunk_size;
    if (at < chunks_.size() && (chunks_[at].block != nullptr || chunks_[at].done)) {
        return !chunks_[at].done;
    }
    return held_ < limit_;
}

inline void Staging::prefetch(std::uint64_t ordinal) const {
    const std::uint64_t at = ordinal / members::chunk_size;
    if (at >= chunks_.size() || chunks_[at].block == nullptr) {
        return;
    }
    const std::uint32_t index = ordinal % members::chunk_size;
    __builtin_prefetch(presence(chunks_[at]) + index / 64, 1);
    for (const Lane &lane : lanes_) {
        __builtin_prefetch(chunks_[at].block + lane.offset + std::size_t{lane.stride} * index, 1);
    }
}

inline bool Staging::contains(Ordinal ordinal) const {
    const std::uint32_t at = ordinal / members::chunk_size, index = ordinal % members::chunk_size;
    return at < chunks_.size() && chunks_[at].block != nullptr && (presence(chunks_[at])[index / 64] >> index % 64 & 1) != 0;
}

inline Staging::Row Staging::row(Ordinal ordinal) {
    if (!contains(ordinal)) [[unlikely]] {
        refuse(ordinal);
    }
    return {columns_, chunks_[ordinal / members::chunk_size].block, ordinal % members::chunk_size};
}

inline void Staging::write(Place place, std::uint32_t code, std::byte *row) {
    std::byte *const at = row + place.offset;
    if (place.width == 1) {
        *at = static_cast<std::byte>(code);
    } else if (place.width == 2) {
        const auto narrow = static_cast<std::uint16_t>(code);
        std::memcpy(at, &narrow, sizeof narrow);
    } else {
        std::memcpy(at, &code, sizeof code);
    }
}

inline void Staging::Row::set(FeatureId feature, std::uint32_t code) const {
    if (feature >= columns_->size() || code >= (*columns_)[feature].codes) [[unlikely]] {
        refuse();
    }
    const Column &column = (*columns_)[feature];
    write({0, column.width}, code, block_ + column.offset + std::size_t{column.stride} * index_);
}

inline void Staging::Row::copy(std::span<const Part> parts, const std::byte *row) const {
    for (const Part &part : parts) {
        std::memcpy(block_ + part.offset + std::size_t{part.stride} * index_, row + part.in_row, part.size);
    }
}

inline const std::uint64_t *Staging::present(std::uint32_t chunk, std::uint32_t window) const {
    return presence(chunks_[chunk]) + window * words_per_window;
}

inline Staging::Codes Staging::codes(FeatureId feature, std::uint32_t chunk, std::uint32_t window) const {
    const Column &column = columns_[feature];
    return {chunks_[chunk].block + column.offset + std::size_t{column.stride} * window * window_size, column.stride, column.width};
}

}  // namespace segment::match
