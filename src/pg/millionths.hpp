// Numerics as whole numbers of millionths (core/behaviour/arithmetic.hpp).
#pragma once

#include "core/behaviour/arithmetic.hpp"
#include "pg/numeric_form.hpp"

namespace segment::pg {

struct Millionths {
    int64 floor;    // if it is in range
    bool in_range;  // of numbers
    bool is_exact;  // in range, and nothing is left
    bool is_large;  // of what is not in range: it lies above, not below
    int scale;      // digits after the point that are displayed
};

inline Millionths millionths_of(const varlena *numeric) {
    __extension__ using Wide = __int128;
    constexpr int largest_weight = 4;  // 10^20 and more do not fit
    const NumericForm form = NumericForm::of(numeric);
    Millionths result{0, false, false, !form.negative, form.special ? 0 : form.scale};
    if (form.special) {
        // NaN is above everything, as are infinities but the negative one.
        uint16 header;
        memcpy(&header, VARDATA_ANY(numeric), sizeof header);
        result.is_large = header != 0xF000;
        return result;
    }
    if (form.count > 0 && form.weight > largest_weight) {
        return result;
    }
    Wide value = 0;
    bool rest = false;
    for (int i = 0; i < form.count; i++) {
        const int power = form.weight - i;
        const Wide digit = form.digit(i);
        if (power >= -1) {
            Wide unit = 100;  // 10^-4, in millionths
            for (int j = -1; j < power; j++) {
                unit *= NumericForm::base;
            }
            value += digit * unit;
        } else if (power == -2) {
            value += digit / 100;
            rest = rest || digit % 100 != 0;
        } else {
            rest = true;
        }
    }
    if (form.negative) {
        value = -value - (rest ? 1 : 0);
    }
    result.in_range = value <= behaviour::largest_number && value >= -behaviour::largest_number;
    result.is_exact = result.in_range && !rest;
    result.floor = result.in_range ? static_cast<int64>(value) : 0;
    return result;
}

inline behaviour::HalfMillionths half_millionths_of(const varlena *numeric) {
    const Millionths millionths = millionths_of(numeric);
    if (!millionths.in_range) {
        return millionths.is_large ? behaviour::largest_bound : -behaviour::largest_bound;
    }
    return 2 * millionths.floor + (millionths.is_exact ? 0 : 1);
}

}  // namespace segment::pg
