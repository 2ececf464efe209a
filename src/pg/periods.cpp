#include "pg/periods.hpp"

extern "C" {
#include "utils/datetime.h"
}

namespace segment::pg {

TimestampTz instant_of(Timestamp local, text *time_zone) {
    return DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone, PointerGetDatum(time_zone), TimestampGetDatum(local)));
}

namespace {

constexpr int32 max_periods = 100000;

struct Range {
    TimestampTz start, end;
};

// A year before the end of what a timestamp can be, so that a month and a zone's offset lead to one.
constexpr int last_year = 294275;

bool is_in_reach(Timestamp local) {
    const auto new_year = [](int year) { return (date2j(year, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY; };
    return local >= new_year(-4712) && local < new_year(last_year + 1);
}

Range range_of(const LocalRange &local, text *time_zone) {
    if (TIMESTAMP_NOT_FINITE(local.since) || TIMESTAMP_NOT_FINITE(local.until)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("since and until must be finite")));
    }
    if (!is_in_reach(local.since) || !is_in_reach(local.until)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
                        errmsg("since and until must be between the years 4713 BC and %d", last_year)));
    }
    Range range{instant_of(local.since, time_zone), instant_of(local.until, time_zone)};
    if (range.end <= range.start) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("until must be after since")));
    }
    return range;
}

// `since` and the months and days; infinity where that is after what `until` can be.
Timestamp step_from(Timestamp since, int64 months, int64 days) {
    pg_tm date{};
    fsec_t fraction;
    if (timestamp2tm(since, nullptr, &date, &fraction, nullptr, nullptr) != 0) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
    }
    const int64 month = int64{date.tm_year} * MONTHS_PER_YEAR + date.tm_mon - 1 + months;
    const int64 year = (month >= 0 ? month : month - MONTHS_PER_YEAR + 1) / MONTHS_PER_YEAR;
    const int64 end = date2j(last_year + 1, 1, 1);
    if (year > last_year || days > end ||
        date2j(static_cast<int>(year), static_cast<int>(month - year * MONTHS_PER_YEAR) + 1, 1) + days > end) {
        return DT_NOEND;
    }
    Interval step{};
    step.month = static_cast<int32>(months);
    step.day = static_cast<int32>(days);
    return DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(since), IntervalPGetDatum(&step)));
}

// `since` and `step` grains; infinity as above.
TimestampTz edge(Timestamp since, const Interval *grain, int32 step, text *time_zone) {
    const Timestamp local = step_from(since, int64{grain->month} * step, int64{grain->day} * step);
    int64 duration;
    TimestampTz result;
    if (TIMESTAMP_IS_NOEND(local) || pg_mul_s64_overflow(grain->time, step, &duration) ||
        pg_add_s64_overflow(instant_of(local, time_zone), duration, &result) || !IS_VALID_TIMESTAMP(result)) {
        return DT_NOEND;
    }
    return result;
}

}  // namespace

LocalRange range_arguments(FunctionCallInfo fcinfo, int first) {
    for (int i = first; i < first + 2; i++) {
        if (PG_ARGISNULL(i)) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", i == first ? "since" : "until")));
        }
    }
    return {PG_GETARG_TIMESTAMP(first), PG_GETARG_TIMESTAMP(first + 1)};
}

const Interval *grain_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("grain must not be null")));
    }
    return PG_GETARG_INTERVAL_P(index);
}

PeriodEdges period_edges(const LocalRange &local, const Interval *grain, text *time_zone) {
    const Range range = range_of(local, time_zone);
    if (grain->month < 0 || grain->day < 0 || grain->time < 0 || (grain->month == 0 && grain->day == 0 && grain->time == 0)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("grain must be a positive interval")));
    }
    int32 room = 32;
    PeriodEdges periods{static_cast<TimestampTz *>(palloc(sizeof(TimestampTz) * static_cast<Size>(room))), 0, false};
    for (int32 step = 0;; step++) {
        CHECK_FOR_INTERRUPTS();
        TimestampTz at = edge(local.since, grain, step, time_zone);
        periods.ends_early = at > range.end;
        at = at < range.end ? at : range.end;
        if (periods.count == room) {
            room *= 2;
            periods.edges = static_cast<TimestampTz *>(repalloc(periods.edges, sizeof(TimestampTz) * static_cast<Size>(room)));
        }
        // A day that the calendar of the zone skips is no period.
        if (periods.count == 0 || at > periods.edges[periods.count - 1]) {
            periods.edges[periods.count++] = at;
        }
        if (at == range.end) {
            break;
        }
        if (periods.count > max_periods) {
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("a report has at most %d periods", max_periods),
                            errhint("Use a larger grain.")));
        }
    }
    return periods;
}

PeriodEdges single_period(const LocalRange &local, text *time_zone) {
    const Range range = range_of(local, time_zone);
    PeriodEdges periods{static_cast<TimestampTz *>(palloc(2 * sizeof(TimestampTz))), 2, false};
    periods.edges[0] = range.start;
    periods.edges[1] = range.end;
    return periods;
}

PeriodEdges cut_at(const PeriodEdges &periods, TimestampTz now) {
    PeriodEdges cut = periods;
    while (cut.count > 1 && cut.edges[cut.count - 2] >= now) {
        cut.count--;
        cut.ends_early = false;
    }
    if (cut.count > 1 && cut.edges[cut.count - 1] > now) {
        cut.edges[cut.count - 1] = now;
        cut.ends_early = true;
    }
    return cut;
}

}  // namespace segment::pg
