#include "core/match/evaluate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "failing_memory.hpp"
#include "match_support.hpp"

namespace segment::match {
namespace {

class CountingInterrupts : public Interrupts {
public:
    explicit CountingInterrupts(int stop_at = -1) : stop_at_(stop_at) {}

    void poll() override {
        if (polls++ == stop_at_) {
            throw Interrupted();
        }
    }

    int polls = 0;

private:
    int stop_at_;
};

// A population of integer values and conditions over them, evaluated one member at a time by their meaning: no codes, no
// bits, no sharing. A cut that has no value is NULL.
using Value = std::optional<int>;

struct Range {
    std::optional<Value> low, high;  // nothing: open
    bool low_inclusive = true, high_inclusive = true;
};

struct Condition {
    NodeKind kind = NodeKind::everyone;
    std::size_t feature = 0;
    std::vector<Range> ranges;
    std::vector<std::shared_ptr<Condition>> operands;
};
using ConditionPointer = std::shared_ptr<Condition>;
using Row = std::vector<Value>;

bool within(const Range &range, int value) {
    if (range.low && (!*range.low || value < **range.low || (value == **range.low && !range.low_inclusive))) {
        return false;
    }
    return !(range.high && (!*range.high || value > **range.high || (value == **range.high && !range.high_inclusive)));
}

bool holds(const Condition &condition, const Row &row) {
    const auto operand_holds = [&](const ConditionPointer &operand) { return holds(*operand, row); };
    switch (condition.kind) {
        case NodeKind::everyone:
            return true;
        case NodeKind::leaf: {
            const Value value = row[condition.feature];
            return value && std::ranges::any_of(condition.ranges, [&](const Range &range) { return within(range, *value); });
        }
        case NodeKind::conjunction:
            return std::ranges::all_of(condition.operands, operand_holds);
        case NodeKind::disjunction:
            return std::ranges::any_of(condition.operands, operand_holds);
        case NodeKind::negation:
            return !operand_holds(condition.operands[0]);
    }
    return false;
}

struct Shape {
    std::vector<int> domains;  // by feature: values and cuts are below it
    int conditions;
    int roots;
    int longest_list = 6;
};

class World {
public:
    World(const Shape &shape, std::uint32_t seed, std::pmr::memory_resource *memory = std::pmr::new_delete_resource())
        : shape_(shape), random_(seed), plan(memory) {
        for (std::size_t f = 0; f < shape.domains.size(); ++f) {
            plan.feature("m.f" + std::to_string(f));
        }
        // A pool of conditions, each node from those before, as definitions share parts.
        std::vector<std::pair<ConditionPointer, NodeId>> pool{{std::make_shared<Condition>(), plan.everyone()}};
        for (int i = 0; i < shape.conditions; ++i) {
            auto condition = std::make_shared<Condition>();
            NodeId node;
            const int kind = pick(i < 4 ? 3 : 8);
            if (kind < 4) {
                node = make_leaf(*condition);
            } else {
                condition->kind = kind < 6 ? NodeKind::conjunction : kind == 6 ? NodeKind::disjunction : NodeKind::negation;
                std::vector<NodeId> operands;
                for (int n = kind == 7 ? 1 : 1 + pick(5); n > 0; --n) {
                    const auto &[operand, id] = pool[pick(static_cast<int>(pool.size()))];
                    condition->operands.push_back(operand);
                    operands.push_back(id);
                }
                node = kind < 6 ? plan.conjunction(operands) : kind == 6 ? plan.disjunction(operands) : plan.negation(operands[0]);
            }
            pool.emplace_back(condition, node);
        }
        for (int i = 0; i < shape.roots; ++i) {
            const auto &[condition, node] = pool[pick(static_cast<int>(pool.size()))];
            plan.root(node);
            roots.push_back(condition);
        }
        base = pool[0].first;
        if (pick(3) != 0) {
            const auto &[condition, node] = pool[pick(static_cast<int>(pool.size()))];
            plan.base(node);
            base = condition;
        }
        rank();
    }

