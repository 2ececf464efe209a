// The periods of a report.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// The edges of the periods of a report from `since` to `until`, which are local times in `time_zone`: days, months and years of the grain
// are steps on the local calendar, hours and smaller units exact durations. Each edge is counted from `since`, so that months which
// begin on the 31st do not drift; the last period ends with `until`. Palloc'd; the number of periods is one less than `count`.
struct PeriodEdges {
    TimestampTz *edges;
    int32 count;
    bool ends_early;  // the last period would be longer if it were not for `until`
};

TimestampTz instant_of(Timestamp local, text *time_zone);

// Local times.
struct LocalRange {
    Timestamp since, until;
};

// Of a function that is not strict: since and until, which follow each other; a grain.
LocalRange range_arguments(FunctionCallInfo fcinfo, int first);
const Interval *grain_argument(FunctionCallInfo fcinfo, int index);

// Raises an error if a time is infinite, the grain is not positive, `until` is not after `since`, or there would be too many periods.
PeriodEdges period_edges(const LocalRange &range, const Interval *grain, text *time_zone);
// One period from `since` to `until`.
PeriodEdges single_period(const LocalRange &range, text *time_zone);

// Without what has not happened by `now`: periods that have not begun, and the rest of one that has not ended.
PeriodEdges cut_at(const PeriodEdges &periods, TimestampTz now);

}  // namespace segment::pg
