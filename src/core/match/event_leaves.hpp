// The leaves of measured features: from passes over the sources, event by event, to the members for whom each leaf holds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/behaviour/arithmetic.hpp"
#include "core/behaviour/event_counts.hpp"
#include "core/behaviour/event_lists.hpp"
#include "core/behaviour/evaluator.hpp"
#include "core/behaviour/tracks.hpp"
#include "core/behaviour/wide_values.hpp"
#include "core/match/evaluate.hpp"
#include "core/match/event_features.hpp"
#include "core/match/plan.hpp"

namespace segment::match {

// What PostgreSQL makes of a constant: a count, or a time in whatever the stream tells its times. A cut of a feature that reads numbers or
// codes of a column (EventTerm::number, EventTerm::code) and is no count is its place among them: 2 i + 2 for the i-th of the distinct
// ones.
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
    // By EventFeatures::features, for aggregates of numbers: their distinct cuts.
    std::span<const std::span<const behaviour::HalfMillionths>> numbers = {};
};

class EventLeaves final : public LeafVectors {
public:
    // Ranks the features of `asked` in the plan. Counts and lists take `budget` bytes as EventCounts and EventLists say, half of it each
    // if there are both; the leaves take another 8 kB each, and tables of a partition's counts 1 MB at most. What the constants refer to,
    // `overflow`, `wide` and `interrupts` must outlive it.
    EventLeaves(Plan &plan, const EventFeatures &asked, const EventConstants &constants, std::size_t budget, behaviour::Overflow *overflow,
                behaviour::WideValues &wide, Interrupts &interrupts, std::pmr::memory_resource *memory);
    ~EventLeaves();
    EventLeaves(const EventLeaves &) = delete;
    EventLeaves &operator=(const EventLeaves &) = delete;

    // The stream's events outside of (earliest, latest] are not looked at; none of them if earliest ≥ latest.
    behaviour::Time earliest(behaviour::StreamId stream) const { return std::min(tracks_.earliest(stream), list_tracks_.earliest(stream)); }
    behaviour::Time latest(behaviour::StreamId stream) const { return std::max(tracks_.latest(stream), list_tracks_.latest(stream)); }

    // Where events of the name are counted.
    behaviour::Cell cell(behaviour::StreamId stream, behaviour::NameId name) const { return tracks_.cell(stream, name); }

    // An event that a pass has met, with bits as Tracks says.
    void add(members::Ordinal ordinal, behaviour::Cell cell, const std::uint64_t *flags, behaviour::Time time) {
        counts_.add(ordinal, cell, flags, time);
    }

    // Before many events are added.
    void prefetch(members::Ordinal ordinal) const { counts_.prefetch(ordinal); }

    // Calls `visit(list, number, code)` for each list that the event belongs to, with the columns of the stream that are to be read.
    template <class Visit>
    void for_lists(behaviour::StreamId stream, behaviour::NameId name, const std::uint64_t *flags, behaviour::Time time,
                   Visit visit) const {
        list_tracks_.for_hits(list_tracks_.cell(stream, name), flags, time, [&](behaviour::Slot slot) {
            for (const behaviour::ListId id : lists_of_[list_tracks_.track_of(slot)])
                visit(id, event_lists_[id].number, event_lists_[id].code);
        });
    }

    // Such an event, once its member is known.
    void add(members::Ordinal ordinal, behaviour::ListId list, const behaviour::Occurrence &event) { lists_.add(ordinal, list, event); }

    void load(std::uint32_t chunk, Interrupts &interrupts) override;
    members::ChunkWords leaf(NodeId leaf) const override;

