// How many events there are, where counts by buckets do not tell: in windows that differ between members.
#pragma once

#include "core/behaviour/evaluator.hpp"

namespace segment::behaviour {

struct WeightedTerm {
    ListTerm events;
    std::int64_t weight;
};

// The sum of the terms' numbers of events, each times its weight.
class Count final : public Evaluator {
public:
    Count(std::span<const WeightedTerm> terms, std::pmr::memory_resource *memory) : terms_(terms.begin(), terms.end(), memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override {
        std::int64_t sum = 0;
        for (const auto &[events, weight] : terms_)
            sum += weight * static_cast<std::int64_t>(events_of(events, member).size());
        return sum;
    }

private:
    std::pmr::vector<WeightedTerm> terms_;
};

}  // namespace segment::behaviour
