// Logistic regression, in a file of its own: Eigen takes long to compile.
#include <algorithm>

#include "core/eigen.hpp"
#include "core/score/validation.hpp"

namespace segment::score {
namespace {

constexpr int most_iterations = 50;
constexpr int most_halvings = 30;
constexpr double tolerance = 1e-10;
constexpr std::size_t rows_between_polls = 4096;

double probability(double logit) {
    return logit >= 0 ? 1 / (1 + std::exp(-logit)) : std::exp(logit) / (1 + std::exp(logit));
}

// ln(1 + e^x) without overflow.
double log1p_exp(double x) {
    return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

class Likelihood {
public:
    Likelihood(std::span<const double> features, std::size_t columns, std::span<const bool> outcomes, double lambda, Interrupts &interrupts)
        : features_(features), columns_(columns), outcomes_(outcomes), lambda_(lambda), interrupts_(interrupts) {}

    // The penalized log-likelihood.
    double value(const Eigen::VectorXd &beta) const {
        double sum = -lambda_ / 2 * beta.tail(static_cast<Eigen::Index>(columns_)).squaredNorm();
        for (std::size_t row = 0; row < outcomes_.size(); ++row) {
            poll(row);
            const double logit = this->logit(row, beta);
            sum += (outcomes_[row] ? logit : 0) - log1p_exp(logit);
        }
        return sum;
    }

    // Its gradient and the negative of its Hessian.
    void derivatives(const Eigen::VectorXd &beta, Eigen::VectorXd &gradient, Eigen::MatrixXd &information) const {
        const auto size = static_cast<Eigen::Index>(columns_) + 1;
        gradient.setZero(size);
        information.setZero(size, size);
        Eigen::VectorXd row_values(size);
        row_values[0] = 1;
        for (std::size_t row = 0; row < outcomes_.size(); ++row) {
            poll(row);
            row_values.tail(size - 1) = values(row);
            const double p = probability(beta.dot(row_values));
            gradient.noalias() += ((outcomes_[row] ? 1 : 0) - p) * row_values;
            information.selfadjointView<Eigen::Lower>().rankUpdate(row_values, p * (1 - p));
        }
        gradient.tail(size - 1) -= lambda_ * beta.tail(size - 1);
        information.diagonal().tail(size - 1).array() += lambda_;
    }

private:
    Eigen::Map<const Eigen::VectorXd, Eigen::Unaligned> values(std::size_t row) const {
        return {features_.data() + row * columns_, static_cast<Eigen::Index>(columns_)};
    }
    double logit(std::size_t row, const Eigen::VectorXd &beta) const {
        return beta[0] + beta.tail(static_cast<Eigen::Index>(columns_)).dot(values(row));
    }
    void poll(std::size_t row) const {
        if (row % rows_between_polls == 0)
            interrupts_.poll();
    }

    std::span<const double> features_;
    std::size_t columns_;
    std::span<const bool> outcomes_;
    double lambda_;
    Interrupts &interrupts_;
};

}  // namespace

Regression logistic(std::span<const double> features, std::size_t columns, std::span<const bool> outcomes, double lambda,
                    std::pmr::memory_resource *memory, Interrupts &interrupts) {
    const Likelihood likelihood(features, columns, outcomes, lambda, interrupts);
    Eigen::VectorXd beta = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(columns) + 1), gradient;
    Eigen::MatrixXd information;
    Regression result{std::pmr::vector<double>(memory), false, 0};
    double value = likelihood.value(beta);
    while (!result.converged && result.iterations < most_iterations) {
        ++result.iterations;
        likelihood.derivatives(beta, gradient, information);
        // Where all outcomes are alike or nothing varies, the intercept has nothing to hold on to.
        information(0, 0) += 1e-12;
        const Eigen::VectorXd step = information.selfadjointView<Eigen::Lower>().ldlt().solve(gradient);
        if (!step.allFinite())
            break;
        // Newton's step may go too far; half of it never worsens what is concave for ever.
        double part = 1;
        int halvings = 0;
        double next = likelihood.value(beta + step);
        while (!(next >= value) && ++halvings < most_halvings) {
            part /= 2;
            next = likelihood.value(beta + part * step);
        }
        if (!(next >= value)) {
            result.converged = true;
            break;
        }
        beta += part * step;
        result.converged = step.lpNorm<Eigen::Infinity>() <= tolerance * (1 + beta.lpNorm<Eigen::Infinity>());
        value = next;
    }
    result.coefficients.assign(beta.begin(), beta.end());
    return result;
}

}  // namespace segment::score
