#include "core/revenue/report.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "revenue_support.hpp"

namespace segment::revenue {
namespace {

// Member 0 is in group 0 from day 10 to day 40, and in group 1 otherwise.
constexpr Group inside = 0, outside = 1;
const Spell spell{10 * day, 40 * day, inside};
const Spells spells{{&spell, 1}, outside, outside};

GroupedBridges add_up(Edges edges, Membership membership, Instant known_from, const std::vector<DayLine> &lines) {
    GroupedBridges bridges(edges, Granularity::net, membership, known_from, 2, std::pmr::get_default_resource());
    const auto bytes = ledger_of(lines);
    LedgerReader ledger(bytes, std::pmr::get_default_resource());
    while (ledger.next()) {
        bridges.add(ledger.changes(), spells);
    }
    bridges.finish();
    return bridges;
}

TEST(RevenueReport, GroupAtAnInstant) {
    EXPECT_EQ(spells.at(10 * day - 1), outside);
    EXPECT_EQ(spells.at(10 * day), inside);
    EXPECT_EQ(spells.at(40 * day - 1), inside);
    EXPECT_EQ(spells.at(40 * day), outside);
}

TEST(RevenueReport, SpellsWithinOthers) {
    const Spell area[] = {{0, 10, 9}, {20, 30, 9}, {40, never, 9}}, spells_[] = {{-5, 5, 1}, {7, 25, 2}, {25, 45, 3}, {50, 60, 4}};
    std::pmr::vector<Spell> result;
    restrict_spells(area, spells_, 0, result);
    const std::vector<std::array<Instant, 3>> expected{{0, 5, 1},   {5, 7, 0},   {7, 10, 2},  {20, 25, 2},   {25, 30, 3},
                                                       {40, 45, 3}, {45, 50, 0}, {50, 60, 4}, {60, never, 0}};
    ASSERT_EQ(result.size(), expected.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
        EXPECT_EQ((std::array<Instant, 3>{result[i].entered_at, result[i].exited_at, result[i].group}), expected[i]) << i;
    }
    restrict_spells({}, spells_, 0, result);
    EXPECT_TRUE(result.empty());
    restrict_spells(area, {}, 0, result);
    EXPECT_EQ(result.size(), 3U);
}

TEST(RevenueReport, Memberships) {
    const std::vector<Instant> edges{0, 20 * day, 60 * day};
    const std::vector<DayLine> lines{{0, -5, 30, {10, 0}}, {0, 30, open_end, {15, 0}}};
    const auto flow = add_up(edges, Membership::flow, forever_ago, lines);
    // It comes with its 10, then grows by 5 and leaves with 15.
    EXPECT_TRUE(flow.bridge(outside, 0).starting.mrr == 10 && flow.bridge(outside, 0).transfer_out == -10 &&
                flow.bridge(outside, 0).ending.mrr == 0);
    EXPECT_TRUE(flow.bridge(inside, 0).starting.mrr == 0 && flow.bridge(inside, 0).transfer_in == 10 &&
                flow.bridge(inside, 0).ending.mrr == 10);
    EXPECT_TRUE(flow.bridge(inside, 1)[Movement::expansion].mrr == 5 && flow.bridge(inside, 1).transfer_out == -15);
    EXPECT_TRUE(flow.bridge(outside, 1).transfer_in == 15 && flow.bridge(outside, 1).ending.mrr == 15);
    // What became of the customers at the start is told where they were.
    EXPECT_TRUE(flow.bridge(inside, 1).retained == 15 && flow.bridge(outside, 1).retained == 0);

    const auto start = add_up(edges, Membership::start, forever_ago, lines);
    EXPECT_TRUE(start.bridge(outside, 0).ending.mrr == 10 && start.bridge(inside, 1).ending.mrr == 15);
    const auto end = add_up(edges, Membership::end, forever_ago, lines);
    EXPECT_TRUE(end.bridge(inside, 0).starting.mrr == 10 && end.bridge(outside, 1).starting.mrr == 10);
    // Before the history begins, and where it is not asked for, the current group counts.
    const auto early = add_up(edges, Membership::start, 5 * day, lines);
    EXPECT_EQ(early.membership(0), Membership::current);
    EXPECT_EQ(early.membership(1), Membership::start);
    const auto current = add_up(edges, Membership::current, forever_ago, lines);
    EXPECT_TRUE(current.bridge(inside, 0).starting.mrr == 0 && current.bridge(outside, 1).ending.mrr == 15);
}

TEST(RevenueReport, WithoutMrrBeforeThePeriodsEndDecides) {
    const std::vector<Instant> edges{0, 20 * day};
    const auto start = add_up(edges, Membership::start, forever_ago, {{0, 5, open_end, {10, 0}}});
    EXPECT_TRUE(start.bridge(inside, 0)[Movement::new_business].mrr == 10 && start.bridge(outside, 0).ending.mrr == 0);
}

// Whatever the membership: each group's bridge adds up, and all groups together are the whole.
TEST(RevenueReport, PartsOfRandomLedgers) {
    const std::vector<Instant> edges{0, 20 * day, 45 * day, 70 * day};
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        std::vector<DayLine> lines;
        for (int i = 0; i < 6; ++i) {
            const auto begin = static_cast<std::int64_t>(random() % 80) - 10;
            lines.push_back({0, begin, begin + static_cast<std::int64_t>(random() % 40), {static_cast<Money>(random() % 30) - 8, 0}});
        }
        for (const Membership membership : {Membership::start, Membership::end, Membership::current, Membership::flow}) {
            const auto bridges = add_up(edges, membership, forever_ago, lines);
            const auto whole = bridges_of(ledger_of(lines), {0, 20, 45, 70});
            for (std::size_t period = 0; period < bridges.periods(); ++period) {
                Money starting = 0, ending = 0, transferred = 0;
                for (const Group group : {inside, outside}) {
                    const GroupBridge &bridge = bridges.bridge(group, period);
                    Money sum = bridge.starting.mrr + bridge.transfer_in + bridge.transfer_out;
                    for (const Bridge::Sum &movement : bridge.movements) {
                        sum += movement.mrr;
                    }
                    ASSERT_TRUE(sum == bridge.ending.mrr) << seed;
                    ASSERT_TRUE(bridge.retained_gross >= 0 && bridge.retained_gross <= bridge.starting.mrr) << seed;
                    starting += bridge.starting.mrr;
                    ending += bridge.ending.mrr;
                    transferred += bridge.transfer_in + bridge.transfer_out;
                }
                ASSERT_TRUE(starting == whole[period].starting.mrr && ending == whole[period].ending.mrr && transferred == 0) << seed;
            }
        }
    }
}

// Members that have always been where they are: the bridge of all.
TEST(RevenueReport, SettledMembersOfRandomLedgers) {
    const std::vector<Instant> edges{0, 20 * day, 45 * day, 70 * day};
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        std::vector<DayLine> lines;
        for (int i = 0; i < 12; ++i) {
            const auto begin = static_cast<std::int64_t>(random() % 80) - 10;
            lines.push_back({static_cast<std::int64_t>(random() % 3),
                             begin,
                             begin + static_cast<std::int64_t>(random() % 40),
                             {static_cast<Money>(random() % 30) - 8, 0}});
        }
        const auto bytes = ledger_of(lines);
        for (const Granularity granularity : {Granularity::net, Granularity::event}) {
            GroupedBridges bridges(edges, granularity, Membership::flow, forever_ago, 2, std::pmr::get_default_resource());
            LedgerReader ledger(bytes, std::pmr::get_default_resource());
            while (ledger.next()) {
                bridges.add(ledger.changes(), {{}, inside, inside});
            }
            bridges.finish();
            const GroupedBridges &result = bridges;
            const auto whole = bridges_of(bytes, {0, 20, 45, 70}, granularity);
            for (std::size_t period = 0; period < bridges.periods(); ++period) {
                const GroupBridge &found = result.bridge(inside, period);
                const Bridge &expected = whole[period];
                ASSERT_TRUE(found.starting.mrr == expected.starting.mrr && found.ending.mrr == expected.ending.mrr) << seed;
                ASSERT_TRUE(found.starting.customers == expected.starting.customers && found.ending.customers == expected.ending.customers);
                ASSERT_TRUE(found.retained == expected.retained && found.retained_gross == expected.retained_gross) << seed;
                ASSERT_EQ(found.churned_customers, expected.churned_customers) << seed;
                for (std::size_t kind = 0; kind < movement_kinds; ++kind) {
                    ASSERT_TRUE(found.movements[kind].mrr == expected.movements[kind].mrr) << seed;
                    ASSERT_EQ(found.movements[kind].customers, expected.movements[kind].customers) << seed;
                }
                ASSERT_TRUE(result.bridge(outside, period).is_idle()) << seed;
            }
        }
    }
}

}  // namespace
}  // namespace segment::revenue
