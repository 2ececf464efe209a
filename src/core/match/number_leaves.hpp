// The leaves of measured features whose values are numbers that are known by ordinal before the members are evaluated.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/match/evaluate.hpp"
#include "core/match/plan.hpp"

namespace segment::match {

// Where the numbers come from: the `source`-th kind of them, of a chunk's ordinals; NaN is missing, and an empty span all of them.
class ChunkNumbers {
public:
    virtual std::span<const double> numbers(std::uint32_t source, std::uint32_t chunk) = 0;

protected:
    ~ChunkNumbers() = default;
};

// A measured feature with the values of its cuts, in their order; NaN is a NULL, with which nothing compares.
struct NumberFeature {
    FeatureId feature;
    std::uint32_t source;
    std::span<const double> cuts;
};

class NumberLeaves final : public LeafVectors {
public:
    // Ranks the features in the plan, which tells all leaves. Leaves of other measured features are those of `others`, which may be null
    // if there are none.
    NumberLeaves(Plan &plan, std::span<const NumberFeature> features, ChunkNumbers &numbers, LeafVectors *others,
                 std::pmr::memory_resource *memory);

    void load(std::uint32_t chunk, Interrupts &interrupts) override;
    members::ChunkWords leaf(NodeId leaf) const override;

private:
    struct Leaf {
        std::pmr::vector<std::uint8_t> holds;   // by code: 1 or 0
        std::pmr::vector<std::uint64_t> words;  // of the chunk that was loaded last
    };
    struct Measure {
        std::uint32_t source;
        std::pmr::vector<double> cuts;  // sorted, distinct
        std::size_t begin, end;         // of its leaves
    };

    ChunkNumbers &numbers_;
    LeafVectors *others_;
    std::pmr::vector<Measure> measures_;
    std::pmr::vector<Leaf> leaves_;
    std::pmr::vector<std::uint32_t> leaf_of_node_;  // index into leaves_, or no_leaf
    std::pmr::vector<std::uint32_t> codes_;         // of a chunk
};

}  // namespace segment::match
