// What a metric's value is made of, where its parts are known apart: columns of a scan, numbers and conditions of events.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "core/score/model.hpp"

namespace segment::score {

enum class Operation : std::uint8_t {
    constant,   // Instruction::value
    column,     // numbers, missing ones are NaN; of a condition 1 or 0
    number,     //
    condition,  //
    add,
    subtract,
    multiply,
    divide,  // by 0: missing
    negate,
    conjunction,
    disjunction,
    negation,
    given,  // the value before, if the condition after it holds; else missing
};

// Postfix: operands come before their operation.
struct Instruction {
    Operation operation;
    std::uint32_t index = 0;  // of column, number and condition
    double value = 0;
};

inline constexpr std::size_t most_operands = 64;  // that wait for their operation

// Numbers as quotients, so that 0.07 · 100 is 7 and 7 ÷ 10 the number that is written 0.7: decimals up to the sixth digit are whole
// millionths, and what whole numbers below 2⁵³ come to is rounded once, at the end.
struct Quotient {
    double numerator, denominator = 1;

    static Quotient of(double number) {
        constexpr double unit = 1e6, exact = 9007199254740992;
        const double millionths = std::round(number * unit);
        if (std::trunc(number) == number || !(std::abs(millionths) < exact) || millionths / unit != number)
            return {number};
        return {millionths, unit};
    }
    double number() const { return numerator / denominator; }
};

// `inputs` has number(i) and column(i), and condition(i), which is true or false. Missing where a part is, or where the value is not
// finite.
template <class Inputs>
double evaluate(std::span<const Instruction> program, const Inputs &inputs) {
    std::array<Quotient, most_operands> stack;
    std::size_t top = 0;  // one past it
    for (const Instruction &instruction : program) {
        switch (instruction.operation) {
            case Operation::constant:
                stack[top++] = Quotient::of(instruction.value);
                continue;
            case Operation::column:
                stack[top++] = Quotient::of(inputs.column(instruction.index));
                continue;
            case Operation::number:
                stack[top++] = Quotient::of(inputs.number(instruction.index));
                continue;
            case Operation::condition:
                stack[top++] = {inputs.condition(instruction.index) ? 1.0 : 0.0};
                continue;
            case Operation::negate:
                stack[top - 1].numerator = -stack[top - 1].numerator;
                continue;
            case Operation::negation:
                stack[top - 1] = {stack[top - 1].numerator == 1 ? 0.0 : 1.0};
                continue;
            default:
                break;
        }
        const Quotient right = stack[--top];
        Quotient &left = stack[top - 1];
        switch (instruction.operation) {
            case Operation::add:
            case Operation::subtract: {
                const double sign = instruction.operation == Operation::add ? 1 : -1;
                left = left.denominator == right.denominator
                           ? Quotient{left.numerator + sign * right.numerator, left.denominator}
                           : Quotient{left.numerator * right.denominator + sign * right.numerator * left.denominator,
                                      left.denominator * right.denominator};
                break;
            }
            case Operation::multiply:
                left = {left.numerator * right.numerator, left.denominator * right.denominator};
                break;
            case Operation::divide:
                left = {left.numerator * right.denominator, left.denominator * right.numerator};
                break;
            case Operation::conjunction:
                left = {left.numerator == 1 && right.numerator == 1 ? 1.0 : 0.0};
                break;
            case Operation::disjunction:
                left = {left.numerator == 1 || right.numerator == 1 ? 1.0 : 0.0};
                break;
            default:  // given
                left = right.numerator == 1 ? left : Quotient{missing};
                break;
        }
    }
    const double value = stack[0].number();
    return std::isfinite(value) ? value : missing;
}

}  // namespace segment::score
