// Signed exact decimals as text: what decimal.hpp calls canonical, with `-` before negative ones. Folding is exact or does not
// happen.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/definition/arena.hpp"
#include "core/definition/ast.hpp"

namespace segment::definition {

// Reads an optionally signed decimal, with or without exponent; nothing if the text is none or too long.
std::optional<std::string_view> read_number(std::string_view text, Arena &arena);

std::string negate_number(std::string_view number);

// number / 100.
std::string percent_number(std::string_view number);

bool is_zero(std::string_view number);
bool is_integral(std::string_view number);

// Whether an integral number lies within a signed integer of that many bytes (2, 4 or 8).
bool fits_integer(std::string_view number, int width);

// Whether a float8 (or float4) holds the number without overflowing or vanishing.
bool fits_floating(std::string_view number, bool single_precision);

// Compares exactly: negative, zero or positive like left − right.
int compare_numbers(std::string_view left, std::string_view right);

// The exact result, or nothing if it has too many digits or, for a division, does not end. A divisor is not zero.
std::optional<std::string> fold_numbers(ArithmeticOperator op, std::string_view left, std::string_view right);

}  // namespace segment::definition
