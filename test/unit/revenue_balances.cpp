#include "core/revenue/balances.hpp"

#include <gtest/gtest.h>

#include "revenue_support.hpp"

#include "core/error.hpp"
#include "core/members/bit_set.hpp"

namespace segment::revenue {
namespace {

TEST(RevenueBalances, SumsOfSets) {
    Balances balances(std::pmr::get_default_resource());
    balances.add(1, {100, 0});
    balances.add(70000, {5, 0});
    balances.add(1, {-30, 0});
    balances.add(2, {-30, 0});
    balances.add(3, {1234, 2});            // all others now count in hundredths
    balances.add(3'999'999'999, {99, 0});  // of nobody
    NoInterrupts interrupts;
    balances.finish(interrupts);
    EXPECT_EQ(balances.scale(), 2);
    members::BitSet set(std::pmr::get_default_resource());
    for (const members::Ordinal member : {1U, 2U, 4U, 70000U, 140000U}) {
        set.insert(member);
    }
    const auto sum = [&](std::uint32_t chunk) {
        balances.select(chunk);
        return balances.sum(set.words(chunk));
    };
    EXPECT_TRUE(sum(0) == 7000);
    EXPECT_TRUE(sum(1) == 500);
    EXPECT_TRUE(sum(2) == 0);
    set.insert(3);
    EXPECT_TRUE(sum(0) == 8234);
}

TEST(RevenueBalances, WhatDoesNotFitIsRefused) {
    Balances balances(std::pmr::get_default_resource());
    balances.add(1, {Money{1} << 120, 0});
    EXPECT_THROW(balances.add(2, {1, 30}), Error);
}

}  // namespace
}  // namespace segment::revenue
