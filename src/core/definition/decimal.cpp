#include "core/definition/decimal.hpp"

#include <algorithm>

#include "core/definition/ascii.hpp"
#include "core/definition/limits.hpp"

namespace segment::definition {
namespace {

// Saturates far above any limit, so that an absurd exponent cannot overflow.
std::int64_t exponent_of(std::string_view text) {
    constexpr std::int64_t absurd = 1'000'000'000;
    bool negative = false;
    std::int64_t value = 0;
    for (char c : text)
        if (c == '-')
            negative = true;
        else if (ascii::is_digit(c))
            value = std::min(absurd, value * 10 + (c - '0'));
    return negative ? -value : value;
}

}  // namespace

std::optional<std::string_view> canonical_decimal(std::string_view number, Arena &arena) {
    const std::size_t exponent_mark = std::min(number.find_first_of("eE"), number.size());
    const std::string_view mantissa = number.substr(0, exponent_mark);
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    if (point == mantissa.size() && exponent_mark == number.size() && (mantissa[0] != '0' || mantissa.size() == 1) &&
        mantissa.size() <= limits::number_digits)
        return arena.copy(mantissa);  // most numbers are whole and canonical as they stand

    // The value is 0.d1 d2 … dn · 10^scale, where d1 … dn are the digits of the mantissa from `first` to `last`.
    const auto digit_at = [&](std::size_t i) { return mantissa[i < point ? i : i + 1]; };
    const std::size_t digits = mantissa.size() - (point < mantissa.size() ? 1 : 0);
    std::size_t first = 0, last = digits;
    while (first < last && digit_at(first) == '0')
        ++first;
    while (last > first && digit_at(last - 1) == '0')
        --last;
    if (first == last)
        return arena.copy("0");
    const std::int64_t scale =
        static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + exponent_of(number.substr(exponent_mark));
    const auto count = static_cast<std::int64_t>(last - first);
    constexpr auto limit = static_cast<std::int64_t>(limits::number_digits);
    if (scale > limit || count - scale > limit)
        return std::nullopt;

    const std::int64_t whole = std::max<std::int64_t>(scale, 0), fraction = std::max<std::int64_t>(count - scale, 0);
    const std::int64_t length = std::max<std::int64_t>(whole, 1) + (fraction > 0 ? 1 + fraction : 0);
    char *const result = arena.characters(static_cast<std::size_t>(length));
    char *out = result;
    const auto put = [&](std::int64_t place) {  // the digit at 10^-(place + 1) of 0.d1 d2 …
        *out++ = place >= 0 && place < count ? digit_at(first + static_cast<std::size_t>(place)) : '0';
    };
    if (whole == 0)
        *out++ = '0';
    for (std::int64_t i = 0; i < whole; ++i)
        put(i);
    if (fraction > 0)
        *out++ = '.';
    for (std::int64_t i = 0; i < fraction; ++i)
        put(scale < 0 ? i + scale : whole + i);
    return std::string_view(result, static_cast<std::size_t>(length));
}

std::optional<std::int64_t> whole_number(std::string_view canonical) {
    std::int64_t value = 0;
    for (char c : canonical)
        if (!ascii::is_digit(c) || __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
            return std::nullopt;
    return value;
}

int compare_decimals(std::string_view left, std::string_view right) {
    const auto whole_digits = [](std::string_view number) { return std::min(number.find('.'), number.size()); };
    const std::size_t left_whole = whole_digits(left), right_whole = whole_digits(right);
    if (left_whole != right_whole)
        return left_whole < right_whole ? -1 : 1;
    return left.compare(right);  // aligned at the point, and `.` sorts before every digit
}

}  // namespace segment::definition
