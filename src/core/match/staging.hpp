// The codes of all members, placed at their ordinals as the scans deliver them, in any order, and evaluated afterwards in the
// order of the ordinals.
//
// A chunk of 65,536 ordinals is one block of memory. Features lie in lanes: as many of them as fit into 64 bytes are
// neighbours, so that a row touches few cache lines when rows come in random order, and a window of a lane fits into the
// first caches when it is evaluated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
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
    };

public:
    // Takes the features of the plan; none may be added later. They need not be ranked yet.
    Staging(const Plan &plan, std::pmr::memory_resource *memory);
    ~Staging();
    Staging(const Staging &) = delete;
    Staging &operator=(const Staging &) = delete;

    // Where the codes of one member go. Valid as long as the staging.
    class Row {
    public:
        // Throws internal_error for a code that the feature does not have.
        void set(FeatureId feature, std::uint32_t code) const;

    private:
        friend class Staging;
        Row(const Column *columns, std::byte *block, std::uint32_t index) : columns_(columns), block_(block), index_(index) {}

        const Column *columns_;
        std::byte *block_;
        std::uint32_t index_;
    };

    // A member exists; its features are missing until they are set. Adding it again changes nothing.
    // Throws program_limit_exceeded for an ordinal that is not below members::max_members.
    Row add(std::uint64_t ordinal);
    // Adds the ordinal after the highest one.
    Ordinal append();
    // The row of a member that has been added, for another scan's features. Throws internal_error if it has not.
    Row row(Ordinal ordinal);
    void set(FeatureId feature, Ordinal ordinal, std::uint32_t code) { row(ordinal).set(feature, code); }

    bool contains(Ordinal ordinal) const;
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
    bool touched(std::uint32_t chunk, std::uint32_t window) const { return (chunks_[chunk].touched >> window & 1) != 0; }
    const std::uint64_t *present(std::uint32_t chunk, std::uint32_t window) const;
    Codes codes(FeatureId feature, std::uint32_t chunk, std::uint32_t window) const;
    std::uint32_t code_limit(FeatureId feature) const { return columns_[feature].codes; }

private:
    struct Lane {
        std::size_t offset;
        std::uint32_t stride;
    };
    struct Chunk {
        std::byte *block = nullptr;  // presence bits, then the lanes
        std::uint32_t touched = 0;   // a bit per window
    };
    static_assert(windows_per_chunk == 32);

    std::uint64_t *presence(const Chunk &chunk) const { return reinterpret_cast<std::uint64_t *>(chunk.block); }
    void make_chunk(std::uint32_t chunk);
    void touch(Chunk &chunk, std::uint32_t window);

    std::pmr::vector<Column> columns_;
    std::pmr::vector<Lane> lanes_;
    std::pmr::vector<Chunk> chunks_;
    std::size_t block_size_;
    std::uint64_t end_ = 0;
};

}  // namespace segment::match
