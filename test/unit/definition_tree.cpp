// The trees that texts are read into, where their canonical text does not show a mistake.
#include <gtest/gtest.h>

#include "definition_dump.hpp"
#include "definition_support.hpp"

namespace segment::definition {
namespace {

std::string tree(std::string_view definition) {
    std::pmr::monotonic_buffer_resource arena;
    return dump(&parse_definition(definition, arena));
}

std::string value(std::string_view formula) {
    std::pmr::monotonic_buffer_resource arena;
    return dump(&parse_formula(formula, arena));
}

const std::string a = "(name <a>)", b = "(name <b>)", c = "(name <c>)";

TEST(Trees, OfOperators) {
    EXPECT_EQ(tree("a or b and not c"), "(or (truth (name <a>)) (and (truth (name <b>)) (not (truth (name <c>)))))");
    EXPECT_EQ(tree("not a and b"), "(and (not (truth (name <a>))) (truth (name <b>)))");
    EXPECT_EQ(tree("not a = b"), "(not (compare#0 " + a + " " + b + "))");
    EXPECT_EQ(tree("a and (b and c)"), "(and (truth (name <a>)) (truth (name <b>)) (truth (name <c>)))");
    EXPECT_EQ(value("a - b - c"), "(#1 (#1 " + a + " " + b + ") " + c + ")");
    EXPECT_EQ(value("a - (b - c)"), "(#1 " + a + " (#1 " + b + " " + c + "))");
    EXPECT_EQ(value("a + b * c"), "(#0 " + a + " (#2 " + b + " " + c + "))");
    EXPECT_EQ(value("a / b / c"), "(#3 (#3 " + a + " " + b + ") " + c + ")");
    EXPECT_EQ(value("-a * b"), "(#2 (minus " + a + ") " + b + ")");
    EXPECT_EQ(value("-5"), "(minus (number 5))");
    EXPECT_EQ(value("days since a + 5"), "(#0 (days-since " + a + ") (number 5))");
    EXPECT_EQ(value("now() - 1 month 30 days"), "(#1 now (duration 1#7 30#5))");
    EXPECT_EQ(tree("a between 1 and 2 and b"), "(and (between " + a + " (number 1) (number 2)) (truth " + b + "))");
    EXPECT_EQ(tree("a = 5 percent"), "(compare#0 " + a + " (number 5 percent))");
}

TEST(Trees, OfSynonyms) {
    EXPECT_EQ(tree("a <> b"), "(compare#1 " + a + " " + b + ")");
    EXPECT_EQ(tree("a is null"), "(is-set not " + a + ")");
    EXPECT_EQ(tree("a is not null"), "(is-set " + a + ")");
    EXPECT_EQ(tree("a is not true"), "(is-true not true " + a + ")");
    EXPECT_EQ(tree("a is false"), "(is-true " + a + ")");
    EXPECT_EQ(tree("a !~* 'x'"), "(match#6 not " + a + " <x>)");
    EXPECT_EQ(tree("a contains 'x' ignoring case"), "(match#0 ignoring-case " + a + " <x>)");
    EXPECT_EQ(tree("a not within 7 days"), "(not (in-window " + a + " (window#0 (duration 7#5))))");
    EXPECT_EQ(tree("not (in segment 'x')"), "(in-segment not <x>)");
    EXPECT_EQ(tree("not not in list 'x'"), "(not (in-manual-list not <x>))");
}

TEST(Trees, OfNames) {
    EXPECT_EQ(value("A.\"B\"[3].c::INT8"), "(name <a> <B> [3] <c> ::int8)");
    EXPECT_EQ(value("\"a\"\"b\""), "(name <a\"b>)");
    EXPECT_EQ(tree("a = 'it''s'"), "(compare#0 " + a + " <it's>)");
    std::pmr::monotonic_buffer_resource arena;
    const auto &name = static_cast<const Name &>(parse_formula("a.\"b\"", arena));
    EXPECT_FALSE(name.parts[0].quoted);
    EXPECT_TRUE(name.parts[1].quoted);
}

TEST(Trees, OfWindowsBehindValuesOfEvents) {
    const std::string login = "(events#0 <login>)";
    EXPECT_EQ(value("count of 'login' since a - 5"), "(#1 (aggregate#0 " + login + " (window#4 " + a + ")) (number 5))");
    EXPECT_EQ(tree("last a of 'login' within 7 days within 1 day"),
              "(in-window (last " + a + " " + login + " (window#0 (duration 7#5))) (window#0 (duration 1#5)))");
    EXPECT_EQ(tree("(last a of 'login') within 7 days"), "(in-window (last " + a + " " + login + ") (window#0 (duration 7#5)))");
    EXPECT_EQ(tree("last a of 'login' within 7 days"), "(truth (last " + a + " " + login + " (window#0 (duration 7#5))))");
    EXPECT_EQ(tree("count of 'login' between 2 and 4"), "(between (aggregate#0 " + login + ") (number 2) (number 4))");
}

TEST(Trees, OfBehaviour) {
    const std::string x = "(events#0 <x>)", y = "(events#0 <y>)";
    EXPECT_EQ(tree("did 'x' of 's' where (a) at least 5 times within 7 days"),
              "(did#0 (events#0 <x> of <s> (truth (name <a>))) #1:5:0 (window#0 (duration 7#5)))");
    EXPECT_EQ(tree("did not 'x' between 2 and 4 times"), "(did#0 not " + x + " #6:2:4)");
    EXPECT_EQ(tree("did 'x' more than 5 days ago"), "(did#0 " + x + " #0:0:0 (window#1 (duration 5#5)))");
    EXPECT_EQ(tree("did 'x' on exactly 2 distinct weeks today"), "(did#1 " + x + " #3:2:0 #6 (window#7))");
    EXPECT_EQ(tree("did 'x' in fewer than 2 of the last 6 months"), "(did#3 " + x + " #4:2:0 #7 6)");
    EXPECT_EQ(tree("never did 'x' for the first time"), "(did#2 never " + x + " #0:0:0)");
    EXPECT_EQ(tree("did 'x' then 'y' within 7 days within 9 days"),
              "(sequence (step " + x + ") (step " + y + " (duration 7#5)) (window#0 (duration 9#5)))");
    EXPECT_EQ(tree("did 'x' then 'y' within 7 days"), "(sequence (step " + x + ") (step " + y + " (duration 7#5)))");
    EXPECT_EQ(tree("did not ('x' then not 'y') within 7 days"),
              "(sequence not (step " + x + ") (step not " + y + ") (window#0 (duration 7#5)))");
    EXPECT_EQ(tree("last any event within 7 days"), "(recency (events#1) (window#0 (duration 7#5)))");
    EXPECT_EQ(value("days since last event like 'x' of 's'"), "(days-since (last-event (events#2 <x> of <s>)))");
    EXPECT_EQ(value("days since last a of 'x'"), "(days-since (last " + a + " " + x + "))");
    EXPECT_EQ(tree("count of 'x' fell by 50 percent within 4 weeks from at least 10"),
              "(fell (aggregate#0 " + x + ") 50 percent (duration 4#6) 10)");
    EXPECT_EQ(tree("more than 3 of t where (a)"), "(related#3 #5:3:0 <t> (truth (name <a>)))");
    EXPECT_EQ(tree("a not in top 5 percent per b"), "(rank#0 not " + a + " 5 percent " + b + ")");
}

// Every node points to where its form begins.
TEST(Trees, KnowTheirPositions) {
    std::pmr::monotonic_buffer_resource arena;
    const auto &root =
        static_cast<const Conjunction &>(parse_definition("  a > 5 and\n not ( b ) and did 'x' where (c) within 3 days", arena));
    ASSERT_EQ(root.operands.size(), 3u);
    EXPECT_EQ(root.position, 2u);
    EXPECT_EQ(root.operands[0]->position, 2u);
    EXPECT_EQ(static_cast<const Compare *>(root.operands[0])->right->position, 6u);
    EXPECT_EQ(root.operands[1]->position, 13u);
    EXPECT_EQ(static_cast<const Negation *>(root.operands[1])->operand->position, 19u);
    const auto &did = *static_cast<const Did *>(root.operands[2]);
    EXPECT_EQ(did.position, 27u);
    EXPECT_EQ(did.events->position, 31u);
    EXPECT_EQ(did.events->where->position, 42u);
    EXPECT_EQ(did.window->position, 45u);
    EXPECT_EQ(did.window->duration->position, 52u);
}

// The tree outlives the text it was read from.
TEST(Trees, OwnTheirText) {
    std::pmr::monotonic_buffer_resource arena;
    std::string text = "plan = 'pro' and title.x contains 'vp' and seats in (100) and did any of ('aa', 'bb') of 'cc'";
    const Node &root = parse_definition(text, arena);
    const std::string expected = dump(&root);
    text.assign(text.size(), '#');
    EXPECT_EQ(dump(&root), expected);
}

}  // namespace
}  // namespace segment::definition
