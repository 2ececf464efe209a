// What members have at one instant, by their ordinals, and sums of it over sets of members.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/members/words.hpp"
#include "core/revenue/collector.hpp"

namespace segment::revenue {

class Balances {
public:
    explicit Balances(std::pmr::memory_resource *memory) : memory_(memory), chunks_(memory) {}

    // A part of what the member has; less than zero together counts as zero. Throws numeric_out_of_range.
    void add(members::Ordinal member, const Amount &amount);
    // After the last part.
    void finish();

    // The sum over members of one chunk. Throws numeric_out_of_range.
    Money sum(std::uint32_t chunk, members::ChunkWords of_members) const;

    int scale() const { return scale_; }

private:
    // Both empty if nobody in the chunk has anything.
    struct Chunk {
        std::pmr::vector<Money> amounts;           // by ordinal
        std::pmr::vector<std::uint64_t> positive;  // a bit for each amount above zero
    };

    void require_scale(int scale);

    std::pmr::memory_resource *memory_;
    int scale_ = 0;
    std::pmr::vector<Chunk> chunks_;
};

}  // namespace segment::revenue
