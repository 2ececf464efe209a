#include "core/behaviour/event_counts.hpp"

#include <algorithm>

namespace segment::behaviour {

EventCounts::EventCounts(const Tracks &tracks, std::size_t budget, Overflow *overflow, Interrupts &interrupts,
                         std::pmr::memory_resource *memory)
    : tracks_(tracks),
      budget_(budget),
      limit_(budget / 2),
      overflow_(overflow),
      interrupts_(interrupts),
      hits_(memory),
      folded_(memory),
      memory_(memory) {}

EventCounts::Row EventCounts::empty_row() const {
    return {std::pmr::vector<std::uint64_t>(tracks_.slots(), memory_), std::pmr::vector<TrackId>(memory_),
            std::pmr::vector<std::uint8_t>(tracks_.tracks().size(), 0, memory_)};
}

void EventCounts::clear(Row &row) const {
    for (const TrackId id : row.touched) {
        const Tracks::Track &track = tracks_.tracks()[id];
        std::fill(row.counts.begin() + track.begin, row.counts.begin() + track.end, 0);
        row.is_touched[id] = 0;
    }
    row.touched.clear();
}

void EventCounts::fold() {
    Row row = empty_row();
    std::pmr::vector<Folded> kept(memory_);
    for (std::uint32_t partition = 0; partition < hits_.count(); ++partition) {
        interrupts_.poll();
        kept.clear();
        for_members(partition, nullptr, row, [&](std::uint32_t member) {
            for (const TrackId track : row.touched)
                for (Slot slot = tracks_.tracks()[track].begin; slot < tracks_.tracks()[track].end; ++slot)
                    if (const std::uint64_t number = row.counts[slot]; number > 0)
                        kept.push_back(
                            {member << slot_bits | slot, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)});
        });
        hits_.clear(partition);
        folded_.clear(partition);
        for (const Folded &entry : kept)
            folded_.append(partition, entry);
    }
    if (overflow_ && folded_.bytes() > budget_ / 2)
        folded_.move_out(*overflow_);
    // Folding again before as much has arrived as was kept would cost more than it saves.
    limit_ = std::max({budget_ / 2, folded_.bytes(), hits_.least_bytes()});
}

}  // namespace segment::behaviour
