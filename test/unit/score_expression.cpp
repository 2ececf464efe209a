#include "core/score/expression.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace segment::score {
namespace {

struct Inputs {
    std::vector<double> numbers, columns;
    std::vector<bool> conditions;

    double number(std::uint32_t index) const { return numbers[index]; }
    double column(std::uint32_t index) const { return columns[index]; }
    bool condition(std::uint32_t index) const { return conditions[index]; }
};

using enum Operation;

double value(const std::vector<Instruction> &program, const Inputs &inputs = {}) {
    return evaluate(program, inputs);
}

double of(double left, Operation operation, double right) {
    return value({{number, 0}, {column, 1}, {operation}}, {{left}, {0, right}, {}});
}

TEST(Expression, RoundsOnce) {
    EXPECT_EQ(of(7, divide, 10), 0.7);
    EXPECT_EQ(of(0.07, multiply, 100), 7);
    EXPECT_EQ(of(0.1, add, 0.2), 0.3);
    EXPECT_EQ(of(60.3, subtract, 40.3), 20);
    EXPECT_EQ(value({{constant, 0, 1}, {constant, 0, 3}, {divide}, {constant, 0, 3}, {multiply}}), 1);
    EXPECT_EQ(value({{constant, 0, 2.5}, {negate}}), -2.5);
    EXPECT_EQ(of(1e300, add, 1), 1e300);
    EXPECT_EQ(of(0.1234567891, add, 0), 0.1234567891);
}

TEST(Expression, IsMissingWhereAPartIs) {
    for (const Operation operation : {add, subtract, multiply, divide}) {
        EXPECT_TRUE(is_missing(of(missing, operation, 2)));
        EXPECT_TRUE(is_missing(of(2, operation, missing)));
    }
    EXPECT_TRUE(is_missing(of(2, divide, 0)));
    EXPECT_TRUE(is_missing(of(0, divide, 0)));
    EXPECT_TRUE(is_missing(of(1e300, multiply, 1e300)));
    EXPECT_TRUE(is_missing(value({{number, 0}}, {{std::numeric_limits<double>::infinity()}, {}, {}})));
    EXPECT_EQ(of(0, divide, 5), 0);
}

TEST(Expression, ConditionsAreOneOrZero) {
    const Inputs inputs{{5}, {1, 0}, {true, false}};
    EXPECT_EQ(value({{condition, 0}, {condition, 1}, {conjunction}}, inputs), 0);
    EXPECT_EQ(value({{condition, 0}, {condition, 1}, {disjunction}}, inputs), 1);
    EXPECT_EQ(value({{condition, 0}, {column, 1}, {negation}, {conjunction}}, inputs), 1);
    EXPECT_EQ(value({{number, 0}, {condition, 0}, {given}}, inputs), 5);
    EXPECT_TRUE(is_missing(value({{number, 0}, {condition, 1}, {given}}, inputs)));
}

}  // namespace
}  // namespace segment::score
