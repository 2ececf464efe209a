// The leaves of measured features: from passes over the sources, event by event, to the members for whom each leaf holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/behaviour/event_counts.hpp"
#include "core/behaviour/tracks.hpp"
#include "core/match/evaluate.hpp"
#include "core/match/event_features.hpp"
#include "core/match/plan.hpp"

namespace segment::match {

// What PostgreSQL makes of a constant: a count, or a time in whatever the stream tells its times.
struct EventConstant {
    std::int64_t value;
    bool null;
};

// The constants of all features, in their order.
struct EventConstants {
    std::span<const EventConstant> bounds;                 // by ConstantId
    std::span<const std::span<const EventConstant>> cuts;  // by EventFeatures::features, as the plan numbers them
    // By stream, then name: equal names have one id.
    std::span<const std::span<const behaviour::NameId>> names;
};

class EventLeaves final : public LeafVectors {
public:
    // Ranks the features of `asked` in the plan. The counts take `budget` bytes as EventCounts says, the leaves another 8 kB each.
    // `overflow` and `interrupts` must outlive it.
    EventLeaves(Plan &plan, const EventFeatures &asked, const EventConstants &constants, std::size_t budget, behaviour::Overflow *overflow,
                Interrupts &interrupts, std::pmr::memory_resource *memory);
    EventLeaves(const EventLeaves &) = delete;
    EventLeaves &operator=(const EventLeaves &) = delete;

    // Tells which of a stream's events are looked at: those in (earliest, latest].
    const behaviour::Tracks &tracks() const { return tracks_; }

    // An event that a pass has met; `cell` as Tracks says.
    void add(members::Ordinal ordinal, behaviour::Cell cell, const std::uint64_t *flags, behaviour::Time time) {
        counts_.add(ordinal, cell, flags, time);
    }

    void load(std::uint32_t chunk, Interrupts &interrupts) override;
    members::ChunkWords leaf(NodeId leaf) const override;

    // What the leaves of a plan take.
    static std::size_t memory(const Plan &plan);

private:
    struct Term {
        behaviour::TrackId track;
        behaviour::Buckets buckets;
        std::int64_t weight;
        std::pmr::vector<std::uint32_t> codes;  // of times: by bucket
    };
    // How a member's counts become the code of a feature, and which leaves that code decides otherwise than that of a member without
    // events: those of code c are flips[flip_begins[c]] to flips[flip_begins[c + 1]].
    struct Measure {
        definition::EventFunction function;
        std::pmr::vector<Term> terms;
        std::pmr::vector<std::int64_t> cuts;  // sorted, distinct
        std::pmr::vector<std::uint32_t> flip_begins, flips;
    };
    using MeasureId = std::uint32_t;
    // A count on one track: most measures are, so that what they need stands together. Counts from `limit` on decide alike; that of c
    // flips flips_[ends_[first + c − 1]] to flips_[ends_[first + c]], and 0 none.
    struct Count {
        std::uint32_t begin, end;  // in sums_
        std::uint32_t first, limit;
    };

    void add_windows(const EventFeature &feature, const EventConstants &constants, std::span<const EventConstant> cuts, Measure &measure);
    void rank(Plan &plan, FeatureId feature, std::span<const EventConstant> cuts, Measure &measure);
    void number_leaves(const Plan &plan, const EventFeatures &asked);
    bool add_count(const Measure &measure);
    void find_buckets(const EventFeature &feature, const EventConstants &constants, Measure &measure);
    behaviour::Tracks::Window window(const EventTerm &term, const EventConstants &constants) const;
    void set_codes(Term &term, const Measure &measure) const;

    void sum_up(const behaviour::EventCounts::Row &row);
    std::uint32_t code(const Measure &measure, const behaviour::EventCounts::Row &row) const;
    void flip(std::uint32_t leaf, std::uint32_t ordinal) {
        words_[leaf * std::size_t{members::words_per_chunk} + ordinal / 64] ^= std::uint64_t{1} << ordinal % 64;
    }
    void flip_counts(behaviour::TrackId track, std::uint32_t ordinal);
    void flip_leaves(MeasureId measure, const behaviour::EventCounts::Row &row, std::uint32_t ordinal);

    std::pmr::memory_resource *memory_;
    behaviour::Tracks tracks_;
    std::pmr::vector<Measure> measures_;
    std::pmr::vector<std::pmr::vector<Count>> counts_of_;        // by track
    std::pmr::vector<std::uint32_t> ends_, flips_;               // of all of these
    std::pmr::vector<std::pmr::vector<MeasureId>> measures_of_;  // by track: the other measures that look at it
    std::pmr::vector<std::uint32_t> leaf_of_node_;
    std::pmr::vector<std::uint8_t> default_;  // by leaf: whether it holds for members without events
    behaviour::EventCounts counts_;
    behaviour::EventCounts::Row row_;
    std::pmr::vector<std::uint64_t> sums_;     // of a track's counts before each of its slots, from slot + track on
    std::pmr::vector<std::uint8_t> is_found_;  // by measure: whether the member's shared measures have it already
    std::pmr::vector<MeasureId> found_;
    std::pmr::vector<std::uint64_t> words_;  // a chunk's, by leaf
};

}  // namespace segment::match
