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

}  // namespace

int safe_exponent(const BoundValue &expression) {
    constexpr int largest = 300, least_useful = 12, most_needed = 100;
    const Size size = size_of(expression);
    const int exponent = std::min(most_needed, (largest - size.digits) / std::max(size.factors, 1));
    return exponent < least_useful ? 0 : exponent;
}

bool is_safe_exactly(const BoundValue &expression) {
    constexpr int largest = 131'000;
    const Size size = size_of(expression);
    return size.factors <= largest / exact_exponent && size.factors * exact_exponent + size.digits <= largest;
}

}  // namespace segment::definition
