// How many events each member has in each window, from one pass over the events in whatever order they come.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/behaviour/partitions.hpp"
#include "core/behaviour/tracks.hpp"
#include "core/interrupts.hpp"
#include "core/members/ordinal.hpp"

namespace segment::behaviour {

class EventCounts {
public:
    // Folds what has arrived (equal hits become one with a number) whenever it takes more than `budget` bytes. What is left
    // is bounded by the number of different (member, bucket) pairs, 12 bytes each. `tracks` are sealed and outlive this.
    EventCounts(const Tracks &tracks, std::size_t budget, std::pmr::memory_resource *memory)
        : tracks_(tracks), budget_(budget), limit_(budget), hits_(memory), folded_(memory), memory_(memory) {}

    // An event of the member; see Tracks::for_hits.
    void add(members::Ordinal ordinal, NameId name, std::uint64_t flags, Time time) {
        tracks_.for_hits(name, flags, time, [&](Slot slot) {
            hits_.append(ordinal >> partition_bits, Hit{(ordinal & (partition_size - 1)) << slot_bits | slot});
        });
        if (hits_.bytes() > limit_)
            fold();
    }

    // Calls `receive(ordinal, window, count)` for each count above zero, ordinals ascending. Polls once per partition.
    template <class Receive>
    void evaluate(Interrupts &interrupts, Receive receive);

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

    // One member's counts, by slot, while its partition is evaluated.
    struct Row {
        std::pmr::vector<std::uint64_t> counts;
        std::pmr::vector<TrackId> touched;
        std::pmr::vector<std::uint8_t> is_touched;  // by track
    };

    void count(Row &row, Slot slot, std::uint64_t number) const {
        row.counts[slot] += number;
        const TrackId track = tracks_.track_of(slot);
        if (!row.is_touched[track]) {
            row.is_touched[track] = 1;
            row.touched.push_back(track);
        }
    }
    Row empty_row() const;
    void fold();

    // Calls `visit(member, row)` for each member of the partition with hits; the row is cleared afterwards.
    template <class Visit>
    void for_members(std::uint32_t partition, Row &row, Visit visit);

    const Tracks &tracks_;
    std::size_t budget_, limit_;
    Partitions<Hit> hits_;
    Partitions<Folded> folded_;
    std::pmr::memory_resource *memory_;
};

template <class Visit>
void EventCounts::for_members(std::uint32_t partition, Row &row, Visit visit) {
    std::pmr::vector<Hit> hits(memory_);
    std::pmr::vector<Folded> folded(memory_);
    Partitions<Hit>::Begins hit_begins{};
    Partitions<Folded>::Begins folded_begins{};
    if (partition < hits_.count())
        hits_.sort(partition, hits, hit_begins);
    if (partition < folded_.count())
        folded_.sort(partition, folded, folded_begins);
    for (std::uint32_t member = 0; member < partition_size; ++member) {
        for (std::uint32_t i = hit_begins[member]; i < hit_begins[member + 1]; ++i)
            count(row, hits[i].slot(), 1);
        for (std::uint32_t i = folded_begins[member]; i < folded_begins[member + 1]; ++i)
            count(row, folded[i].slot(), folded[i].count());
        if (row.touched.empty())
            continue;
        visit(member, row);
        for (const TrackId track : row.touched) {
            row.is_touched[track] = 0;
            for (Slot slot = tracks_.tracks()[track].begin; slot < tracks_.tracks()[track].end; ++slot)
                row.counts[slot] = 0;
        }
        row.touched.clear();
    }
}

template <class Receive>
void EventCounts::evaluate(Interrupts &interrupts, Receive receive) {
    Row row = empty_row();
    std::pmr::vector<std::uint64_t> sums(1, 0, memory_);  // of a track's counts, up to each slot
    const std::uint32_t partitions = std::max(hits_.count(), folded_.count());
    for (std::uint32_t partition = 0; partition < partitions; ++partition) {
        interrupts.poll();
        for_members(partition, row, [&](std::uint32_t member, const Row &counted) {
            for (const TrackId id : counted.touched) {
                const Tracks::Track &track = tracks_.tracks()[id];
                sums.resize(track.end - track.begin + 1);
                for (Slot slot = track.begin; slot < track.end; ++slot)
                    sums[slot - track.begin + 1] = sums[slot - track.begin] + counted.counts[slot];
                for (const auto &[window, begin, end] : track.ranges)
                    if (const std::uint64_t sum = sums[end] - sums[begin]; sum > 0)
                        receive(partition << partition_bits | member, window, sum);
            }
        });
    }
}

}  // namespace segment::behaviour
