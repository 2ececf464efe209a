#include "core/definition/value_bounds.hpp"

#include <algorithm>

namespace segment::definition {
namespace {

// The result's magnitude is at most, and unless it is zero at least, 10^±(factors · e + digits) for operands within 10^±e.
struct Size {
    int factors = 0, digits = 0;
};

Size size_of(const BoundValue &value) {
    switch (value.kind) {
        case ValueKind::number:
            return {0, static_cast<int>(static_cast<const BoundNumber &>(value).digits.size())};
        case ValueKind::negate:
            return size_of(*static_cast<const BoundNegate &>(value).operand);
        case ValueKind::arithmetic: {
            const auto &arithmetic = static_cast<const BoundArithmetic &>(value);
            const Size left = size_of(*arithmetic.left), right = size_of(*arithmetic.right);
            if (arithmetic.op == ArithmeticOperator::multiply || arithmetic.op == ArithmeticOperator::divide)
                return {left.factors + right.factors, left.digits + right.digits};
            // A difference is zero or has a digit where the smaller operand has its last one, 17 places down.
            return {std::max(left.factors, right.factors), std::max(left.digits, right.digits) + 17};
        }
        case ValueKind::call:
            return {0, 12};
        case ValueKind::bucket:
            return {0, 17};
        default:
            return value.type->type_class == TypeClass::integer ? Size{0, 19} : Size{1, 0};
    }
}

// How many digits an exact result has at most before and after the decimal point. PostgreSQL rounds what is longer behind it.
struct Digits {
    int before = 0, after = 0;
};

Digits exact_size_of(const BoundValue &value) {
    constexpr int longest_fraction = 16'383;
    switch (value.kind) {
        case ValueKind::number: {
            const int digits = static_cast<int>(static_cast<const BoundNumber &>(value).digits.size());
            return {digits, digits};
        }
        case ValueKind::negate:
            return exact_size_of(*static_cast<const BoundNegate &>(value).operand);
        case ValueKind::arithmetic: {
            const auto &arithmetic = static_cast<const BoundArithmetic &>(value);
            const Digits left = exact_size_of(*arithmetic.left), right = exact_size_of(*arithmetic.right);
            if (arithmetic.op == ArithmeticOperator::multiply)
                return {left.before + right.before, std::min(left.after + right.after, longest_fraction)};
            if (arithmetic.op == ArithmeticOperator::divide)
                return {left.before + right.after, std::min(left.after + right.before, longest_fraction)};
            return {std::max(left.before, right.before) + 1, std::max(left.after, right.after)};
        }
        case ValueKind::call:
            return {12, 12};
        default:
            if (value.type->type_class == TypeClass::integer)
                return {19, 0};
            return {exact_exponent, value.type->bounded ? exact_exponent : longest_fraction};
    }
}

}  // namespace

int safe_exponent(const BoundValue &expression) {
    constexpr int largest = 300, least_useful = 12, most_needed = 100;
    const Size size = size_of(expression);
    const int exponent = std::min(most_needed, (largest - size.digits) / std::max(size.factors, 1));
    return exponent < least_useful ? 0 : exponent;
}

bool is_safe_exactly(const BoundValue &expression) {
    constexpr int largest = 131'000;
    return exact_size_of(expression).before <= largest;
}

bool may_be_too_large(const BoundValue &operand) {
    const bool column = operand.kind == ValueKind::trait || operand.kind == ValueKind::path || operand.kind == ValueKind::cast;
    return column && operand.type->type_class == TypeClass::numeric && !operand.type->bounded;
}

}  // namespace segment::definition
