// Events after a pause.
#pragma once

#include "core/behaviour/evaluator.hpp"

namespace segment::behaviour {

// 1 if there is an event after `recent` whose predecessor is not later than its number, else 0.
class Resumed final : public Evaluator {
public:
    Resumed(Time recent, std::span<const ListTerm> terms, std::pmr::memory_resource *memory)
        : recent_(recent), terms_(terms.begin(), terms.end(), memory), events_(memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    Time recent_;
    std::pmr::vector<ListTerm> terms_;
    std::pmr::vector<Occurrence> events_;
};

}  // namespace segment::behaviour
