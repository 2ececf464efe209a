#include "core/definition/duration.hpp"

#include <array>
#include <limits>

#include "core/definition/decimal.hpp"

namespace segment::definition {
namespace {

struct UnitWords {
    Word singular, plural;
    std::int64_t amount;  // in months, days or microseconds
};

// In the order of Unit.
constexpr std::array<UnitWords, 10> units = {{
    {Word::microsecond, Word::microseconds, 1},
    {Word::millisecond, Word::milliseconds, 1'000},
    {Word::second, Word::seconds, 1'000'000},
    {Word::minute, Word::minutes, 60'000'000},
    {Word::hour, Word::hours, 3'600'000'000},
    {Word::day, Word::days, 1},
    {Word::week, Word::weeks, 7},
    {Word::month, Word::months, 1},
    {Word::quarter, Word::quarters, 3},
    {Word::year, Word::years, 12},
}};

const UnitWords &words_of(Unit unit) {
    return units[static_cast<std::size_t>(unit)];
}

// digits · amount, if that is a whole number of int64.
std::optional<std::int64_t> multiply(std::string_view digits, std::int64_t amount) {
    const std::size_t point = digits.find('.');
    const auto whole = whole_number(digits.substr(0, point));
    std::int64_t result = 0;
    if (!whole || __builtin_mul_overflow(*whole, amount, &result))
        return std::nullopt;
    if (point == std::string_view::npos)
        return result;
    for (char digit : digits.substr(point + 1)) {  // units are short enough: amount is a multiple of few powers of ten
        if (amount % 10 != 0)
            return std::nullopt;
        amount /= 10;
        if (__builtin_add_overflow(result, amount * (digit - '0'), &result))
            return std::nullopt;
    }
    return result;
}

}  // namespace

std::optional<Span> span_of(const Duration &duration) {
    Span span;
    for (const Duration::Term &term : duration.terms) {
        const auto amount = multiply(term.digits, words_of(term.unit).amount);
        std::int64_t &sum = term.unit >= Unit::month ? span.months : term.unit >= Unit::day ? span.days : span.microseconds;
        if (!amount || __builtin_add_overflow(sum, *amount, &sum))
            return std::nullopt;
    }
    constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
    if (span.months > largest || span.days > largest)
        return std::nullopt;
    return span;
}

std::optional<bool> at_least_as_long(const Span &a, const Span &b) {
    if (a.months >= b.months && a.days >= b.days && a.microseconds >= b.microseconds)
        return true;
    if (a.months <= b.months && a.days <= b.days && a.microseconds <= b.microseconds)
        return false;
    return std::nullopt;
}

std::optional<Unit> unit_of(Word word) {
    if (word == Word::none)
        return std::nullopt;
    for (std::size_t unit = 0; unit < units.size(); ++unit)
        if (units[unit].singular == word || units[unit].plural == word)
            return static_cast<Unit>(unit);
    return std::nullopt;
}

std::string_view unit_name(Unit unit, bool plural) {
    return spelling(plural ? words_of(unit).plural : words_of(unit).singular);
}

}  // namespace segment::definition
