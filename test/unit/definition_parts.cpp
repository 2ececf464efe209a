// The small parts: nearest words, locations, decimals, durations, keywords.
#include <gtest/gtest.h>

#include <array>

#include "core/definition/decimal.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/keywords.hpp"
#include "core/definition/lexer.hpp"
#include "core/definition/locate.hpp"
#include "core/definition/nearest.hpp"
#include "definition_support.hpp"

namespace segment::definition {
namespace {

TEST(NearestWord, IsFoundByFewestChanges) {
    constexpr std::array<std::string_view, 6> known = {"plan", "phone", "signup_at", "Country", "mrr", "is"};
    EXPECT_EQ(nearest("plan", known), "plan");
    EXPECT_EQ(nearest("plans", known), "plan");  // one more
    EXPECT_EQ(nearest("pln", known), "plan");    // one less
    EXPECT_EQ(nearest("plam", known), "plan");   // one other
    EXPECT_EQ(nearest("paln", known), "plan");   // two swapped: one change, else two would be too many
    EXPECT_EQ(nearest("PLAN", known), "plan");
    EXPECT_EQ(nearest("country", known), "Country");
    EXPECT_EQ(nearest("contry", known), "Country");
    EXPECT_EQ(nearest("signupat", known), "signup_at");
    EXPECT_EQ(nearest("sign_up_dat", known), "signup_at");  // two of eleven
    EXPECT_EQ(nearest("phon", known), "phone");
}

TEST(NearestWord, IsEmptyWhenNoneIsNear) {
    constexpr std::array<std::string_view, 4> known = {"plan", "is", "a", ""};
    EXPECT_EQ(nearest("seats", known), "");
    EXPECT_EQ(nearest("plXX", known), "");
    EXPECT_EQ(nearest("b", known), "");  // nothing of it would be left
    EXPECT_EQ(nearest("", known), "");
    EXPECT_EQ(nearest("plan", {}), "");
    const std::string longer(65, 'x');
    const std::string_view words[] = {longer};
    EXPECT_EQ(nearest(longer, words), "");
    EXPECT_EQ(nearest(std::string(64, 'x'), words), "");
}

TEST(NearestWord, PrefersTheFirstOfEquals) {
    constexpr std::array<std::string_view, 3> known = {"plants", "plane", "plank"};
    EXPECT_EQ(nearest("plan", known), "plane");
    Nearest search("plan", 1);
    search.offer("plane");
    EXPECT_EQ(search.best(), "");
    search.offer("Plan");
    EXPECT_EQ(search.best(), "Plan");
}

std::string snippet(std::string_view text, std::size_t position, bool utf8 = true) {
    std::pmr::string out;
    caret_snippet(text, position, utf8, out);
    return std::string(out);
}

TEST(Locations, AreCountedInCharacters) {
    const auto expect = [](Location location, std::size_t line, std::size_t character, std::size_t column) {
        EXPECT_EQ(location.line, line);
        EXPECT_EQ(location.character, character);
        EXPECT_EQ(location.column, column);
    };
    expect(locate("abc", 0, true), 1, 1, 1);
    expect(locate("abc", 2, true), 1, 3, 3);
    expect(locate("abc", 3, true), 1, 4, 4);
    expect(locate("abc", 99, true), 1, 4, 4);
    expect(locate("größe = 5", 9, true), 1, 8, 8);
    expect(locate("größe = 5", 9, false), 1, 10, 10);
    expect(locate("a and\n\n  b c", 11, true), 3, 12, 5);
    expect(locate("a\n", 1, true), 1, 2, 2);
    expect(locate("a\n", 2, true), 2, 3, 1);
    expect(locate("", 0, true), 1, 1, 1);
}

TEST(Snippets, PointToTheCharacter) {
    EXPECT_EQ(snippet("title contins 'vp'", 6), "title contins 'vp'\n      ^");
    EXPECT_EQ(snippet("größe contins 'vp'", 8), "größe contins 'vp'\n      ^");
    EXPECT_EQ(snippet("gr\xF6\xDF"
                      "e contins",
                      6, false),
              "gr\xF6\xDF"
              "e contins\n      ^");
    EXPECT_EQ(snippet("a and\n\tb c\nand d", 9), " b c\n   ^");
    EXPECT_EQ(snippet("a", 1), "a\n ^");
    EXPECT_EQ(snippet("a\nb", 1), "a\n ^");
    EXPECT_EQ(snippet("", 0), "\n^");
}

TEST(Snippets, ShortenLongLines) {
    const std::string before(100, 'a'), after(100, 'b');
    EXPECT_EQ(snippet(before + after, 100), "..." + std::string(50, 'a') + std::string(25, 'b') + "...\n" + std::string(53, ' ') + "^");
    std::string umlauts;
    for (int i = 0; i < 100; ++i)
        umlauts += "ä";
    const std::string text = snippet(umlauts + "x" + umlauts, 200);
    EXPECT_EQ(text, "..." + umlauts.substr(0, 50) + "x" + umlauts.substr(0, 24) + "...\n" + std::string(28, ' ') + "^");
    // Where a cut could break a character, less is shown.
    EXPECT_EQ(snippet(umlauts + "x" + umlauts, 200, false), "...x...\n   ^");
}

TEST(Excerpts, AreShortAndWhole) {
    EXPECT_EQ(excerpt("short"), "short");
    EXPECT_EQ(excerpt("two\nlines"), "two lines");
    EXPECT_EQ(excerpt("0123456789", 4), "0123...");
    EXPECT_EQ(excerpt("01ääx", 4), "01...");
    EXPECT_EQ(named("plan"), "\"plan\"");
    EXPECT_EQ(named("'vp'"), "'vp'");
}

TEST(Decimals, HaveOneForm) {
    std::pmr::monotonic_buffer_resource memory;
    Arena arena(memory);
    const auto expect = [&](std::string_view written, std::string_view expected) {
        const auto result = canonical_decimal(written, arena);
        ASSERT_TRUE(result.has_value()) << written;
        EXPECT_EQ(*result, expected) << written;
    };
    expect("0", "0");
    expect("00", "0");
    expect("0.000", "0");
    expect("0e5", "0");
    expect("100", "100");
    expect("0100", "100");
    expect("100.0", "100");
    expect("100.", "100");
    expect(".50", "0.5");
    expect("0.05", "0.05");
    expect("12.340", "12.34");
    expect("1e3", "1000");
    expect("1E+3", "1000");
    expect("1.5e3", "1500");
    expect("1.23456e3", "1234.56");
    expect("123456e-3", "123.456");
    expect("123000e-3", "123");
    expect("1e-3", "0.001");
    expect("12e-5", "0.00012");
    expect(".001e3", "1");
    expect("000.00100e2", "0.1");
    EXPECT_FALSE(canonical_decimal("1e5000", arena).has_value());
}

TEST(Decimals, AreWholeNumbersOrNot) {
    EXPECT_EQ(whole_number("0"), 0);
    EXPECT_EQ(whole_number("9223372036854775807"), INT64_MAX);
    EXPECT_EQ(whole_number("9223372036854775808"), std::nullopt);
    EXPECT_EQ(whole_number("99999999999999999999"), std::nullopt);
    EXPECT_EQ(whole_number("1.5"), std::nullopt);
}

TEST(Decimals, Compare) {
    EXPECT_LT(compare_decimals("9", "10"), 0);
    EXPECT_GT(compare_decimals("100", "99.5"), 0);
    EXPECT_LT(compare_decimals("99", "99.5"), 0);
    EXPECT_GT(compare_decimals("0.5", "0.45"), 0);
    EXPECT_EQ(compare_decimals("12.5", "12.5"), 0);
}

std::optional<Span> span(std::string_view formula) {
    std::pmr::monotonic_buffer_resource arena;
    return span_of(static_cast<const Duration &>(parse_formula(formula, arena)));
}

TEST(Durations, HaveThreeParts) {
    const auto whole = span("1 year 2 quarters 3 months 4 weeks 5 days 6 hours 7 minutes 8 seconds 9 milliseconds 10 microseconds");
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->months, 12 + 6 + 3);
    EXPECT_EQ(whole->days, 4 * 7 + 5);
    EXPECT_EQ(whole->microseconds, ((6 * 60 + 7) * 60 + 8) * 1'000'000LL + 9'010);
    EXPECT_EQ(span("1.5 hours")->microseconds, 5'400'000'000);
    EXPECT_EQ(span("0.000001 seconds")->microseconds, 1);
    EXPECT_EQ(span("2147483647 days")->days, 2'147'483'647);
    EXPECT_THROW(span("2147483648 days"), Error);
    EXPECT_THROW(span("178956971 years"), Error);
    EXPECT_THROW(span("0.5 microseconds"), Error);
    EXPECT_THROW(span("9223372036854775807 seconds"), Error);
}

TEST(Durations, CompareWhereTheCalendarDoesNotMatter) {
    const auto at_least = [](std::string_view a, std::string_view b) { return at_least_as_long(*span(a), *span(b)); };
    EXPECT_EQ(at_least("2 weeks", "14 days"), true);
    EXPECT_EQ(at_least("14 days", "15 days"), false);
    EXPECT_EQ(at_least("1 year", "11 months"), true);
    EXPECT_EQ(at_least("1 month 1 day", "1 month"), true);
    EXPECT_EQ(at_least("1 month", "1 month 1 day"), false);
    EXPECT_EQ(at_least("1 month", "30 days"), std::nullopt);
    EXPECT_EQ(at_least("1 day", "24 hours"), std::nullopt);
}

TEST(Words, AreFoundInAnyCase) {
    for (std::size_t i = 1; i < word_count; ++i) {
        const Word word = static_cast<Word>(i);
        std::string text(spelling(word));
        EXPECT_EQ(find_word(text), word);
        for (char &c : text)
            c = static_cast<char>(c - 'a' + 'A');
        EXPECT_EQ(find_word(text), word);
        EXPECT_EQ(find_word(text + "x"), find_word(text + "X"));
    }
    for (const std::string_view none : {"", "x", "contins", "microsecondss", "did "})
        EXPECT_EQ(find_word(none), Word::none);
}

TEST(Tokens, KnowWhereTheyAre) {
    Lexer lexer(" Plan<>'a''b' 1.5e3 \"X\"");
    const auto expect = [&](TokenKind kind, std::uint32_t begin, std::uint32_t end) {
        const Token token = lexer.next();
        EXPECT_EQ(token.kind, kind);
        EXPECT_EQ(token.begin, begin);
        EXPECT_EQ(token.end, end);
    };
    expect(TokenKind::name, 1, 5);
    expect(TokenKind::not_equal, 5, 7);
    expect(TokenKind::text, 7, 13);
    expect(TokenKind::number, 14, 19);
    expect(TokenKind::quoted_name, 20, 23);
    expect(TokenKind::end, 23, 23);
    expect(TokenKind::end, 23, 23);
}

}  // namespace
}  // namespace segment::definition
