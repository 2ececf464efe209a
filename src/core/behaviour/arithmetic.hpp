// Sums, means and medians of exact decimals, and how they compare with bounds, exactly as PostgreSQL's numeric does it.
#pragma once

#include "core/behaviour/evaluator.hpp"
#include "core/behaviour/wide_values.hpp"

namespace segment::behaviour {

// Numbers of these lists are millionths.
inline constexpr std::int64_t number_scale = 1'000'000;
inline constexpr int decimals_of_numbers = 6;
// What does not fit is wide: PostgreSQL computes with it.
inline constexpr std::int64_t largest_number = INT64_MAX / 2;

// A bound in half millionths: 2 n for n millionths, and 2 n + 1 for what lies between that and the next one. Bounds are sorted, those
// beyond the largest stand for whatever is larger than all sums that are not left to PostgreSQL.
using HalfMillionths = std::int64_t;
inline constexpr HalfMillionths largest_bound = INT64_MAX;

// Its value tells how the aggregate compares with the bounds, as WideValues::aggregate does.
class Arithmetic final : public Evaluator {
public:
    // `bounds` and `wide` outlive it.
    Arithmetic(Aggregate aggregate, std::uint32_t feature, std::span<const ListTerm> terms, std::span<const HalfMillionths> bounds,
               WideValues &wide, std::pmr::memory_resource *memory)
        : aggregate_(aggregate),
          feature_(feature),
          terms_(terms.begin(), terms.end(), memory),
          bounds_(bounds),
          wide_(wide),
          events_(memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;
    std::optional<double> number(const EventLists::Member &member) override;

private:
    // Nothing where only PostgreSQL can tell.
    std::optional<std::int64_t> sum() const;
    std::optional<std::int64_t> average() const;
    std::optional<std::int64_t> median();

    Aggregate aggregate_;
    std::uint32_t feature_;
    std::pmr::vector<ListTerm> terms_;
    std::span<const HalfMillionths> bounds_;
    WideValues &wide_;
    std::pmr::vector<Occurrence> events_;
};

}  // namespace segment::behaviour
