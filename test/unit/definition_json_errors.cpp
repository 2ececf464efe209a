// JSON of the wrong shape: the message says where and what, the hint what to do.
#include <gtest/gtest.h>

#include "definition_json_support.hpp"

namespace segment::definition {
namespace {

struct Case {
    std::string_view json, message, hint = "";
};

void PrintTo(const Case &wrong, std::ostream *out) {
    *out << wrong.json;
}

class JsonErrors : public testing::TestWithParam<Case> {};

TEST_P(JsonErrors, NameThePath) {
    const Error error = error_of(definition_from_json, GetParam().json);
    EXPECT_EQ(error.message, GetParam().message);
    EXPECT_EQ(error.hint, GetParam().hint);
    EXPECT_EQ(error.position, Error::no_position);
}

const Case shapes[] = {
    {"nul", "invalid JSON at byte 0: expected a value"},
    {"null", "$: expected a condition, found null"},
    {"[]", "$: expected a condition, found an array"},
    {"\"plan = 'pro'\"", "$: expected a condition, found \"text\""},
    {"5", "$: expected a condition, found \"number\""},
    {"{}", "$: missing key \"kind\""},
    {R"({"op": "="})", "$: missing key \"kind\""},
    {R"({"kind": 5})", "$.kind: expected a string, found a number"},
    {R"({"kind": "compares"})", "$.kind: unknown word \"compares\"", "Did you mean \"compare\"?"},
    {R"({"kind": "frobnicate"})", "$.kind: unknown word \"frobnicate\""},
    {R"({"kind": ""})", "$.kind: unknown word \"\""},
    {R"({"kind": "events"})", "$.kind: unknown word \"events\""},
    {R"({"kind": "Everyone"})", "$.kind: unknown word \"Everyone\"", "Did you mean \"everyone\"?"},
    {R"({"kind": "everyone", "kind": "everyone"})", "$.kind: this key is given twice"},
    {R"({"kind": "everyone", "nobody": 1})", "$.nobody: unknown key"},
    {R"({"kind": "everyone", "": 1})", "$[\"\"]: unknown key"},
    {R"({"kind": "trait", "name": "has_admin"})", "$: expected a condition, found \"trait\"",
     "A boolean trait is a condition as {\"kind\": \"truth\", \"value\": ...}."},
    {R"({"kind": "now"})", "$: expected a condition, found \"now\""},
    {R"({"kind": "not"})", "$: missing key \"condition\""},
    {R"({"kind": "not", "condition": 5})", "$.condition: expected a condition, found \"number\""},
    {R"({"kind": "and", "conditions": {}})", "$.conditions: expected an array, found an object"},
    {R"({"kind": "and", "conditions": []})", "$.conditions: the array is empty"},
    {R"({"kind": "and", "conditions": [{"kind": "everyone"}, {"kind": "not", "condition": null}]})",
     "$.conditions[1].condition: expected a condition, found null"},
    {R"({"kind": "compare", "op": "==", "left": 1, "right": 2})", "$.op: unknown word \"==\"",
     "One of \"=\", \"!=\", \"<\", \"<=\", \">\", \">=\" can stand here."},
    {R"({"kind": "compare", "op": "=", "left": 1})", "$: missing key \"right\""},
    {R"({"kind": "compare", "op": "=", "left": 1, "rigth": 2, "right": 2})", "$.rigth: unknown key", "Did you mean \"right\"?"},
    {R"({"kind": "compare", "op": "=", "left": {"kind": "everyone"}, "right": 2})", "$.left: expected a value, found \"everyone\""},
    {R"({"kind": "compare", "op": "=", "left": [1], "right": 2})", "$.left: expected a value, found an array"},
    {R"({"kind": "compare", "op": "=", "left": {"kind": "last_event", "events": {"kind": "any"}}, "right": 2})",
     "$.left: \"last_event\" stands in \"days\" only"},
    {R"({"kind": "is_set", "negated": 1, "value": 5})", "$.negated: expected a boolean, found a number"},
    {R"({"kind": "is_set", "negated": null, "value": 5})", "$.negated: expected a boolean, found null"},
    {R"({"kind": "is_boolean", "value": 5})", "$: missing key \"expected\""},
    {R"({"kind": "in", "value": 5, "items": [1, {"kind": "trait", "name": "x"}]})", "$.items[1]: expected a literal, found \"trait\""},
    {R"({"kind": "in", "value": 5, "items": [1, null]})", "$.items[1]: expected a literal, found null"},
    {R"({"kind": "in", "value": 5, "items": []})", "$.items: the array is empty"},
    {R"({"kind": "text_match", "op": "like", "value": 5, "pattern": "x", "ignoring_case": true})", "$.ignoring_case: unknown key"},
    {R"({"kind": "text_match", "op": "contains", "value": 5, "pattern": 7})", "$.pattern: expected a string, found a number"},
    {R"({"kind": "includes", "quantity": "any", "value": 5, "item": 1})", "$: missing key \"items\""},
    {R"({"kind": "includes", "quantity": "one", "value": 5, "item": 1, "items": [1]})", "$.items: unknown key", "Did you mean \"item\"?"},
    {R"({"kind": "in_list", "list": "x", "kind": "in_list"})", "$.kind: this key is given twice"},
    {R"({"kind": "segment_change", "change": "left", "segment": "x"})", "$.change: unknown word \"left\"",
     "One of \"exited\", \"entered\" can stand here."},
    {R"({"kind": "rank", "form": "above_median", "value": 5, "amount": 3})", "$.amount: unknown key"},
    {R"({"kind": "rank", "form": "top", "value": 5, "amount": -3})", "$.amount: expected a number that is not negative"},
    {R"({"kind": "rank", "form": "top", "value": 5, "amount": "3"})", "$.amount: expected a number, found a string"},
};
INSTANTIATE_TEST_SUITE_P(Shapes, JsonErrors, testing::ValuesIn(shapes));

const Case names[] = {
    {R"({"kind": "truth", "value": {"kind": "trait"}})", "$.value: missing key \"name\""},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": ""}})", "$.value.name: expected a string that is not empty"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": []}})", "$.value.name: expected a name or an array of names and positions"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": 5}})", "$.value.name: expected a name or an array of names and positions"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": [0, "a"]}})", "$.value.name[0]: expected a name, found a number"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": ["a", ""]}})", "$.value.name[1]: expected a string that is not empty"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": ["a", -1]}})", "$.value.name[1]: expected a number that is not negative"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": ["a", 1.5]}})", "$.value.name[1]: expected a whole number"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": ["a", 2147483648]}})", "$.value.name[1]: the number is too large here"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": ["a", true]}})", "$.value.name[1]: expected a number, found a boolean"},
    {R"({"kind": "truth", "value": {"kind": "trait", "name": "a", "cast": ""}})", "$.value.cast: expected a string that is not empty"},
    {R"({"kind": "is_label", "subject": {"kind": "duration", "name": "a"}, "label": "x"})", "$.subject.kind: expected \"trait\""},
    {R"({"kind": "is_label", "subject": "a", "label": "x"})", "$.subject: expected an object, found a string"},
};
INSTANTIATE_TEST_SUITE_P(Names, JsonErrors, testing::ValuesIn(names));

const Case parts[] = {
    {R"({"kind": "in_window", "value": 5, "window": {"duration": {"days": 1}}})", "$.window: missing key \"kind\""},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "withing", "duration": {"days": 1}}})",
     "$.window.kind: unknown word \"withing\"",
     "One of \"within\", \"more_than_ago\", \"between_ago\", \"within_next\", \"since\", \"from_to\", \"within_of\", \"today\", "
     "\"in_this\", \"in_last\" can stand here."},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "within", "unit": "day"}})", "$.window: missing key \"duration\""},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "today", "unit": "day"}})", "$.window.unit: unknown key"},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "within", "duration": "30 days"}})",
     "$.window.duration: expected an object, found a string"},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "within", "duration": {}}})",
     "$.window.duration: expected a duration such as {\"days\": 30}"},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "within", "duration": {"day": 1, "hours": 2}}})",
     "$.window.duration.day: unknown key", "Did you mean \"days\"?"},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "in_last", "unit": "month", "count": 4294967296}})",
     "$.window.count: the number is too large here"},
    {R"({"kind": "in_window", "value": 5, "window": {"kind": "in_this", "unit": "months"}})", "$.window.unit: unknown word \"months\"",
     "One of \"microsecond\", \"millisecond\", \"second\", \"minute\", \"hour\", \"day\", \"week\", \"month\", \"quarter\", \"year\" can "
     "stand here."},
    {R"({"kind": "did", "events": {"kind": "named"}})", "$.events: missing key \"name\""},
    {R"({"kind": "did", "events": {"kind": "any", "name": "x"}})", "$.events.name: unknown key"},
    {R"({"kind": "did", "events": {"kind": "any_of", "names": ["x", 5]}})", "$.events.names[1]: expected a string, found a number"},
    {R"({"kind": "did", "events": {"kind": "any_of", "names": []}})", "$.events.names: the array is empty"},
    {R"({"kind": "did", "events": {"kind": "any", "source": ""}})", "$.events.source: expected a string that is not empty"},
    {R"({"kind": "did", "events": {"kind": "any", "where": 1}})", "$.events.where: expected a condition, found \"number\""},
    {R"({"kind": "did", "events": {"kind": "any"}, "count": {"kind": "unlimited", "number": 1}})",
     "$.count.kind: unknown word \"unlimited\"",
     "One of \"at_least\", \"at_most\", \"exactly\", \"fewer_than\", \"more_than\", \"between\" can stand here."},
    {R"({"kind": "did", "events": {"kind": "any"}, "count": {"kind": "between", "number": 1}})", "$.count: missing key \"low\""},
    {R"({"kind": "did", "events": {"kind": "any"}, "count": {"kind": "at_least", "number": 1.5}})",
     "$.count.number: expected a whole number"},
    {R"({"kind": "did", "events": {"kind": "any"}, "form": "first_time", "count": {"kind": "at_least", "number": 1}})",
     "$.count: unknown key"},
    {R"({"kind": "sequence", "steps": [{"events": {"kind": "any"}}]})", "$: a sequence has two or more steps"},
    {R"({"kind": "sequence", "steps": [{"events": {"kind": "any"}}, {"evens": {"kind": "any"}}]})", "$.steps[1]: missing key \"events\""},
    {R"({"kind": "sequence", "steps": [{"events": {"kind": "any"}}, 5]})", "$.steps[1]: expected an object, found a number"},
};
INSTANTIATE_TEST_SUITE_P(Parts, JsonErrors, testing::ValuesIn(parts));

