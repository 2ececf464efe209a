// Whether a score told in advance who would leave.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/interrupts.hpp"
#include "core/score/model.hpp"

namespace segment::score {

struct Outcome {
    double score;
    bool churned;
};

struct Decile {
    std::int64_t members = 0, churned = 0;
    double lowest = missing, highest = missing;  // scores
};

struct Validation {
    std::int64_t members = 0, churned = 0;
    // The probability that of one who churned and one who did not, the first had the lower score; ties count half. Missing if
    // there is none of either. (The area under the ROC curve, by the rank sum of Mann and Whitney.)
    double auc = missing;
    // The part of the steps from one decile that has members to the next in which the rate of churn does not rise. Missing
    // without a step.
    double monotonicity = missing;
    // From the lowest scores up: rank by score, equal scores alike, over the number of members; some may be empty.
    std::array<Decile, 10> deciles;
};

Validation validate(std::span<Outcome> outcomes);

struct Regression {
    std::pmr::vector<double> coefficients;  // the intercept first
    bool converged;
    int iterations;
};

// Logistic regression with an L2 penalty (lambda ÷ 2 · Σ β², the intercept free), by Newton's method on the penalized
// likelihood (IRLS). `columns` are the features by row: count rows of `columns` values each, none of them missing. The penalty
// keeps the coefficients finite where a feature separates the outcomes.
Regression logistic(std::span<const double> features, std::size_t columns, std::span<const bool> outcomes, double lambda,
                    std::pmr::memory_resource *memory, Interrupts &interrupts);

}  // namespace segment::score
