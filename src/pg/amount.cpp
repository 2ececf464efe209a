#include <algorithm>

#include "pg/amount.hpp"

#include "pg/boundary.hpp"
#include "pg/memory.hpp"
#include "pg/numeric_form.hpp"

namespace segment::pg {

namespace {

constexpr int digits_of_base = 4;

revenue::Money times(revenue::Money amount, int factor) {
    if (__builtin_mul_overflow(amount, revenue::Money{factor}, &amount)) {
        revenue::refuse_overflow();
    }
    return amount;
}

}  // namespace

bool read_amount(const varlena *numeric, revenue::Amount *amount) {
    const NumericForm form = NumericForm::of(numeric);
    if (form.special) {
        return false;
    }
    int scale = form.scale;
    if (form.count == 0) {
        *amount = {0, std::min(scale, revenue::max_scale)};
        return true;
    }
    revenue::Money value = 0;
    for (int i = 0; i < form.count; i++) {
        value = revenue::add(times(value, NumericForm::base), form.digit(i));
    }
    // Digits after the point that were read: whole digits to the base, so up to three more or any number less than are displayed.
    int read = digits_of_base * (form.count - 1 - form.weight);
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
    *amount = {form.negative ? -value : value, scale};
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
