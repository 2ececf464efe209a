// What members have at one instant, by their ordinals, and sums of it over sets of members.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/members/words.hpp"
#include "core/revenue/collector.hpp"

namespace segment::revenue {

// Memory grows with what is added, wherever the ordinals lie: not all of them need to be members.
class Balances {
public:
    explicit Balances(std::pmr::memory_resource *memory);

    // A part of what somebody has; less than zero together counts as zero. Throws numeric_out_of_range, as do the others.
    void add(members::Ordinal member, const Amount &amount);
    // After the last part.
    void finish(Interrupts &interrupts);

    // Goes to a chunk; then sums over members of it.
    void select(std::uint32_t chunk);
    Money sum(members::ChunkWords of_members) const;

    int scale() const { return scale_; }

private:
    struct Item {
        members::Ordinal member;
        Money amount;
    };

    void require_scale(int scale);

    int scale_ = 0;
    bool in_order_ = true;
    std::pmr::vector<Item> items_;  // parts; after finish() the whole of each member who has something, in order
    // Of the selected chunk.
    std::pmr::vector<Money> amounts_;
    std::pmr::vector<std::uint64_t> positive_;
};

}  // namespace segment::revenue
