#include "pg/periods.hpp"

namespace segment::pg {

TimestampTz instant_of(Timestamp local, text *time_zone) {
    return DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone, PointerGetDatum(time_zone), TimestampGetDatum(local)));
}

namespace {

constexpr int32 max_periods = 100000;

struct Range {
    TimestampTz start, end;
};

Range range_of(const LocalRange &local, text *time_zone) {
    if (TIMESTAMP_NOT_FINITE(local.since) || TIMESTAMP_NOT_FINITE(local.until)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("since and until must be finite")));
    }
    Range range{instant_of(local.since, time_zone), instant_of(local.until, time_zone)};
    if (range.end <= range.start) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("until must be after since")));
    }
    return range;
}

// `since` and `step` grains.
TimestampTz edge(Timestamp since, const Interval *grain, int32 step, text *time_zone) {
    Interval days{};
    int64 duration;
    if (pg_mul_s32_overflow(grain->month, step, &days.month) || pg_mul_s32_overflow(grain->day, step, &days.day) ||
        pg_mul_s64_overflow(grain->time, step, &duration)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("interval out of range")));
    }
    Datum local = DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(since), IntervalPGetDatum(&days));
    TimestampTz instant = instant_of(DatumGetTimestamp(local), time_zone);
    TimestampTz result;
    if (pg_add_s64_overflow(instant, duration, &result) || !IS_VALID_TIMESTAMP(result)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
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