    // Prepares the numbers of a chunk's features instead, as SQL would give them: 512 kB for each feature.
    void load_numbers(std::uint32_t chunk, Interrupts &interrupts);
    // That of the feature of EventFeatures::features for a member of the chunk: NaN if it is missing, and for features whose number
    // take_number does not give.
    double number(std::uint32_t feature, members::Ordinal ordinal) const {
        return numbers_[feature * std::size_t{members::chunk_size} + ordinal % members::chunk_size];
    }

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
        behaviour::Evaluator *evaluator = nullptr;  // of those that need the events themselves; they have no terms
    };
    using MeasureId = std::uint32_t;
    // Numbers of events that flip a leaf of a count on one track: most measures are, and are told for all members of a partition together.
    struct CountTest {
        behaviour::Buckets window;
        std::uint16_t least, most;  // or WideTable::unlimited
        std::uint32_t leaf;
    };
    struct TrackTests {
        std::pmr::vector<CountTest> tests;
        bool is_narrow = true;  // a table of small numbers tells them
    };

    // Codes of values, as Plan says.
    static constexpr std::uint32_t missing_code = 0;
    static std::uint32_t code_of(std::span<const std::int64_t> cuts, std::int64_t value);

    struct List {
        behaviour::TrackId track;
        std::uint32_t number, code;
    };

    void add_lists(const EventFeature &feature, const EventConstants &constants, std::uint32_t index);
    behaviour::ListId list(behaviour::TrackId track, std::uint32_t number, std::uint32_t code);
    std::optional<behaviour::MemberEdge> edge(const std::optional<MemberBound> &bound);
    void add_evaluator(const EventFeature &feature, const EventConstants &constants, std::uint32_t index);
    void seal_lists(const EventFeatures &asked, const EventConstants &constants);
    std::uint32_t code_without_events(const Measure &measure) const;
    std::uint32_t code(const Measure &measure, const behaviour::EventLists::Member &member) const;
    behaviour::TrackId track(behaviour::Tracks &tracks, const EventTerm &term, const EventConstants &constants) const;

    void add_windows(const EventFeature &feature, const EventConstants &constants, std::span<const EventConstant> cuts, Measure &measure);
    void rank(Plan &plan, FeatureId feature, std::span<const EventConstant> cuts, Measure &measure);
    void number_leaves(const Plan &plan, const EventFeatures &asked);
    bool add_tests(const Measure &measure);
    void find_buckets(const EventFeature &feature, const EventConstants &constants, Measure &measure);
    behaviour::Tracks::Window window(const EventTerm &term, const EventConstants &constants) const;
    void set_codes(Term &term, const Measure &measure) const;

    void sum_up(const behaviour::EventCounts::Row &row);
    std::int64_t count(const Measure &measure, const behaviour::EventCounts::Row &row) const;
    std::uint32_t code(const Measure &measure, const behaviour::EventCounts::Row &row) const;
    void flip(std::uint32_t leaf, std::uint32_t ordinal) {
        words_[leaf * std::size_t{members::words_per_chunk} + ordinal / 64] ^= std::uint64_t{1} << ordinal % 64;
    }
    void flip_leaves(const Measure &measure, std::uint32_t code, std::uint32_t ordinal);
    void find(std::span<const MeasureId> measures);
    void load_tests(std::uint32_t partition, std::uint32_t first);
    void load_rows(std::uint32_t partition, std::uint32_t first);
    void load_lists(std::uint32_t partition, std::uint32_t first);

    std::pmr::memory_resource *memory_;
    behaviour::Tracks tracks_;
    std::pmr::vector<Measure> measures_;
    std::pmr::vector<TrackTests> tests_of_;                      // by track
    std::pmr::vector<std::pmr::vector<MeasureId>> measures_of_;  // by track: the other measures that look at it
    bool has_tests_ = false, has_rows_ = false;                  // whether there are some, and other measures of counts
    std::pmr::vector<std::uint32_t> leaf_of_node_;
    std::pmr::vector<std::uint8_t> default_;  // by leaf: whether it holds for members without events
    behaviour::WideValues &wide_;
    Interrupts &interrupts_;
    std::pmr::monotonic_buffer_resource arena_;  // of the evaluators
    behaviour::Tracks list_tracks_;              // whose windows are hulls: the lists' choices of events
    std::pmr::vector<List> event_lists_;
    std::pmr::vector<std::pmr::vector<behaviour::ListId>> lists_of_;      // by list track
    std::pmr::vector<std::pmr::vector<MeasureId>> measures_of_list_;      // that look at it
    std::pmr::vector<std::pmr::vector<behaviour::ListTerm>> list_terms_;  // by measure
    bool has_counts_, has_lists_;
    behaviour::EventCounts counts_;
    behaviour::EventLists lists_;
    behaviour::NarrowTable narrow_table_;
    behaviour::WideTable wide_table_;
    behaviour::EventCounts::Row row_;
    std::pmr::vector<std::uint64_t> sums_;     // of a track's counts before each of its slots, from slot + track on
    std::pmr::vector<std::uint8_t> is_found_;  // by measure: whether the member's shared measures have it already
    std::pmr::vector<MeasureId> found_;
    std::pmr::vector<std::uint64_t> words_;  // a chunk's, by leaf
    std::pmr::vector<double> numbers_;       // a chunk's, by feature, if they are asked for
};

}  // namespace segment::match