// What only the parser knows is told with its words, at the innermost form that has it.
const Case language[] = {
    {R"({"kind": "and", "conditions": [{"kind": "everyone"}, {"kind": "not", "condition":
         {"kind": "rank", "form": "top", "value": {"kind": "trait", "name": "mrr"}, "amount": 0}}]})",
     "$.conditions[1].condition: a number of members must be a whole number above 0"},
    {R"({"kind": "and", "conditions": [{"kind": "everyone"}, {"kind": "in_window", "value": {"kind": "trait", "name": "t"}, "window":
         {"kind": "between_ago", "from": {"days": 10}, "to": {"days": 30}}}]})",
     "$.conditions[1]: the longer duration comes first", "Write the earlier end first, as in \"between 30 days and 10 days ago\"."},
    {R"({"kind": "in_window", "value": {"kind": "trait", "name": "t"}, "window": {"kind": "in_this", "unit": "day"}})",
     "$: this has another form in the language"},
    {R"({"kind": "did", "events": {"kind": "any", "where": {"kind": "rank", "form": "above_median", "value": {"kind": "trait", "name": "mrr"}}}})",
     "$: a rank cannot stand inside \"where\"", "Ranks compare a member with all others."},
    {R"({"kind": "compare", "op": ">", "right": 0, "left": {"kind": "days", "direction": "since", "operand": {"kind": "last_event", "events":
         {"kind": "any", "where": {"kind": "did", "events": {"kind": "any"}, "form": "periods_of_last", "of_last": 2, "unit": "month",
          "count": {"kind": "at_least", "number": 3}}}}}})",
     "$.left.operand.events.where: there are only 2 periods to count"},
    {R"({"kind": "sequence", "steps": [{"events": {"kind": "any"}}, {"events": {"kind": "named", "name": "x", "where":
         {"kind": "in_window", "value": {"kind": "trait", "name": "t"}, "window": {"kind": "within", "duration": {"days": 1.5}}}}}]})",
     "$.steps[1].events.where: days are counted in whole numbers", "Only hours and shorter units have a fixed length that can be divided."},
    {R"({"kind": "related", "quantifier": "any", "relation": ""})", "$: a name cannot be empty",
     "An empty text is written in single quotes: ''."},
};
INSTANTIATE_TEST_SUITE_P(Language, JsonErrors, testing::ValuesIn(language));

