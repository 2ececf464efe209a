// Lengths of time as the language counts them: months, days and instants are three different things.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/definition/ast.hpp"
#include "core/definition/keywords.hpp"

namespace segment::definition {

// A duration in the three units that cannot be converted into one another, as in PostgreSQL's interval.
struct Span {
    std::int64_t months = 0, days = 0, microseconds = 0;
};

// Nothing when the duration does not fit into PostgreSQL's interval or is finer than a microsecond.
std::optional<Span> span_of(const Duration &duration);

// Whether `a` is at least as long as `b` wherever the two can be compared unit by unit: true or false, or nothing when it
// depends on the calendar (1 month and 30 days).
std::optional<bool> at_least_as_long(const Span &a, const Span &b);

// The unit that `day` or `days` names.
std::optional<Unit> unit_of(Word word);

// `day` for 1, `days` for other amounts.
std::string_view unit_name(Unit unit, bool plural);

// A unit of which only whole numbers make sense: days and longer have no fixed length.
constexpr bool is_calendar_unit(Unit unit) {
    return unit >= Unit::day;
}

}  // namespace segment::definition
