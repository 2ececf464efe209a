#include "core/definition/value_time.hpp"

#include <array>

#include "core/definition/ascii.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

constexpr std::int64_t microseconds_per_day = 86'400'000'000;

constexpr std::int64_t longest_days = 4000LL * 366;

[[noreturn]] void out_of_range(std::uint32_t position) {
    throw Error(ErrorCode::numeric_out_of_range, "duration is out of range", position, {}, "Durations are at most 4000 years.");
}

std::int64_t magnitude(std::int64_t value) {
    return value < 0 ? -value : value;
}

// Its length in days, at most 2^36 by the bounds of each part.
std::int64_t longest_length(const Span &span) {
    return magnitude(span.months) * 31 + magnitude(span.days) + magnitude(span.microseconds) / microseconds_per_day;
}

// Reads exactly `count` digits, or gives −1.
int read_digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size())
        return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (!ascii::is_digit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool is_iso_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-')
        return false;
    const int year = read_digits(text, 0, 4), month = read_digits(text, 5, 2), day = read_digits(text, 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= lengths[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// `Z`, `+HH`, `+HHMM`, `+HH:MM`; PostgreSQL reads offsets below 16 hours.
bool is_iso_zone(std::string_view text) {
    if (text == "Z" || text == "z")
        return true;
    if (text.empty() || (text.front() != '+' && text.front() != '-'))
        return false;
    const int hours = read_digits(text, 1, 2);
    if (hours < 0 || hours > 15 || text.size() == 3)
        return hours >= 0 && hours <= 15;
    const std::size_t minutes_at = text[3] == ':' ? 4 : 3;
    const int minutes = read_digits(text, minutes_at, 2);
    return minutes >= 0 && minutes < 60 && text.size() == minutes_at + 2;
}

void append_term(std::string &text, std::int64_t count, std::string_view unit) {
    if (count == 0)
        return;
    if (!text.empty())
        text += ' ';
    text += std::to_string(count);
    text += ' ';
    text += unit;
    if (count != 1)
        text += 's';
}

}  // namespace

Span read_duration(const Duration &duration) {
    const std::optional<Span> span = span_of(duration);
    if (!span)
        out_of_range(duration.position);
    check_total({&*span, 1}, duration.position);
    return *span;
}

void check_total(std::span<const Span> steps, std::uint32_t position) {
    std::int64_t days = 0;
    for (const Span &step : steps)
        if ((days += longest_length(step)) > longest_days)
            out_of_range(position);
}

Span negated(const Span &span) {
    return {-span.months, -span.days, -span.microseconds};
}

std::string interval_text(const Span &span) {
    std::string text;
    append_term(text, span.months / 12, "year");
    append_term(text, span.months % 12, "month");
    append_term(text, span.days, "day");
    append_term(text, span.microseconds / 3'600'000'000, "hour");
    append_term(text, span.microseconds / 60'000'000 % 60, "minute");
    append_term(text, span.microseconds / 1'000'000 % 60, "second");
    append_term(text, span.microseconds / 1'000 % 1'000, "millisecond");
    append_term(text, span.microseconds % 1'000, "microsecond");
    return text.empty() ? "0 days" : text;
}

std::optional<IsoTime> read_iso_time(std::string_view text) {
    IsoTime time{text.substr(0, 10), {}, {}};
    if (!is_iso_date(time.date))
        return std::nullopt;
    text.remove_prefix(10);
    if (text.empty())
        return time;
    if (text.front() != 'T' && text.front() != 't' && text.front() != ' ')
        return std::nullopt;
    text.remove_prefix(1);
    const std::size_t zone_at = text.find_first_of("Zz+-");
    time.clock = text.substr(0, zone_at);
    if (zone_at != std::string_view::npos) {
        time.zone = text.substr(zone_at);
        if (!is_iso_zone(time.zone))
            return std::nullopt;
    }
    return is_iso_clock(time.clock) ? std::optional(time) : std::nullopt;
}

bool is_iso_clock(std::string_view text) {
    if (text.size() < 5 || text[2] != ':' || read_digits(text, 0, 2) < 0 || read_digits(text, 0, 2) > 23 || read_digits(text, 3, 2) < 0 ||
        read_digits(text, 3, 2) > 59) {
        return false;
    }
    if (text.size() == 5)
        return true;
    if (text[5] != ':' || read_digits(text, 6, 2) < 0 || read_digits(text, 6, 2) > 59)
        return false;
    if (text.size() == 8)
        return true;
    const std::size_t decimals = text.size() - 9;
    return text[8] == '.' && decimals >= 1 && decimals <= 6 && read_digits(text, 9, decimals) >= 0;
}

}  // namespace segment::definition
