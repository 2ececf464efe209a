// Derived traits: a definition means what it would mean with the formula in parentheses, wherever the name stands.
#include <gtest/gtest.h>

#include "check_support.hpp"
#include "core/definition/limits.hpp"

namespace segment::definition {
namespace {

constexpr DerivedTrait derived[] = {{"per_seat", "mrr / seats"}, {"twice", "per_seat * 2"},     {"tenure", "now() - signup_at"},
                                    {"city", "properties.city"}, {"paid", "billing.amount"},    {"cycle_a", "cycle_b + 1"},
                                    {"cycle_b", "cycle_a + 1"},  {"broken", "seats + missing"}, {"Odd Name", "seats"}};

Vocabulary words() {
    Vocabulary result = vocabulary("UTC");
    result.derived = derived;
    return result;
}

Checked checked(std::string_view text, std::pmr::memory_resource &arena, const Vocabulary &vocabulary) {
    return check(parse_definition(text, arena), vocabulary, arena);
}

// The error of a definition: message, position, hint.
Error error_of(std::string_view text, const Vocabulary &vocabulary = words()) {
    std::pmr::monotonic_buffer_resource arena;
    try {
        checked(text, arena, vocabulary);
    } catch (const Error &error) {
        return error;
    }
    return Error(ErrorCode::internal_error, "none");
}

TEST(Derived, MeansItsFormulaInParentheses) {
    const Vocabulary vocabulary = words();
    const std::pair<std::string_view, std::string_view> same[] = {
        {"per_seat >= 20", "(mrr / seats) >= 20"},
        {"100 - per_seat * 2 > 3 / per_seat", "100 - (mrr / seats) * 2 > 3 / (mrr / seats)"},
        {"twice in top 3", "(mrr / seats * 2) in top 3"},
        {"not twice between 1 and 5 or per_seat is set", "not (mrr / seats * 2) between 1 and 5 or (mrr / seats) is set"},
        {"tenure >= 1 year", "now() - signup_at >= 1 year"},
        {"city = 'Wien' and city contains 'W'", "properties.city = 'Wien' and properties.city contains 'W'"},
        {"city > 5", "properties.city > 5"},
        {"city::timestamptz within 3 days", "properties.city::timestamptz within 3 days"},
        {"mrr in top 3 per city", "mrr in top 3 per properties.city"},
        {"\"Odd Name\" in (1, 2)", "seats in (1, 2)"},
        {"-per_seat < 0", "-(mrr / seats) < 0"},
    };
    for (const auto &[short_form, long_form] : same)
        EXPECT_EQ(condition(short_form, vocabulary), condition(long_form, vocabulary)) << short_form;
    EXPECT_EQ(formula("twice + 1", vocabulary), formula("mrr / seats * 2 + 1", vocabulary));
}

TEST(Derived, TellsWhatItReads) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary vocabulary = words();
    const Checked both = checked("twice > 1 and paid > 1 and twice < 5", arena, vocabulary);
    EXPECT_EQ(both.derived, (std::pmr::vector<std::uint32_t>{0, 1, 4}));
    EXPECT_EQ(both.traits.size(), 3u);
    EXPECT_TRUE(checked("mrr > 1", arena, vocabulary).derived.empty());
    const CheckedFormula alone = check_derived(derived[1], vocabulary, arena);
    EXPECT_EQ(alone.derived, (std::pmr::vector<std::uint32_t>{0}));
}

// What is wrong, or lost, stands where the name does: the definition's text is all that the user sees.
TEST(Derived, StandsWhereItsNameDoes) {
    const Error missing = error_of("mrr > 1 and broken > 2");
    EXPECT_EQ(missing.message, "in trait \"broken\": unknown trait \"missing\"");
    EXPECT_EQ(missing.position, 12);
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary vocabulary = words();
    const Checked dividing = checked("mrr > 1 and twice > 2", arena, vocabulary);
    const auto lost = losses(dividing, {vocabulary, "now()"}, &arena);
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_EQ(lost[0].position, 12u);
    const Error compared = error_of("seats > 1 and per_seat = 'x'");
    EXPECT_EQ(compared.position, 25);
}

TEST(Derived, RefusesCyclesAndParts) {
    EXPECT_EQ(error_of("cycle_a > 1").code, ErrorCode::cyclic_definition);
    EXPECT_EQ(error_of("cycle_a > 1").message,
              "in trait \"cycle_a\": traits are derived from each other: \"cycle_a\" -> \"cycle_b\" -> \"cycle_a\"");
    EXPECT_EQ(error_of("per_seat.x > 1").code, ErrorCode::datatype_mismatch);
    EXPECT_EQ(error_of("per_sead > 1").hint, "Did you mean \"per_seat\"?");
}

// Doubling at each level would grow without end.
TEST(Derived, IsLimited) {
    std::vector<std::string> names, formulas;
    for (std::uint32_t i = 0; i <= limits::trait_levels; ++i) {
        names.push_back("level" + std::to_string(i));
        formulas.push_back(i == 0 ? "seats" : names[i - 1] + " + " + names[i - 1]);
    }
    std::vector<DerivedTrait> levels;
    for (std::size_t i = 0; i < names.size(); ++i)
        levels.push_back({names[i], formulas[i]});
    Vocabulary vocabulary = words();
    vocabulary.derived = levels;
    EXPECT_EQ(error_of(names[limits::trait_levels] + " > 1", vocabulary).code, ErrorCode::program_limit_exceeded);
    std::pmr::monotonic_buffer_resource arena;
    EXPECT_NO_THROW(checked(names[limits::trait_levels - 1] + " > 1", arena, vocabulary));

    std::string deep = "seats";
    for (std::uint32_t i = 0; i < limits::trait_depth; ++i)
        deep = "-(" + deep + " * 2)";
    EXPECT_THROW(parse_trait_formula(deep, arena), Error);
    EXPECT_NO_THROW(parse_formula(deep, arena));

    std::string long_text = "seats";
    for (int i = 0; i < 30; ++i)
        long_text += " + " + std::string(900, '1');
    const DerivedTrait long_trait[] = {{"long", long_text}};
    vocabulary.derived = long_trait;
    std::string uses = "long > 1";
    for (std::size_t i = 0; i * long_text.size() < limits::text_bytes; ++i)
        uses += " or long > 1";
    EXPECT_EQ(error_of(uses, vocabulary).code, ErrorCode::program_limit_exceeded);
}

}  // namespace
}  // namespace segment::definition
