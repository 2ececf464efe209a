// Durations and ISO 8601 literals.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/definition/duration.hpp"

namespace segment::definition {

// The duration in months, days and microseconds. Throws for what is longer than 4,000 years, so that times between the years
// 1 and 9999 stay representable when moved by it.
Span read_duration(const Duration &duration);

// The terms added up; throws at the position if that is longer than 4,000 years.
void check_total(std::span<const Span> steps, std::uint32_t position);

Span negated(const Span &span);

inline bool has_clock_part(const Span &span) {
    return span.microseconds != 0;
}
inline bool has_calendar_part(const Span &span) {
    return span.months != 0 || span.days != 0;
}

// As an SQL interval's text: `1 year 6 months`, `30 days`, `1 hour 30 minutes`. Not for negative ones.
std::string interval_text(const Span &span);

struct IsoTime {
    std::string_view date;   // 2025-01-31
    std::string_view clock;  // 09:30, 09:30:15.25, or empty
    std::string_view zone;   // Z, +01, -05:30, or empty
};

// `YYYY-MM-DD`, with `T` or a blank a time of day, with that a zone. Nothing if it is not of that form or no such day exists.
std::optional<IsoTime> read_iso_time(std::string_view text);

// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.ffffff`.
bool is_iso_clock(std::string_view text);

}  // namespace segment::definition
