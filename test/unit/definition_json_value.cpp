// Reading JSON text: what is JSON, what is not, and where things are.
#include <gtest/gtest.h>

#include "definition_json_support.hpp"
#include "failing_memory.hpp"

namespace segment::definition::json {
namespace {

std::string echo(std::string_view text) {
    std::pmr::monotonic_buffer_resource memory;
    return as_jsonb(read(text, memory).root);
}

std::string text_of(std::string_view json) {
    std::pmr::monotonic_buffer_resource memory;
    const Document document = read(json, memory);
    EXPECT_EQ(document.root.type, Type::string);
    return std::string(document.root.text);
}

std::string error(std::string_view text) {
    std::pmr::monotonic_buffer_resource memory;
    try {
        return "no error: " + as_jsonb(read(text, memory).root);
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_text_representation);
        return error.message;
    }
}

TEST(JsonValue, ReadsAllTypes) {
    EXPECT_EQ(echo("null"), "null");
    EXPECT_EQ(echo(" \t\r\n true "), "true");
    EXPECT_EQ(echo("false"), "false");
    EXPECT_EQ(echo("[]"), "[]");
    EXPECT_EQ(echo("{ }"), "{}");
    EXPECT_EQ(echo("[1,[2,[]],{\"a\":{}}]"), "[1, [2, []], {\"a\": {}}]");
    EXPECT_EQ(echo("{\"bb\" : 1 , \"a\":\"x\"}"), "{\"a\": \"x\", \"bb\": 1}");
}

TEST(JsonValue, KeepsNumbersAsWritten) {
    for (const char *number :
         {"0", "-0", "10", "1.50", "-0.001", "1e5", "1E+5", "1.5e-400", "123456789012345678901234567890.123456789012345678901234567890"})
        EXPECT_EQ(echo(number), number);
    EXPECT_EQ(error("01"), "invalid JSON at byte 1: expected the end");
    EXPECT_EQ(error("+1"), "invalid JSON at byte 0: expected a value");
    EXPECT_EQ(error(".5"), "invalid JSON at byte 0: expected a value");
    EXPECT_EQ(error("1."), "invalid JSON at byte 2: expected a digit");
    EXPECT_EQ(error("-"), "invalid JSON at byte 1: expected a digit");
    EXPECT_EQ(error("1e"), "invalid JSON at byte 2: expected a digit");
    EXPECT_EQ(error("1e+x"), "invalid JSON at byte 3: expected a digit");
    EXPECT_EQ(error("NaN"), "invalid JSON at byte 0: expected a value");
}

TEST(JsonValue, ReadsEscapes) {
    EXPECT_EQ(text_of(R"("plain")"), "plain");
    EXPECT_EQ(text_of(R"("")"), "");
    EXPECT_EQ(text_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(text_of(R"("a\u0041\u007f\u0001z")"), "aA\x7F\x01z");
    EXPECT_EQ(text_of(R"("\u0080\u00e9\u07FF")"), "\xC2\x80\xC3\xA9\xDF\xBF");
    EXPECT_EQ(text_of(R"("\u0800\uFFFF\uE000\ud7ff")"), "\xE0\xA0\x80\xEF\xBF\xBF\xEE\x80\x80\xED\x9F\xBF");
    EXPECT_EQ(text_of(R"("\uD800\uDC00\uD83D\uDE00\udbff\udfff")"), "\xF0\x90\x80\x80\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF");
    EXPECT_EQ(text_of("\"\xE9t\xE9\""), "\xE9t\xE9") << "another encoding than UTF-8";
}

TEST(JsonValue, RefusesWrongStrings) {
    EXPECT_EQ(error("\"abc"), "invalid JSON at byte 0: this string has no end");
    EXPECT_EQ(error("\"abc\\"), "invalid JSON at byte 0: this string has no end");
    EXPECT_EQ(error("\"abc\\\""), "invalid JSON at byte 0: this string has no end");
    EXPECT_EQ(error("\"a\nb\""), "invalid JSON at byte 2: a control character in a string is written as an escape");
    EXPECT_EQ(error(std::string_view("\"a\0b\"", 5)), "invalid JSON at byte 2: a control character in a string is written as an escape");
    EXPECT_EQ(error(R"("ab\x")"), "invalid JSON at byte 3: unknown escape in a string");
    EXPECT_EQ(error("\"ab\\\n\""), "invalid JSON at byte 3: unknown escape in a string");
    EXPECT_EQ(error(R"("\u12")"), "invalid JSON at byte 1: \\u takes four hexadecimal digits");
    EXPECT_EQ(error(R"("\u12g4")"), "invalid JSON at byte 1: \\u takes four hexadecimal digits");
    EXPECT_EQ(error(R"("x\u0000")"), "invalid JSON at byte 2: \\u0000 cannot stand in a text");
    EXPECT_EQ(error(R"("\uDC00")"), "invalid JSON at byte 1: the first half of this surrogate pair is missing");
    for (const char *half : {R"("\uD800")", R"("\uD800x")", R"("\uD800\n")", R"("\uD800\u0041")", R"("\uD800\uD800")"})
        EXPECT_EQ(error(half), "invalid JSON at byte 1: the second half of this surrogate pair is missing") << half;
}

TEST(JsonValue, RefusesWhatIsNotJson) {
    EXPECT_EQ(error(""), "invalid JSON at byte 0: expected a value");
    EXPECT_EQ(error("  "), "invalid JSON at byte 2: expected a value");
    EXPECT_EQ(error(std::string_view("\0", 1)), "invalid JSON at byte 0: expected a value");
    EXPECT_EQ(error("nul"), "invalid JSON at byte 0: expected a value");
    EXPECT_EQ(error("truex"), "invalid JSON at byte 4: expected the end");
    EXPECT_EQ(error("[1 2]"), "invalid JSON at byte 3: expected \",\" or \"]\"");
    EXPECT_EQ(error("[1,]"), "invalid JSON at byte 3: expected a value");
    EXPECT_EQ(error("[1"), "invalid JSON at byte 2: expected \",\" or \"]\"");
    EXPECT_EQ(error("[1}"), "invalid JSON at byte 2: expected \",\" or \"]\"");
    EXPECT_EQ(error("{\"a\":1"), "invalid JSON at byte 6: expected \",\" or \"}\"");
    EXPECT_EQ(error("{\"a\":1,}"), "invalid JSON at byte 7: expected a key in double quotes");
    EXPECT_EQ(error("{a:1}"), "invalid JSON at byte 1: expected a key in double quotes");
    EXPECT_EQ(error("{\"a\" 1}"), "invalid JSON at byte 5: expected \":\"");
    EXPECT_EQ(error("[] []"), "invalid JSON at byte 3: expected the end");
    EXPECT_EQ(error("'a'"), "invalid JSON at byte 0: expected a value");
    EXPECT_EQ(error("// a\n1"), "invalid JSON at byte 0: expected a value");
}

// The path of the value that begins at the mark, which is no part of the text.
std::string path_of(std::string text) {
    const std::size_t mark = text.find('@');
    text.erase(mark, 1);
    std::pmr::monotonic_buffer_resource memory;
    return read(text, memory).path(static_cast<std::uint32_t>(mark));
}

TEST(JsonValue, TellsThePath) {
    EXPECT_EQ(path_of("@[1]"), "$");
    EXPECT_EQ(path_of("[@1]"), "$[0]");
    EXPECT_EQ(path_of("[1, [2, @3]]"), "$[1][1]");
    EXPECT_EQ(path_of(R"({"a": {"b_1": [0, @{}]}})"), "$.a.b_1[1]");
    EXPECT_EQ(path_of(R"({"a": 1, "first-name": @2})"), "$[\"first-name\"]");
    EXPECT_EQ(path_of(R"({"1": @2})"), "$[\"1\"]");
    EXPECT_EQ(path_of(R"({"": @2})"), "$[\"\"]");
    EXPECT_EQ(path_of("{\"" + std::string(100, 'x') + "\": @2}"), "$[\"" + std::string(40, 'x') + "...\"]");
    EXPECT_EQ(path_of("[[[[[[[[[[[[[[[[[[[[[1, @2]]]]]]]]]]]]]]]]]]]]]"), "$[0][0][0][0][0][0] ... [0][0][0][0][0][0][0][0][0][1]");
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

std::string limit_exceeded(const std::string &text) {
    std::pmr::monotonic_buffer_resource memory;
    try {
        read(text, memory);
        return "no error";
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::program_limit_exceeded);
        return error.message;
    }
}

TEST(JsonValue, HasLimits) {
    EXPECT_EQ(limit_exceeded(repeat("[", nesting_depth) + repeat("]", nesting_depth)), "no error");
    EXPECT_EQ(limit_exceeded(repeat("[", nesting_depth + 1) + repeat("]", nesting_depth + 1)),
              "the JSON is nested more than 2500 levels deep");
    EXPECT_EQ(limit_exceeded(repeat("[", 1'000'000)), "the JSON is nested more than 2500 levels deep");
    EXPECT_EQ(limit_exceeded(repeat("{\"a\":", 1'000'000)), "the JSON is nested more than 2500 levels deep");
    EXPECT_EQ(limit_exceeded("[1" + repeat(",1", values - 2) + "]"), "no error");
    EXPECT_EQ(limit_exceeded("[1" + repeat(",1", values - 1) + "]"), "the JSON has more than 1048576 values");
    EXPECT_EQ(limit_exceeded(repeat(" ", text_bytes - 1) + "1"), "no error");
    EXPECT_EQ(limit_exceeded(repeat(" ", text_bytes) + "1"), "the JSON is too long");
}

TEST(JsonValue, GivesBackAllMemory) {
    testing::fail_at_every_allocation([](std::pmr::memory_resource *memory) {
        std::pmr::monotonic_buffer_resource arena(memory);
        read(R"({"a": ["x\ny", {"b": 1}], "c": [[[]]]})", arena);
    });
}

}  // namespace
}  // namespace segment::definition::json
