// From staged codes to the members of every root.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/interrupts.hpp"
#include "core/match/plan.hpp"
#include "core/match/program.hpp"
#include "core/match/staging.hpp"
#include "core/members/ordinal.hpp"

namespace segment::match {

// The leaves of measured features.
class LeafVectors {
public:
    // Prepares the vectors of a chunk, below Staging::chunks().
    virtual void load(std::uint32_t chunk, Interrupts &interrupts) = 0;
    // Those of the chunk for whom the leaf holds; what it says of ordinals without a member does not matter.
    virtual members::ChunkWords leaf(NodeId leaf) const = 0;

protected:
    ~LeafVectors() = default;
};

// Evaluates chunk by chunk: each is written before the next is computed. Memory does not grow with the number of members:
// 8 kB per distinct root and some 256 bytes per node.
class Evaluation {
public:
    // Every feature that a root or the base uses must be ranked. All arguments must outlive it; the staging may still grow. `given` is
    // needed if a root or the base uses a measured feature.
    Evaluation(const Plan &plan, const Staging &staging, LeafVectors *given, std::pmr::memory_resource *memory);

    // Computes the members of one chunk, below staging.chunks(). Polls every few hundred microseconds.
    void run(std::uint32_t chunk, Interrupts &interrupts);

    // The outcome of the last run. Roots with equal nodes share a set; set 0 is the base.
    std::uint32_t sets() const { return program_.sets; }
    std::uint32_t set_of(RootId root) const { return program_.set_of_root.at(root); }
    members::ChunkWords set(std::uint32_t set) const;
    members::ChunkWords members(RootId root) const { return set(set_of(root)); }
    members::ChunkWords base_members() const { return set(base_set); }

private:
    std::uint64_t *slot(Slot slot);
    std::uint64_t *output(std::uint32_t set, std::uint32_t window);
    void run_window(std::uint32_t chunk, std::uint32_t window);
    void run_group(const Group &group, const Staging::Codes &codes);
    void run_step(const Step &step, std::uint32_t window);

    const Staging &staging_;
    LeafVectors *given_;
    Program program_;
    std::pmr::vector<std::uint64_t> slots_;    // a vector per slot, over a window
    std::pmr::vector<std::uint64_t> classes_;  // a vector per class, over a window
    std::pmr::vector<std::uint64_t> sets_;     // a vector per set, over a chunk
};

}  // namespace segment::match
