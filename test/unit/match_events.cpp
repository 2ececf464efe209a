// Leaves of measured features: what a pass over events finds, against looking at every event for every leaf.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "behaviour_support.hpp"
#include "core/definition/check.hpp"
#include "core/definition/parser.hpp"
#include "core/match/compile.hpp"
#include "core/match/event_leaves.hpp"

namespace segment::match {
namespace {

using definition::EventFunction;

struct NoInterrupts final : Interrupts {
    void poll() override {}
};

// Definitions compiled into one plan, over the sources of behaviour_support.hpp.
struct Compiled {
    std::pmr::monotonic_buffer_resource arena;
    const definition::EventSource sources[3] = {definition::activity, definition::survey, definition::visit};
    definition::Vocabulary words = definition::with_sources(sources);
    std::pmr::vector<bool> readable = {true, true, true};
    Plan plan{std::pmr::new_delete_resource()};
    EventFeatures events{readable, plan, std::pmr::new_delete_resource()};
    SegmentNodes segments;

    NodeId compile(std::string_view text) {
        const definition::Checked checked = definition::check(definition::parse_definition(text, arena), words, arena);
        return match::compile(checked, {words, "now()"}, segments, plan, std::pmr::new_delete_resource(), &events);
    }
    bool takes(std::string_view text) {
        const std::size_t before = events.features().size();
        compile(text);
        return events.features().size() > before;
    }
};

TEST(MatchEvents, WhatPassesTake) {
    EXPECT_TRUE(Compiled().takes("did 'login'"));
    EXPECT_TRUE(Compiled().takes("did not 'login' within 7 days"));
    EXPECT_TRUE(Compiled().takes("did 'login' at least 3 times in last 3 calendar months"));
    EXPECT_TRUE(Compiled().takes("did any of ('login', 'survey') from '2026-01-01' to '2026-02-01'"));
    EXPECT_TRUE(Compiled().takes("did 'login' where (amount > 5) more than 2 days ago"));
    EXPECT_TRUE(Compiled().takes("did event like 'l%'"));
    EXPECT_TRUE(Compiled().takes("did 'login' for the first time within 7 days"));
    EXPECT_TRUE(Compiled().takes("last 'visit' more than 14 days ago"));
    EXPECT_TRUE(Compiled().takes("stopped 'login' for 14 days"));
    EXPECT_TRUE(Compiled().takes("count of 'login' within 7 days > count of 'survey' within 7 days"));
    EXPECT_TRUE(Compiled().takes("share of 'login' where (amount > 3) within 30 days >= 50 percent"));
    EXPECT_TRUE(Compiled().takes("count of 'login' fell by 50 percent within 4 weeks from at least 10"));
    EXPECT_TRUE(Compiled().takes("days since last 'login' > 1.5"));
    // Windows of each member's own, and what counts do not tell.
    EXPECT_FALSE(Compiled().takes("did 'login' within 7 days of signup_at"));
    EXPECT_FALSE(Compiled().takes("did 'login' since signup_at"));
    EXPECT_FALSE(Compiled().takes("sum(amount) of 'login' > 3"));
    EXPECT_FALSE(Compiled().takes("did 'login' then 'visit'"));
    Compiled unreadable;
    unreadable.readable[0] = false;
    EXPECT_FALSE(unreadable.takes("did 'login'"));
    EXPECT_TRUE(unreadable.takes("did 'visit'"));
}

TEST(MatchEvents, NothingIsAskedForWhatPassesDoNotTake) {
    Compiled compiled;
    // The first bound is a constant, and so is the window of what is counted in `activity`, but not all of it is.
    compiled.compile("did 'login' where (amount > 5) from '2026-01-01' to signup_at");
    compiled.compile("last 'login' within 7 days and did 'login' for the first time from '2026-01-02' to signup_at");
    EXPECT_EQ(compiled.events.features().size(), 1u);
    EXPECT_EQ(compiled.events.constants().size(), 2u);
    EXPECT_TRUE(compiled.events.streams()[0].filters.empty());
    Compiled unreadable;
    unreadable.readable[1] = false;
    EXPECT_FALSE(unreadable.takes("did any event"));
    EXPECT_TRUE(unreadable.events.streams().empty());
    EXPECT_TRUE(unreadable.events.constants().empty());
}

TEST(MatchEvents, EqualQuestionsAreOne) {
    Compiled compiled;
    const NodeId did = compiled.compile("did 'login' within 7 days");
    EXPECT_EQ(compiled.compile("last 'login' within 7 days"), did);
    EXPECT_EQ(compiled.compile("count of 'login' within 7 days >= 1"), compiled.compile("did 'login' at least 1 times within 7 days"));
    compiled.compile("did 'login' at least 5 times within 7 days");
    EXPECT_EQ(compiled.events.features().size(), 1u);
    EXPECT_EQ(compiled.events.streams().size(), 1u);
    EXPECT_EQ(compiled.events.streams()[0].names.size(), 1u);
    compiled.compile("did 'order' within 7 days or did any event of 'activity'");
    EXPECT_EQ(compiled.events.features().size(), 3u);
    EXPECT_EQ(compiled.events.streams().size(), 1u);
    EXPECT_EQ(compiled.events.streams()[0].names.size(), 2u);
    EXPECT_TRUE(compiled.events.streams()[0].filters.empty());
    compiled.compile("did 'order' where (amount > 3) within 7 days");
    EXPECT_EQ(compiled.events.streams()[0].filters.size(), 1u);
}

struct Event {
    behaviour::StreamId stream;
    std::uint32_t ordinal, name;
    std::uint64_t flags;
    std::int64_t time;
};

// Random values for the constants of a compiled plan, and random events.
struct World {
    Compiled &compiled;
    std::mt19937 random;
    std::vector<EventConstant> bounds;
    std::vector<std::vector<EventConstant>> cuts;
    std::vector<std::vector<behaviour::NameId>> names;
    std::vector<Event> events;

