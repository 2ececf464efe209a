#include "core/revenue/movement.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "revenue_support.hpp"

namespace segment::revenue {
namespace {

// A bridge in one line, amounts in the ledger's units: MRR and customers at the start, the movements, MRR and customers at the end.
std::string text_of(const Bridge &bridge) {
    const auto sum = [](const Bridge::Sum &sum) { return to_text(sum.mrr, 0) + "/" + std::to_string(sum.customers); };
    std::string text = sum(bridge.starting) + " >";
    const std::pair<Movement, const char *> names[] = {{Movement::new_business, " new "},
                                                       {Movement::expansion, " expansion "},
                                                       {Movement::contraction, " contraction "},
                                                       {Movement::churn, " churn "},
                                                       {Movement::reactivation, " reactivation "}};
    for (const auto &[movement, name] : names) {
        if (bridge[movement].customers > 0) {
            text += name + sum(bridge[movement]);
        }
    }
    return text + " > " + sum(bridge.ending);
}

TEST(RevenueMovement, Kinds) {
    EXPECT_EQ(movement_of(0, 5, false), Movement::new_business);
    EXPECT_EQ(movement_of(0, 5, true), Movement::reactivation);
    EXPECT_EQ(movement_of(5, 9, true), Movement::expansion);
    EXPECT_EQ(movement_of(9, 5, true), Movement::contraction);
    EXPECT_EQ(movement_of(9, 0, true), Movement::churn);
}

// ChartMogul's example of gross and net MRR churn: of 100 at the start, 10 churn, 10 are contraction and 10 expansion.
TEST(RevenueMovement, ChurnOfChartMogulsExample) {
    const auto ledger =
        ledger_of({{1, 0, 15, {10, 0}}, {2, 0, 15, {30, 0}}, {2, 15, open_end, {20, 0}}, {3, 0, 15, {60, 0}}, {3, 15, open_end, {70, 0}}});
    const Bridge bridge = bridges_of(ledger, {1, 30}).front();
    EXPECT_EQ(text_of(bridge), "100/3 > expansion 10/1 contraction -10/1 churn -10/1 > 90/2");
    EXPECT_EQ(bridge.lost, 20);
    EXPECT_EQ(bridge.net_lost, 10);
    EXPECT_EQ(bridge.retained_gross, 80);
    EXPECT_EQ(bridge.retained, 90);
    EXPECT_EQ(bridge.churned_customers, 1);
}

// Baremetrics' yearly plan: four at $500 a year are 166.67 of MRR, two more lines of 30 an expansion of 60, their end a contraction.
TEST(RevenueMovement, YearlyPlanOfBaremetrics) {
    const Amount yearly{2000'00 / 12 + 1, 2};
    const auto ledger = ledger_of({{1, 0, open_end, yearly}, {1, 40, 70, {30, 0}}, {1, 40, 70, {30, 0}}});
    const auto bridges = bridges_of(ledger, {0, 31, 60, 91});
    EXPECT_EQ(text_of(bridges[0]), "0/0 > new 16667/1 > 16667/1");
    EXPECT_EQ(text_of(bridges[1]), "16667/1 > expansion 6000/1 > 22667/1");
    EXPECT_EQ(text_of(bridges[2]), "22667/1 > contraction -6000/1 > 16667/1");
}

// ChartMogul's average sale price: three customers at 100 and seven at 50 are 650 over 10.
TEST(RevenueMovement, AverageSalePrice) {
    std::vector<DayLine> lines;
    for (std::int64_t member = 0; member < 10; ++member) {
        lines.push_back({member, 3, open_end, {member < 3 ? 100 : 50, 0}});
    }
    EXPECT_EQ(text_of(bridges_of(ledger_of(lines), {0, 31}).front()), "0/0 > new 650/10 > 650/10");
}

// Bills start on the first of the month: such a movement belongs to the month that begins.
TEST(RevenueMovement, AtTheEdgeOfAPeriod) {
    const auto ledger = ledger_of({{1, 31, 60, {10, 0}}});
    const auto bridges = bridges_of(ledger, {0, 31, 60, 91});
    EXPECT_EQ(text_of(bridges[0]), "0/0 > > 0/0");
    EXPECT_EQ(text_of(bridges[1]), "0/0 > new 10/1 > 10/1");
    EXPECT_EQ(text_of(bridges[2]), "10/1 > churn -10/1 > 0/0");
    // Nor does what happens at the end of the last period belong to it.
    EXPECT_EQ(text_of(bridges_of(ledger, {0, 31}).front()), "0/0 > > 0/0");
    EXPECT_EQ(text_of(bridges_of(ledger, {31, 60}).front()), "0/0 > new 10/1 > 10/1");
}

TEST(RevenueMovement, NetOrByEvent) {
    // Up on the 5th, down on the 10th, away from the 15th to the 20th.
    const auto ledger = ledger_of({{1, 0, 15, {10, 0}}, {1, 5, 10, {5, 0}}, {1, 20, open_end, {10, 0}}});
    EXPECT_EQ(text_of(bridges_of(ledger, {1, 30}).front()), "10/1 > > 10/1");
    const Bridge bridge = bridges_of(ledger, {1, 30}, Granularity::event).front();
    EXPECT_EQ(text_of(bridge), "10/1 > expansion 5/1 contraction -5/1 churn -10/1 reactivation 10/1 > 10/1");
    // Who is back at the end has not been lost.
    EXPECT_EQ(bridge.churned_customers, 0);
    EXPECT_EQ(bridge.retained, 10);
}

TEST(RevenueMovement, NewOnlyOnceInTheWholeLedger) {
    const auto ledger = ledger_of({{1, 0, 5, {10, 0}}, {1, 40, 45, {10, 0}}, {1, 70, open_end, {10, 0}}});
    // Before the report's first period counts too.
    EXPECT_EQ(text_of(bridges_of(ledger, {31, 60}, Granularity::event).front()), "0/0 > churn -10/1 reactivation 10/1 > 0/0");
    EXPECT_EQ(text_of(bridges_of(ledger, {60, 91}).front()), "0/0 > reactivation 10/1 > 10/1");
    // New and gone within a period is no net movement.
    EXPECT_EQ(text_of(bridges_of(ledger, {0, 31}).front()), "0/0 > > 0/0");
    EXPECT_EQ(text_of(bridges_of(ledger, {0, 31}, Granularity::event).front()), "0/0 > new 10/1 churn -10/1 > 0/0");
}

TEST(RevenueMovement, WhoIsAwayForLongIsNewAgain) {
    // Away for 10 days from the 5th on; back for a day on the 35th, away for 2 days.
    const auto ledger = ledger_of({{1, 0, 5, {10, 0}}, {1, 15, 20, {10, 0}}, {1, 35, 36, {10, 0}}, {1, 38, open_end, {10, 0}}});
    const auto within = [&](Granularity granularity, Duration longest) {
        std::string text;
        for (const Bridge &bridge : bridges_of(ledger, {10, 31, 60}, {granularity, longest})) {
            text += text_of(bridge) + "; ";
        }
        return text;
    };
    const Duration days = static_cast<Duration>(day);
    EXPECT_EQ(within(Granularity::event, 10 * days),
              "0/0 > churn -10/1 reactivation 10/1 > 0/0; 0/0 > new 10/1 churn -10/1 reactivation 10/1 > 10/1; ");
    EXPECT_EQ(within(Granularity::event, 10 * days - 1),
              "0/0 > new 10/1 churn -10/1 > 0/0; 0/0 > new 10/1 churn -10/1 reactivation 10/1 > 10/1; ");
    // A net movement is what the first return of the period was: after 15 days, and not after 2.
    EXPECT_EQ(within(Granularity::net, 15 * days), "0/0 > > 0/0; 0/0 > reactivation 10/1 > 10/1; ");
    EXPECT_EQ(within(Granularity::net, 15 * days - 1), "0/0 > > 0/0; 0/0 > new 10/1 > 10/1; ");
    EXPECT_EQ(within(Granularity::event, 0), "0/0 > new 10/1 churn -10/1 > 0/0; 0/0 > new 20/2 churn -10/1 > 10/1; ");
    // From the beginning of all times.
    Collector collector(MemberKind::int8, std::pmr::get_default_resource());
    collector.add({.number = 1}, forever_ago, 0, {10, 0});
    collector.add({.number = 1}, 400'000 * day, never, {10, 0});
    EXPECT_EQ(bridges_of(bytes_of(collector), {0, 1000}, {Granularity::net, any_duration})[0][Movement::churn].customers, 1);
}

TEST(RevenueMovement, NegativeLinesReduceToZeroAtMost) {
    const auto ledger = ledger_of({{1, 0, open_end, {10, 0}}, {1, 10, 20, {-4, 0}}, {1, 30, 40, {-25, 0}}});
    EXPECT_EQ(text_of(bridges_of(ledger, {0, 60}, Granularity::event).front()),
              "0/0 > new 10/1 expansion 4/1 contraction -4/1 churn -10/1 reactivation 10/1 > 10/1");
    // A credit alone makes no customer.
    EXPECT_EQ(text_of(bridges_of(ledger_of({{1, 0, open_end, {-5, 0}}}), {0, 60}).front()), "0/0 > > 0/0");
}

TEST(RevenueMovement, BalanceAtAnInstantIncludesWhatStartsThen) {
    const auto ledger = ledger_of({{1, 10, 20, {10, 0}}, {2, 20, open_end, {7, 0}}});
    const auto at = [&](Instant instant) {
        LedgerReader reader(ledger, std::pmr::get_default_resource());
        const Bridge::Sum sum = balance_at(reader, instant);
        return to_text(sum.mrr, 0) + "/" + std::to_string(sum.customers);
    };
    EXPECT_EQ(at(10 * day - 1), "0/0");
    EXPECT_EQ(at(10 * day), "10/1");
    EXPECT_EQ(at(20 * day - 1), "10/1");
    EXPECT_EQ(at(20 * day), "7/1");
    EXPECT_EQ(at(forever_ago), "0/0");
    EXPECT_EQ(at(never), "7/1");
}

// Each member's MRR by summing its lines anew at each instant.
TEST(RevenueMovement, SumsOfRandomLedgers) {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](std::uint32_t n) { return static_cast<std::int64_t>(random() % n); };
        std::vector<DayLine> lines;
        for (std::int64_t i = below(30) + 1; i > 0; --i) {
            const std::int64_t start = below(100);
            lines.push_back({below(4), start, below(4) == 0 ? open_end : start + below(40), {below(30) - 8, 0}});
        }
        const auto mrr_before = [&](std::int64_t member, std::int64_t edge) {
            Money sum = 0;
            for (const DayLine &line : lines) {
                if (line.member == member && line.starts_on < edge && line.ends_on >= edge) {
                    sum += line.amount.value;
                }
            }
            return std::max(sum, Money{0});
        };
        const std::vector<std::int64_t> edges{5, 33, 61, 92, 122};
        for (const Granularity granularity : {Granularity::net, Granularity::event}) {
            const auto bridges = bridges_of(ledger_of(lines), edges, granularity);
            for (std::size_t i = 0; i < bridges.size(); ++i) {
                Money starting = 0, ending = 0, retained = 0, gross = 0, moved = 0;
                std::int64_t customers = 0, lost = 0;
                for (std::int64_t member = 0; member < 4; ++member) {
                    const Money before = mrr_before(member, edges[i]), after = mrr_before(member, edges[i + 1]);
                    starting += before;
                    ending += after;
                    customers += before > 0 ? 1 : 0;
                    lost += before > 0 && after == 0 ? 1 : 0;
                    retained += before > 0 ? after : 0;
                    gross += std::min(before, after);
                }
                for (const Bridge::Sum &sum : bridges[i].movements) {
                    moved += sum.mrr;
                }
                ASSERT_EQ(bridges[i].starting.mrr, starting) << seed;
                ASSERT_EQ(bridges[i].ending.mrr, ending) << seed;
                ASSERT_EQ(moved, ending - starting) << seed;
                ASSERT_EQ(bridges[i].starting.customers, customers) << seed;
                ASSERT_EQ(bridges[i].churned_customers, lost) << seed;
                ASSERT_EQ(bridges[i].retained, retained) << seed;
                ASSERT_EQ(bridges[i].retained_gross, gross) << seed;
            }
        }
    }
}

}  // namespace
}  // namespace segment::revenue
