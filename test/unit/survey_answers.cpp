#include "core/survey/answers.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "core/error.hpp"
#include "core/survey/format.hpp"

namespace segment::survey {
namespace {

constexpr Scale all_scales[] = {Scale::zero_to_ten, Scale::one_to_ten, Scale::one_to_seven, Scale::one_to_five};

std::string text_of(const Answers &answers) {
    return std::string(to_text(answers, std::pmr::get_default_resource()));
}

std::pmr::vector<std::byte> bytes_of(const Answers &answers) {
    return to_bytes(answers, std::pmr::get_default_resource());
}

template <typename Work>
Error error_of(Work work) {
    try {
        work();
    } catch (const Error &error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorCode::internal_error, "none");
}

Answers random_answers(std::mt19937 &random) {
    Answers answers(all_scales[random() % 4]);
    for (std::size_t i = random() % 50; i > 0; --i) {
        const int answer = static_cast<int>(random() % 14) - 1;
        answer == 12 ? answers.add_unanswered() : answers.add(answer);
    }
    return answers;
}

TEST(SurveyScale, Names) {
    for (const Scale scale : all_scales) {
        EXPECT_EQ(scale_of(rules(scale).name), scale);
    }
    for (const char *name : {"", "0-11", "0-10 ", "5-1", "1-55"}) {
        const Error error = error_of([&] { scale_of(name); });
        EXPECT_EQ(error.code, ErrorCode::invalid_parameter);
        EXPECT_NE(error.hint.find("'1-7'"), std::string::npos);
    }
}

// Promoters lie above passives, these above detractors, and everybody who is satisfied is at least a passive.
TEST(SurveyScale, RulesAreInOrder) {
    for (const ScaleRules &scale : scale_rules) {
        EXPECT_LT(scale.lowest, scale.passives_from);
        EXPECT_LT(scale.passives_from, scale.promoters_from);
        EXPECT_LE(scale.promoters_from, scale.highest);
        EXPECT_GE(scale.satisfied_from, scale.passives_from);
        EXPECT_LE(scale.satisfied_from, scale.highest);
    }
}

TEST(SurveyAnswers, WholeNumbersOnly) {
    EXPECT_EQ(whole_answer(std::int64_t{0}), 0);
    EXPECT_EQ(whole_answer(std::int64_t{10}), 10);
    EXPECT_EQ(whole_answer(std::int64_t{11}), no_answer);
    EXPECT_EQ(whole_answer(std::int64_t{-1}), no_answer);
    EXPECT_EQ(whole_answer((std::int64_t{1} << 32) + 9), no_answer);
    EXPECT_EQ(whole_answer(std::numeric_limits<std::int64_t>::min()), no_answer);
    EXPECT_EQ(whole_answer(-0.0), 0);
    EXPECT_EQ(whole_answer(10.0), 10);
    EXPECT_EQ(whole_answer(std::nextafter(9.0, 10.0)), no_answer);
    EXPECT_EQ(whole_answer(std::nextafter(0.0, -1.0)), no_answer);
    EXPECT_EQ(whole_answer(std::numeric_limits<double>::quiet_NaN()), no_answer);
    EXPECT_EQ(whole_answer(std::numeric_limits<double>::infinity()), no_answer);
}

TEST(SurveyAnswers, GroupsAreThoseOfTheBooks) {
    Answers answers(Scale::zero_to_ten);
    for (int answer = -1; answer <= 12; ++answer) {
        answers.add(answer);
    }
    answers.add_unanswered();
    const Groups groups = groups_of(answers);
    EXPECT_EQ(groups.answers, 11);
    EXPECT_EQ(groups.promoters, 2);
    EXPECT_EQ(groups.passives, 2);
    EXPECT_EQ(groups.detractors, 7);
    EXPECT_EQ(groups.satisfied, 3);
    EXPECT_EQ(answers.out_of_scale, 3);
    EXPECT_EQ(answers.asked, 15);
    EXPECT_EQ(sum_of(answers), 55);
    EXPECT_EQ(answers_from(answers, 4), 7);
}

// The middle of a scale with an even number of answers is none of them.
TEST(SurveyAnswers, MiddleOfTheScale) {
    const std::pair<Scale, std::pair<int, int>> expected[] = {
        {Scale::zero_to_ten, {5, 5}}, {Scale::one_to_ten, {5, 5}}, {Scale::one_to_seven, {3, 3}}, {Scale::one_to_five, {2, 2}}};
    for (const auto &[scale, effort] : expected) {
        Answers answers(scale);
        for (int answer = 0; answer <= 10; ++answer) {
            answers.add(answer);
        }
        EXPECT_EQ(effort_of(answers).easy, effort.first) << rules(scale).name;
        EXPECT_EQ(effort_of(answers).hard, effort.second) << rules(scale).name;
    }
}

TEST(SurveyAnswers, PartsAddUp) {
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        const Scale scale = all_scales[random() % 4];
        Answers whole(scale), left(scale), right(scale);
        for (int i = 0; i < 30; ++i) {
            const int answer = static_cast<int>(random() % 14) - 1;
            whole.add(answer);
            (random() % 2 == 0 ? left : right).add(answer);
        }
        left.add(right);
        EXPECT_EQ(bytes_of(left), bytes_of(whole));
    }
}

TEST(SurveyAnswers, RefusesOtherScalesAndTooMany) {
    Answers five(Scale::one_to_five);
    const Error error = error_of([&] { five.add(Answers(Scale::one_to_seven)); });
    EXPECT_EQ(error.code, ErrorCode::invalid_parameter);
    EXPECT_EQ(error.detail, "Some are on the scale 1-5, others on 1-7.");
    five.asked = INT64_MAX - 1;
    five.add(5);
    EXPECT_EQ(error_of([&] { five.add(5); }).code, ErrorCode::numeric_out_of_range);
    EXPECT_EQ(error_of([&] { five.add(five); }).code, ErrorCode::numeric_out_of_range);
}

TEST(SurveyFormat, ReadsWhatItWrites) {
    std::mt19937 random(2);
    for (int round = 0; round < 500; ++round) {
        const Answers answers = random_answers(random);
        EXPECT_EQ(text_of(from_text(text_of(answers))), text_of(answers));
        EXPECT_EQ(bytes_of(from_bytes(bytes_of(answers))), bytes_of(answers));
        EXPECT_EQ(bytes_of(from_text(text_of(answers))), bytes_of(answers));
    }
    EXPECT_EQ(text_of(Answers(Scale::one_to_five)), "1-5 asked 0 out 0 answers 0 0 0 0 0");
}

// A changed byte is refused, or is another survey that is written as it was read; a shorter or longer one is refused.
TEST(SurveyFormat, ChangedBytes) {
    std::mt19937 random(3);
    for (int round = 0; round < 50; ++round) {
        const auto bytes = bytes_of(random_answers(random));
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            EXPECT_EQ(error_of([&] { from_bytes({bytes.data(), length}); }).code, ErrorCode::invalid_binary_representation);
        }
        auto longer = bytes;
        longer.push_back(std::byte{0});
        EXPECT_EQ(error_of([&] { from_bytes(longer); }).code, ErrorCode::invalid_binary_representation);
        for (std::size_t place = 0; place < bytes.size(); ++place) {
            auto changed = bytes;
            changed[place] ^= static_cast<std::byte>(1U << random() % 8);
            try {
                EXPECT_EQ(bytes_of(from_bytes(changed)), changed);
            } catch (const Error &error) {
                EXPECT_EQ(error.code, ErrorCode::invalid_binary_representation);
            }
        }
    }
}

}  // namespace
}  // namespace segment::survey
