#include <algorithm>
#include <cstring>

#include "pg/amount.hpp"

#include "pg/boundary.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

// The form in which numerics are stored (src/backend/utils/adt/numeric.c). It is the same since PostgreSQL 9.1, as pg_upgrade keeps
// tables, and infinities joined the special values in 14. A header of one word, or of two: the sign and the display scale, the weight
// of the first digit; then digits to the base 10000.
constexpr uint16 form_mask = 0xC000;
constexpr uint16 form_negative = 0x4000;
constexpr uint16 form_short = 0x8000;
constexpr uint16 form_special = 0xC000;
constexpr uint16 short_negative = 0x2000;
constexpr uint16 short_scale_mask = 0x1F80;
constexpr int short_scale_shift = 7;
constexpr uint16 short_weight_negative = 0x0040;
constexpr uint16 short_weight_mask = 0x003F;
constexpr uint16 long_scale_mask = 0x3FFF;
constexpr int base = 10000;
constexpr int digits_of_base = 4;

uint16 word_at(const char *bytes, int index) {
    uint16 word;
    std::memcpy(&word, bytes + index * static_cast<int>(sizeof word), sizeof word);
    return word;
}

revenue::Money times(revenue::Money amount, int factor) {
    if (__builtin_mul_overflow(amount, revenue::Money{factor}, &amount)) {
        revenue::refuse_overflow();
    }
    return amount;
}

}  // namespace

bool read_amount(const varlena *numeric, revenue::Amount *amount) {
    const char *bytes = VARDATA_ANY(numeric);
    const int words = static_cast<int>(VARSIZE_ANY_EXHDR(numeric) / sizeof(uint16));
    const uint16 header = word_at(bytes, 0);
    if ((header & form_mask) == form_special) {
        return false;
    }
    bool negative;
    int scale, weight, first;
    if ((header & form_mask) == form_short) {
        negative = (header & short_negative) != 0;
        scale = (header & short_scale_mask) >> short_scale_shift;
        weight = header & short_weight_mask;
        if ((header & short_weight_negative) != 0) {
            weight |= ~static_cast<int>(short_weight_mask);
        }
        first = 1;
    } else {
        negative = (header & form_mask) == form_negative;
        scale = header & long_scale_mask;
        weight = static_cast<int16>(word_at(bytes, 1));
        first = 2;
    }
    if (words == first) {
        *amount = {0, std::min(scale, revenue::max_scale)};
        return true;
    }
    revenue::Money value = 0;
    for (int i = first; i < words; i++) {
        value = revenue::add(times(value, base), word_at(bytes, i));
    }
    // Digits after the point that were read: whole digits to the base, so up to three more or any number less than are displayed.
    int read = digits_of_base * (words - first - 1 - weight);
    while (read > scale || read > revenue::max_scale) {
        if (value % 10 != 0) {
            revenue::refuse_overflow();
        }
        value /= 10;
        read--;
    }
    for (scale = std::min(scale, revenue::max_scale); read < scale; read++) {
        value = times(value, 10);
    }
    *amount = {negative ? -value : value, scale};
    return true;
}

Datum numeric_of(revenue::Money amount, int scale) {
    if (const auto narrow = static_cast<int64>(amount); narrow == amount) {
        return NumericGetDatum(int64_div_fast_to_numeric(narrow, scale));
    }
    MemoryContext context = CurrentMemoryContext;
    char *text = boundary::core([&] {
        const std::string digits = revenue::to_text(amount, scale);
        auto *copy = static_cast<char *>(ContextResource(context).allocate(digits.size() + 1, 1));
        digits.copy(copy, digits.size());
        copy[digits.size()] = '\0';
        return copy;
    });
    return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

}  // namespace segment::pg
