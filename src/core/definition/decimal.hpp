// Decimal numbers as text: the language keeps a number's digits and leaves arithmetic to PostgreSQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/definition/arena.hpp"

namespace segment::definition {

// The one way to write the value of an unsigned number such as `007.50`, `.5` or `1e6`: no exponent, no needless zeros.
// The result is in the arena. Nothing when it has more than limits::number_digits digits before or after the point.
std::optional<std::string_view> canonical_decimal(std::string_view number, Arena &arena);

// The value of a canonical decimal that is a whole number below 2^63.
std::optional<std::int64_t> whole_number(std::string_view canonical);

// Negative, zero or positive as `left` is less than, equal to or greater than `right`; both canonical.
int compare_decimals(std::string_view left, std::string_view right);

}  // namespace segment::definition
