// What the conditions of all definitions ask of one source's events, in the form in which a single pass over the events answers
// it: an event is looked at once, however many conditions there are.
//
// A *track* is a choice of events: those of some names, or all, for which a flag is set, if one is asked for (a flag is the
// result of a `where (…)`, computed for each row by PostgreSQL). The windows of a track, (after, until] each, cut time at their
// edges into buckets; an event adds one to the bucket that it lies in, and a window's count is the sum of its buckets. So an
// event costs one step per track that it belongs to, and not one per condition.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace segment::behaviour {

// Microseconds or days, in whatever the source tells its time; only the order counts.
using Time = std::int64_t;
inline constexpr Time beginning_of_time = INT64_MIN;  // as a window's `after`: open, events at that very time included

using NameId = std::uint32_t;
using TrackId = std::uint32_t;
using WindowId = std::uint32_t;
using Slot = std::uint32_t;  // a bucket of a track

inline constexpr NameId other_name = UINT32_MAX;  // an event whose name nothing asks for
inline constexpr std::uint32_t no_flag = UINT32_MAX;
inline constexpr std::uint32_t most_flags = 64;  // a row's flags are a word
inline constexpr Slot most_slots = 1u << 22;     // a slot and a member of a partition share a word

class Tracks {
public:
    explicit Tracks(std::pmr::memory_resource *memory)
        : tracks_(memory), windows_(memory), by_name_(memory), everywhere_(memory), edges_(memory), track_of_slot_(memory) {}

    // The same id for the same choice. No names: all events. Names are numbered from 0; throws internal_error for a flag that is
    // not below most_flags.
    TrackId track(std::span<const NameId> names, std::uint32_t flag = no_flag);

    // The same id for the same window of a track; an empty one (until ≤ after) counts nothing.
    WindowId window(TrackId track, Time after, Time until);

    // To be called when all is known, before the functions below. Throws program_limit_exceeded beyond most_slots.
    void seal();

    // Calls `hit(slot)` for each track that the event belongs to and whose windows may contain it. Bit f of `flags` is flag f.
    template <class Hit>
    void for_hits(NameId name, std::uint64_t flags, Time time, Hit hit) const {
        for (const Head &head : heads(name)) {
            if (time > head.latest || (time <= head.earliest && !head.open) || (head.flag != no_flag && (flags >> head.flag & 1) == 0))
                continue;
            // How many edges lie before the time. Halving without branches: nothing is mispredicted.
            const Time *edge = edges_.data() + head.slot;
            for (std::uint32_t left = head.edges; left > 1; left -= left / 2)
                edge += edge[left / 2 - 1] < time ? left / 2 : 0;
            hit(static_cast<Slot>(edge - edges_.data()) + (*edge < time ? 1 : 0));
        }
    }

    // The events outside of (earliest, latest] are in no window. Nothing is if there are no windows: earliest ≥ latest.
    Time earliest() const { return earliest_; }
    Time latest() const { return latest_; }

    struct Window {
        TrackId track;
        Time after, until;
    };
    // What a window's count is the sum of: the slots of its track from `begin` to `end` (exclusive), counted from the track's first.
    struct Range {
        WindowId window;
        std::uint32_t begin, end;
    };
    struct Track {
        std::pmr::vector<NameId> names;  // sorted; none: all
        std::uint32_t flag;
        Slot begin = 0, end = 0;  // its slots
        std::pmr::vector<WindowId> windows;
        std::pmr::vector<Range> ranges;  // of the windows that can contain an event
    };

    Slot slots() const { return static_cast<Slot>(track_of_slot_.size()); }
    TrackId track_of(Slot slot) const { return track_of_slot_[slot]; }
    const std::pmr::vector<Track> &tracks() const { return tracks_; }
    const std::pmr::vector<Window> &windows() const { return windows_; }

private:
    // A track as the pass over the events sees it. Its edges stand at its slots: one slot per edge, the bucket that ends there.
    struct Head {
        std::uint32_t flag;
        Slot slot;
        std::uint32_t edges;
        bool open;  // a window contains what is not after the first edge
        Time earliest, latest;
    };

    std::span<const Head> heads(NameId name) const { return name < by_name_.size() ? by_name_[name] : everywhere_; }

    std::pmr::vector<Track> tracks_;
    std::pmr::vector<Window> windows_;
    std::pmr::vector<std::pmr::vector<Head>> by_name_;
    std::pmr::vector<Head> everywhere_;  // of the tracks of all events
    std::pmr::vector<Time> edges_;       // by slot
    std::pmr::vector<TrackId> track_of_slot_;
    Time earliest_ = INT64_MAX, latest_ = INT64_MIN;
};

}  // namespace segment::behaviour
