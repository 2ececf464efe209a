// The answers to a question: how many there were of each, of how many that were asked. It is all that is kept of them, and the state of
// every aggregate over answers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/survey/scale.hpp"

namespace segment::survey {

// No answer that a scale has: one that is no whole number, or beyond every scale.
inline constexpr int no_answer = -1;

// Whole numbers that a scale may have, and no_answer for all others.
constexpr int whole_answer(std::int64_t value) {
    return value >= 0 && value <= 10 ? static_cast<int>(value) : no_answer;
}
// NaN too is no answer.
constexpr int whole_answer(double value) {
    const int whole = value >= 0 && value <= 10 ? static_cast<int>(value) : no_answer;
    return whole == value ? whole : no_answer;
}

// Without padding and of fixed size, so that equal answers have equal bytes.
struct Answers {
    static constexpr std::uint8_t current_version = 1;

    explicit constexpr Answers(Scale scale) : scale(scale) {}

    std::uint8_t version = current_version;
    Scale scale;
    std::array<std::uint8_t, 6> reserved{};
    std::int64_t asked = 0;  // at least the sum of all that follow
    std::int64_t out_of_scale = 0;
    std::array<std::int64_t, 11> of{};  // by answer; zero for those that the scale does not have

    // Somebody was asked; an answer that the scale does not have is rejected and counted. Throws numeric_out_of_range.
    void add(int answer) {
        add_unanswered();
        const ScaleRules &bounds = rules(scale);
        // Without a branch: which answers come next cannot be foretold.
        const bool in_scale = (answer >= bounds.lowest) & (answer <= bounds.highest);
        of[static_cast<std::size_t>(std::clamp(answer, 0, 10))] += in_scale;
        out_of_scale += !in_scale;
    }
    // Somebody was asked and gave no answer.
    void add_unanswered() {
        if (asked == INT64_MAX) {
            refuse_overflow();
        }
        ++asked;
    }
    // The answers to the same question from elsewhere. Throws invalid_parameter if they are on another scale, numeric_out_of_range.
    void add(const Answers &other);

private:
    [[noreturn]] static void refuse_overflow();
};

static_assert(sizeof(Answers) == 112);

// How many are what. The three groups make up all answers.
struct Groups {
    std::int64_t answers = 0, promoters = 0, passives = 0, detractors = 0, satisfied = 0;
};

Groups groups_of(const Answers &answers);

// Answers above and below the middle of the scale.
struct Effort {
    std::int64_t easy, hard;
};

Effort effort_of(const Answers &answers);

// Answers of at least `least`.
std::int64_t answers_from(const Answers &answers, int least);
__int128 sum_of(const Answers &answers);

}  // namespace segment::survey
