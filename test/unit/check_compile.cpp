// How checked definitions become features, cuts and nodes of the shared plan.
#include <gtest/gtest.h>

#include "check_support.hpp"
#include "core/match/compile.hpp"

namespace segment::match {
namespace {

using definition::Checked;

class Compile : public testing::Test {
protected:
    NodeId add(std::string_view text) {
        checked_.push_back(check(definition::parse_definition(text, arena_), words_, arena_));
        return compile(checked_.back(), {words_, "now()"}, nodes_, plan_, &arena_);
    }

    std::string feature(std::size_t id) const { return std::string(plan_.features().at(id).sql); }
    std::string cut(std::size_t feature, std::size_t id) const { return std::string(plan_.features().at(feature).cuts.at(id)); }

    std::pmr::monotonic_buffer_resource arena_;
    definition::Vocabulary words_ = definition::vocabulary("UTC");
    std::vector<Checked> checked_;
    SegmentNodes nodes_{&arena_};
    Plan plan_{&arena_};
};

TEST_F(Compile, ComparisonsShareFeaturesAndCuts) {
    const NodeId at_least = add("mrr >= 100"), below = add("mrr < 100"), same = add("100 <= mrr");
    ASSERT_EQ(plan_.features().size(), 1u);
    EXPECT_EQ(feature(0), "m.\"mrr\"");
    ASSERT_EQ(plan_.features()[0].cuts.size(), 1u);
    EXPECT_EQ(cut(0, 0), "100::numeric");
    EXPECT_EQ(at_least, same);
    EXPECT_NE(at_least, below);
    const CutRange range = plan_.nodes()[at_least].ranges.at(0);
    EXPECT_EQ(range.low, 0u);
    EXPECT_TRUE(range.low_inclusive);
    EXPECT_EQ(range.high, no_cut);
    EXPECT_FALSE(plan_.nodes()[below].ranges.at(0).high_inclusive);
}

TEST_F(Compile, CutsHaveTheFeaturesType) {
    add("country = 'DE' and seats = 5 and ratio = 0.1 and score < 0.1 and email = 'x' and mood = 'ok' and opens < '09:00'");
    const std::vector<std::pair<std::string, std::string>> expected{{"m.\"country\"", "'DE'::character varying"},
                                                                    {"m.\"seats\"", "5::integer"},
                                                                    {"m.\"ratio\"", "0.1::real"},
                                                                    {"m.\"score\"", "0.1::double precision"},
                                                                    {"m.\"email\"", "'x'::public.citext"},
                                                                    {"m.\"mood\"", "'ok'::public.mood"},
                                                                    {"m.\"opens\"", "'09:00'::time"}};
    ASSERT_EQ(plan_.features().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(feature(i), expected[i].first);
        EXPECT_EQ(cut(i, 0), expected[i].second);
    }
}

TEST_F(Compile, IntegersMeetWhatTheyCannotHoldAsNumeric) {
    add("seats > 2.5 or seats > 2147483648 or seats between 1 and 2.5 or seats in (1, 0.5) or seats <= 2147483647");
    ASSERT_EQ(plan_.features().size(), 2u);
    EXPECT_EQ(feature(0), "m.\"seats\"::numeric");
    EXPECT_EQ(cut(0, 1), "2147483648::numeric");
    EXPECT_EQ(cut(0, 2), "1::numeric");
    EXPECT_EQ(feature(1), "m.\"seats\"");
    EXPECT_EQ(cut(1, 0), "2147483647::integer");
}

TEST_F(Compile, WindowsAreRangesBetweenEdges) {
    const NodeId node = add("signup_at within 3 hours");
    ASSERT_EQ(plan_.features().size(), 1u);
    EXPECT_EQ(cut(0, 0), "now() - interval '3 hours'");
    EXPECT_EQ(cut(0, 1), "now()");
    const CutRange range = plan_.nodes()[node].ranges.at(0);
    EXPECT_FALSE(range.low_inclusive);
    EXPECT_TRUE(range.high_inclusive);
}

TEST_F(Compile, ListsAreUnionsOfPoints) {
    const NodeId node = add("country in ('DE', 'AT')");
    EXPECT_EQ(plan_.nodes()[node].ranges.size(), 2u);
    EXPECT_EQ(plan_.features()[0].cuts.size(), 2u);
}

TEST_F(Compile, PresenceIsAnOpenRange) {
    const NodeId set = add("mrr is set"), missing = add("mrr is not set");
    const CutRange range = plan_.nodes()[set].ranges.at(0);
    EXPECT_EQ(range.low, no_cut);
    EXPECT_EQ(range.high, no_cut);
    EXPECT_EQ(plan_.nodes()[missing].kind, NodeKind::negation);
    add("document is set");
    EXPECT_EQ(feature(1), "m.\"document\" IS NOT NULL");
    EXPECT_EQ(cut(1, 0), "true");
}

TEST_F(Compile, BooleansHaveTwoCuts) {
    add("has_admin or has_admin is false");
    ASSERT_EQ(plan_.features().size(), 1u);
    EXPECT_EQ(feature(0), "m.\"has_admin\"");
    EXPECT_EQ(cut(0, 0), "true");
    EXPECT_EQ(cut(0, 1), "false");
}

TEST_F(Compile, NegationsComplementWhatTheyNegate) {
    const NodeId equal = add("plan = 'a'"), different = add("plan != 'a'");
    ASSERT_EQ(plan_.nodes()[different].kind, NodeKind::negation);
    EXPECT_EQ(plan_.nodes()[different].operands.at(0), equal);
    EXPECT_EQ(add("not (plan != 'a')"), equal);
}

TEST_F(Compile, WhatOnlySqlCanTellIsABooleanFeature) {
    add("plan like 'a%'");
    add("mrr > seats");
    add("signup_at since renewal_at");
    ASSERT_EQ(plan_.features().size(), 4u);
    EXPECT_EQ(feature(0), "m.\"plan\" LIKE 'a%'");
    EXPECT_EQ(feature(1), "m.\"mrr\" > m.\"seats\"");
    EXPECT_EQ(feature(2), "m.\"signup_at\" >= m.\"renewal_at\"");
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(cut(i, 0), "true");
    EXPECT_EQ(feature(3), "m.\"signup_at\"");
    EXPECT_EQ(cut(3, 0), "now()");
}

TEST_F(Compile, ArraysAreReadElementByElement) {
    const NodeId a = add("tags includes 'a'"), b = add("tags includes 'b'");
    const NodeId both[] = {a, b};
    EXPECT_EQ(add("tags includes all ('b', 'a')"), plan_.conjunction(both));
    EXPECT_EQ(add("tags includes any ('a', 'b')"), plan_.disjunction(both));
    ASSERT_EQ(plan_.features().size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_TRUE(plan_.features()[i].is_element);
        EXPECT_EQ(feature(i), "m.\"tags\"");
    }
    EXPECT_EQ(cut(0, 0), "'a'::text");
    // Without an array it holds as little as the others.
    const PlanNode &none = plan_.nodes()[add("tags includes none ('a')")];
    ASSERT_EQ(none.kind, NodeKind::leaf);
    EXPECT_EQ(none.ranges.at(0).high, 0u);
    EXPECT_FALSE(none.ranges.at(0).high_inclusive);
}

TEST_F(Compile, RanksAreComparedWithAThreshold) {
    add("mrr > 5 and mrr in top 3");
    ASSERT_EQ(plan_.features().size(), 1u);
    EXPECT_EQ(cut(0, 1).substr(0, 19), "(SELECT value FROM ");
    add("mrr in top 3 per country");
    ASSERT_EQ(plan_.features().size(), 2u);
    EXPECT_EQ(cut(1, 0), "true");
}

TEST_F(Compile, SegmentsAreTheirNodes) {
    nodes_[1] = add("mrr > 5");
    EXPECT_EQ(add("in segment 'vip'"), nodes_[1]);
    EXPECT_EQ(add("not in segment 'vip'"), plan_.negation(nodes_[1]));
    EXPECT_THROW(add("in segment 'at risk'"), Error);
}

}  // namespace
}  // namespace segment::match
