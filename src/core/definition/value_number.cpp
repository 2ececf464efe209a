#include "core/definition/value_number.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "core/definition/ascii.hpp"
#include "core/definition/decimal.hpp"

namespace segment::definition {
namespace {

__extension__ using Wide = __int128;

// digits [. digits] [e [sign] digits], with a digit before or after the point.
bool is_unsigned_number(std::string_view text) {
    std::size_t at = 0;
    const auto skip_digits = [&] {
        const std::size_t start = at;
        while (at < text.size() && ascii::is_digit(text[at]))
            ++at;
        return at > start;
    };
    bool digits = skip_digits();
    if (at < text.size() && text[at] == '.') {
        ++at;
        digits = skip_digits() || digits;
    }
    if (digits && at < text.size() && ascii::lower(text[at]) == 'e') {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-'))
            ++at;
        digits = skip_digits();
    }
    return digits && at == text.size();
}

// A number split into its sign and the digits before and after the point, neither with superfluous zeros.
struct Digits {
    bool negative = false;
    std::string_view whole, fraction;
};

Digits split(std::string_view number) {
    Digits digits;
    digits.negative = !number.empty() && number.front() == '-';
    if (digits.negative)
        number.remove_prefix(1);
    const std::size_t point = number.find('.');
    digits.whole = number.substr(0, point);
    if (point != std::string_view::npos)
        digits.fraction = number.substr(point + 1);
    return digits;
}

std::string join(bool negative, std::string_view whole, std::string_view fraction) {
    while (whole.size() > 1 && whole.front() == '0')
        whole.remove_prefix(1);
    while (!fraction.empty() && fraction.back() == '0')
        fraction.remove_suffix(1);
    std::string result;
    if (negative && !(fraction.empty() && (whole.empty() || whole == "0")))
        result += '-';
    result += whole.empty() ? "0" : whole;
    if (!fraction.empty()) {
        result += '.';
        result += fraction;
    }
    return result;
}

// The number with its point moved: `shift` digits to the right, or to the left if negative.
std::string move_point(bool negative, std::string whole, std::string fraction, int shift) {
    if (shift > 0) {
        const auto places = static_cast<std::size_t>(shift);
        fraction.resize(std::max(fraction.size(), places), '0');
        whole += fraction.substr(0, places);
        fraction.erase(0, places);
    } else {
        const auto places = static_cast<std::size_t>(-shift);
        if (whole.size() < places)
            whole.insert(0, places - whole.size(), '0');
        fraction.insert(0, whole.substr(whole.size() - places));
        whole.resize(whole.size() - places);
    }
    return join(negative, whole, fraction);
}

// mantissa / 10^scale.
struct Scaled {
    Wide mantissa = 0;
    int scale = 0;
};

// 36 digits: the product of a mantissa and ten still fits.
constexpr int max_scaled_digits = 36;

std::optional<Scaled> scaled(std::string_view number) {
    const Digits digits = split(number);
    if (digits.whole.size() + digits.fraction.size() > max_scaled_digits)
        return std::nullopt;
    Scaled result;
    for (const char c : digits.whole)
        result.mantissa = result.mantissa * 10 + (c - '0');
    for (const char c : digits.fraction)
        result.mantissa = result.mantissa * 10 + (c - '0');
    result.scale = static_cast<int>(digits.fraction.size());
    if (digits.negative)
        result.mantissa = -result.mantissa;
    return result;
}

std::string text(Scaled value) {
    const bool negative = value.mantissa < 0;
    Wide rest = negative ? -value.mantissa : value.mantissa;
    std::string digits;
    for (; rest != 0; rest /= 10)
        digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    std::reverse(digits.begin(), digits.end());
    return move_point(negative, digits, {}, -value.scale);
}

bool multiply(Wide left, Wide right, Wide &result) {
    return !__builtin_mul_overflow(left, right, &result);
}

// Brings both to the larger scale.
bool align(Scaled &left, Scaled &right) {
    for (; left.scale < right.scale; ++left.scale) {
        if (!multiply(left.mantissa, 10, left.mantissa))
            return false;
    }
    for (; right.scale < left.scale; ++right.scale) {
        if (!multiply(right.mantissa, 10, right.mantissa))
            return false;
    }
    return true;
}

std::optional<Scaled> divide(Scaled left, Scaled right) {
    if (!align(left, right))
        return std::nullopt;
    Scaled result{left.mantissa / right.mantissa, 0};
    Wide rest = left.mantissa % right.mantissa;
    for (; rest != 0; ++result.scale) {
        Wide digit_rest;
        if (result.scale == max_scaled_digits || !multiply(result.mantissa, 10, result.mantissa) || !multiply(rest, 10, digit_rest) ||
            __builtin_add_overflow(result.mantissa, digit_rest / right.mantissa, &result.mantissa)) {
            return std::nullopt;
        }
        rest = digit_rest % right.mantissa;
    }
    return result;
}

}  // namespace

std::optional<std::string_view> read_number(std::string_view text, Arena &arena) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    if (!is_unsigned_number(text))
        return std::nullopt;
    const auto canonical = canonical_decimal(text, arena);
    return canonical && negative ? std::optional(arena.copy(negate_number(*canonical))) : canonical;
}

