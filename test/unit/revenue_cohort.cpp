#include "core/revenue/cohort.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "revenue_support.hpp"

namespace segment::revenue {
namespace {

Cohorts cohorts_of(Edges edges, const std::vector<DayLine> &lines, const std::vector<DayLine> &quantities = {}) {
    Cohorts cohorts(edges, 1, std::pmr::get_default_resource());
    const auto mrr = ledger_of(lines), seats = ledger_of(quantities);
    LedgerReader ledger(mrr, std::pmr::get_default_resource()), counted(seats, std::pmr::get_default_resource());
    bool more = counted.next();
    while (ledger.next()) {
        while (more && counted.key().number < ledger.key().number) {
            more = counted.next();
        }
        const bool has = more && counted.key().number == ledger.key().number;
        cohorts.add(0, ledger.changes(), has ? counted.changes() : std::span<const Change>());
    }
    cohorts.finish();
    return cohorts;
}

void expect_cell(const Cohorts::Cell &cell, std::int64_t members, Money net, Money gross, Money quantity = 0) {
    EXPECT_EQ(cell.members, members);
    EXPECT_TRUE(cell.net == net) << static_cast<std::int64_t>(cell.net);
    EXPECT_TRUE(cell.gross == gross) << static_cast<std::int64_t>(cell.gross);
    EXPECT_TRUE(cell.quantity == quantity) << static_cast<std::int64_t>(cell.quantity);
}

const std::vector<Instant> edges{0, 10 * day, 20 * day, 30 * day};
using Relative = Cohorts::Relative;

// Member 1 grows at once; 2 goes in the second period and is back in the third; 3 comes on an edge; 4 was there before; 5 comes too late.
const std::vector<DayLine> lines{{1, 0, 5, {10, 0}},         {1, 5, open_end, {15, 0}}, {2, 3, 10, {20, 0}},
                                 {2, 25, open_end, {50, 0}}, {3, 10, open_end, {7, 0}}, {4, -1, 2, {9, 0}},
                                 {4, 15, open_end, {9, 0}},  {5, 30, open_end, {1, 0}}};

TEST(RevenueCohort, ByHand) {
    const Cohorts cohorts = cohorts_of(edges, lines, {{1, 0, 12, {3, 0}}, {1, 12, open_end, {4, 0}}, {2, 0, open_end, {2, 0}}});
    expect_cell(cohorts.at(0, 0, 0, Relative::start).of, 2, 30, 30, 5);
    // A line that ends at the period's end still counts there.
    expect_cell(cohorts.at(0, 0, 0, Relative::start).cell, 2, 35, 30, 5);
    expect_cell(cohorts.at(0, 0, 1, Relative::start).cell, 1, 15, 10, 6);
    expect_cell(cohorts.at(0, 0, 2, Relative::start).cell, 2, 65, 30, 6);
    expect_cell(cohorts.at(0, 0, 2, Relative::start).of, 2, 30, 30, 5);
    expect_cell(cohorts.at(0, 0, 2, Relative::previous).of, 1, 15, 10, 6);
    expect_cell(cohorts.at(0, 0, 0, Relative::previous).of, 2, 30, 30, 5);
    expect_cell(cohorts.at(0, 1, 0, Relative::start).of, 1, 7, 7);
    expect_cell(cohorts.at(0, 1, 1, Relative::start).cell, 1, 7, 7);
    expect_cell(cohorts.at(0, 2, 0, Relative::start).cell, 0, 0, 0);
}

TEST(RevenueCohort, TotalsOfThoseOldEnough) {
    const Cohorts cohorts = cohorts_of(edges, lines);
    expect_cell(cohorts.total(0, 1, 3, Relative::start).cell, 2, 22, 17);
    expect_cell(cohorts.total(0, 1, 3, Relative::start).of, 3, 37, 37);
    expect_cell(cohorts.total(0, 1, 2, Relative::start).cell, 1, 15, 10);
    expect_cell(cohorts.total(0, 2, 2, Relative::start).of, 0, 0, 0);
}

TEST(RevenueCohort, GoneWithinThePeriodOfTheStart) {
    const Cohorts cohorts = cohorts_of(edges, {{1, 2, 4, {10, 0}}});
    expect_cell(cohorts.at(0, 0, 0, Relative::start).of, 1, 10, 10);
    expect_cell(cohorts.at(0, 0, 0, Relative::start).cell, 0, 0, 0);
}

// Against sums over the days just before each edge.
TEST(RevenueCohort, RandomLedgers) {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        std::vector<DayLine> some;
        for (int i = 0; i < 8; ++i) {
            const auto begin = static_cast<std::int64_t>(random() % 45) - 10;
            some.push_back({static_cast<std::int64_t>(random() % 3),
                            begin,
                            begin + 1 + static_cast<std::int64_t>(random() % 20),
                            {static_cast<Money>(random() % 30) - 8, 0}});
        }
        const auto mrr = [&](std::int64_t member, std::int64_t on) {
            Money sum = 0;
            for (const DayLine &line : some) {
                sum += line.member == member && line.starts_on <= on && line.ends_on > on ? line.amount.value : 0;
            }
            return std::max(sum, Money{0});
        };
        const Cohorts cohorts = cohorts_of(edges, some, some);
        for (std::size_t cohort = 0; cohort < 3; ++cohort) {
            for (std::size_t age = 0; cohort + age < 3; ++age) {
                Cohorts::Cell cell, of;
                for (std::int64_t member = 0; member < 3; ++member) {
                    std::int64_t first = -10;
                    while (first < 60 && mrr(member, first) == 0) {
                        ++first;
                    }
                    if (first < 60 && first >= 0 && first / 10 == static_cast<std::int64_t>(cohort)) {
                        const Money start = mrr(member, first), now = mrr(member, static_cast<std::int64_t>(cohort + age + 1) * 10 - 1);
                        of.members++;
                        of.net += start;
                        cell.members += now > 0;
                        cell.net += now;
                        cell.gross += std::min(start, now);
                    }
                }
                const auto found = cohorts.at(0, cohort, age, Relative::start);
                ASSERT_NO_FATAL_FAILURE(expect_cell(found.cell, cell.members, cell.net, cell.gross, cell.net)) << seed;
                ASSERT_NO_FATAL_FAILURE(expect_cell(found.of, of.members, of.net, of.net, of.net)) << seed;
                ASSERT_FALSE(HasFailure()) << "seed " << seed << ", cohort " << cohort << ", age " << age;
            }
        }
    }
}

}  // namespace
}  // namespace segment::revenue
