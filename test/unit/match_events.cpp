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

// Where all numbers fit.
struct NothingWide final : behaviour::WideValues {
    std::int64_t aggregate(std::uint32_t, behaviour::Aggregate, std::span<const behaviour::Occurrence>) override { return 0; }
    double number(std::uint32_t, behaviour::Aggregate, std::span<const behaviour::Occurrence>) override { return 0; }
    void identify(std::uint32_t, std::span<behaviour::Occurrence>) override {}
    int compare(const behaviour::Occurrence &, const behaviour::Occurrence &) override { return 0; }
    bool hold(const behaviour::Relation &, const behaviour::AggregateOf &, const behaviour::AggregateOf &) override { return true; }
    bool is_same(const behaviour::Occurrence &, const behaviour::Occurrence &) override { return false; }
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
    EXPECT_TRUE(Compiled().takes("did 'login' within 7 days of signup_at"));
    EXPECT_TRUE(Compiled().takes("did 'login' since signup_at"));
    EXPECT_TRUE(Compiled().takes("sum(amount) of 'login' from signup_at to (signup_at + 7 days) > 3"));
    EXPECT_TRUE(Compiled().takes("sum(amount) of 'login' > 3"));
    EXPECT_TRUE(Compiled().takes("avg(seats) of 'login' within 30 days >= 2.5"));
    EXPECT_TRUE(Compiled().takes("count distinct product of 'login' within 30 days >= 2"));
    EXPECT_TRUE(Compiled().takes("max(due_on) of 'login' > '2026-01-01'"));
    EXPECT_TRUE(Compiled().takes("median(amount) of 'login' > 3"));
    EXPECT_TRUE(Compiled().takes("most frequent product of 'login' = 'x'"));
    EXPECT_TRUE(Compiled().takes("last product of 'login' where (amount > 1) within 90 days = 'x'"));
    EXPECT_TRUE(Compiled().takes("did 'login' on at least 5 distinct days within 7 days"));
    EXPECT_TRUE(Compiled().takes("did 'login' in at least 4 of the last 6 months"));
    EXPECT_TRUE(Compiled().takes("streak of 'login' by week >= 5"));
    EXPECT_TRUE(Compiled().takes("resumed 'login' after 30 days within 7 days"));
    EXPECT_TRUE(Compiled().takes("did 'a' then 'b' within 7 days then not 'c' within 1 day"));
    // What adds up in no certain order, orders by what is no integer, refers to other steps, or needs several sources.
    EXPECT_FALSE(Compiled().takes("sum(weight) of 'login' > 3"));
    EXPECT_TRUE(Compiled().takes("did 'a' then 'b' where (product = step1.product)"));
    EXPECT_TRUE(Compiled().takes("did 'a' then 'b' where (not (amount > step1.seats) or step1.product = 'x')"));
    EXPECT_FALSE(Compiled().takes("did 'a' then 'b' where (amount - step1.amount > 2)"));
    EXPECT_FALSE(Compiled().takes("did 'a' then 'b' where (weight > step1.weight)"));
    EXPECT_TRUE(Compiled().takes("sum(amount) of 'login' fell by 50 percent within 4 weeks"));
    EXPECT_TRUE(Compiled().takes("max(amount) of 'a' > avg(seats) of 'b' within 3 days"));
    EXPECT_FALSE(Compiled().takes("sum(weight) of 'login' rose by 3 within 4 weeks"));
    EXPECT_FALSE(Compiled().takes("did 'login' then 'visit'"));
    Compiled unreadable;
    unreadable.readable[0] = false;
    EXPECT_FALSE(unreadable.takes("did 'login'"));
    EXPECT_TRUE(unreadable.takes("did 'visit'"));
}

