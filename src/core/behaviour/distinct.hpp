// Which different values events have: how many there are, and which is the most frequent.
#pragma once

#include "core/behaviour/evaluator.hpp"
#include "core/behaviour/wide_values.hpp"

namespace segment::behaviour {

// Numbers of these lists are equal where values are.
class DistinctCount final : public Evaluator {
public:
    DistinctCount(std::uint32_t feature, std::span<const ListTerm> terms, WideValues &wide, std::pmr::memory_resource *memory)
        : feature_(feature), terms_(terms.begin(), terms.end(), memory), wide_(wide), events_(memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    std::uint32_t feature_;
    std::pmr::vector<ListTerm> terms_;
    WideValues &wide_;
    std::pmr::vector<Occurrence> events_;
};

// Their codes are sorted as values are; it is the smallest code of the most frequent ones.
class MostFrequent final : public Evaluator {
public:
    MostFrequent(std::uint32_t feature, std::span<const ListTerm> terms, WideValues &wide, std::pmr::memory_resource *memory)
        : feature_(feature), terms_(terms.begin(), terms.end(), memory), wide_(wide), events_(memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    std::uint32_t feature_;
    std::pmr::vector<ListTerm> terms_;
    WideValues &wide_;
    std::pmr::vector<Occurrence> events_;
};

}  // namespace segment::behaviour
