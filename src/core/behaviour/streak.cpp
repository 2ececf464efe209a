#include "core/behaviour/streak.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

namespace segment::behaviour {

namespace {

constexpr std::int64_t microseconds_per_day = 86'400'000'000;
constexpr std::chrono::sys_days epoch = std::chrono::year{2000} / 1 / 1;

std::int64_t days_before(std::int64_t begin) {
    return begin / microseconds_per_day - (begin % microseconds_per_day < 0 ? 1 : 0);
}

// Months since the year 0, by the algorithm of H. Hinnant ("chrono-compatible low-level date algorithms"): std::chrono's years end
// before PostgreSQL's do.
std::int64_t month_number(std::int64_t days) {
    constexpr std::int64_t days_per_era = 146'097;
    const std::int64_t shifted = days + epoch.time_since_epoch().count() + 719'468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - days_per_era + 1) / days_per_era;
    const std::int64_t day = shifted - era * days_per_era;
    const std::int64_t year = (day - day / 1'460 + day / 36'524 - day / 146'096) / 365;
    const std::int64_t month = (5 * (day - (365 * year + year / 4 - year / 100)) + 2) / 153;  // 0 is March
    return 12 * (era * 400 + year) + month;
}

}  // namespace

std::int64_t period_number(Period period, std::int64_t begin) {
    if (period == Period::day)
        return begin;
    const std::int64_t days = days_before(begin);
    return period == Period::week ? (days >= 0 ? days : days - 6) / 7 : month_number(days);
}

std::optional<std::int64_t> Streak::value(const EventLists::Member &member) {
    gather(terms_, member, events_);
    for (Occurrence &event : events_)
        event.number = period_number(period_, event.number);
    std::ranges::sort(events_, std::greater(), &Occurrence::number);
    std::int64_t length = 0, last = 0;
    for (const Occurrence &event : events_) {
        if (length > 0 && event.number == last)
            continue;
        if (length == 0 ? event.number < current_ - 1 : event.number != last - 1)
            break;
        last = event.number;
        ++length;
    }
    return length;
}

}  // namespace segment::behaviour
