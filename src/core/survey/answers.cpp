#include "core/survey/answers.hpp"

#include <string>

#include "core/error.hpp"

namespace segment::survey {

void Answers::refuse_overflow() {
    throw Error(ErrorCode::numeric_out_of_range, "too many answers for a survey");
}

void Answers::add(const Answers &other) {
    if (other.scale != scale) {
        throw Error(
            ErrorCode::invalid_parameter, "answers on different scales cannot be added up", Error::no_position,
            "Some are on the scale " + std::string(rules(scale).name) + ", others on " + std::string(rules(other.scale).name) + ".");
    }
    // The other numbers are parts of these.
    if (__builtin_add_overflow(asked, other.asked, &asked)) {
        refuse_overflow();
    }
    out_of_scale += other.out_of_scale;
    for (std::size_t i = 0; i < of.size(); ++i) {
        of[i] += other.of[i];
    }
}

std::int64_t answers_from(const Answers &answers, int least) {
    std::int64_t count = 0;
    for (int answer = rules(answers.scale).lowest; answer <= rules(answers.scale).highest; ++answer) {
        count += answer >= least ? answers.of[static_cast<std::size_t>(answer)] : 0;
    }
    return count;
}

Groups groups_of(const Answers &answers) {
    const ScaleRules &bounds = rules(answers.scale);
    return {.answers = answers_from(answers, bounds.lowest),
            .promoters = answers_from(answers, bounds.promoters_from),
            .passives = answers_from(answers, bounds.passives_from) - answers_from(answers, bounds.promoters_from),
            .detractors = answers_from(answers, bounds.lowest) - answers_from(answers, bounds.passives_from),
            .satisfied = answers_from(answers, bounds.satisfied_from)};
}

Effort effort_of(const Answers &answers) {
    const ScaleRules &bounds = rules(answers.scale);
    const int twice_middle = bounds.lowest + bounds.highest;
    const std::int64_t easy = answers_from(answers, twice_middle / 2 + 1);
    const std::int64_t not_hard = answers_from(answers, (twice_middle + 1) / 2);
    return {easy, answers_from(answers, bounds.lowest) - not_hard};
}

__int128 sum_of(const Answers &answers) {
    __int128 sum = 0;
    for (std::size_t i = 0; i < answers.of.size(); ++i) {
        sum += static_cast<__int128>(i) * answers.of[i];
    }
    return sum;
}

}  // namespace segment::survey
