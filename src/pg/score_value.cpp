#include "pg/score_value.hpp"

#include <cmath>

#include "core/score/model.hpp"
#include "pg/numeric_form.hpp"

namespace segment::pg {

namespace {

// Powers of ten that a float8 holds exactly.
constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int digits_of_base = 4;
constexpr int most_digits = 4;  // to the base 10000, in 64 bits

// Numerics whose digits and power of ten a float8 holds exactly take one operation, which rounds as reading their text would, and
// a twentieth of the time. False for others.
bool read_short(const varlena *numeric, double *number) {
    const NumericForm form = NumericForm::of(numeric);
    if (form.special || form.count > most_digits) {
        return false;
    }
    int64 digits = 0;
    for (int i = 0; i < form.count; i++) {
        digits = digits * NumericForm::base + form.digit(i);
    }
    const int power = form.count == 0 ? 0 : digits_of_base * (form.weight - form.count + 1);
    constexpr int64 exact = int64{1} << 53;
    if (digits > exact || power <= -static_cast<int>(lengthof(powers)) || power >= static_cast<int>(lengthof(powers))) {
        return false;
    }
    const auto whole = static_cast<double>(form.negative ? -digits : digits);
    *number = power < 0 ? whole / powers[-power] : whole * powers[power];
    return true;
}

double read_numeric(Datum value) {
    const varlena *numeric = PG_DETOAST_DATUM_PACKED(value);
    double number;
    return read_short(numeric, &number) ? number : DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
}

}  // namespace

double score_value(Datum value, bool isnull, Oid type) {
    if (isnull) {
        return score::missing;
    }
    double number;
    switch (type) {
        case BOOLOID:
            return DatumGetBool(value) ? 1 : 0;
        case INT2OID:
            return DatumGetInt16(value);
        case INT4OID:
            return DatumGetInt32(value);
        case INT8OID:
            return static_cast<double>(DatumGetInt64(value));
        case FLOAT4OID:
            number = DatumGetFloat4(value);
            break;
        case FLOAT8OID:
            number = DatumGetFloat8(value);
            break;
        case NUMERICOID:
            number = read_numeric(value);
            break;
        default:
            elog(ERROR, "type %u of a metric's value is no number", type);
    }
    return std::isfinite(number) ? number : score::missing;
}

}  // namespace segment::pg
