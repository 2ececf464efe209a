// From staged codes to the members of every root.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/interrupts.hpp"
#include "core/match/plan.hpp"
#include "core/match/staging.hpp"
#include "core/members/bit_set.hpp"
#include "core/members/ordinal.hpp"

namespace segment::match {

// Evaluates chunk by chunk, for runs that write each chunk before they compute the next. Memory does not grow with the
// number of members: 8 kB per distinct root and some 256 bytes per node.
class Evaluation {
public:
    // Every feature that a root or the base uses must be ranked. Both arguments must outlive it; the staging may still grow.
    Evaluation(const Plan &plan, const Staging &staging, std::pmr::memory_resource *memory);

    // Computes the members of one chunk, below staging.chunks(). Polls every few hundred microseconds.
    void run(std::uint32_t chunk, Interrupts &interrupts);

    // The outcome of the last run. Roots with equal nodes share their words.
    members::ChunkWords members(RootId root) const;
    members::ChunkWords base_members() const;
};

// The members of all roots, and of the base, in all chunks.
class Result {
public:
    const members::BitSet &members(RootId root) const;
    const members::BitSet &base_members() const;
};

Result evaluate(const Plan &plan, const Staging &staging, Interrupts &interrupts, std::pmr::memory_resource *memory);

}  // namespace segment::match
