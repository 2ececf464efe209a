#include "core/survey/estimate.hpp"

#include "core/boost_assert.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/erf.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "core/error.hpp"

namespace segment::survey {

namespace {

// No long double in between: its last digits are not the same everywhere.
using InDouble = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

void check_confidence(double confidence) {
    if (!(confidence > 0 && confidence < 1)) {
        char text[32];
        std::snprintf(text, sizeof text, "%g", confidence);
        throw Error(ErrorCode::invalid_parameter, std::string("confidence must lie between 0 and 1, not ") + text, Error::no_position, {},
                    "Pass 0.95 for 95 percent.");
    }
}

Interval around(double value, double margin, double least, double most) {
    return {std::max(least, value - margin), std::min(most, value + margin)};
}

}  // namespace

double normal_quantile(double confidence) {
    check_confidence(confidence);
    return std::sqrt(2.0) * boost::math::erf_inv(confidence, InDouble());
}

std::optional<double> nps_standard_error(const Groups &groups) {
    if (groups.answers == 0) {
        return std::nullopt;
    }
    const auto n = static_cast<double>(groups.answers);
    const double p = static_cast<double>(groups.promoters) / n, d = static_cast<double>(groups.detractors) / n;
    // Rounding may bring the difference below zero where all are promoters, or all detractors.
    return 100 * std::sqrt(std::max(0.0, p + d - (p - d) * (p - d)) / n);
}

std::optional<Interval> nps_interval(const Groups &groups, double confidence) {
    const double z = normal_quantile(confidence);
    const std::optional<double> error = nps_standard_error(groups);
    if (!error) {
        return std::nullopt;
    }
    const double score =
        100 * (static_cast<double>(groups.promoters) - static_cast<double>(groups.detractors)) / static_cast<double>(groups.answers);
    return around(score, z * *error, -100, 100);
}

std::optional<Interval> share_interval(std::int64_t part, std::int64_t whole, double confidence) {
    const double z = normal_quantile(confidence);
    if (whole == 0) {
        return std::nullopt;
    }
    const auto n = static_cast<double>(whole);
    const double p = static_cast<double>(part) / n, square = z * z;
    const double middle = (p + square / (2 * n)) / (1 + square / n);
    const double margin = z / (1 + square / n) * std::sqrt(p * (1 - p) / n + square / (4 * n * n));
    Interval interval = around(100 * middle, 100 * margin, 0, 100);
    // Exactly so, where the subtraction leaves a rest.
    interval.low = part == 0 ? 0 : interval.low;
    interval.high = part == whole ? 100 : interval.high;
    return interval;
}

std::optional<double> mean_standard_error(const Answers &answers) {
    const Groups groups = groups_of(answers);
    if (groups.answers < 2) {
        return std::nullopt;
    }
    const auto n = static_cast<double>(groups.answers);
    const double mean = static_cast<double>(sum_of(answers)) / n;
    double squares = 0;
    for (std::size_t i = 0; i < answers.of.size(); ++i) {
        const double distance = static_cast<double>(i) - mean;
        squares += static_cast<double>(answers.of[i]) * distance * distance;
    }
    return std::sqrt(squares / (n - 1) / n);
}

std::optional<Interval> mean_interval(const Answers &answers, double confidence) {
    check_confidence(confidence);
    const std::optional<double> error = mean_standard_error(answers);
    if (!error) {
        return std::nullopt;
    }
    const auto n = static_cast<double>(groups_of(answers).answers);
    const boost::math::students_t_distribution<double, InDouble> distribution(n - 1);
    const double t = boost::math::quantile(boost::math::complement(distribution, (1 - confidence) / 2));
    const double mean = static_cast<double>(sum_of(answers)) / n;
    return around(mean, t * *error, rules(answers.scale).lowest, rules(answers.scale).highest);
}

}  // namespace segment::survey
