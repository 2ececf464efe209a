// The way from a text to the members, with a failure at each of its allocations: it comes out as bad_alloc, and nothing stays behind.
// The parts that have tests of their own (dictionaries, staging, evaluation, JSON) are left out here.
#include <gtest/gtest.h>

#include <string_view>

#include "check_support.hpp"
#include "core/definition/canonical.hpp"
#include "core/definition/printer.hpp"
#include "core/definition/sql.hpp"
#include "core/match/compile.hpp"
#include "failing_memory.hpp"

namespace segment::definition {
namespace {

// One of each kind of condition.
constexpr std::string_view whole_language[] = {
    "plan = 'pro' and country in ('DE', 'AT', 'CH') or not (mrr between 10 and 100.5) and has_admin",
    "days since signup_at > 30 and (mrr * 12 - seats / 2) >= 1000 and code like 'a%' and email matches '^x'",
    "signup_at within 30 days and renewal_at within next 2 weeks and created in last month and anniversary(birthday) within next 7 days",
    "properties.address.city = 'Wien' and properties.score::numeric > 2 and tags includes any of ('a', 'b') and codes includes 5",
    "mrr in top 10 percent and score above median and bucket('salt') < 0.5 and not in segment 'vip'",
    "did 'login' where (device = 'ios') at least 5 times within 30 days and never did any of ('a', 'b')",
    "count of 'login' fell by 50 percent within 4 weeks and last 'login' more than 14 days ago",
    "mood = 'ok' or opens < '09:00' or trial >= 2 weeks or uid = '00000000-0000-0000-0000-000000000001' or billing.amount is set",
};

// Forms that another definition in the list may not have either: what is not accepted ends with an error, which needs memory as well.
template <class Work>
void within_errors(Work work) {
    try {
        work();
    } catch (const Error &) {
    }
}

TEST(AllocationFailures, ParseAndPrint) {
    for (const std::string_view text : whole_language) {
        SCOPED_TRACE(text);
        testing::fail_at_every_allocation([&](std::pmr::memory_resource *memory) {
            testing::FailingArena arena(memory);
            within_errors([&] { canonical_definition(text, arena); });
        });
    }
}

TEST(AllocationFailures, CheckAndTranslate) {
    const Vocabulary words = vocabulary();
    for (const std::string_view text : whole_language) {
        SCOPED_TRACE(text);
        std::pmr::monotonic_buffer_resource parsed;
        const Node *tree = nullptr;
        within_errors([&] { tree = &parse_definition(text, parsed); });
        if (tree == nullptr) {
            continue;
        }
        testing::fail_at_every_allocation([&](std::pmr::memory_resource *memory) {
            testing::FailingArena arena(memory);
            within_errors([&] {
                const Checked checked = check(*tree, words, arena);
                condition_sql(checked, {words, "now()"}, &arena);
            });
        });
    }
}

TEST(AllocationFailures, Compile) {
    const Vocabulary words = vocabulary();
    std::pmr::monotonic_buffer_resource parsed;
    std::vector<Checked> definitions;
    for (const std::string_view text : whole_language) {
        within_errors([&] { definitions.push_back(check(parse_definition(text, parsed), words, parsed)); });
    }
    ASSERT_GE(definitions.size(), 5U) << "definitions that need no events";
    testing::fail_at_every_allocation([&](std::pmr::memory_resource *memory) {
        testing::FailingArena arena(memory);
        match::SegmentNodes nodes(&arena);
        match::Plan plan(&arena);
        nodes.emplace(1, plan.everyone());
        for (const Checked &checked : definitions) {
            plan.root(match::compile(checked, {words, "now()"}, nodes, plan, &arena));
        }
    });
}

}  // namespace
}  // namespace segment::definition
