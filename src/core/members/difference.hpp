// What changed between two states of a segment's members: who entered and who exited. Chunk by chunk for a run that streams,
// or between whole sets.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/members/bit_set.hpp"
#include "core/members/ordinal.hpp"
#include "core/members/words.hpp"

namespace segment::members {

struct Changes {
    std::uint64_t entered = 0, exited = 0;

    bool operator==(const Changes &) const = default;
};

inline Changes count_changes(ChunkWords stored, ChunkWords current) {
    return {count_and_not(current, stored), count_and_not(stored, current)};
}

inline Changes count_changes(const BitSet &stored, const BitSet &current) {
    Changes total;
    for (std::uint32_t chunk = 0; chunk < std::max(stored.chunks(), current.chunks()); ++chunk) {
        const Changes changes = count_changes(stored.words(chunk), current.words(chunk));
        total.entered += changes.entered;
        total.exited += changes.exited;
    }
    return total;
}

// Calls visit(ordinal) for those of `set` that are not in `other`, in ascending order.
template <class Visit>
void for_each_and_not(const BitSet &set, const BitSet &other, Visit visit) {
    for (std::uint32_t chunk = 0; chunk < set.chunks(); ++chunk) {
        for_each_bit_and_not(set.words(chunk), other.words(chunk), chunk * chunk_size, visit);
    }
}

template <class Visit>
void for_each_entered(const BitSet &stored, const BitSet &current, Visit visit) {
    for_each_and_not(current, stored, visit);
}

template <class Visit>
void for_each_exited(const BitSet &stored, const BitSet &current, Visit visit) {
    for_each_and_not(stored, current, visit);
}

}  // namespace segment::members
