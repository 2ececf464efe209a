#include "core/behaviour/event_counts.hpp"

#include <algorithm>

namespace segment::behaviour {

EventCounts::Row EventCounts::empty_row() const {
    return {std::pmr::vector<std::uint64_t>(tracks_.slots(), memory_), std::pmr::vector<TrackId>(memory_),
            std::pmr::vector<std::uint8_t>(tracks_.tracks().size(), 0, memory_)};
}

void EventCounts::fold() {
    Row row = empty_row();
    std::pmr::vector<Folded> kept(memory_);
    for (std::uint32_t partition = 0; partition < hits_.count(); ++partition) {
        kept.clear();
        for_members(partition, row, [&](std::uint32_t member, const Row &counted) {
            for (const TrackId track : counted.touched)
                for (Slot slot = tracks_.tracks()[track].begin; slot < tracks_.tracks()[track].end; ++slot)
                    if (const std::uint64_t number = counted.counts[slot]; number > 0)
                        kept.push_back(
                            {member << slot_bits | slot, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)});
        });
        hits_.clear(partition);
        if (partition < folded_.count())
            folded_.clear(partition);
        for (const Folded &entry : kept)
            folded_.append(partition, entry);
    }
    // Folding again before as much has arrived as was kept would cost more than it saves.
    limit_ = std::max(budget_, folded_.bytes());
}

}  // namespace segment::behaviour