TEST(JsonError, OfTheLanguageShowHowItReads) {
    EXPECT_EQ(
        error_of(definition_from_json, R"({"kind": "rank", "form": "top", "value": {"kind": "trait", "name": "mrr"}, "amount": 0})").detail,
        "It reads: mrr in top 0");
    EXPECT_EQ(error_of(definition_from_json,
                       R"({"kind": "in_window", "value": {"kind": "trait", "name": "t"}, "window": {"kind": "in_this", "unit": "day"}})")
                  .detail,
              "It reads \"t in this day\", which is \"t today\".");
}

TEST(JsonError, OfFormulas) {
    EXPECT_EQ(error_of(formula_from_json, R"({"kind": "everyone"})").message, "$: expected a value, found \"everyone\"");
    EXPECT_EQ(error_of(formula_from_json, "null").message, "$: expected a value, found null");
    EXPECT_EQ(error_of(formula_from_json, R"({"kind": "share", "events": {"kind": "any"}})").message.substr(0, 3), "$: ");
}

TEST(JsonError, HaveCodes) {
    EXPECT_EQ(error_of(definition_from_json, "{").code, ErrorCode::invalid_text_representation);
    EXPECT_EQ(error_of(definition_from_json, "{}").code, ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of(definition_from_json, R"({"kind": "truth", "value": {"kind": "number", "value": 1e2000}})").code,
              ErrorCode::numeric_out_of_range);
}

}  // namespace
}  // namespace segment::definition
