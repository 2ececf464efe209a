// What reading a rule group does at the edges, where the package itself does not go.
#include <gtest/gtest.h>

#include "core/definition/limits.hpp"
#include "core/definition/query_builder.hpp"
#include "definition_support.hpp"
#include "failing_memory.hpp"

namespace segment::definition {
namespace {

std::string read(std::string_view json) {
    std::pmr::monotonic_buffer_resource arena;
    return printed(from_query_builder(json, arena));
}

std::string rule(const std::string &members) {
    return "{\"combinator\": \"and\", \"rules\": [{" + members + "}]}";
}

std::string rule(const std::string &op, const std::string &value) {
    return rule("\"field\": \"a\", \"operator\": \"" + op + "\", \"value\": " + value);
}

// As the message, a line feed and the hint, if there is one.
std::string error(const std::string &json) {
    const Error error = error_of(from_query_builder, json);
    EXPECT_EQ(error.position, Error::no_position);
    return error.hint.empty() ? error.message : error.message + "\n" + error.hint;
}

TEST(QueryBuilder, OrderOfKeysAndUnknownKeysDoNotMatter) {
    EXPECT_EQ(
        read(
            R"({"rules": [{"value": 1, "operator": "=", "field": "a", "path": [0], "meta": {"x": [null]}}], "not": true, "extra": 1, "combinator": "or"})"),
        "not a = 1");
}

TEST(QueryBuilder, NamesOfOperatorsAndCombinatorsHaveNoCase) {
    EXPECT_EQ(
        read(
            R"({"combinator": "OR", "rules": [{"field": "a", "operator": "NOTNULL"}, {"field": "b", "operator": "beginswith", "value": "x"}]})"),
        "a is set or b starts with 'x'");
}

TEST(QueryBuilder, FieldsAreExactNames) {
    EXPECT_EQ(read(rule(R"("field": "firstName", "operator": "null")")), "\"firstName\" is not set");
    EXPECT_EQ(read(rule(R"("field": "properties.first-name", "operator": "null")")), "properties.\"first-name\" is not set");
    EXPECT_EQ(read(rule(R"("field": "in", "operator": "null")")), "\"in\" is not set");
    EXPECT_EQ(read(rule(R"("field": "subscription.mrr", "operator": "null")")), "subscription.mrr is not set");
    EXPECT_EQ(read(rule(R"("field": "a\"b' or c", "operator": "null")")), "\"a\"\"b' or c\" is not set");
    for (const char *name : {".", "a.", ".a", "a..b"}) {
        EXPECT_EQ(error(rule("\"field\": \"" + std::string(name) + "\", \"operator\": \"null\"")),
                  "$.rules[0].field: a name between dots is empty");
    }
}

TEST(QueryBuilder, TextsKeepTheirCharacters) {
    EXPECT_EQ(read(rule("=", R"("it's \u00e9 \ud83d\ude00 \n \\ \" %")")), "a = 'it''s é 😀 \n \\ \" %'");
    EXPECT_EQ(read(rule("=", R"("  spaces  ")")), "a = '  spaces  '");
    EXPECT_EQ(read(rule("contains", R"("100%_")")), "a contains '100%_'");
    EXPECT_EQ(read(rule("contains", "5.50")), "a contains '5.50'");
}

TEST(QueryBuilder, NumbersKeepTheirDigits) {
    EXPECT_EQ(read(rule("=", "0.1000000000000000055511151231257827")), "a = 0.1000000000000000055511151231257827");
    EXPECT_EQ(read(rule("=", "-100000000000000000000000000000000000001")), "a = -100000000000000000000000000000000000001");
    EXPECT_EQ(read(rule("=", "12e-1")), "a = 1.2");
    EXPECT_EQ(error(rule("=", "1e1001")), "$.rules[0].value: the number has too many digits");
}

TEST(QueryBuilder, ListsInText) {
    EXPECT_EQ(read(rule("in", R"("x")")), "a in ('x')");
    EXPECT_EQ(read(rule("in", R"(" x ,\ty,,  , z")")), "a in ('x', 'y', 'z')");
    EXPECT_EQ(read(rule("in", R"("\\,,x\\,\\,y,\\")")), "a in (',', 'x,,y', '\\')");
    EXPECT_EQ(read(rule("between", R"("1, 2, 3")")), "a between '1' and '2'");
    EXPECT_EQ(read(rule("in", R"([1, " x ", true, {"$bigint": "-9007199254740993"}])")), "a in (1, 'x', true, -9007199254740993)");
    for (const char *nothing : {"\"\"", "\" , \"", "[]"}) {
        EXPECT_EQ(error(rule("in", nothing)), "$.rules[0].value: the list is empty\nName one or more values.");
    }
    EXPECT_EQ(error(rule("in", "true")), "$.rules[0].value: expected a list, found a boolean");
    EXPECT_EQ(error(rule("notIn", "[1, null]")), "$.rules[0].value[1]: expected a string, a number or a boolean, found null");
}

TEST(QueryBuilder, RangesHaveTwoEnds) {
    for (const char *one : {"\"\"", "\"1\"", "\"1,\"", "\",1\"", "[1]", "[\"\", 1]", "7"}) {
        EXPECT_EQ(error(rule("between", one)), "$.rules[0].value: expected two values\nBoth ends of a range are needed.") << one;
    }
    EXPECT_EQ(read(rule("between", "[2, 1.5]")), "a between 1.5 and 2");
    EXPECT_EQ(read(rule("between", "[-1, -2]")), "a between -2 and -1");
    EXPECT_EQ(read(rule("between", "[1, -1]")), "a between -1 and 1");
    EXPECT_EQ(read(rule("between", "[\"2\", \"1\"]")), "a between '2' and '1'");
    EXPECT_EQ(read(rule("between", "[\"2\", 1]")), "a between '2' and 1");
}

TEST(QueryBuilder, BooleansTellAJsonPathItsType) {
    EXPECT_EQ(read(rule("=", "true")), "a is true");
    EXPECT_EQ(read(rule("!=", "false")), "a is not false");
    EXPECT_EQ(read(rule("=", "\"true\"")), "a = 'true'");
}

TEST(QueryBuilder, ComparesFields) {
    const auto fields = [](const std::string &op, const std::string &value) {
        return rule("\"field\": \"a\", \"valueSource\": \"field\", \"operator\": \"" + op + "\", \"value\": " + value);
    };
    EXPECT_EQ(read(fields("<=", R"("b.c")")), "a <= b.c");
    EXPECT_EQ(read(fields("in", R"("b")")), "a = b");
    EXPECT_EQ(read(fields("notIn", R"(["b"])")), "not a = b");
    EXPECT_EQ(error(fields("=", "1")), "$.rules[0].value: expected the name of a field, found a number");
    EXPECT_EQ(error(fields("=", "\"\"")), "$.rules[0].value: expected the name of a field");
    EXPECT_EQ(error(fields("between", R"(["b", 1])")), "$.rules[0].value[1]: expected the name of a field, found a number");
}

TEST(QueryBuilder, CombinatorsBetweenRules) {
    const auto independent = [](const std::string &rules) {
        std::string json;
        for (const char c : rules)
            json += c == '&'   ? ", \"and\", "
                    : c == '|' ? ", \"or\", "
                    : c == '-' ? R"({"field": "m", "operator": "null", "muted": true})"
                               : std::string(R"({"field": ")") + c + R"(", "operator": "notNull"})";
        return "{\"rules\": [" + json + "]}";
    };
    EXPECT_EQ(read(independent("a|b&c")), "a is set or b is set and c is set");
    EXPECT_EQ(read(independent("a&b|c&d|e")), "a is set and b is set or c is set and d is set or e is set");
    EXPECT_EQ(read(independent("a&-|c")), "a is set or c is set");
    EXPECT_EQ(read(independent("a|-&c")), "a is set and c is set");
    EXPECT_EQ(read(independent("-|b&c")), "b is set and c is set");
    EXPECT_EQ(read(independent("a&-")), "a is set");
    EXPECT_EQ(read(independent("-")), "everyone");
    EXPECT_EQ(error(independent("a&")), "invalid JSON at byte 57: expected a value");
    EXPECT_EQ(error(R"({"rules": [{"field": "a", "operator": "null"}, "and"]})"),
              "$.rules[1]: expected a rule or a rule group after this combinator");
    EXPECT_EQ(error(R"({"rules": [{"field": "a", "operator": "null"}, {"field": "a", "operator": "null"}]})"),
              "$.rules[1]: expected \"and\" or \"or\", found an object");
    EXPECT_EQ(error(R"({"rules": ["and", {"field": "a", "operator": "null"}, "and"]})"),
              "$.rules[0]: expected a rule or a rule group, found a string\n"
              "Combinators stand between the rules of a group that has no \"combinator\" of its own.");
    EXPECT_EQ(error(R"({"combinator": "and", "rules": [{"field": "a", "operator": "null"}, "or", {"field": "a", "operator": "null"}]})"),
              "$.rules[1]: expected a rule or a rule group, found a string\n"
              "Combinators stand between the rules of a group that has no \"combinator\" of its own.");
}

TEST(QueryBuilder, ErrorsNameThePath) {
    EXPECT_EQ(error("null"), "$: expected a rule group, which is an object with an array \"rules\"");
    EXPECT_EQ(error("[]"), "$: expected a rule group, which is an object with an array \"rules\"");
    EXPECT_EQ(error(R"({"field": "a", "operator": "null"})"), "$: expected a rule group, which is an object with an array \"rules\"");
    EXPECT_EQ(error(R"({"combinator": "and", "rules": {}})"), "$: expected a rule group, which is an object with an array \"rules\"");
    EXPECT_EQ(error(R"({"combinator": 1, "rules": []})"), "$.combinator: expected \"and\" or \"or\", found a number");
    EXPECT_EQ(error(R"({"combinator": "nand", "rules": []})"),
              "$.combinator: unsupported combinator \"nand\"\nGroups are joined by \"and\" and \"or\".");
    EXPECT_EQ(error(R"({"combinator": "and", "not": 1, "rules": [{"field": "a", "operator": "null"}]})"),
              "$.not: expected a boolean, found a number");
    EXPECT_EQ(error(R"({"combinator": "and", "rules": [{"combinator": "and", "rules": [1]}]})"),
              "$.rules[0].rules[0]: expected a rule or a rule group, found a number");
    EXPECT_EQ(error(rule("")), "$.rules[0]: missing key \"field\"");
    EXPECT_EQ(error(rule(R"("field": 1)")), "$.rules[0].field: expected a string, found a number");
    EXPECT_EQ(error(rule(R"("field": "", "operator": "=")")),
              "$.rules[0].field: no field is chosen\nFinish the rule, mute it or leave it out.");
    EXPECT_EQ(error(rule(R"("field": "a")")), "$.rules[0]: missing key \"operator\"");
    EXPECT_EQ(error(rule(R"("field": "a", "operator": "=")")), "$.rules[0]: missing key \"value\"");
    EXPECT_EQ(error(rule(R"("field": "a", "operator": "=", "operator": "<", "value": 1)")), "$.rules[0].operator: this key is given twice");
    EXPECT_EQ(error(rule("=", "[1]")), "$.rules[0].value: expected a string, a number or a boolean, found an array");
    EXPECT_EQ(error(rule("=", R"({"$bigint": "1.5"})")), "$.rules[0].value: expected a string, a number or a boolean, found an object");
    EXPECT_EQ(error(rule("=", R"({"$bigint": "-"})")), "$.rules[0].value: expected a string, a number or a boolean, found an object");
    EXPECT_EQ(error(rule("contains", "true")), "$.rules[0].value: expected a string, found a boolean");
    EXPECT_EQ(error(rule(R"("field": "a", "operator": "=", "value": 1, "valueSource": 1)")),
              "$.rules[0].valueSource: expected a string, found a number");
    EXPECT_EQ(error(rule(R"("field": "a", "operator": "=", "value": 1, "lhs": {"kind": "field"})")),
              "$.rules[0].lhs: \"lhs\" is not supported\nThe left side of a rule is a field.");
}

TEST(QueryBuilder, NullMeansAbsentWhereThePackageLeavesKeysOut) {
    EXPECT_EQ(read(R"({"combinator": null, "not": null, "rules": [
                      {"field": "a", "operator": "=", "value": 1, "valueSource": null, "muted": null, "match": null, "lhs": null}]})"),
              "a = 1");
}

TEST(QueryBuilder, LimitsAreErrors) {
    const auto nested = [](std::size_t levels) {
        std::string json;
        for (std::size_t i = 0; i < levels; ++i)
            json += "{\"combinator\":\"and\",\"not\":true,\"rules\":[";
        json += "{\"field\":\"a\",\"operator\":\"null\"}";
        for (std::size_t i = 0; i < levels; ++i)
            json += "]}";
        return json;
    };
    EXPECT_EQ(read(nested(2)), "not not a is not set");
    EXPECT_EQ(error_of(from_query_builder, nested(499)).code, ErrorCode::program_limit_exceeded);
    EXPECT_EQ(error_of(from_query_builder, nested(501)).code, ErrorCode::program_limit_exceeded);
    EXPECT_EQ(error_of(from_query_builder, nested(200'000)).code, ErrorCode::program_limit_exceeded);

    std::string list = "1";
    for (std::size_t i = 1; i < limits::list_items; ++i)
        list += ",1";
    EXPECT_EQ(read(rule("in", "[" + list + "]")).size(), std::string_view("a in (1)").size() + 3 * (limits::list_items - 1));
    EXPECT_EQ(error_of(from_query_builder, rule("in", "[" + list + ",1]")).code, ErrorCode::program_limit_exceeded);
    EXPECT_EQ(error_of(from_query_builder, rule("in", "\"" + list + ",1\"")).code, ErrorCode::program_limit_exceeded);

    std::string rules = R"({"field":"a","operator":"null"})";
    for (std::size_t i = 0; i < limits::leaves; ++i)
        rules += R"(,{"field":"a","operator":"null"})";
    EXPECT_EQ(error_of(from_query_builder, R"({"combinator":"and","rules":[)" + rules + "]}").code, ErrorCode::program_limit_exceeded);
}

TEST(QueryBuilder, GivesBackAllMemory) {
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        std::pmr::monotonic_buffer_resource arena(memory);
        from_query_builder(
            R"({"rules": [{"field": "a", "operator": "in", "value": "x\\,y,z"}, "or", {"combinator": "and", "not": true, "rules":
                              [{"field": "b", "operator": "between", "value": [2, -1]}, {"field": "c", "operator": "=", "value": "\n"}]}]})",
            arena);
    });
}

}  // namespace
}  // namespace segment::definition