    World(Compiled &definitions, unsigned seed) : compiled(definitions), random(seed) {
        for (std::size_t i = 0; i < compiled.events.constants().size(); ++i)
            bounds.push_back({time(), below(20) == 0});
        for (const EventFeature &feature : compiled.events.features()) {
            cuts.emplace_back();
            for (std::size_t i = 0; i < compiled.plan.features()[feature.feature].cuts.size(); ++i)
                cuts.back().push_back({feature.function == EventFunction::count ? below(4) : time(), below(20) == 0});
        }
        for (const EventStream &stream : compiled.events.streams()) {
            names.emplace_back();
            for (std::uint32_t i = 0; i < stream.names.size(); ++i)
                names.back().push_back(i);
        }
        for (int i = 0; i < 1'000; ++i)
            events.push_back({below(static_cast<std::uint32_t>(names.size())), below(3) * 40'000 + below(200), below(4), below(4), time()});
    }

    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); }
    std::int64_t time() { return below(15) == 0 ? INT64_MIN : below(15) == 0 ? INT64_MAX : below(30); }

    bool inside(const EventTerm &term, std::int64_t at) const {
        const auto low = [&](const TimeBound &bound) {
            const auto &[value, null] = bounds[bound.constant];
            return !null && (at > value || (bound.inclusive && at == value));
        };
        const auto high = [&](const TimeBound &bound) {
            const auto &[value, null] = bounds[bound.constant];
            return !null && (at < value || (bound.inclusive && at == value));
        };
        return std::ranges::all_of(term.lows, low) && std::ranges::all_of(term.highs, high);
    }

    // What the feature's value is for a member; nothing if it is missing.
    std::optional<std::int64_t> value(const EventFeature &feature, std::uint32_t ordinal) const {
        std::int64_t sum = 0, count = 0, first = INT64_MAX, last = INT64_MIN;
        for (const EventTerm &term : feature.terms)
            for (const Event &event : events) {
                const bool named = term.names.empty() || std::ranges::find(term.names, event.name) != term.names.end();
                const bool filtered = term.filter == behaviour::no_flag || (event.flags >> term.filter & 1) == 1;
                if (event.stream != term.stream || event.ordinal != ordinal || !named || !filtered || !inside(term, event.time))
                    continue;
                sum += term.weight;
                ++count;
                first = std::min(first, event.time);
                last = std::max(last, event.time);
            }
        if (feature.function == EventFunction::count)
            return sum;
        if (count == 0)
            return {};
        return feature.function == EventFunction::first_time ? first : last;
    }

    bool holds(const PlanNode &leaf, std::span<const EventConstant> constants, std::optional<std::int64_t> value) const {
        return value && std::ranges::any_of(leaf.ranges, [&](const CutRange &range) {
                   const auto low = [&](const EventConstant &cut) {
                       return !cut.null && (*value > cut.value || (range.low_inclusive && *value == cut.value));
                   };
                   const auto high = [&](const EventConstant &cut) {
                       return !cut.null && (*value < cut.value || (range.high_inclusive && *value == cut.value));
                   };
                   return (range.low == no_cut || low(constants[range.low])) && (range.high == no_cut || high(constants[range.high]));
               });
    }

    void compare(const EventLeaves &leaves, std::size_t index, std::uint32_t ordinal) const {
        const EventFeature &feature = compiled.events.features()[index];
        const std::optional<std::int64_t> found = value(feature, ordinal);
        const std::uint32_t bit = ordinal % members::chunk_size;
        for (NodeId node = 0; node < compiled.plan.nodes().size(); ++node) {
            const PlanNode &leaf = compiled.plan.nodes()[node];
            if (leaf.kind == NodeKind::leaf && leaf.feature == feature.feature) {
                EXPECT_EQ((leaves.leaf(node)[bit / 64] >> bit % 64 & 1) == 1, holds(leaf, cuts[index], found))
                    << compiled.plan.features()[feature.feature].sql << " of " << ordinal;
            }
        }
    }

    void compare() {
        std::vector<std::span<const EventConstant>> cut_spans(cuts.begin(), cuts.end());
        std::vector<std::span<const behaviour::NameId>> name_spans(names.begin(), names.end());
        NoInterrupts interrupts;
        EventLeaves leaves(compiled.plan, compiled.events, {bounds, cut_spans, name_spans}, below(2) == 0 ? SIZE_MAX : 10'000, nullptr,
                           interrupts, std::pmr::new_delete_resource());
        for (const Event &event : events)
            leaves.add(event.ordinal, leaves.tracks().cell(event.stream, event.name), &event.flags, event.time);
        for (const std::uint32_t chunk : {1u, 0u, 1u}) {
            leaves.load(chunk, interrupts);
            for (std::size_t i = 0; i < compiled.events.features().size(); ++i)
                for (std::uint32_t ordinal = 0; ordinal < 2 * members::chunk_size; ordinal += ordinal % 40'000 < 210 ? 1 : 39'790)
                    if (ordinal / members::chunk_size == chunk)
                        compare(leaves, i, ordinal);
        }
    }
};

TEST(MatchEvents, RandomConstantsAndEvents) {
    for (unsigned seed = 1; seed <= 12; ++seed) {
        Compiled compiled;
        for (const char *text :
             {"did 'a' within 7 days", "did 'a' at least 2 times within 7 days", "count of 'a' within 7 days between 1 and 2",
              "count of 'a' within 30 days in (0, 2)", "did 'b' where (amount > 1) at most 1 times", "did any event within 7 days",
              "did any of ('a', 'b', 'survey') at least 3 times in this month", "did 'visit' exactly 1 times",
              "did 'a' where (amount > 2) from '2026-01-01' to '2026-02-01'", "did 'a' for the first time within 7 days",
              "did 'a' for the first time between 9 days and 3 days ago",
              "did any of ('a', 'visit') for the first time more than 5 days ago", "days since last 'a' >= 2.5",
              "count of 'a' within 7 days > count of any event within 7 days", "count of 'a' rose by 20 percent within 7 days",
              "share of any event of 'activity' where (name = 'a') < 0.6"})
            compiled.compile(text);
        World(compiled, seed).compare();
    }
}

}  // namespace
}  // namespace segment::match
