// The form in which numerics are stored (src/backend/utils/adt/numeric.c). It is the same since PostgreSQL 9.1, as pg_upgrade keeps
// tables, and infinities joined the special values in 14. A header of one word, or of two: the sign and the display scale, the weight
// of the first digit; then digits to the base 10000, without zeros at either end.
#pragma once

#include <cstring>

#include "pg/pg.hpp"

namespace segment::pg {

struct NumericForm {
    static constexpr int base = 10000;

    bool special;   // NaN or infinite; what follows is not set
    bool negative;  // false for 0
    int scale;      // digits after the point that are displayed
    int weight;     // of the first digit, in powers of the base
    int count;      // of digits
    const char *digits;

    uint16 digit(int index) const { return word_at(digits, index); }

    // Of a detoasted numeric, which may have a short header and so lie anywhere.
    static NumericForm of(const varlena *numeric) {
        constexpr uint16 form_mask = 0xC000, form_negative = 0x4000, form_short = 0x8000, form_special = 0xC000;
        constexpr uint16 short_negative = 0x2000, short_scale_mask = 0x1F80, short_weight_negative = 0x0040, short_weight_mask = 0x003F;
        constexpr int short_scale_shift = 7;
        constexpr uint16 long_scale_mask = 0x3FFF;
        const char *bytes = VARDATA_ANY(numeric);
        const int words = static_cast<int>(VARSIZE_ANY_EXHDR(numeric) / sizeof(uint16));
        const uint16 header = word_at(bytes, 0);
        NumericForm form{};
        form.special = (header & form_mask) == form_special;
        int first = 2;
        if (form.special) {
            return form;
        }
        if ((header & form_mask) == form_short) {
            form.negative = (header & short_negative) != 0;
            form.scale = (header & short_scale_mask) >> short_scale_shift;
            form.weight = header & short_weight_mask;
            if ((header & short_weight_negative) != 0) {
                form.weight |= ~static_cast<int>(short_weight_mask);
            }
            first = 1;
        } else {
            form.negative = (header & form_mask) == form_negative;
            form.scale = header & long_scale_mask;
            form.weight = static_cast<int16>(word_at(bytes, 1));
        }
        form.count = words - first;
        form.digits = bytes + first * static_cast<int>(sizeof(uint16));
        return form;
    }

private:
    static uint16 word_at(const char *bytes, int index) {
        uint16 word;
        std::memcpy(&word, bytes + index * static_cast<int>(sizeof word), sizeof word);
        return word;
    }
};

}  // namespace segment::pg
