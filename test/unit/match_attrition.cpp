#include "core/match/attrition.hpp"

#include <gtest/gtest.h>

#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"

namespace segment::match {
namespace {

std::vector<std::string> paths(std::string_view text, definition::Negations negations) {
    std::pmr::monotonic_buffer_resource arena;
    std::vector<std::string> result;
    for (const definition::OutlineItem &item : definition::outline(definition::parse_definition(text, arena), negations, &arena)) {
        std::pmr::string condition;
        definition::print(*item.node, condition);
        result.push_back(std::string(item.path) + " " + std::string(condition));
    }
    return result;
}

TEST(Outline, NumbersWhatIsJoined) {
    using List = std::vector<std::string>;
    EXPECT_EQ(paths("a = 1", definition::Negations::closed), (List{"1 a = 1"}));
    EXPECT_EQ(paths("a and (b or c and d) and not (e or f)", definition::Negations::closed),
              (List{"1 a", "2 b or c and d", "2.1 b", "2.2 c and d", "2.2.1 c", "2.2.2 d", "3 not (e or f)"}));
    EXPECT_EQ(paths("not (e or f)", definition::Negations::open), (List{"1 not (e or f)", "1.1 e or f", "1.1.1 e", "1.1.2 f"}));
}

// A plan whose leaves are features of their conditions' texts: what is built can be read off its nodes.
std::string written(const Plan &plan, NodeId id) {
    const PlanNode &node = plan.nodes()[id];
    if (node.kind == NodeKind::everyone)
        return "everyone";
    if (node.kind == NodeKind::leaf)
        return std::string(plan.features()[node.feature].sql);
    std::string text = node.kind == NodeKind::conjunction ? "and(" : "or(";
    for (std::size_t i = 0; i < node.operands.size(); ++i)
        text += (i > 0 ? " " : "") + written(plan, node.operands[i]);
    return text + ")";
}

TEST(Attrition, CountsWhatIsLeftAndWhatWouldBe) {
    std::pmr::monotonic_buffer_resource arena;
    Plan plan(&arena);
    const auto outline = definition::outline(definition::parse_definition("a and (b or c)", arena), definition::Negations::closed, &arena);
    const auto leaf = [&](const definition::Node &node) {
        std::pmr::string text;
        definition::print(node, text);
        return plan.leaf(plan.feature(text), {});
    };
    const auto steps = attrition(outline, true, leaf, plan, &arena);
    const auto root = [&](RootId id) { return written(plan, plan.roots()[id]); };
    ASSERT_EQ(steps.size(), 4u);
    const NodeId a = plan.leaf(plan.feature("a"), {}), b = plan.leaf(plan.feature("b"), {}), c = plan.leaf(plan.feature("c"), {});
    const auto node = [&](bool all, std::vector<NodeId> operands) { return all ? plan.conjunction(operands) : plan.disjunction(operands); };
    EXPECT_EQ(root(steps[0].without_it), written(plan, node(true, {node(false, {b, c})})));
    EXPECT_EQ(root(steps[1].without_it), written(plan, node(true, {a})));
    EXPECT_EQ(root(steps[2].without_it), written(plan, node(true, {a, node(false, {c})})));
    EXPECT_EQ(root(steps[3].without_it), written(plan, node(true, {a, node(false, {b})})));
}

}  // namespace
}  // namespace segment::match
