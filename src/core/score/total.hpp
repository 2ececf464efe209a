// One number of a member's metrics, and where it comes from.
#pragma once

#include <memory_resource>
#include <span>
#include <vector>

#include "core/score/model.hpp"

namespace segment::score {

struct Total {
    double score;       // missing where the coverage is too low or nothing has a weight
    double coverage;    // the part of the weights whose metrics have a value; 1 if nothing has a weight to miss
    std::int32_t band;  // index into Model::bands; −1 without a score or bands
};

struct Contribution {
    double weight;  // of a weighted score the part of it that the metric decides for this member, of an additive one its points
    double amount;  // how much the metric moves the score away from that of a member with the means; of a cap or floor, by how much it did
};

// Adds up scores for members one after the other.
class Totals {
public:
    Totals(const Model &model, std::pmr::memory_resource *memory);

    // `parts` are the member's normalized metrics, in the order of the model's.
    Total total(std::span<const double> parts);

    // What made the score: `amount`s add up to the score less what it would be with the means. All 0 without a score.
    void explain(std::span<const double> parts, std::span<const double> means, std::span<Contribution> contributions);

private:
    struct Sum {
        double weighted = 0, weight = 0;
    };

    double counted(std::size_t metric, double part) const;
    double coverage(std::span<const double> parts) const;
    double raw(std::span<const double> parts);
    double limited(std::span<const double> parts, double score, std::span<Contribution> contributions) const;

    const Model &model_;
    std::pmr::vector<double> group_weights_;  // of the model's groups, and of a group for each metric without one
    std::pmr::vector<std::size_t> groups_;    // of the metrics
    std::pmr::vector<double> shares_;         // of the metrics in the whole, if none is missing
    std::pmr::vector<Sum> sums_;
    double all_shares_ = 0;
};

// Index of the band of a score; −1 if there are no bands or no score.
std::int32_t band_of(std::span<const Band> bands, double score);
// That of a member who was in the band `before`, or in none: it is left when the score is below its lower edge by more than `hysteresis`,
// or above its upper edge by at least that.
std::int32_t band_of(std::span<const Band> bands, double score, std::int32_t before, double hysteresis);

}  // namespace segment::score