// What is compared is told by codes, what is computed with by itself.
TEST(MatchEvents, NumbersAreNoCodes) {
    Compiled compiled;
    compiled.compile("min(amount) of 'login' < 3");
    const auto formula =
        definition::check_formula(definition::parse_formula("min(amount) of 'login'", compiled.arena), compiled.words, compiled.arena);
    EXPECT_EQ(compiled.events.take_number(*formula.value, {compiled.words, "now()"}), 1u);
    EXPECT_EQ(compiled.events.features()[0].terms.front().number, no_column);
    EXPECT_EQ(compiled.events.features()[1].terms.front().code, no_column);
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

TEST(MatchEvents, BoundsThatAreNotWhole) {
    Compiled compiled;
    EXPECT_EQ(compiled.compile("count of 'a' > 1.5"), compiled.compile("count of 'a' >= 2"));
    EXPECT_EQ(compiled.compile("count of 'a' >= 1.5"), compiled.compile("count of 'a' >= 2"));
    EXPECT_EQ(compiled.compile("count of 'a' < 1.5"), compiled.compile("count of 'a' <= 1"));
    EXPECT_EQ(compiled.compile("count of 'a' <= 0.5"), compiled.compile("count of 'a' <= 0"));
    EXPECT_EQ(compiled.compile("count of 'a' > -0.5"), compiled.compile("count of 'a' >= 0"));
    EXPECT_EQ(compiled.compile("count of 'a' < -1.5"), compiled.compile("count of 'a' <= -2"));
    EXPECT_EQ(compiled.compile("count of 'a' = 1.5"), compiled.compile("not everyone"));
    EXPECT_EQ(compiled.compile("count of 'a' != 1.5"), compiled.compile("everyone"));
    EXPECT_EQ(compiled.compile("count of 'a' between 0.5 and 2.5"), compiled.compile("count of 'a' between 1 and 2"));
    EXPECT_EQ(compiled.compile("count of 'a' in (1, 2.5)"), compiled.compile("count of 'a' in (1)"));
    EXPECT_EQ(compiled.compile("count of 'a' in (1.5, 2.5)"), compiled.compile("not everyone"));
    EXPECT_EQ(compiled.events.features().size(), 1u);
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
                cuts.back().push_back({feature.function == EventFunction::count ? number() : time(), below(20) == 0});
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
    std::int64_t number() { return below(30) == 0 ? 998 + below(5) : below(20) == 0 ? 100 + below(200) : below(4); }
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
        NothingWide wide;
        EventLeaves leaves(compiled.plan, compiled.events, {bounds, cut_spans, name_spans}, below(2) == 0 ? SIZE_MAX : 10'000, nullptr,
                           wide, interrupts, std::pmr::new_delete_resource());
        for (const Event &event : events)
            leaves.add(event.ordinal, leaves.cell(event.stream, event.name), &event.flags, event.time);
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
        for (const char *text : {"did 'a' within 7 days",
                                 "did 'a' at least 2 times within 7 days",
                                 "did 'a' within 5 days",
                                 "did 'a' exactly 1 times within 9 days",
                                 "did 'a' at least 2 times within 20 days",
                                 "did 'a' at least 3 times more than 3 days ago",
                                 "count of 'a' within 7 days between 1 and 2",
                                 "count of 'a' within 30 days in (0, 2)",
                                 "did 'b' where (amount > 1) at most 1 times",
                                 "did any event within 7 days",
                                 "did any of ('a', 'b', 'survey') at least 3 times in this month",
                                 "did 'visit' exactly 1 times",
                                 "did 'a' where (amount > 2) from '2026-01-01' to '2026-02-01'",
                                 "did 'a' for the first time within 7 days",
                                 "did 'a' for the first time between 9 days and 3 days ago",
                                 "did any of ('a', 'visit') for the first time more than 5 days ago",
                                 "days since last 'a' >= 2.5",
                                 "count of 'a' within 7 days > count of any event within 7 days",
                                 "count of 'a' rose by 20 percent within 7 days",
                                 "share of any event of 'activity' where (name = 'a') < 0.6"})
            compiled.compile(text);
        World(compiled, seed).compare();
    }
}

}  // namespace
}  // namespace segment::match
