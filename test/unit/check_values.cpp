// Numbers, durations and literals as the check reads them.
#include <gtest/gtest.h>

#include <memory_resource>

#include "core/definition/value_number.hpp"
#include "core/definition/value_time.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

TEST(Numbers, AreReadWithSignAndExponent) {
    std::pmr::monotonic_buffer_resource memory;
    Arena arena(memory);
    const auto read = [&](std::string_view text) { return std::string(read_number(text, arena).value_or("none")); };
    EXPECT_EQ(read("007.50"), "7.5");
    EXPECT_EQ(read("-1e3"), "-1000");
    EXPECT_EQ(read("+.5"), "0.5");
    EXPECT_EQ(read("-0.0"), "0");
    EXPECT_EQ(read("12e-3"), "0.012");
    for (const std::string_view text : {"", "-", ".", "1e", "1e+", "1.2.3", "1x", " 1", "--1", "NaN", "1e9999"})
        EXPECT_EQ(read(text), "none") << text;
}

TEST(Numbers, CompareAsNumbers) {
    EXPECT_LT(compare_numbers("9", "10"), 0);
    EXPECT_GT(compare_numbers("-9", "-10"), 0);
    EXPECT_LT(compare_numbers("-1", "1"), 0);
    EXPECT_LT(compare_numbers("0.09", "0.1"), 0);
    EXPECT_EQ(compare_numbers("2.5", "2.5"), 0);
}

TEST(Numbers, FoldExactlyOrNotAtAll) {
    const auto fold = [](std::string_view left, ArithmeticOperator op, std::string_view right) {
        return fold_numbers(op, left, right).value_or("none");
    };
    EXPECT_EQ(fold("0.1", ArithmeticOperator::add, "0.2"), "0.3");
    EXPECT_EQ(fold("1", ArithmeticOperator::subtract, "1.00001"), "-0.00001");
    EXPECT_EQ(fold("-2.5", ArithmeticOperator::multiply, "4"), "-10");
    EXPECT_EQ(fold("7", ArithmeticOperator::divide, "2"), "3.5");
    EXPECT_EQ(fold("0", ArithmeticOperator::divide, "7"), "0");
    EXPECT_EQ(fold("1", ArithmeticOperator::divide, "3"), "none");
    EXPECT_EQ(fold("1", ArithmeticOperator::divide, "-1024"), "-0.0009765625");
    EXPECT_EQ(fold("999999999999999999999", ArithmeticOperator::multiply, "999999999999999999999"), "none");
    EXPECT_EQ(fold(std::string(40, '9'), ArithmeticOperator::add, "1"), "none");
    EXPECT_EQ(percent_number("5"), "0.05");
    EXPECT_EQ(percent_number("12345.6"), "123.456");
    EXPECT_EQ(negate_number("0"), "0");
    EXPECT_EQ(negate_number("-3"), "3");
}

TEST(Numbers, KnowWhatHoldsThem) {
    EXPECT_TRUE(fits_integer("-32768", 2));
    EXPECT_FALSE(fits_integer("32768", 2));
    EXPECT_TRUE(fits_integer("2147483647", 4));
    EXPECT_FALSE(fits_integer("-2147483649", 4));
    EXPECT_TRUE(fits_integer("-9223372036854775808", 8));
    EXPECT_FALSE(fits_integer("9223372036854775808", 8));
    EXPECT_TRUE(fits_floating("1" + std::string(307, '0'), false));
    EXPECT_FALSE(fits_floating("1" + std::string(308, '0') + "0", false));
    EXPECT_FALSE(fits_floating("0." + std::string(330, '0') + "1", false));
    EXPECT_FALSE(fits_floating("1" + std::string(39, '0'), true));
    EXPECT_TRUE(fits_floating("0", true));
    // The largest numbers, what rounds to them, what does not; the smallest one, half of it.
    EXPECT_TRUE(fits_floating("-17976931348623157" + std::string(292, '0'), false));
    EXPECT_FALSE(fits_floating("17976931348623159" + std::string(292, '0'), false));
    EXPECT_TRUE(fits_floating("34028235" + std::string(31, '0'), true));
    EXPECT_FALSE(fits_floating("34028236" + std::string(31, '0'), true));
    EXPECT_TRUE(fits_floating("0." + std::string(323, '0') + "5", false));
    EXPECT_FALSE(fits_floating("0." + std::string(323, '0') + "2", false));
}

TEST(Times, OnlyIso8601IsRead) {
    const auto read = [](std::string_view text) -> std::string {
        const auto time = read_iso_time(text);
        return time ? std::string(time->date) + '|' + std::string(time->clock) + '|' + std::string(time->zone) : "none";
    };
    EXPECT_EQ(read("2024-02-29"), "2024-02-29||");
    EXPECT_EQ(read("2000-02-29"), "2000-02-29||");
    EXPECT_EQ(read("2024-02-29T09:30"), "2024-02-29|09:30|");
    EXPECT_EQ(read("2024-02-29 09:30:15.123456Z"), "2024-02-29|09:30:15.123456|Z");
    EXPECT_EQ(read("2024-02-29 09:30:15-0530"), "2024-02-29|09:30:15|-0530");
    EXPECT_EQ(read("2024-02-29 09:30+01"), "2024-02-29|09:30|+01");
    for (const std::string_view text : {"",
                                        "2024",
                                        "2024-2-29",
                                        "2023-02-29",
                                        "1900-02-29",
                                        "2024-13-01",
                                        "2024-00-01",
                                        "2024-04-31",
                                        "2024-01-00",
                                        "0000-01-01",
                                        "20240101",
                                        "2024-01-01T",
                                        "2024-01-01 24:00",
                                        "2024-01-01 09:60",
                                        "2024-01-01 09:30:60",
                                        "2024-01-01 9:30",
                                        "2024-01-01 09:30:15.",
                                        "2024-01-01 09:30:15.1234567",
                                        "2024-01-01 09:30 Z",
                                        "2024-01-01 09:30+16",
                                        "2024-01-01 09:30+01:60",
                                        "2024-01-01 09:30+1",
                                        "2024-01-01Z",
                                        "2024-01-01x",
                                        "01/02/2024",
                                        "tomorrow",
                                        "infinity"})
        EXPECT_EQ(read(text), "none") << text;
}

TEST(Times, IntervalsPrintTheirParts) {
    EXPECT_EQ(interval_text({18, 3, 0}), "1 year 6 months 3 days");
    EXPECT_EQ(interval_text({0, 1, 5'400'000'000}), "1 day 1 hour 30 minutes");
    EXPECT_EQ(interval_text({0, 0, 1'001'001}), "1 second 1 millisecond 1 microsecond");
    EXPECT_EQ(interval_text({}), "0 days");
}

}  // namespace
}  // namespace segment::definition
