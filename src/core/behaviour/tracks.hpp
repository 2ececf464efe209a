// What the conditions of all definitions ask of the events of all sources, in the form in which a single pass over each source
// answers it: an event is looked at once, however many conditions there are.
//
// A *stream* is what one pass reads. A *track* is a choice of its events: those of some names, or all, for which a flag is set, if one
// is asked for (a flag is the result of a `where (…)`, computed for each row by PostgreSQL). The windows of a track cut time at
// their edges into buckets; an event adds one to the bucket that it lies in, and the count of a window is the sum of its buckets. So an
// event costs one step per track that it belongs to, and not one per condition.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace segment::behaviour {

// Microseconds or days, in whatever the stream tells its time; only the order counts.
using Time = std::int64_t;
inline constexpr Time beginning_of_time = INT64_MIN;  // as a window's `after`: open, events at that very time included

using StreamId = std::uint32_t;
using NameId = std::uint32_t;  // of a stream's names
using TrackId = std::uint32_t;
using Slot = std::uint32_t;  // a bucket of a track
using Cell = std::uint32_t;  // a stream and a name

inline constexpr NameId other_name = UINT32_MAX;  // an event whose name nothing asks for
inline constexpr std::uint32_t no_flag = UINT32_MAX;
inline constexpr std::uint32_t flags_per_word = 64;
inline constexpr Slot most_slots = 1u << 22;  // a slot and a member of a partition share a word

// A span of a track's buckets, counted from its first one.
struct Buckets {
    std::uint32_t begin = 0, end = 0;  // exclusive
};

class Tracks {
public:
    explicit Tracks(std::pmr::memory_resource *memory)
        : tracks_(memory), streams_(memory), begins_(memory), heads_(memory), edges_(memory), track_of_slot_(memory) {}

    // The same id for the same choice. No names: all events. Names are numbered from 0.
    TrackId track(StreamId stream, std::span<const NameId> names, std::uint32_t flag = no_flag);

    // Makes the window (after, until] a span of buckets; an empty one (until ≤ after) contains nothing.
    void window(TrackId track, Time after, Time until);

    // To be called when all is known, before the functions below: for so many streams, or more if tracks speak of more. Throws
    // program_limit_exceeded beyond most_slots.
    void seal(StreamId streams = 0);

    // The buckets of a window that was added.
    Buckets buckets(TrackId track, Time after, Time until) const;

    // Where the tracks of an event's name are found.
    Cell cell(StreamId stream, NameId name) const {
        const Stream &found = streams_[stream];
        return found.first + (name < found.names ? name : found.names);
    }

    // Calls `hit(slot)` for each track that the event belongs to and whose windows may contain it. Bit f of the words of `flags` is
    // flag f.
    template <class Hit>
    void for_hits(Cell cell, const std::uint64_t *flags, Time time, Hit hit) const {
        for (std::uint32_t i = begins_[cell]; i < begins_[cell + 1]; ++i) {
            const Head &head = heads_[i];
            if (time > head.latest || (time <= head.earliest && !head.open) ||
                (head.flag != no_flag && (flags[head.flag / flags_per_word] >> head.flag % flags_per_word & 1) == 0))
                continue;
            // How many edges lie before the time. Halving without branches, which compilers would make of a choice: nothing is
            // mispredicted.
            const Time *edge = edges_.data() + head.slot;
            for (std::uint32_t left = head.edges; left > 1; left -= left / 2)
                edge += left / 2 & -static_cast<std::uint32_t>(edge[left / 2 - 1] < time);
            hit(static_cast<Slot>(edge - edges_.data()) + (*edge < time ? 1 : 0));
        }
    }

    // The stream's events outside of (earliest, latest] are in no window. Nothing is if there are no windows: earliest ≥ latest.
    Time earliest(StreamId stream) const { return stream < streams_.size() ? streams_[stream].earliest : INT64_MAX; }
    Time latest(StreamId stream) const { return stream < streams_.size() ? streams_[stream].latest : INT64_MIN; }

    struct Window {
        Time after, until;
    };
    struct Track {
        StreamId stream;
        std::pmr::vector<NameId> names;  // sorted; none: all
        std::uint32_t flag;
        Slot begin = 0, end = 0;  // its slots
        std::pmr::vector<Window> windows;
    };

    Slot slots() const { return static_cast<Slot>(track_of_slot_.size()); }
    TrackId track_of(Slot slot) const { return track_of_slot_[slot]; }
    const std::pmr::vector<Track> &tracks() const { return tracks_; }

private:
    // A track as the pass over the events sees it. Its edges stand at its slots: one slot per edge, the bucket that ends there.
    struct Head {
        std::uint32_t flag;
        Slot slot;
        std::uint32_t edges;
        bool open;  // a window contains what is not after the first edge
        Time earliest, latest;
    };
    struct Stream {
        std::uint32_t names = 0;
        Cell first = 0;
        Time earliest = INT64_MAX, latest = INT64_MIN;
    };

    void number_cells(StreamId streams);
    bool place(Track &track, Head &head);

    std::pmr::vector<Track> tracks_;
    std::pmr::vector<Stream> streams_;
    std::pmr::vector<std::uint32_t> begins_;  // of each cell's heads, and one more
    std::pmr::vector<Head> heads_;
    std::pmr::vector<Time> edges_;  // by slot
    std::pmr::vector<TrackId> track_of_slot_;
};

}  // namespace segment::behaviour
