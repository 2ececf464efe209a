// One of the events' values: the least, the greatest, that of the first or the last event.
#pragma once

#include "core/behaviour/evaluator.hpp"

namespace segment::behaviour {

enum class Choice : std::uint8_t { least, greatest, first, last };

// Codes of these lists are sorted as values are; 0 is a missing one. Of events of one time the number, if there is one, tells which is
// later; of those that nothing else orders, the one with the smallest value counts.
class Pick final : public Evaluator {
public:
    // The first and the last event are picked from one list only.
    Pick(Choice choice, std::span<const ListTerm> terms, std::pmr::memory_resource *memory)
        : choice_(choice), terms_(terms.begin(), terms.end(), memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    Choice choice_;
    std::pmr::vector<ListTerm> terms_;
};

}  // namespace segment::behaviour
