// How large a definition may be. Every limit is an error with SQLSTATE 54000, never a crash and never a long wait.
#pragma once

#include <cstddef>
#include <cstdint>

namespace segment::definition::limits {

inline constexpr std::size_t text_bytes = 1'048'576;

// Parentheses, `not`, minus signs, function arguments and operators within one another. The height of a parsed tree is
// bounded by the same number, so that walks over a tree may recurse.
inline constexpr std::uint32_t nesting_depth = 500;

inline constexpr std::size_t list_items = 100'000;         // of one list
inline constexpr std::size_t leaves = 10'000;              // conditions other than `and`, `or` and `not`
inline constexpr std::size_t operators = 10'000;           // arithmetic operators
inline constexpr std::size_t number_digits = 1'000;        // before, and after, the decimal point
inline constexpr std::uint32_t trait_depth = 40;           // `nesting_depth` of a derived trait's formula
inline constexpr std::uint32_t trait_levels = 8;           // derived traits within one another
inline constexpr std::uint32_t calendar_periods = 10'000;  // `in last 3 calendar months`, `of the last 6 months`

}  // namespace segment::definition::limits
