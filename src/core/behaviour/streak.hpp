// How many periods in a row have an event.
#pragma once

#include "core/behaviour/evaluator.hpp"

namespace segment::behaviour {

enum class Period : std::uint8_t { day, week, month };

// The number of a period: those that follow one another have numbers that do. Days are told as days; weeks and months by the local time
// at which they begin, in microseconds since 2000-01-01.
std::int64_t period_number(Period period, std::int64_t begin);

// Numbers of these lists are periods, as period_number takes them.
class Streak final : public Evaluator {
public:
    // `current` is the period of as_of. A streak ends in it or in the one before.
    Streak(Period period, std::int64_t current, std::span<const ListTerm> terms, std::pmr::memory_resource *memory)
        : period_(period), current_(period_number(period, current)), terms_(terms.begin(), terms.end(), memory), events_(memory) {}

    std::optional<std::int64_t> value(const EventLists::Member &member) override;

private:
    Period period_;
    std::int64_t current_;
    std::pmr::vector<ListTerm> terms_;
    std::pmr::vector<Occurrence> events_;
};

}  // namespace segment::behaviour
