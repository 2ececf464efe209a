// One number of a member's events against another.
#pragma once

#include "core/behaviour/evaluator.hpp"
#include "core/behaviour/wide_values.hpp"

namespace segment::behaviour {

// Of the events of all terms together, whose numbers are millionths.
struct Quantity {
    Aggregate aggregate;
    std::pmr::vector<ListTerm> terms;
};

// 1 if the relation holds between the two quantities, 0 if not or if one is missing.
class Comparison final : public Evaluator {
public:
    Comparison(const Relation &relation, Quantity left, Quantity right, WideValues &wide, std::pmr::memory_resource *memory)
        : relation_(relation), left_(std::move(left)), right_(std::move(right)), wide_(wide), left_events_(memory), right_events_(memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    Relation relation_;
    Quantity left_, right_;
    WideValues &wide_;
    std::pmr::vector<Occurrence> left_events_, right_events_;
};

}  // namespace segment::behaviour
