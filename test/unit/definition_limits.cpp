// What is too large is refused, quickly and without a crash; what is just within the limits is read.
#include <gtest/gtest.h>

#include <pthread.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "core/definition/canonical.hpp"
#include "core/definition/limits.hpp"
#include "definition_support.hpp"

namespace segment::definition {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
    std::string result;
    result.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

// Linear work on a megabyte takes some milliseconds of processor time, quadratic work an hour.
template <class Work>
void expect_linear(Work work, std::string_view what) {
    const std::clock_t begin = std::clock();
    work();
    EXPECT_LT(std::clock() - begin, std::clock_t{60} * CLOCKS_PER_SEC) << what;
}

void expect_limit(const std::string &definition, std::string_view message) {
    expect_linear(
        [&] {
            const Error error = error_of(parse_definition, definition);
            EXPECT_EQ(error.code, ErrorCode::program_limit_exceeded);
            EXPECT_EQ(error.message, message);
        },
        message);
}

constexpr std::string_view too_deep = "the definition is nested more than 500 levels deep";

TEST(Limits, Length) {
    const std::string longest = "plan = '" + repeat("x", limits::text_bytes - 9) + "'";
    ASSERT_EQ(longest.size(), limits::text_bytes);
    EXPECT_EQ(canonical(longest), longest);
    expect_limit(longest + " ", "the definition is too long");
}

// `1,` is written with a space, so a text may be within the limit and its canonical form not.
TEST(Limits, LengthOfCanonicalText) {
    std::string text = "a in (1" + repeat(",1", 90'000) + ")";
    for (int i = 0; i < 4; ++i)
        text += " and a in (1" + repeat(",1", 90'000) + ")";
    ASSERT_LT(text.size(), limits::text_bytes);
    std::pmr::monotonic_buffer_resource arena;
    const Error error = error_of(canonical_definition, text);
    EXPECT_EQ(error.code, ErrorCode::program_limit_exceeded);
    EXPECT_EQ(error.message, "the canonical text is too long");
    EXPECT_EQ(canonical_definition("a  and(b)", arena), "a and b");
    EXPECT_EQ(canonical_formula("(a+1)", arena), "a + 1");
}

TEST(Limits, Depth) {
    const std::size_t many = 100'000;
    expect_limit(repeat("(", many) + "a" + repeat(")", many), too_deep);
    expect_limit(repeat("(", many), too_deep);
    expect_limit(repeat("not ", many) + "a", too_deep);
    expect_limit("a = " + repeat("- ", many) + "1", too_deep);
    expect_limit("a = " + repeat("1 + ", many) + "1", too_deep);
    expect_limit("a = " + repeat("1 * ", many) + "1", too_deep);
    expect_limit("a = " + repeat("(1 + ", many) + "1", too_deep);
    expect_limit("a = " + repeat("age(", many) + "b", too_deep);
    expect_limit("a = " + repeat("days since ", many / 2) + "b", too_deep);
    expect_limit(repeat("any x where (", many / 2), too_deep);
    expect_limit(repeat("did 'x' where (", many / 2), too_deep);
    expect_limit(repeat("did ('x' then 'y' where (", many / 4), too_deep);
    expect_limit(repeat("a and (b or (", many / 2), too_deep);
    expect_limit("a > 5 and a since " + repeat("(", many), too_deep);
}

// The text of a tree that is as high as can be stays readable: it has no more parentheses than the one it came from.
TEST(Limits, DepthHoldsForCanonicalText) {
    const std::size_t deep = limits::nesting_depth - 2;
    const std::string texts[] = {
        repeat("not ", deep) + "a",
        repeat("(", deep) + "a" + repeat(")", deep),
        "a = " + repeat("- ", deep) + "1",
        "a = 1" + repeat(" + 1", deep - 1),
        "a = " + repeat("(1 - ", deep / 2 - 1) + "1" + repeat(")", deep / 2 - 1),
        repeat("a and (b or (", deep / 8) + "c" + repeat("))", deep / 8),
        repeat("did 'x' where (", deep / 2) + "c" + repeat(")", deep / 2),
    };
    for (const std::string &text : texts) {
        const std::string once = canonical(text);
        EXPECT_EQ(canonical(once), once);
    }
}

TEST(Limits, ListItems) {
    std::string list = "a in (1" + repeat(",1", limits::list_items - 1);
    EXPECT_NO_THROW(canonical(list + ")"));
    expect_limit(list + ",1)", "the definition has a list of more than 100000 items");
    list = "did any of (''" + repeat(",''", limits::list_items - 1);
    EXPECT_NO_THROW(canonical(list + ")"));
    expect_limit(list + ",'')", "the definition has a list of more than 100000 items");
}

TEST(Limits, Conditions) {
    for (const std::string_view chain : {" and a", " or a", " and a = 1", " or did 'x'"}) {
        const std::string most = "a" + repeat(chain, limits::leaves - 1);
        EXPECT_EQ(canonical(most), most);
        expect_limit(most + " or a", "the definition has more than 10000 conditions");
    }
    expect_limit("did 'x'" + repeat(" then 'x'", limits::leaves), "the definition has more than 10000 conditions");
}

TEST(Limits, Operators) {
    std::string tree = "1";  // balanced, so that it is wide and not deep
    for (int i = 0; i < 13; ++i)
        tree = "(" + tree + " + " + tree + ")";
    EXPECT_NO_THROW(canonical("a = " + tree));  // 8191 operators
    expect_limit("a = (" + tree + " + " + tree + ")", "the definition has more than 10000 arithmetic operators");
}

TEST(Limits, NumbersAndPeriods) {
    const std::string digits = repeat("9", limits::number_digits);
    EXPECT_EQ(canonical("a = " + digits + "." + digits), "a = " + digits + "." + digits);
    for (const std::string &number : {digits + "9", "0." + digits + "9", std::string("1e1000"), std::string("1e-1001"),
                                      std::string("1e999999999999999999999"), std::string("1e-999999999999999999999")})
        EXPECT_EQ(error_of(parse_definition, "a = " + number).code, ErrorCode::numeric_out_of_range) << number;
    EXPECT_EQ(canonical("a = 0e999999999999999999999"), "a = 0");
    EXPECT_NO_THROW(canonical("did 'x' at least 9223372036854775807 times"));
    EXPECT_EQ(error_of(parse_definition, "did 'x' at least 9223372036854775808 times").code, ErrorCode::numeric_out_of_range);
    EXPECT_NO_THROW(canonical("a in last 10000 calendar days"));
    EXPECT_EQ(error_of(parse_definition, "a in last 10001 calendar days").code, ErrorCode::syntax_error);
}

// No text of a megabyte takes long, whatever it is.
TEST(Limits, TimeIsLinear) {
    const std::string_view pieces[] = {"between 1 day and ",
                                       "a between 1 day ",
                                       "last ",
                                       "did ",
                                       "1 day ",
                                       "a.",
                                       "'' ",
                                       "\"\"\"",
                                       "a[0]",
                                       "did not ",
                                       "ever in ",
                                       "more than 1 ",
                                       "count of ",
                                       "x = 1 ",
                                       "(a and ",
                                       "- ",
                                       "'a' then ",
                                       "1.",
                                       "interval '1 day' and ",
                                       "in (",
                                       "\xE2\x80\x98",
                                       "a\xE2"};
    for (const std::string_view piece : pieces) {
        const std::string text = repeat(piece, limits::text_bytes / piece.size());
        expect_linear(
            [&] {
                try {
                    canonical(text);
                } catch (const Error &) {  // a few are definitions, most are not
                }
            },
            piece);
    }
}

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)

// Reading and printing the deepest definitions takes less than 256 kB of stack with -O2; other levels may need more.
TEST(Limits, StackIsSmall) {
    static const std::function<void()> deepest = [] {
        const std::size_t deep = limits::nesting_depth;
        const std::string texts[] = {
            repeat("(", deep - 1) + "a" + repeat(")", deep - 1),
            repeat("not ", deep - 1) + "a",
            repeat("did 'x' where (", deep - 1) + "a" + repeat(")", deep - 1),
            repeat("any x where (", deep - 1) + "a" + repeat(")", deep - 1),
            repeat("did 'x' then 'y' where (", deep - 1) + "a" + repeat(")", deep - 1),
            repeat("last x of 'y' where (", deep - 1) + "a" + repeat(")", deep - 1),
            "a = " + repeat("age(", deep - 2) + "b" + repeat(")", deep - 2),
            "a = " + repeat("(1 + ", deep / 3) + "1" + repeat(")", deep / 3),
            repeat("a or b and not (", deep / 5) + "a" + repeat(")", deep / 5),
        };
        for (const std::string &text : texts)
            EXPECT_EQ(canonical(canonical(text)), canonical(text));
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 384 * 1024);
    pthread_t thread;
    ASSERT_EQ(pthread_create(
                  &thread, &attributes, [](void *) -> void * { return deepest(), nullptr; }, nullptr),
              0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}
#endif

}  // namespace
}  // namespace segment::definition
