#include "pg/clock_changes.hpp"

#include <algorithm>

#include "pg/catalog.hpp"

extern "C" {
#include "utils/datetime.h"
}

namespace segment::pg {

namespace {

// Below the number of columns that a target list can have.
constexpr int comparisons_per_query = 1000;
constexpr int64 horizon_years = 100;
constexpr int64 horizon = horizon_years * 36525 * USECS_PER_DAY / 100;

// What the comparisons say at an instant each; one that looks at a missing value is false.
void evaluate(const char *from_sql, const ClockComparison *comparisons, int count, const TimestampTz *instants, bool *holds) {
    auto *arguments = static_cast<spi::Argument *>(palloc(sizeof(spi::Argument) * static_cast<Size>(count)));
    for (int i = 0; i < count; i++) {
        arguments[i] = timestamptz_argument(instants[i]);
    }
    for (int first = 0; first < count; first += comparisons_per_query) {
        CHECK_FOR_INTERRUPTS();
        int some = std::min(comparisons_per_query, count - first);
        StringInfoData sql;
        initStringInfo(&sql);
        for (int i = first; i < first + some; i++) {
            appendStringInfo(&sql, "%s%s", i == first ? "SELECT " : ", ", comparisons[i].sql);
        }
        appendStringInfo(&sql, " FROM %s", from_sql);
        Rows rows = caller_execute(sql.data, std::span<const spi::Argument>(arguments, static_cast<size_t>(count)), {.read_only = true});
        for (int i = 0; i < some; i++) {
            holds[first + i] = rows.count > 0 && !is_null(rows, 0, i) && DatumGetBool(value_of(rows, 0, i));
        }
    }
    pfree(arguments);
}

}  // namespace

// By halving: a comparison changes once, as the edges of windows move on with the clock.
void find_changes(const char *from_sql, ClockComparison *comparisons, int count, TimestampTz as_of) {
    if (count == 0) {
        return;
    }
    auto size = static_cast<Size>(count);
    auto *before = static_cast<TimestampTz *>(palloc(sizeof(TimestampTz) * size));
    auto *after = static_cast<TimestampTz *>(palloc(sizeof(TimestampTz) * size));
    auto *middle = static_cast<TimestampTz *>(palloc(sizeof(TimestampTz) * size));
    auto *holds = static_cast<bool *>(palloc(size));
    std::fill_n(before, count, as_of);
    // Beyond the years that the language computes with nothing holds any more.
    TimestampTz end = (date2j(10000, 1, 1) - POSTGRES_EPOCH_JDATE - 1) * USECS_PER_DAY;
    std::fill_n(after, count, std::max(as_of, std::min(as_of + horizon, end)));
    evaluate(from_sql, comparisons, count, before, holds);
    for (int i = 0; i < count; i++) {
        comparisons[i].holds = holds[i];
    }
    evaluate(from_sql, comparisons, count, after, holds);
    bool wide = false;
    for (int i = 0; i < count; i++) {
        comparisons[i].changes = holds[i] != comparisons[i].holds;
        wide = wide || comparisons[i].changes;
    }
    MemoryContext round = AllocSetContextCreate(CurrentMemoryContext, "segment explain round", ALLOCSET_SMALL_SIZES);
    while (wide) {
        for (int i = 0; i < count; i++) {
            middle[i] = comparisons[i].changes ? before[i] + (after[i] - before[i]) / 2 : as_of;
        }
        MemoryContext caller = MemoryContextSwitchTo(round);
        evaluate(from_sql, comparisons, count, middle, holds);
        MemoryContextSwitchTo(caller);
        MemoryContextReset(round);
        wide = false;
        for (int i = 0; i < count; i++) {
            if (comparisons[i].changes) {
                (holds[i] == comparisons[i].holds ? before : after)[i] = middle[i];
                wide = wide || after[i] - before[i] > 1;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        comparisons[i].changes_at = after[i];
    }
}

}  // namespace segment::pg
