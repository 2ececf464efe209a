// How far a survey's figures may be from those of everybody who could have been asked, if who answered is a random sample of them.
#pragma once

#include <optional>

#include "core/survey/answers.hpp"

namespace segment::survey {

struct Interval {
    double low, high;
};

// The quantile z of the normal distribution that leaves (1 - confidence) / 2 above it: 1.96 for 0.95. Throws invalid_parameter unless the
// confidence lies between 0 and 1.
double normal_quantile(double confidence);

// In points of the score, -100 to 100: 100 sqrt((p + d - (p - d)^2) / n), p and d being the shares of promoters and detractors. Without
// answers there is none, as for all that follow.
std::optional<double> nps_standard_error(const Groups &groups);
// The score plus and minus so many standard errors, cut off at -100 and 100 (Wald).
std::optional<Interval> nps_interval(const Groups &groups, double confidence);

// A share in percent by its score interval (Wilson, Probable Inference, 1927), which also holds for few answers and for 0 and 100 %.
std::optional<Interval> share_interval(std::int64_t part, std::int64_t whole, double confidence);

// Of the mean answer: the sample's standard deviation over sqrt(n), from two answers on.
std::optional<double> mean_standard_error(const Answers &answers);
// By Student's t with n - 1 degrees of freedom, cut off at the ends of the scale.
std::optional<Interval> mean_interval(const Answers &answers, double confidence);

}  // namespace segment::survey
