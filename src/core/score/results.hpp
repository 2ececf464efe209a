// The scores that a run has found, by the members' ordinals, for means over sets of members.
#pragma once

#include <memory_resource>
#include <span>
#include <vector>

#include "core/behaviour/overflow.hpp"
#include "core/members/ordinal.hpp"
#include "core/score/model.hpp"

namespace segment::score {

struct Sum {
    std::int64_t count = 0;  // of members with a score
    double total = 0;
};

class Results {
public:
    // `chunks` of 65,536 scores stay in memory, further ones go to `overflow`.
    Results(std::uint64_t chunks, behaviour::Overflow &overflow, std::pmr::memory_resource *memory);

    static constexpr std::uint64_t chunk_bytes = members::chunk_size * sizeof(double);
    using ChunkScores = std::span<const double, members::chunk_size>;

    // The scores of a chunk, missing for those who have none or are no members.
    void put(std::uint32_t chunk, ChunkScores scores);
    // Chunks from this one on have none.
    std::uint32_t chunks() const { return static_cast<std::uint32_t>(places_.size()); }

    // Goes to a chunk; then sums over members of it, in their order.
    void select(std::uint32_t chunk);
    Sum sum(members::ChunkWords of_members) const;
    std::span<const double> selected() const { return selected_; }  // by the chunk's ordinals; empty if it has no scores
    double at(std::uint32_t index) const { return selected_.empty() ? missing : selected_[index]; }

private:
    struct Place {
        enum class Kind : std::uint8_t { none, memory, overflow } kind = Kind::none;
        std::uint64_t offset = 0;  // an index into kept_, or in the overflow
    };

    std::uint64_t room_;
    behaviour::Overflow &overflow_;
    std::pmr::vector<Place> places_;
    std::pmr::vector<std::pmr::vector<double>> kept_;
    std::pmr::vector<double> read_;     // from the overflow
    std::span<const double> selected_;  // empty if the chunk has no scores
};

}  // namespace segment::score
