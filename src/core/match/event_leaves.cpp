#include "core/match/event_leaves.hpp"

#include <algorithm>
#include <memory>

#include "core/error.hpp"

namespace segment::match {

using behaviour::beginning_of_time;
using behaviour::Time;
using behaviour::TrackId;
using definition::EventFunction;

namespace {

constexpr std::uint32_t partitions_per_chunk = members::chunk_size / behaviour::partition_size;

bool is_time(EventFunction function) {
    return function == EventFunction::first_time || function == EventFunction::last_time;
}

// Whether the time lies before a window that begins after `after`.
bool is_before(Time time, Time after) {
    return time <= after && after != beginning_of_time;
}

// The last time before this one; there is none before the beginning.
Time before(Time time) {
    return time == beginning_of_time ? time : time - 1;
}

}  // namespace

std::uint32_t EventLeaves::code_of(std::span<const std::int64_t> cuts, std::int64_t value) {
    const auto cut = std::ranges::lower_bound(cuts, value) - cuts.begin();
    const bool equal = cut < std::ssize(cuts) && cuts[static_cast<std::size_t>(cut)] == value;
    return static_cast<std::uint32_t>(2 * cut + (equal ? 2 : 1));
}

EventLeaves::EventLeaves(Plan &plan, const EventFeatures &asked, const EventConstants &constants, std::size_t budget,
                         behaviour::Overflow *overflow, behaviour::WideValues &wide, Interrupts &interrupts,
                         std::pmr::memory_resource *memory)
    : memory_(memory),
      tracks_(memory),
      measures_(memory),
      tests_of_(memory),
      measures_of_(memory),
      leaf_of_node_(plan.nodes().size(), UINT32_MAX, memory),
      default_(memory),
      wide_(wide),
      interrupts_(interrupts),
      arena_(memory),
      list_tracks_(memory),
      event_lists_(memory),
      lists_of_(memory),
      measures_of_list_(memory),
      list_terms_(memory),
      has_counts_(std::ranges::any_of(asked.features(), &EventFeature::is_counted)),
      has_lists_(!std::ranges::all_of(asked.features(), &EventFeature::is_counted)),
      counts_(tracks_, has_lists_ ? budget / 2 : budget, overflow, interrupts, memory),
      lists_(has_counts_ ? budget / 2 : budget, overflow, interrupts, memory),
      narrow_table_(memory),
      wide_table_(memory),
      row_{std::pmr::vector<std::uint64_t>(memory), std::pmr::vector<TrackId>(memory), std::pmr::vector<std::uint8_t>(memory)},
      sums_(memory),
      is_found_(memory),
      found_(memory),
      words_(memory),
      numbers_(memory) {
    measures_.reserve(asked.features().size());
    for (std::size_t i = 0; i < asked.features().size(); ++i) {
        const EventFeature &feature = asked.features()[i];
        measures_.push_back({feature.function, std::pmr::vector<Term>(memory), std::pmr::vector<std::int64_t>(memory),
                             std::pmr::vector<std::uint32_t>(memory), std::pmr::vector<std::uint32_t>(memory), nullptr});
        rank(plan, feature.feature, constants.cuts[i], measures_.back());
        list_terms_.emplace_back();
        if (feature.is_counted())
            add_windows(feature, constants, constants.cuts[i], measures_.back());
        else
            add_lists(feature, constants, static_cast<std::uint32_t>(i));
    }
    tracks_.seal(static_cast<behaviour::StreamId>(asked.streams().size()));
    for (std::size_t i = 0; i < asked.features().size(); ++i)
        if (asked.features()[i].is_counted())
            find_buckets(asked.features()[i], constants, measures_[i]);
    seal_lists(asked, constants);
    number_leaves(plan, asked);
    for (std::size_t i = 0; i < tracks_.tracks().size(); ++i)
        tests_of_.push_back({std::pmr::vector<CountTest>(memory)});
    measures_of_.resize(tracks_.tracks().size());
    for (MeasureId id = 0; id < measures_.size(); ++id) {
        if (add_tests(measures_[id])) {
            has_tests_ = true;
            continue;
        }
        for (const Term &term : measures_[id].terms)
            measures_of_[term.track].push_back(id);
        has_rows_ = has_rows_ || !measures_[id].evaluator;
    }
    row_ = counts_.empty_row();
    sums_.resize(tracks_.slots() + tracks_.tracks().size());
    is_found_.resize(measures_.size());
    words_.resize(default_.size() * members::words_per_chunk);
}

EventLeaves::~EventLeaves() {
    for (const Measure &measure : measures_)
        if (measure.evaluator)
            std::destroy_at(measure.evaluator);
}

std::size_t EventLeaves::memory(const Plan &plan) {
    const auto leaves = std::ranges::count_if(
        plan.nodes(), [&](const PlanNode &node) { return node.kind == NodeKind::leaf && plan.features()[node.feature].is_measured; });
    return static_cast<std::size_t>(leaves) * members::words_per_chunk * sizeof(std::uint64_t);
}

void EventLeaves::rank(Plan &plan, FeatureId feature, std::span<const EventConstant> cuts, Measure &measure) {
    for (const EventConstant &cut : cuts)
        if (!cut.null)
            measure.cuts.push_back(cut.value);
    std::ranges::sort(measure.cuts);
    measure.cuts.erase(std::unique(measure.cuts.begin(), measure.cuts.end()), measure.cuts.end());
    std::pmr::vector<std::uint32_t> ranks(memory_);
    for (const EventConstant &cut : cuts)
        ranks.push_back(cut.null ? missing_rank
                                 : static_cast<std::uint32_t>(std::ranges::lower_bound(measure.cuts, cut.value) - measure.cuts.begin()));
    plan.rank(feature, ranks);
}

// The window (after, until] of a term; an empty one if a bound is null, which nothing compares with.
behaviour::Tracks::Window EventLeaves::window(const EventTerm &term, const EventConstants &constants) const {
    behaviour::Tracks::Window window{beginning_of_time, INT64_MAX};
    const behaviour::Tracks::Window empty{0, -1};
    for (const auto &[id, inclusive] : term.lows) {
        const EventConstant &low = constants.bounds[id];
        if (low.null || (!inclusive && low.value == INT64_MAX))
            return empty;
        // As `after` the beginning of time lets itself in; nothing lies between it and the first finite time.
        window.after = std::max(window.after, inclusive ? before(low.value) : std::max(low.value, beginning_of_time + 1));
    }
    for (const auto &[id, inclusive] : term.highs) {
        const EventConstant &high = constants.bounds[id];
        if (high.null || (!inclusive && high.value == beginning_of_time))
            return empty;
        window.until = std::min(window.until, inclusive ? high.value : high.value - 1);
    }
    return window;
}

// The choice of the term's events.
TrackId EventLeaves::track(behaviour::Tracks &tracks, const EventTerm &term, const EventConstants &constants) const {
    std::pmr::vector<behaviour::NameId> names(memory_);
    for (const std::uint32_t name : term.names)
        names.push_back(constants.names[term.stream][name]);
    return tracks.track(term.stream, names, term.filter);
}

void EventLeaves::add_windows(const EventFeature &feature, const EventConstants &constants, std::span<const EventConstant> cuts,
                              Measure &measure) {
    for (const EventTerm &term : feature.terms) {
        const TrackId track = this->track(tracks_, term, constants);
        const auto [after, until] = window(term, constants);
        tracks_.window(track, after, until);
        // Whether a time is below, at or above a cut is told by its bucket.
        for (const EventConstant &cut : is_time(feature.function) ? cuts : std::span<const EventConstant>()) {
            if (cut.null || is_before(cut.value, after) || cut.value > until)
                continue;
            tracks_.window(track, after, cut.value);
            tracks_.window(track, after, before(cut.value));
        }
        measure.terms.push_back({track, {}, term.weight, std::pmr::vector<std::uint32_t>(memory_)});
    }
}

void EventLeaves::find_buckets(const EventFeature &feature, const EventConstants &constants, Measure &measure) {
    for (std::size_t i = 0; i < feature.terms.size(); ++i) {
        Term &term = measure.terms[i];
        const auto [after, until] = window(feature.terms[i], constants);
        term.buckets = tracks_.buckets(term.track, after, until);
        if (!is_time(feature.function))
            continue;
        // Ascending: all buckets up to a cut's own are below it or at it.
        term.codes.assign(term.buckets.end, 1);
        for (std::size_t cut = 0; cut < measure.cuts.size(); ++cut) {
            const Time time = measure.cuts[cut];
            const auto code = static_cast<std::uint32_t>(2 * cut + 2);
            if (time > until)
                break;
            if (is_before(time, after)) {
                std::ranges::fill(term.codes, code + 1);
                continue;
            }
            const std::uint32_t end = tracks_.buckets(term.track, after, time).end;
            if (end > 0 && end <= term.codes.size()) {
                term.codes[end - 1] = code;
                std::fill(term.codes.begin() + end, term.codes.end(), code + 1);
            }
        }
    }
}

// Numbers the plan's leaves of measured features and tells for each code which of them it decides otherwise.
void EventLeaves::number_leaves(const Plan &plan, const EventFeatures &asked) {
    std::pmr::vector<std::pmr::vector<NodeId>> leaves(plan.features().size(), memory_);
    for (NodeId node = 0; node < plan.nodes().size(); ++node)
        if (plan.nodes()[node].kind == NodeKind::leaf && plan.features()[plan.nodes()[node].feature].is_measured)
            leaves[plan.nodes()[node].feature].push_back(node);
    std::pmr::vector<CodeRange> ranges(memory_);
    std::pmr::vector<std::uint8_t> holds(memory_);  // by leaf of the feature, then code
    for (std::size_t i = 0; i < asked.features().size(); ++i) {
        Measure &measure = measures_[i];
        const FeatureId feature = asked.features()[i].feature;
        const std::uint32_t codes = plan.codes(feature);
        const std::uint32_t without = code_without_events(measure);
        const auto first = static_cast<std::uint32_t>(default_.size());
        holds.assign(leaves[feature].size() * codes, 0);
        for (std::size_t leaf = 0; leaf < leaves[feature].size(); ++leaf) {
            plan.code_ranges(plan.nodes()[leaves[feature][leaf]], ranges);
            for (const CodeRange &range : ranges)
                std::fill_n(holds.begin() + static_cast<std::ptrdiff_t>(leaf * codes + range.first), range.last - range.first + 1, 1);
            leaf_of_node_[leaves[feature][leaf]] = static_cast<std::uint32_t>(default_.size());
            default_.push_back(holds[leaf * codes + without]);
        }
        measure.flip_begins.push_back(0);
        for (std::uint32_t code = 0; code < codes; ++code) {
            for (std::uint32_t leaf = 0; leaf < leaves[feature].size(); ++leaf)
                if (holds[leaf * codes + code] != default_[first + leaf])
                    measure.flips.push_back(first + leaf);
            measure.flip_begins.push_back(static_cast<std::uint32_t>(measure.flips.size()));
        }
    }
}

// Whether the measure is a count that a table tells: large thresholds and very many windows are rare.
bool EventLeaves::add_tests(const Measure &measure) {
    using behaviour::WideTable;
    constexpr std::int64_t largest = 1'000;  // threshold
    if (measure.evaluator || measure.function != EventFunction::count || measure.terms.size() != 1 || measure.terms.front().weight != 1)
        return false;
    const Term &term = measure.terms.front();
    const auto &track = tracks_.tracks()[term.track];
    const std::uint32_t buckets = std::max(track.end - track.begin, 1u);
    const std::int64_t last_cut = std::max<std::int64_t>(measure.cuts.empty() ? 0 : measure.cuts.back(), 0);
    if (buckets > behaviour::most_table_buckets || last_cut > largest || last_cut >= WideTable::limit(buckets))
        return false;
    // Numbers above the last cut decide alike.
    const std::int64_t last = last_cut + 1;
    auto &[tests, is_narrow] = tests_of_[term.track];
    is_narrow = is_narrow && last_cut < behaviour::NarrowTable::limit(buckets);
    // By leaf: those of a measure are numbered one after the other.
    const auto [first_leaf, last_leaf] = std::ranges::minmax_element(measure.flips);
    std::pmr::vector<std::uint32_t> newest(measure.flips.empty() ? 0 : *last_leaf - *first_leaf + 1, UINT32_MAX, memory_);
    for (std::int64_t number = 1; number <= last; ++number) {
        const std::uint32_t found = code_of(measure.cuts, number);
        for (std::uint32_t i = measure.flip_begins[found]; i < measure.flip_begins[found + 1]; ++i) {
            std::uint32_t &test = newest[measure.flips[i] - *first_leaf];
            if (test == UINT32_MAX || tests[test].most + 1 < number) {
                test = static_cast<std::uint32_t>(tests.size());
                tests.push_back({term.buckets, static_cast<std::uint16_t>(number), 0, measure.flips[i]});
            }
            tests[test].most = number < last ? static_cast<std::uint16_t>(number) : WideTable::unlimited;
        }
    }
    return true;
}

void EventLeaves::sum_up(const behaviour::EventCounts::Row &row) {
    for (const TrackId id : row.touched) {
        const auto &track = tracks_.tracks()[id];
        std::uint64_t sum = 0, *sums = sums_.data() + track.begin + id;
        *sums = 0;
        for (behaviour::Slot slot = track.begin; slot < track.end; ++slot)
            *++sums = sum += row.counts[slot];
    }
}

std::int64_t EventLeaves::count(const Measure &measure, const behaviour::EventCounts::Row &row) const {
    std::int64_t sum = 0;
    for (const Term &term : measure.terms) {
        if (row.is_touched[term.track]) {
            const std::uint64_t *const sums = sums_.data() + tracks_.tracks()[term.track].begin + term.track;
            sum += term.weight * static_cast<std::int64_t>(sums[term.buckets.end] - sums[term.buckets.begin]);
        }
    }
    return sum;
}

std::uint32_t EventLeaves::code(const Measure &measure, const behaviour::EventCounts::Row &row) const {
    const auto in_order = [&](const Term &term) {
        return std::span(row.counts)
            .subspan(tracks_.tracks()[term.track].begin + term.buckets.begin, term.buckets.end - term.buckets.begin);
    };
    constexpr auto is_set = [](std::uint64_t count) { return count > 0; };
    std::uint32_t code = missing_code;
    switch (measure.function) {
        case EventFunction::first_time:
            for (const Term &term : measure.terms) {
                const auto counts = in_order(term);
                const auto first = std::ranges::find_if(counts, is_set);
                if (first == counts.end())
                    continue;
                const std::uint32_t own = term.codes[term.buckets.begin + static_cast<std::size_t>(first - counts.begin())];
                code = code == missing_code ? own : std::min(code, own);
            }
            return code;
        case EventFunction::last_time:
            for (const Term &term : measure.terms) {
                const auto counts = in_order(term);
                const auto last = std::find_if(counts.rbegin(), counts.rend(), is_set);
                if (last != counts.rend())
                    code = std::max(code, term.codes[term.buckets.begin + static_cast<std::size_t>(last.base() - counts.begin()) - 1]);
            }
            return code;
        default:
            break;
    }
    return code_of(measure.cuts, count(measure, row));
}

void EventLeaves::flip_leaves(const Measure &measure, std::uint32_t code, std::uint32_t ordinal) {
    for (std::uint32_t i = measure.flip_begins[code]; i < measure.flip_begins[code + 1]; ++i)
        flip(measure.flips[i], ordinal);
}

void EventLeaves::find(std::span<const MeasureId> measures) {
    for (const MeasureId measure : measures)
        if (!is_found_[measure]) {
            is_found_[measure] = 1;
            found_.push_back(measure);
        }
}

// The members of a partition, whose first one has the ordinal `first` in the chunk; all at once.
void EventLeaves::load_tests(std::uint32_t partition, std::uint32_t first) {
    const auto flip_tests = [&]<class Count>(behaviour::CountTable<Count> &table, std::span<const CountTest> tests) {
        for (const CountTest &test : tests)
            table.flip(test.window, static_cast<Count>(test.least), static_cast<Count>(test.most),
                       words_.data() + test.leaf * std::size_t{members::words_per_chunk} + first / 64);
    };
    counts_.for_tracks(partition, [&](TrackId track, auto fill) {
        const auto &[tests, is_narrow] = tests_of_[track];
        if (tests.empty())
            return;
        if (is_narrow) {
            fill(narrow_table_);
            flip_tests(narrow_table_, tests);
        } else {
            fill(wide_table_);
            flip_tests(wide_table_, tests);
        }
    });
}

// One by one, what looks at more than that.
void EventLeaves::load_rows(std::uint32_t partition, std::uint32_t first) {
    counts_.for_members(partition, row_, [&](std::uint32_t member) {
        sum_up(row_);
        for (const TrackId track : row_.touched)
            find(measures_of_[track]);
        for (const MeasureId measure : found_) {
            flip_leaves(measures_[measure], code(measures_[measure], row_), first + member);
            is_found_[measure] = 0;
        }
        found_.clear();
    });
}

void EventLeaves::load_lists(std::uint32_t partition, std::uint32_t first) {
    lists_.for_members(partition, [&](std::uint32_t member, const behaviour::EventLists::Member &lists) {
        lists.for_lists([&](behaviour::ListId list) { find(measures_of_list_[list]); });
        for (const MeasureId measure : found_) {
            flip_leaves(measures_[measure], code(measures_[measure], lists), first + member);
            is_found_[measure] = 0;
        }
        found_.clear();
    });
}

void EventLeaves::load(std::uint32_t chunk, Interrupts &interrupts) {
    for (std::size_t leaf = 0; leaf < default_.size(); ++leaf)
        std::fill_n(words_.begin() + static_cast<std::ptrdiff_t>(leaf * members::words_per_chunk), members::words_per_chunk,
                    default_[leaf] ? ~std::uint64_t{0} : 0);
    for (std::uint32_t i = 0; i < partitions_per_chunk; ++i) {
        interrupts.poll();
        const std::uint32_t partition = chunk * partitions_per_chunk + i, first = i * behaviour::partition_size;
        if (has_tests_)
            load_tests(partition, first);
        if (has_rows_)
            load_rows(partition, first);
        if (has_lists_)
            load_lists(partition, first);
    }
}

members::ChunkWords EventLeaves::leaf(NodeId leaf) const {
    const std::uint32_t index = leaf_of_node_.at(leaf);
    if (index >= default_.size())
        throw Error(ErrorCode::internal_error, "no pass measures the leaf");
    return members::ChunkWords(words_.data() + index * std::size_t{members::words_per_chunk}, members::words_per_chunk);
}

}  // namespace segment::match
