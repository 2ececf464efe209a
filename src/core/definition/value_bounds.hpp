// How large the operands of arithmetic may be, so that no step of it overflows: PostgreSQL raises an error then, where the
// language has a missing value.
#pragma once

#include "core/definition/bound.hpp"

namespace segment::definition {

// For an expression that is computed in floating point: every operand that is zero or between 10^-e and 10^e in magnitude gives
// a result without overflow or underflow. 0 if it multiplies so many operands that no useful e exists.
int safe_exponent(const BoundValue &expression);

// Whether exact arithmetic on operands below 10^1000 stays within numeric's 131,072 digits.
bool is_safe_exactly(const BoundValue &expression);

// Whether exact arithmetic must look at the operand: a column or what lies in one, that may hold larger numbers.
bool may_be_too_large(const BoundValue &operand);

inline constexpr int exact_exponent = 1000;

}  // namespace segment::definition
