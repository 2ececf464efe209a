// How many events each member has in each bucket of each track, from one pass over each source in whatever order its events come.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/behaviour/count_table.hpp"
#include "core/behaviour/partitions.hpp"
#include "core/behaviour/tracks.hpp"
#include "core/interrupts.hpp"
#include "core/members/ordinal.hpp"

namespace segment::behaviour {

class EventCounts {
public:
    // Folds what has arrived (equal hits become one with a number) whenever it takes more than half of `budget` bytes, or some 8 kB per
    // 1,024 members if that is more, and moves that out when it takes the other half. Without `overflow` what is left is bounded by the
    // number of different (member, bucket) pairs only, 12 bytes each. Folding polls once per partition. `tracks` are sealed before the
    // first event and outlive this.
    EventCounts(const Tracks &tracks, std::size_t budget, Overflow *overflow, Interrupts &interrupts, std::pmr::memory_resource *memory);

    // An event of the member; see Tracks::for_hits.
    void add(members::Ordinal ordinal, Cell cell, const std::uint64_t *flags, Time time) {
        tracks_.for_hits(cell, flags, time, [&](Slot slot) {
            hits_.append(ordinal >> partition_bits, Hit{(ordinal & (partition_size - 1)) << slot_bits | slot});
        });
        if (hits_.bytes() > limit_)
            fold();
    }

    // Before many events are added.
    void prefetch(members::Ordinal ordinal) const { hits_.prefetch(ordinal >> partition_bits); }

    // One member's counts, by slot. Only the tracks touched have any.
    struct Row {
        std::pmr::vector<std::uint64_t> counts;
        std::pmr::vector<TrackId> touched;
        std::pmr::vector<std::uint8_t> is_touched;  // by track
    };
    Row empty_row() const;

    // Partitions from this one on have no events.
    std::uint32_t partitions() const { return std::max(hits_.count(), folded_.count()); }

    // Calls `visit(member)` for each member of the partition with events in buckets, numbered from the partition's first, while `row`,
    // an empty one, holds his counts. Several calls see the same.
    template <class Visit>
    void for_members(std::uint32_t partition, Row &row, Visit visit) const {
        for_members(partition, overflow_, row, visit);
    }

    // Calls `visit(track, fill)` for each track with events of members of the partition. `fill(table)` puts them into a CountTable and sums
    // it up, which takes tracks of most_table_buckets slots at most.
    template <class Visit>
    void for_tracks(std::uint32_t partition, Visit visit) const;

    // What is in memory.
    std::size_t bytes() const { return hits_.bytes() + folded_.bytes(); }

private:
    static constexpr std::uint32_t slot_bits = 22;
    static_assert(most_slots == 1u << slot_bits && partition_bits + slot_bits == 32);

    struct Hit {
        std::uint32_t code;
        std::uint32_t member() const { return code >> slot_bits; }
        Slot slot() const { return code & (most_slots - 1); }
    };
    struct Folded {
        std::uint32_t code;
        std::uint32_t count_low, count_high;  // 64 bits without padding
        std::uint32_t member() const { return code >> slot_bits; }
        Slot slot() const { return code & (most_slots - 1); }
        std::uint64_t count() const { return std::uint64_t{count_high} << 32 | count_low; }
    };

    void count(Row &row, Slot slot, std::uint64_t number) const {
        row.counts[slot] += number;
        const TrackId track = tracks_.track_of(slot);
        if (!row.is_touched[track]) {
            row.is_touched[track] = 1;
            row.touched.push_back(track);
        }
    }
    void clear(Row &row) const;
    void fold();

    template <class Visit>
    void for_members(std::uint32_t partition, Overflow *overflow, Row &row, Visit visit) const;

    const Tracks &tracks_;
    std::size_t budget_, limit_;
    Overflow *overflow_;
    Interrupts &interrupts_;
    Partitions<Hit> hits_;
    Partitions<Folded> folded_;
    std::pmr::memory_resource *memory_;
};

template <class Visit>
void EventCounts::for_members(std::uint32_t partition, Overflow *overflow, Row &row, Visit visit) const {
    Partitions<Hit>::Sorted hits(memory_);
    Partitions<Folded>::Sorted folded(memory_);
    hits_.sort(partition, overflow, hits);
    folded_.sort(partition, overflow, folded);
    for (std::uint32_t member = 0; member < partition_size; ++member) {
        for (const Hit &hit : hits.of(member))
            count(row, hit.slot(), 1);
        for (const Folded &entry : folded.of(member))
            count(row, entry.slot(), entry.count());
        if (row.touched.empty())
            continue;
        visit(member);
        clear(row);
    }
}

template <class Visit>
void EventCounts::for_tracks(std::uint32_t partition, Visit visit) const {
    Partitions<Hit>::Sorted hits(memory_);
    Partitions<Folded>::Sorted folded(memory_);
    const auto tracks = static_cast<TrackId>(tracks_.tracks().size());
    const auto track_of = [&](const auto &entry) { return tracks_.track_of(entry.slot()); };
    hits_.sort(partition, overflow_, tracks, track_of, hits);
    folded_.sort(partition, overflow_, tracks, track_of, folded);
    for (TrackId id = 0; id < tracks; ++id) {
        if (hits.of(id).empty() && folded.of(id).empty())
            continue;
        visit(id, [&](auto &table) {
            const Tracks::Track &track = tracks_.tracks()[id];
            table.clear(track.end - track.begin);
            for (const Hit &hit : hits.of(id))
                table.add(hit.member(), hit.slot() - track.begin, 1);
            for (const Folded &entry : folded.of(id))
                table.add(entry.member(), entry.slot() - track.begin, entry.count());
            table.sum_up();
        });
    }
}

}  // namespace segment::behaviour
