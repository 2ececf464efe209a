// The order of numerics as integers, so that most comparisons need no function call.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

struct NumericKey {
    int64 key;
    bool exact;  // of two exact keys the equal ones are of equal values; otherwise equal keys decide nothing
};

// Reads the stored form (src/backend/utils/adt/numeric.c): NaN above everything, the infinities at the ends, and for all
// others the sign, the weight and the first three digits of base 10,000. The value may have a short header.
inline NumericKey numeric_key(Datum value) {
    const auto *datum = reinterpret_cast<const varlena *>(DatumGetPointer(value));
    const char *bytes = VARDATA_ANY(datum);
    auto at = [&](Size i) {
        uint16 word;
        memcpy(&word, bytes + i * sizeof word, sizeof word);
        return word;
    };
    uint16 header = at(0);
    Size words = VARSIZE_ANY_EXHDR(datum) / sizeof(uint16), first;
    bool negative;
    int weight;
    switch (header & 0xC000) {
        case 0xC000:
            return {header == 0xC000 ? PG_INT64_MAX : header == 0xD000 ? PG_INT64_MAX - 1 : PG_INT64_MIN, true};
        case 0x8000:
            negative = (header & 0x2000) != 0;
            weight = (header & 0x003F) - ((header & 0x0040) != 0 ? 64 : 0);
            first = 1;
            break;
        default:
            negative = (header & 0xC000) == 0x4000;
            weight = static_cast<int16>(at(1));
            first = 2;
            break;
    }
    Size digits = words - first;
    if (digits == 0) {
        return {0, true};
    }
    int64 key = (static_cast<int64>(weight) + 32768) << 43;
    for (Size i = 0; i < 3; i++) {
        key |= static_cast<int64>(i < digits ? at(first + i) : 0) << (29 - 14 * static_cast<int>(i));
    }
    bool exact = digits <= 3;
    key = key + 1 + (exact ? 0 : 1);
    return {negative ? -key : key, exact};
}

}  // namespace segment::pg