    // Adds a member with random values, a fifth of them missing.
    void add(Staging &staging, Ordinal ordinal) {
        const auto row = staging.add(ordinal);
        Row values;
        for (FeatureId f = 0; f < shape_.domains.size(); ++f) {
            values.push_back(pick(5) == 0 ? Value() : Value(pick(shape_.domains[f])));
            if (values.back()) {
                row.set(f, code_of(f, *values.back()));
            }
        }
        rows[ordinal] = values;
    }

    void check(const members::BitSet &actual, const Condition &condition) const {
        std::vector<Ordinal> found, expected;
        actual.for_each([&](Ordinal ordinal) { found.push_back(ordinal); });
        for (const auto &[ordinal, row] : rows) {
            if (holds(*base, row) && holds(condition, row)) {
                expected.push_back(ordinal);
            }
        }
        ASSERT_EQ(found, expected);
        ASSERT_EQ(actual.count(), expected.size());
    }

    void check(const Result &result) const {
        check(result.base_members(), *base);
        for (RootId root = 0; root < roots.size(); ++root) {
            check(result.members(root), *roots[root]);
            ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "root " << root;
        }
    }

private:
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    // Some cuts are NULL, and some are another spelling of an equal value.
    std::pair<CutId, Value> make_cut(FeatureId feature) {
        if (pick(15) == 0) {
            const CutId cut = plan.cut(feature, "NULL");
            cut_values_[feature][cut] = Value();
            return {cut, Value()};
        }
        const int value = pick(shape_.domains[feature]);
        const CutId cut = plan.cut(feature, std::to_string(value) + (pick(4) == 0 ? ".0" : ""));
        cut_values_[feature][cut] = value;
        return {cut, value};
    }

    NodeId make_leaf(Condition &condition) {
        const auto feature = static_cast<FeatureId>(pick(static_cast<int>(shape_.domains.size())));
        condition.kind = NodeKind::leaf;
        condition.feature = feature;
        std::vector<CutRange> ranges;
        const bool list = pick(4) == 0;
        for (int n = pick(3) == 0 ? pick(shape_.longest_list + 1) : 1; n > 0; --n) {
            CutRange range{no_cut, no_cut, pick(2) == 0, pick(2) == 0};
            Range meaning{{}, {}, range.low_inclusive, range.high_inclusive};
            const int form = list ? 0 : pick(5);
            if (form < 2) {  // equality
                const auto [cut, value] = make_cut(feature);
                range = {cut, cut};
                meaning = {value, value};
            } else {
                if (form != 2) {
                    std::tie(range.low, meaning.low.emplace()) = make_cut(feature);
                }
                if (form != 3) {
                    std::tie(range.high, meaning.high.emplace()) = make_cut(feature);
                }
            }
            if (n == 1 && pick(12) == 0) {  // is set
                range = {};
                meaning = {};
            }
            ranges.push_back(range);
            condition.ranges.push_back(meaning);
        }
        return plan.leaf(feature, ranges);
    }

    void rank() {
        for (FeatureId f = 0; f < shape_.domains.size(); ++f) {
            std::set<int> distinct;
            for (const auto &[cut, value] : cut_values_[f]) {
                if (value) {
                    distinct.insert(*value);
                }
            }
            sorted_.emplace_back(distinct.begin(), distinct.end());
            std::vector<std::uint32_t> ranks;
            for (const auto &[cut, value] : cut_values_[f]) {
                ranks.push_back(value ? static_cast<std::uint32_t>(std::ranges::lower_bound(sorted_[f], *value) - sorted_[f].begin())
                                      : missing_rank);
            }
            plan.rank(f, ranks);
        }
    }

    std::uint32_t code_of(FeatureId feature, int value) const {
        const auto below = std::ranges::lower_bound(sorted_[feature], value);
        const bool equal = below != sorted_[feature].end() && *below == value;
        return 2 * static_cast<std::uint32_t>(below - sorted_[feature].begin()) + (equal ? 2 : 1);
    }

