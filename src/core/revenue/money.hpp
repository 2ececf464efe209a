// Amounts of money, exact: integers that count units of 10^-scale. A ledger has one scale, the largest of its lines', so that sums
// and differences need no rounding; only a rate is a quotient, and the caller divides. What does not fit is an error, never wrapped.
#pragma once

#include <string>

#include "core/error.hpp"

namespace segment::revenue {

using Money = __int128;

// Digits after the decimal point. Every quotient of PostgreSQL's numeric (16 and more) fits, with 10^8 before the point.
inline constexpr int max_scale = 30;

// Throws numeric_out_of_range.
[[noreturn]] void refuse_overflow();

inline Money add(Money a, Money b) {
    Money sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        refuse_overflow();
    }
    return sum;
}

inline Money negated(Money amount) {
    Money result;
    if (__builtin_sub_overflow(Money{0}, amount, &result)) {
        refuse_overflow();
    }
    return result;
}

inline Money subtract(Money a, Money b) {
    Money difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        refuse_overflow();
    }
    return difference;
}

// The same amount in smaller units. `to` is not below `from`; both are at most max_scale.
Money rescale(Money amount, int from, int to);

// In decimal notation, with exactly `scale` digits after the point.
std::string to_text(Money amount, int scale);

}  // namespace segment::revenue
