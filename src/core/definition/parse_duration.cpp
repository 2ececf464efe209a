// Durations: `30 days`, `1 year 6 months`, `interval '1 month 2 days'`.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/definition/ascii.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/parse_state.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

constexpr std::size_t most_terms = 10;  // one per unit

// Inside interval '…' PostgreSQL's own abbreviations count too.
std::optional<Unit> interval_unit(std::string_view name, Word word) {
    static constexpr std::pair<std::string_view, Unit> abbreviations[] = {
        {"us", Unit::microsecond}, {"ms", Unit::millisecond}, {"s", Unit::second},  {"sec", Unit::second}, {"secs", Unit::second},
        {"min", Unit::minute},     {"mins", Unit::minute},    {"h", Unit::hour},    {"hr", Unit::hour},    {"hrs", Unit::hour},
        {"d", Unit::day},          {"w", Unit::week},         {"mon", Unit::month}, {"mons", Unit::month}, {"y", Unit::year},
        {"yr", Unit::year},        {"yrs", Unit::year},
    };
    for (const auto &[abbreviation, unit] : abbreviations)
        if (ascii::equal_folded(name, abbreviation))
            return unit;
    return unit_of(word);
}

}  // namespace

const Duration *Parser::duration(std::string_view hint) {
    if (at(Word::interval) && next_.kind == TokenKind::text)
        return interval();
    if (!at(TokenKind::number)) {
        if (at(TokenKind::text))
            hint = "A duration is written without quotes.";
        else if (at(TokenKind::minus))
            hint = "A duration has no sign; the 30 days ahead are written \"within next 30 days\".";
        else if ((at(Word::the) || at(Word::last)) && hint.empty())
            hint = "The 30 days up to now are written \"within 30 days\".";
        expected("a duration such as \"30 days\"", {}, hint);
    }
    if (unit_of(next_.word))
        return duration_terms();
    advance();
    expected("a unit of time such as \"days\"",
             {Word::seconds, Word::minutes, Word::hours, Word::days, Word::weeks, Word::months, Word::quarters, Word::years}, hint);
}

const Duration *Parser::duration_terms() {
    const std::uint32_t position = token_.begin;
    std::array<Duration::Term, most_terms> terms;
    std::size_t count = 0;
    while (at(TokenKind::number)) {
        const auto unit = unit_of(next_.word);
        if (!unit)
            break;
        if (count == most_terms)
            fail_at(position, "the duration names a unit twice");
        terms[count++] = {amount(token_, *unit), *unit};
        advance();
        advance();
    }
    return make_duration(position, {terms.data(), count});
}

const Duration *Parser::interval() {
    const std::uint32_t position = token_.begin;
    advance();
    const auto refuse = [&] {
        fail(excerpt(source(token_)) + " is not a duration", "Write amounts and units, as in interval '1 month 2 days'.");
    };
    const std::string_view quoted = source(token_);
    Lexer inside(quoted.substr(1, quoted.size() - 2));
    std::array<Duration::Term, most_terms> terms;
    std::size_t count = 0;
    for (Token number = inside.next(); number.kind != TokenKind::end; number = inside.next()) {
        const Token word = inside.next();
        if (number.kind != TokenKind::number || word.kind != TokenKind::name || count == most_terms)
            refuse();
        const auto unit = interval_unit(inside.slice(word), word.word);
        if (!unit)
            refuse();
        Token in_text = number;
        in_text.begin += token_.begin + 1;
        in_text.end += token_.begin + 1;
        terms[count++] = {amount(in_text, *unit), *unit};
    }
    if (count == 0)
        refuse();
    advance();
    return make_duration(position, {terms.data(), count});
}

std::string_view Parser::amount(const Token &number, Unit unit) {
    const std::string_view digits = decimal(number);
    if (is_calendar_unit(unit) && digits.find('.') != std::string_view::npos)
        fail_at(number.begin, std::string(unit_name(unit, true)) + " are counted in whole numbers",
                "Only hours and shorter units have a fixed length that can be divided.");
    return digits;
}

// Sorts the terms, longest unit first, so that equal durations print alike.
const Duration *Parser::make_duration(std::uint32_t position, std::span<Duration::Term> terms) {
    std::sort(terms.begin(), terms.end(), [](const auto &a, const auto &b) { return a.unit > b.unit; });
    for (std::size_t i = 1; i < terms.size(); ++i)
        if (terms[i - 1].unit == terms[i].unit)
            fail_at(position, "the duration names " + std::string(unit_name(terms[i].unit, true)) + " twice");
    const Duration *result = add(Duration{{Kind::duration, position}, arena_.copy(std::span<const Duration::Term>(terms))});
    if (!span_of(*result))
        throw Error(ErrorCode::numeric_out_of_range, "the duration is too long, or finer than a microsecond", position);
    return result;
}

}  // namespace segment::definition
