#include "core/match/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "failing_memory.hpp"

namespace segment::match {
namespace {

std::pmr::memory_resource *heap() {
    return std::pmr::new_delete_resource();
}

template <class Work>
void expect_internal_error(Work work) {
    try {
        work();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::internal_error);
    }
}

NodeId leaf(Plan &plan, FeatureId feature, CutRange range) {
    return plan.leaf(feature, std::span(&range, 1));
}

NodeId conjunction(Plan &plan, std::vector<NodeId> operands) {
    return plan.conjunction(operands);
}

NodeId disjunction(Plan &plan, std::vector<NodeId> operands) {
    return plan.disjunction(operands);
}

// `count` leaves of one feature that differ.
std::vector<NodeId> leaves(Plan &plan, std::size_t count) {
    const FeatureId feature = plan.feature("m.x");
    std::vector<NodeId> nodes;
    for (std::size_t i = 0; i < count; ++i) {
        const CutId cut = plan.cut(feature, std::to_string(i));
        nodes.push_back(leaf(plan, feature, {cut, cut}));
    }
    return nodes;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> code_ranges(const Plan &plan, NodeId leaf) {
    std::pmr::vector<CodeRange> ranges({{77, 88}}, heap());  // what was there before is dropped
    plan.code_ranges(plan.nodes()[leaf], ranges);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (const CodeRange &range : ranges) {
        pairs.emplace_back(range.first, range.last);
    }
    return pairs;
}

using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

TEST(Plan, EqualThingsHaveOneId) {
    Plan plan(heap());
    const FeatureId a = plan.feature("m.a"), b = plan.feature("m.b");
    EXPECT_NE(a, b);
    EXPECT_EQ(plan.feature("m.a"), a);
    const CutId one = plan.cut(a, "1"), two = plan.cut(a, "2");
    EXPECT_NE(one, two);
    EXPECT_EQ(plan.cut(a, "1"), one);
    EXPECT_EQ(plan.cut(b, "2"), 0U) << "cuts are counted by feature";
    EXPECT_EQ(plan.features()[a].sql, "m.a");
    EXPECT_EQ(plan.features()[a].cuts[two], "2");

    const NodeId low = leaf(plan, a, {one, no_cut});
    EXPECT_EQ(leaf(plan, a, {one, no_cut}), low);
    EXPECT_EQ(leaf(plan, a, {one, no_cut, true, false}), low) << "an open end is neither in nor out";
    EXPECT_NE(leaf(plan, a, {one, no_cut, false, true}), low);
    EXPECT_NE(leaf(plan, a, {no_cut, one}), low);
    EXPECT_NE(leaf(plan, b, {0, no_cut}), low);
    const CutRange both[] = {{one, one}, {two, two}}, swapped[] = {{two, two}, {one, one}, {two, two}};
    EXPECT_EQ(plan.leaf(a, both), plan.leaf(a, swapped));
    EXPECT_EQ(plan.everyone(), plan.everyone());
    EXPECT_EQ(plan.leaf(a, {}), plan.leaf(a, {}));
}

TEST(Plan, GatesAreNormalised) {
    Plan plan(heap());
    const auto n = leaves(plan, 4);
    EXPECT_EQ(conjunction(plan, {n[0]}), n[0]);
    EXPECT_EQ(disjunction(plan, {n[0], n[0]}), n[0]);
    EXPECT_EQ(conjunction(plan, {n[0], n[1]}), conjunction(plan, {n[1], n[0], n[1]}));
    EXPECT_NE(conjunction(plan, {n[0], n[1]}), disjunction(plan, {n[0], n[1]}));
    const NodeId all = conjunction(plan, {n[0], n[1], n[2], n[3]});
    EXPECT_EQ(conjunction(plan, {conjunction(plan, {n[3], n[1]}), conjunction(plan, {n[0], conjunction(plan, {n[2], n[1]})})}), all);
    EXPECT_EQ(plan.nodes()[all].operands, (std::pmr::vector<NodeId>{n[0], n[1], n[2], n[3]}));
    const NodeId mixed = disjunction(plan, {conjunction(plan, {n[0], n[1]}), n[2]});
    EXPECT_EQ(plan.nodes()[mixed].operands.size(), 2U) << "other kinds are not merged";
    const NodeId no = plan.negation(n[0]);
    EXPECT_EQ(plan.nodes()[no].kind, NodeKind::negation);
    EXPECT_EQ(plan.negation(no), n[0]);
    EXPECT_EQ(plan.negation(n[0]), no);
}

TEST(Plan, OperandsPrecedeTheirUsers) {
    std::mt19937 random(1);
    Plan plan(heap());
    auto nodes = leaves(plan, 20);
    for (int i = 0; i < 2'000; ++i) {
        std::vector<NodeId> operands;
        for (std::uint32_t n = 1 + random() % 4; n > 0; --n) {
            operands.push_back(nodes[random() % nodes.size()]);
        }
        const auto kind = random() % 3;
        nodes.push_back(kind == 0 ? plan.conjunction(operands) : kind == 1 ? plan.disjunction(operands) : plan.negation(operands[0]));
    }
    for (NodeId id = 0; id < plan.nodes().size(); ++id) {
        const PlanNode &node = plan.nodes()[id];
        for (const NodeId operand : node.operands) {
            ASSERT_LT(operand, id);
        }
        if (node.kind == NodeKind::conjunction || node.kind == NodeKind::disjunction) {
            ASSERT_GE(node.operands.size(), 2U);
            ASSERT_TRUE(std::is_sorted(node.operands.begin(), node.operands.end()));
            ASSERT_EQ(std::adjacent_find(node.operands.begin(), node.operands.end()), node.operands.end());
        }
    }
}

TEST(Plan, BaseIsEveryoneUnlessTold) {
    Plan plan(heap());
    EXPECT_EQ(plan.nodes()[plan.base()].kind, NodeKind::everyone);
    const NodeId node = leaves(plan, 1)[0];
    plan.base(node);
    EXPECT_EQ(plan.base(), node);
    EXPECT_EQ(plan.root(node), 0U);
    EXPECT_EQ(plan.root(node), 1U) << "each root is a result of its own";
    EXPECT_EQ(plan.roots(), (std::pmr::vector<NodeId>{node, node}));
}

TEST(Plan, CodesOfRanges) {
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    // '20', '10' and '10.0' sort as 10 = 10.0 < 20; the fourth is NULL.
    const CutId twenty = plan.cut(f, "20"), ten = plan.cut(f, "10"), ten_again = plan.cut(f, "10.0"), null = plan.cut(f, "NULL::int");
    const NodeId set = leaf(plan, f, {});
    const NodeId equal = leaf(plan, f, {ten, ten}), equal_again = leaf(plan, f, {ten_again, ten_again});
    const NodeId less = leaf(plan, f, {no_cut, ten, true, false}), less_equal = leaf(plan, f, {no_cut, ten});
    const NodeId greater = leaf(plan, f, {twenty, no_cut, false, true}), greater_equal = leaf(plan, f, {twenty, no_cut});
    const NodeId inside = leaf(plan, f, {ten, twenty, false, false}), closed = leaf(plan, f, {ten, twenty});
    const NodeId reversed = leaf(plan, f, {twenty, ten}), nothing = leaf(plan, f, {ten, ten_again, true, false});
    const NodeId point_out = leaf(plan, f, {ten, ten, false, false});
    const NodeId null_low = leaf(plan, f, {null, no_cut}), null_high = leaf(plan, f, {no_cut, null}),
                 null_both = leaf(plan, f, {null, null});
    const CutRange several[] = {{twenty, twenty}, {ten, ten}, {null, null}, {no_cut, ten, true, false}};
    const CutRange not_ten[] = {{no_cut, ten, true, false}, {ten_again, no_cut, false, true}};
    const NodeId union_of_several = plan.leaf(f, several), unequal = plan.leaf(f, not_ten), none = plan.leaf(f, {});
    plan.rank(f, std::vector<std::uint32_t>{1, 0, 0, missing_rank});

    EXPECT_EQ(plan.codes(f), 6U);  // missing; < 10; 10; between; 20; > 20
    EXPECT_EQ(code_ranges(plan, set), (Pairs{{1, 5}}));
    EXPECT_EQ(code_ranges(plan, equal), (Pairs{{2, 2}}));
    EXPECT_EQ(code_ranges(plan, equal_again), (Pairs{{2, 2}}));
    EXPECT_EQ(code_ranges(plan, less), (Pairs{{1, 1}}));
    EXPECT_EQ(code_ranges(plan, less_equal), (Pairs{{1, 2}}));
    EXPECT_EQ(code_ranges(plan, greater), (Pairs{{5, 5}}));
    EXPECT_EQ(code_ranges(plan, greater_equal), (Pairs{{4, 5}}));
    EXPECT_EQ(code_ranges(plan, inside), (Pairs{{3, 3}}));
    EXPECT_EQ(code_ranges(plan, closed), (Pairs{{2, 4}}));
    EXPECT_EQ(code_ranges(plan, reversed), Pairs{});
    EXPECT_EQ(code_ranges(plan, nothing), Pairs{});
    EXPECT_EQ(code_ranges(plan, point_out), Pairs{});
    EXPECT_EQ(code_ranges(plan, null_low), Pairs{});
    EXPECT_EQ(code_ranges(plan, null_high), Pairs{});
    EXPECT_EQ(code_ranges(plan, null_both), Pairs{});
    EXPECT_EQ(code_ranges(plan, union_of_several), (Pairs{{1, 2}, {4, 4}}));
    EXPECT_EQ(code_ranges(plan, unequal), (Pairs{{1, 1}, {3, 5}}));
    EXPECT_EQ(code_ranges(plan, none), Pairs{});
}

TEST(Plan, AFeatureWithoutCutsIsSetOrMissing) {
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    const NodeId set = leaf(plan, f, {});
    EXPECT_EQ(plan.codes(f), 2U);
    EXPECT_EQ(code_ranges(plan, set), (Pairs{{1, 1}}));
    plan.rank(f, {});
    EXPECT_EQ(plan.codes(f), 2U);
}

TEST(Plan, OnlyMissingCuts) {
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    const CutId null = plan.cut(f, "NULL");
    const NodeId set = leaf(plan, f, {}), equal = leaf(plan, f, {null, null});
    plan.rank(f, std::vector{missing_rank});
    EXPECT_EQ(plan.codes(f), 2U);
    EXPECT_EQ(code_ranges(plan, set), (Pairs{{1, 1}}));
    EXPECT_EQ(code_ranges(plan, equal), Pairs{});
}

TEST(Plan, RefusesWhatItDoesNotKnow) {
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    const CutId cut = plan.cut(f, "1");
    expect_internal_error([&] { plan.cut(f + 1, "1"); });
    expect_internal_error([&] { leaf(plan, f + 1, {}); });
    expect_internal_error([&] { leaf(plan, f, {cut + 1, no_cut}); });
    expect_internal_error([&] { leaf(plan, f, {no_cut, cut + 1}); });
    expect_internal_error([&] { conjunction(plan, {}); });
    expect_internal_error([&] { disjunction(plan, {0, 1}); });
    expect_internal_error([&] { plan.negation(1); });
    expect_internal_error([&] { plan.root(1); });
    expect_internal_error([&] { plan.base(1); });
    expect_internal_error([&] { plan.codes(f); });
    expect_internal_error([&] { plan.codes(f + 1); });
    expect_internal_error([&] { plan.rank(f + 1, {}); });
    expect_internal_error([&] { plan.rank(f, {}); });
    expect_internal_error([&] { plan.rank(f, std::vector<std::uint32_t>{1}); });
    plan.rank(f, std::vector<std::uint32_t>{0});
    EXPECT_EQ(plan.codes(f), 4U);
    plan.cut(f, "2");
    expect_internal_error([&] { plan.codes(f); });
}

TEST(Plan, ManyCutsAndLeaves) {
    constexpr std::uint32_t count = 100'000;
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    std::vector<CutRange> ranges;
    for (std::uint32_t i = 0; i < count; ++i) {
        const CutId cut = plan.cut(f, std::to_string(i));
        ASSERT_EQ(cut, i);
        ranges.push_back({cut, cut});
    }
    const NodeId list = plan.leaf(f, ranges);
    std::ranges::reverse(ranges);
    EXPECT_EQ(plan.leaf(f, ranges), list);
    std::vector<std::uint32_t> ranks(count);
    std::iota(ranks.begin(), ranks.end(), 0);
    plan.rank(f, ranks);
    EXPECT_EQ(plan.codes(f), 2 * count + 2);
    EXPECT_EQ(code_ranges(plan, list).size(), count);
    std::vector<NodeId> single;
    for (std::uint32_t i = 0; i < count; ++i) {
        single.push_back(leaf(plan, f, {i, no_cut}));
    }
    const NodeId all = plan.conjunction(single);
    EXPECT_EQ(plan.nodes()[all].operands.size(), count);
    EXPECT_EQ(plan.nodes().size(), count + 3);  // and everyone, the list and the conjunction
}

// Each segment of a chain is the one before and one condition more.
TEST(Plan, ChainsStayLinear) {
    Plan plan(heap());
    const auto conditions = leaves(plan, 10'000);
    NodeId segment = conditions[0];
    for (const NodeId condition : conditions) {
        segment = conjunction(plan, {segment, condition});
        plan.root(segment);
    }
    std::size_t operands = 0;
    for (const PlanNode &node : plan.nodes()) {
        operands += node.operands.size();
    }
    EXPECT_LE(operands, 33U * 10'000U);
}

TEST(Plan, ReturnsItsMemory) {
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        Plan plan(memory);
        const auto n = leaves(plan, 20);
        plan.root(plan.negation(plan.conjunction(n)));
        plan.feature(std::string(100, 'x'));
        plan.rank(0, std::vector<std::uint32_t>(20, 0));
        plan.base(disjunction(plan, {n[0], n[1]}));
    });
}

// A failed call leaves the plan as it was: repeated, it returns what it would have returned.
TEST(Plan, SurvivesAFailedAllocation) {
    struct Call {
        int kind;
        std::string sql;
        std::vector<NodeId> operands;
    };
    std::mt19937 random(6);
    std::vector<Call> calls;
    for (int i = 0; i < 120; ++i) {
        calls.push_back({static_cast<int>(i < 20 ? i % 3 : random() % 6), std::string(20 + random() % 10, 'q'), {}});
        for (int j = 0; j < 3; ++j) {
            calls.back().operands.push_back(static_cast<NodeId>(random() % 4));
        }
    }
    const auto perform = [](Plan &plan, const Call &call) -> std::uint32_t {
        switch (call.kind) {
            case 0:
                return plan.feature(call.sql);
            case 1:
                return plan.cut(0, call.sql);
            case 2:
                return leaf(plan, 0, {0, static_cast<CutId>(plan.features()[0].cuts.size() - 1)});
            case 3:
                return plan.conjunction(call.operands);
            case 4:
                return plan.disjunction(call.operands);
            default:
                return plan.negation(call.operands[0]);
        }
    };
    Plan reference(heap());
    for (const Call &call : calls) {
        perform(reference, call);
    }
    ASSERT_GT(reference.nodes().size(), 15U);
    for (std::uint64_t fail_at = 1;; ++fail_at) {  // the first allocation is the constructor's
        testing::FailingMemory memory(fail_at);
        std::optional<Plan> plan;
        try {
            plan.emplace(&memory);
        } catch (const std::bad_alloc &) {
            plan.emplace(&memory);
        }
        Plan other(heap());
        for (const Call &call : calls) {
            std::uint32_t id;
            try {
                id = perform(*plan, call);
            } catch (const std::bad_alloc &) {
                id = perform(*plan, call);
            }
            ASSERT_EQ(id, perform(other, call)) << "allocation " << fail_at;
        }
        ASSERT_EQ(plan->nodes().size(), reference.nodes().size());
        ASSERT_EQ(plan->features().size(), reference.features().size());
        if (!memory.failed()) {
            return;
        }
    }
}

TEST(Plan, NotesWhichCutsAreThresholds) {
    Plan plan(std::pmr::get_default_resource());
    const FeatureId feature = plan.feature("m.spent");
    const CutId constant = plan.cut(feature, "10");
    const CutId threshold = plan.threshold(feature, "(SELECT max(spent) FROM m)");
    EXPECT_NE(constant, threshold);
    EXPECT_EQ(plan.threshold(feature, "(SELECT max(spent) FROM m)"), threshold);
    EXPECT_EQ(plan.cut(feature, "(SELECT max(spent) FROM m)"), threshold);
    ASSERT_EQ(plan.features()[feature].thresholds.size(), 1u);
    EXPECT_EQ(plan.features()[feature].thresholds.front(), threshold);
    EXPECT_TRUE(plan.features()[plan.feature("m.paid")].thresholds.empty());
}

}  // namespace
}  // namespace segment::match
