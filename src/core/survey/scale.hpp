// The scales that answers are given on, and what an answer counts as on each of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace segment::survey {

// The numbers are stored.
enum class Scale : std::uint8_t { zero_to_ten = 1, one_to_ten = 2, one_to_seven = 3, one_to_five = 4 };

// What an answer counts as is told by the least answer that does. Answers that are means of several lie between whole ones, hence bounds.
struct ScaleRules {
    std::string_view name;
    int lowest, highest;
    int promoters_from, passives_from;  // below the latter: detractors
    int satisfied_from;
};

// Promoters and passives of 0-10 are those of Reichheld (The One Number You Need to Grow, 2003); on the short scales the highest answer is
// a promoter's and the one below it a passive's, about the same shares of the scale.
inline constexpr std::array<ScaleRules, 4> scale_rules = {{
    {"0-10", 0, 10, 9, 7, 8},
    {"1-10", 1, 10, 9, 7, 8},
    {"1-7", 1, 7, 7, 6, 6},
    {"1-5", 1, 5, 5, 4, 4},
}};

constexpr bool is_scale(std::uint8_t number) {
    return number >= 1 && number <= scale_rules.size();
}

constexpr const ScaleRules &rules(Scale scale) {
    return scale_rules[static_cast<std::size_t>(scale) - 1];
}

// A scale by its name.
std::optional<Scale> find_scale(std::string_view name);
// The same; throws invalid_parameter for another text.
Scale scale_of(std::string_view name);

}  // namespace segment::survey
