#include "core/score/validation.hpp"

#include <algorithm>

namespace segment::score {

Validation validate(std::span<Outcome> outcomes) {
    Validation result;
    std::ranges::sort(outcomes, {}, &Outcome::score);
    result.members = static_cast<std::int64_t>(outcomes.size());
    result.churned = std::ranges::count_if(outcomes, &Outcome::churned);
    double rank_sum = 0;  // of those who churned
    for (std::size_t first = 0, next; first < outcomes.size(); first = next) {
        const double score = outcomes[first].score;
        std::int64_t churned = 0;
        for (next = first; next < outcomes.size() && outcomes[next].score == score; ++next)
            churned += outcomes[next].churned;
        const auto size = static_cast<std::int64_t>(next - first);
        rank_sum += static_cast<double>(churned) * (static_cast<double>(first) + static_cast<double>(size + 1) / 2);
        Decile &decile = result.deciles[result.deciles.size() * first / outcomes.size()];
        decile.lowest = decile.members == 0 ? score : decile.lowest;
        decile.highest = score;
        decile.members += size;
        decile.churned += churned;
    }
    const auto churned = static_cast<double>(result.churned), stayed = static_cast<double>(result.members - result.churned);
    if (churned > 0 && stayed > 0)
        result.auc = 1 - (rank_sum - churned * (churned + 1) / 2) / (churned * stayed);
    int steps = 0, falling = 0;
    const Decile *before = nullptr;
    for (const Decile &decile : result.deciles) {
        if (decile.members == 0)
            continue;
        if (before != nullptr) {
            ++steps;
            falling += decile.churned * before->members <= before->churned * decile.members;
        }
        before = &decile;
    }
    if (steps > 0)
        result.monotonicity = static_cast<double>(falling) / steps;
    return result;
}

}  // namespace segment::score
