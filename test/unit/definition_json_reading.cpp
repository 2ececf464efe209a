// What reading accepts beyond what is written, how far it goes, and that nothing gets lost.
#include <gtest/gtest.h>

#include "core/definition/limits.hpp"
#include "definition_json_support.hpp"
#include "failing_memory.hpp"

namespace segment::definition {
namespace {

TEST(JsonReading, TakesOneConditionForItself) {
    EXPECT_EQ(definition_of(R"({"kind": "and", "conditions": [{"kind": "everyone"}]})"), "everyone");
    EXPECT_EQ(
        definition_of(R"({"kind": "and", "conditions": [{"kind": "or", "conditions": [{"kind": "everyone"}, {"kind": "everyone"}]}]})"),
        "everyone or everyone");
    EXPECT_EQ(
        definition_of(
            R"({"kind": "and", "conditions": [{"kind": "everyone"}, {"kind": "and", "conditions": [{"kind": "everyone"}, {"kind": "everyone"}]}]})"),
        "everyone and everyone and everyone");
}

TEST(JsonReading, TakesLiteralsAsObjectsAndKindsThatGoWithoutSaying) {
    EXPECT_EQ(formula_of(R"({"kind": "text", "value": "x"})"), "'x'");
    EXPECT_EQ(formula_of(R"({"kind": "boolean", "value": true})"), "true");
    EXPECT_EQ(formula_of(R"({"kind": "number", "value": 7, "percent": false})"), "7");
    EXPECT_EQ(definition_of(R"({"kind": "is_label", "subject": {"kind": "trait", "name": "s"}, "label": "x"})"), "s is 'x'");
    EXPECT_EQ(definition_of(R"({"kind": "stopped", "events": {"kind": "any"}, "for": {"kind": "duration", "days": 1}})"),
              "stopped any event for 1 day");
}

TEST(JsonReading, KeepsEveryDigitAndCharacter) {
    const std::string digits = std::string(1000, '9') + "." + std::string(1000, '1');
    EXPECT_EQ(formula_of(digits), digits);
    EXPECT_EQ(formula_of("-12e-3"), "-0.012");
    EXPECT_EQ(formula_of("-0"), "-0");
    EXPECT_EQ(json_of("a = -0"), R"({"kind":"compare","op":"=","left":{"kind":"trait","name":"a"},"right":{"kind":"negate","operand":0}})")
        << "jsonb has no -0";
    EXPECT_EQ(json_of("a = - -5"),
              R"({"kind":"compare","op":"=","left":{"kind":"trait","name":"a"},"right":{"kind":"negate","operand":-5}})");
    const std::string text = "a = '\x01\x1F\t\n\"\\/ ''é😀\xFF'";
    EXPECT_EQ(definition_of(json_of(text)), text);
    EXPECT_EQ(definition_of(as_jsonb(json_of(text))), text);
    EXPECT_EQ(formula_of(R"("\ud83d\ude00\u00e9\u0027")"), "'😀é'''");
}

TEST(JsonReading, KeepsQuotesOnlyWhereTheyMatter) {
    EXPECT_EQ(json_of("\"event\""), R"({"kind":"truth","value":{"kind":"trait","name":"event","quoted":true}})");
    EXPECT_EQ(json_of("\"First\""), R"({"kind":"truth","value":{"kind":"trait","name":"First"}})");
    EXPECT_EQ(json_of("\"in\""), R"({"kind":"truth","value":{"kind":"trait","name":"in"}})");
    EXPECT_EQ(definition_of(R"({"kind": "truth", "value": {"kind": "trait", "name": "plain", "quoted": true}})"), "plain");
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

// What is as high, long or wide as the language allows comes back; what is more so is an error.
TEST(JsonLimits, AreThoseOfTheLanguage) {
    const auto deepest = [](std::string_view open, std::string_view inside, std::string_view close) {
        std::string best;
        for (std::size_t low = 0, high = limits::nesting_depth + 1; low + 1 < high;) {
            const std::size_t middle = (low + high) / 2;
            const std::string text = repeat(open, middle) + std::string(inside) + repeat(close, middle);
            try {
                best = canonical(text);
                low = middle;
            } catch (const Error &) {
                high = middle;
            }
        }
        EXPECT_GT(best.size(), 100 * open.size());
        return best;
    };
    for (const auto &[open, inside, close] :
         {std::tuple("not ", "a", ""), std::tuple("did 'x' where (", "a", ")"), std::tuple("a and (b or (", "c", "))"),
          std::tuple("did ('x' then 'y' where (", "a", ") then not 'z' within 1 day)"),
          std::tuple("days since last 'x' where (", "a", ") > 5"), std::tuple("any x where (", "a", ")"),
          std::tuple("last a of 'x' where (", "b", ") = 1"), std::tuple("a since (5 + days since last 'x' where (", "b", "))"),
          std::tuple("sum(a) of 'x' where (", "a", ") > 1 and b")}) {
        const std::string text = deepest(open, inside, close);
        EXPECT_EQ(definition_of(as_jsonb(json_of(text))), text);
    }
    std::string higher = R"({"kind":"everyone"})";
    for (std::size_t i = 0; i < 499; ++i)
        higher = R"({"kind":"not","condition":)" + higher + "}";
    EXPECT_EQ(definition_of(higher).size(), 499 * 4 + 8);
    for (std::size_t i = 0; i < 2; ++i)
        higher = R"({"kind":"not","condition":)" + higher + "}";
    EXPECT_EQ(error_of(definition_from_json, higher).code, ErrorCode::program_limit_exceeded);
    EXPECT_EQ(error_of(definition_from_json, repeat(R"({"kind":"not","condition":)", 1'000'000)).code, ErrorCode::program_limit_exceeded);

    const std::string list = "a in (1" + repeat(", 1", limits::list_items - 1) + ")";
    EXPECT_EQ(definition_of(as_jsonb(json_of(list))), list);
    const std::string json = json_of(list);
    EXPECT_EQ(error_of(definition_from_json, json.substr(0, json.size() - 2) + ",1]}").message,
              "$.items: the array has more than 100000 items");

    const std::string leaves = "a" + repeat(" or a", limits::leaves - 1);
    EXPECT_EQ(definition_of(as_jsonb(json_of(leaves))), leaves);
    EXPECT_EQ(error_of(definition_from_json, R"({"kind":"or","conditions":[)" + json_of(leaves) + R"(,{"kind":"everyone"}]})").message,
              "the definition has more than 10000 conditions");

    const std::string control = "a = '" + repeat("\x01", limits::text_bytes - 6) + "'";
    EXPECT_EQ(definition_of(as_jsonb(json_of(control))), control);
    const std::string path = "a" + repeat("[0]", (limits::text_bytes - 1) / 3);
    EXPECT_EQ(definition_of(as_jsonb(json_of(path))), path);
    const std::string parts = "a" + repeat(".b", (limits::text_bytes - 1) / 2);
    EXPECT_EQ(definition_of(as_jsonb(json_of(parts))), parts);
}

TEST(JsonReading, GivesBackAllMemory) {
    for (const char *json :
         {R"({"kind": "and", "conditions": [{"kind": "in", "value": {"kind": "trait", "name": ["a", "\n"]}, "items": [1, "x", -2.5]},
                                {"kind": "stopped", "events": {"kind": "any_of", "names": ["x", "y"]}, "for": {"days": 1, "hours": 2.5}}]})",
          R"({"kind": "not", "condition": {"kind": "rank", "form": "top", "value": {"kind": "trait", "name": "mrr"}, "amount": 0}})"}) {
        testing::fail_at_every_allocation([&](std::pmr::memory_resource *memory) {
            std::pmr::monotonic_buffer_resource arena(memory);
            try {
                definition_from_json(json, arena);
            } catch (const Error &) {
            }
        });
    }
}

}  // namespace
}  // namespace segment::definition