std::string negate_number(std::string_view number) {
    const Digits digits = split(number);
    return join(!digits.negative, digits.whole, digits.fraction);
}

std::string percent_number(std::string_view number) {
    const Digits digits = split(number);
    return move_point(digits.negative, std::string(digits.whole), std::string(digits.fraction), -2);
}

bool is_zero(std::string_view number) {
    return number == "0";
}

bool is_integral(std::string_view number) {
    return number.find('.') == std::string_view::npos;
}

bool fits_integer(std::string_view number, int width) {
    const bool negative = number.front() == '-';
    const std::string_view largest = width == 2   ? (negative ? "-32768" : "32767")
                                     : width == 4 ? (negative ? "-2147483648" : "2147483647")
                                                  : (negative ? "-9223372036854775808" : "9223372036854775807");
    return negative ? compare_numbers(number, largest) >= 0 : compare_numbers(number, largest) <= 0;
}

bool fits_floating(std::string_view number, bool single_precision) {
    const auto reads_as = [&](auto value) {
        return std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc();
    };
    return single_precision ? reads_as(float()) : reads_as(double());
}

int compare_numbers(std::string_view left, std::string_view right) {
    const bool negative = left.starts_with('-');
    if (negative != right.starts_with('-'))
        return negative ? -1 : 1;
    return negative ? compare_decimals(right.substr(1), left.substr(1)) : compare_decimals(left, right);
}

std::optional<std::string> fold_numbers(ArithmeticOperator op, std::string_view left, std::string_view right) {
    std::optional<Scaled> l = scaled(left), r = scaled(right);
    if (!l || !r)
        return std::nullopt;
    Scaled result;
    switch (op) {
        case ArithmeticOperator::multiply:
            if (!multiply(l->mantissa, r->mantissa, result.mantissa))
                return std::nullopt;
            result.scale = l->scale + r->scale;
            return text(result);
        case ArithmeticOperator::divide:
            if (const std::optional<Scaled> quotient = divide(*l, *r))
                return text(*quotient);
            return std::nullopt;
        case ArithmeticOperator::add:
        case ArithmeticOperator::subtract:
            if (!align(*l, *r))
                return std::nullopt;
            result.scale = l->scale;
            if (op == ArithmeticOperator::add ? __builtin_add_overflow(l->mantissa, r->mantissa, &result.mantissa)
                                              : __builtin_sub_overflow(l->mantissa, r->mantissa, &result.mantissa)) {
                return std::nullopt;
            }
            return text(result);
    }
    return std::nullopt;
}

}  // namespace segment::definition