    Shape shape_;
    std::mt19937 random_;
    std::map<FeatureId, std::map<CutId, Value>> cut_values_;
    std::vector<std::vector<int>> sorted_;  // by feature: the distinct cuts

public:
    Plan plan;
    std::vector<ConditionPointer> roots;
    ConditionPointer base;
    std::map<Ordinal, Row> rows;
};

std::pmr::memory_resource *heap() {
    return std::pmr::new_delete_resource();
}

TEST(Evaluate, RandomPlansOfAnyNumberOfRows) {
    const std::uint32_t sizes[] = {0, 1, 2, 63, 64, 65, 2'047, 2'048, 2'049};
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        for (const std::uint32_t size : sizes) {
            testing::FailingMemory memory;
            World world({{2, 5, 30, 200}, 60, 25}, seed * 100 + size, &memory);
            Staging staging(world.plan, &memory);
            for (Ordinal ordinal = 0; ordinal < size; ++ordinal) {
                world.add(staging, ordinal);
            }
            CountingInterrupts interrupts;
            world.check(evaluate(world.plan, staging, interrupts, &memory));
            ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", " << size << " rows";
        }
    }
}

TEST(Evaluate, ChunkBoundaries) {
    for (const std::uint32_t size : {65'535U, 65'536U, 65'537U}) {
        World world({{2, 30}, 12, 5}, size);
        Staging staging(world.plan, heap());
        for (Ordinal ordinal = 0; ordinal < size; ++ordinal) {
            world.add(staging, ordinal);
        }
        CountingInterrupts interrupts;
        world.check(evaluate(world.plan, staging, interrupts, heap()));
        EXPECT_GE(interrupts.polls, static_cast<int>(size / window_size));
    }
}

// Ordinals with gaps, whole windows and chunks among them, added in any order. `not` finds nobody in a gap.
TEST(Evaluate, GapsHoldNobody) {
    std::mt19937 random(8);
    for (std::uint32_t seed = 0; seed < 10; ++seed) {
        testing::FailingMemory memory;
        World world({{3, 40}, 40, 15}, seed, &memory);
        const Condition everyone;
        const RootId all = world.plan.root(world.plan.everyone());
        const RootId not_set = world.plan.root(world.plan.negation(world.plan.leaf(0, std::vector<CutRange>(1))));
        Staging staging(world.plan, &memory);
        for (int i = 0; i < 3'000; ++i) {
            const Ordinal ordinal = random() % 3 == 0 ? random() % 400'000 : 300'000 + random() % 5'000;
            if (!staging.contains(ordinal)) {
                world.add(staging, ordinal);
            }
        }
        CountingInterrupts interrupts;
        const Result result = evaluate(world.plan, staging, interrupts, &memory);
        world.check(result);
        world.check(result.members(all), everyone);
        result.members(not_set).for_each([&](Ordinal ordinal) { ASSERT_FALSE(world.rows.at(ordinal)[0]); });
        ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
    }
}

// Features of thousands of codes, of 16 and of 32 bits, whose leaves take several groups; lists too long for ranges.
TEST(Evaluate, ManyCodes) {
    const Shape shapes[] = {
        {{2'000}, 3'000, 120, 6},        // 16 bits
        {{500, 90'000}, 4'000, 60, 40},  // 32 bits
        {{400, 3'000}, 300, 120, 500},   // long lists
    };
    for (const Shape &shape : shapes) {
        for (std::uint32_t seed = 0; seed < 3; ++seed) {
            World world(shape, seed);
            Staging staging(world.plan, heap());
            for (Ordinal ordinal = 0; ordinal < 2'500; ++ordinal) {
                world.add(staging, ordinal);
            }
            CountingInterrupts interrupts;
            world.check(evaluate(world.plan, staging, interrupts, heap()));
            ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
        }
    }
}

TEST(Evaluate, ManyLeavesOfManyCuts) {
    constexpr int cuts = 40'000;
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    std::vector<std::uint32_t> ranks;
    for (int i = 0; i < cuts; ++i) {
        plan.cut(f, std::to_string(i));
        ranks.push_back(cuts - 1 - i);  // cut i is the value cuts − 1 − i
    }
    for (CutId i = 0; i < cuts; i += 4) {
        plan.root(plan.leaf(f, std::vector{CutRange{i, no_cut, false, true}}));
    }
    plan.rank(f, ranks);
    Staging staging(plan, heap());
    for (std::uint32_t value = 0; value < 1'000; ++value) {
        staging.add(staging.end()).set(f, 2 * (value * 40) + 2);
    }
    CountingInterrupts interrupts;
    const Result result = evaluate(plan, staging, interrupts, heap());
    for (RootId root = 0; root < plan.roots().size(); ++root) {
        // Members with 40 n > cuts − 1 − 4 root.
        const std::uint32_t threshold = cuts - 1 - 4 * root, not_above = std::min(1'000U, threshold / 40 + 1);
        ASSERT_EQ(result.members(root).count(), 1'000 - not_above);
    }
}

TEST(Evaluate, NothingAsked) {
    Plan plan(heap());
    Staging staging(plan, heap());
    CountingInterrupts interrupts;
    EXPECT_EQ(evaluate(plan, staging, interrupts, heap()).base_members().count(), 0U);
    staging.add(staging.end());
    staging.add(5);
    EXPECT_EQ(evaluate(plan, staging, interrupts, heap()).base_members().count(), 2U);
}

TEST(Evaluate, UnusedFeaturesNeedNoRanks) {
    Plan plan(heap());
    const FeatureId used = plan.feature("m.used"), unused = plan.feature("m.unused");
    const NodeId is_set = plan.leaf(used, std::vector<CutRange>(1));
    const NodeId other = plan.leaf(unused, std::vector{CutRange{plan.cut(unused, "1"), no_cut}});
    plan.conjunction(std::vector{is_set, other});
    plan.root(is_set);
    Staging staging(plan, heap());
    staging.add(1).set(used, 1);
    staging.add(2);
    CountingInterrupts interrupts;
    EXPECT_EQ(evaluate(plan, staging, interrupts, heap()).members(0).count(), 1U);
    plan.root(other);
    EXPECT_THROW(evaluate(plan, staging, interrupts, heap()), Error);
}

TEST(Evaluate, RefusesAPlanThatGrewAfterStaging) {
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    Staging staging(plan, heap());
    const CutId cut = plan.cut(f, "1");
    plan.root(plan.leaf(f, std::vector{CutRange{cut, no_cut}}));
    plan.rank(f, std::vector<std::uint32_t>{0});
    EXPECT_THROW(Evaluation(plan, staging, nullptr, heap()), Error);
    const FeatureId late = plan.feature("m.late");
    Plan other(heap());
    other.feature("m.f");
    other.root(other.leaf(other.feature("m.late"), std::vector<CutRange>(1)));
    EXPECT_EQ(late, 1U);
    EXPECT_THROW(Evaluation(other, staging, nullptr, heap()), Error);
}

TEST(Evaluate, StopsWhenInterrupted) {
    World world({{5}, 10, 5}, 1);
    Staging staging(world.plan, heap());
    for (Ordinal ordinal = 0; ordinal < 10'000; ++ordinal) {
        world.add(staging, ordinal);
    }
    CountingInterrupts stops(3), goes_on;
    testing::FailingMemory memory;
    EXPECT_THROW(evaluate(world.plan, staging, stops, &memory), Interrupted);
    EXPECT_EQ(stops.polls, 4);
    EXPECT_TRUE(memory.everything_returned());
    world.check(evaluate(world.plan, staging, goes_on, &memory));
}

// Chunks one by one, in any order and again, as a run that streams may ask for them; members added in between take part.
TEST(Evaluation, ChunkByChunk) {
    World world({{3, 20}, 30, 10}, 3);
    Staging staging(world.plan, heap());
    for (Ordinal ordinal = 0; ordinal < 200'000; ordinal += 38) {
        world.add(staging, ordinal);
    }
    CountingInterrupts interrupts;
    Evaluation evaluation(world.plan, staging, nullptr, heap());
    world.add(staging, 70'001);
    const Result result = evaluate(world.plan, staging, interrupts, heap());
    for (const std::uint32_t chunk : {2U, 0U, 3U, 1U, 1U}) {
        evaluation.run(chunk, interrupts);
        ASSERT_TRUE(std::ranges::equal(evaluation.base_members(), result.base_members().words(chunk)));
        for (RootId root = 0; root < world.roots.size(); ++root) {
            ASSERT_TRUE(std::ranges::equal(evaluation.members(root), result.members(root).words(chunk)));
        }
    }
    world.check(result);
}

// A leaf of 64 ranges or more is a list; others share groups of at most 1,024 classes.
TEST(Program, LeavesAreGrouped) {
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    std::vector<CutRange> points;
    std::vector<std::uint32_t> ranks;
    for (std::uint32_t i = 0; i < 3'000; ++i) {
        const CutId cut = plan.cut(f, std::to_string(i));
        points.push_back({cut, cut});
        ranks.push_back(i);
    }
    const std::span all(points);
    for (const std::size_t length : {63, 64, 3'000}) {
        plan.root(plan.leaf(f, all.first(length)));
    }
    for (CutId i = 0; i < 3'000; ++i) {
        plan.root(plan.leaf(f, std::vector{CutRange{i, no_cut}}));
    }
    plan.rank(f, ranks);
    Staging staging(plan, heap());
    const Program program = make_program(plan, staging, heap());
    EXPECT_EQ(program.lists.size(), 2U);
    EXPECT_EQ(program.groups.size(), 3U);  // 3,126 class boundaries
    EXPECT_LE(program.classes, 1'024U);
    for (std::uint32_t code = 0; code < 6'002; ++code) {
        staging.add(staging.end()).set(f, code);
    }
    CountingInterrupts interrupts;
    const Result result = evaluate(plan, staging, interrupts, heap());
    for (Ordinal code = 0; code < 6'002; ++code) {
        const bool equal = code > 0 && code % 2 == 0;
        ASSERT_EQ(result.members(0).contains(code), equal && code <= 126);
        ASSERT_EQ(result.members(1).contains(code), equal && code <= 128);
        ASSERT_EQ(result.members(2).contains(code), equal);
    }
    for (CutId i = 0; i < 3'000; ++i) {
        ASSERT_EQ(result.members(3 + i).count(), 6'000 - 2 * i);
    }
}

TEST(Program, SlotsAreReused) {
    Plan plan(heap());
    const FeatureId f = plan.feature("m.f");
    std::vector<NodeId> leaves;
    for (int i = 0; i < 4; ++i) {
        const CutId cut = plan.cut(f, std::to_string(i));
        leaves.push_back(plan.leaf(f, std::vector{CutRange{cut, cut}}));
    }
    NodeId node = leaves[0];
    for (int i = 0; i < 1'000; ++i) {
        const std::vector<NodeId> operands{node, leaves[i % 4]};
        node = i % 2 == 0 ? plan.disjunction(operands) : plan.conjunction(operands);
        plan.root(node);
    }
    plan.rank(f, std::vector<std::uint32_t>{0, 1, 2, 3});
    Staging staging(plan, heap());
    EXPECT_LE(make_program(plan, staging, heap()).slots, 8U);
}

TEST(Evaluate, ReturnsItsMemory) {
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        World world({{3, 700}, 25, 6, 80}, 5, memory);
        Staging staging(world.plan, memory);
        for (Ordinal ordinal = 0; ordinal < 40; ++ordinal) {
            world.add(staging, 66'000 * (ordinal % 2) + ordinal);
        }
        CountingInterrupts interrupts;
        world.check(evaluate(world.plan, staging, interrupts, memory));
    });
}

}  // namespace
}  // namespace segment::match
