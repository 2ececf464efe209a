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
constexpr int64 turns_looked_at = 1000;
constexpr int64 instants_per_round = 64;
constexpr uint32 narrowed_changes = 20;  // that lie elsewhere than at a turn
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

// Beyond the years that the language computes with nothing holds any more.
TimestampTz end_of_search(TimestampTz as_of) {
    TimestampTz end = (date2j(10000, 1, 1) - POSTGRES_EPOCH_JDATE - 1) * USECS_PER_DAY;
    return std::max(as_of, std::min(as_of + horizon, end));
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
    auto *held = static_cast<bool *>(palloc(2 * size)), *holds = held + count;
    std::fill_n(before, count, as_of);
    std::fill_n(after, count, end_of_search(as_of));
    evaluate(from_sql, comparisons, count, before, held);
    evaluate(from_sql, comparisons, count, after, holds);
    bool wide = false;
    for (int i = 0; i < count; i++) {
        comparisons[i].changes = holds[i] != held[i];
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
                (holds[i] == held[i] ? before : after)[i] = middle[i];
                wide = wide || after[i] - before[i] > 1;
            }
        }
    }
    for (int i = 0; i < count; i++) {
        comparisons[i].changes_at = after[i];
    }
}

namespace {

// What the condition says at instants in ascending order.
void evaluate(const char *from_sql, const ClockCondition *condition, const TimestampTz *instants, int count, bool *holds) {
    CHECK_FOR_INTERRUPTS();
    auto *values = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<Size>(count)));
    std::transform(instants, instants + count, values, [](TimestampTz instant) { return TimestampTzGetDatum(instant); });
    ArrayType *array = construct_array(values, count, TIMESTAMPTZOID, sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
    Rows rows = caller_execute(psprintf("SELECT (%s) IS TRUE FROM unnest($1) AS clock(at), %s ORDER BY clock.at", condition->sql, from_sql),
                               {{TIMESTAMPTZARRAYOID, PointerGetDatum(array)}}, {.read_only = true});
    for (int i = 0; i < count; i++) {
        holds[i] = static_cast<uint64>(i) < rows.count && DatumGetBool(value_of(rows, static_cast<uint64>(i), 0));
    }
}

// The first change after `before`, where the condition says `held`; at `after` it says the opposite. If it changes more than once in
// between, one of the changes.
TimestampTz narrow(const char *from_sql, const ClockCondition *condition, TimestampTz before, TimestampTz after, bool held) {
    TimestampTz instants[instants_per_round];
    bool holds[instants_per_round];
    while (after - before > 1) {
        int64 step = std::max<int64>((after - before) / (instants_per_round + 1), 1);
        int count = 0;
        for (TimestampTz instant = before + step; instant < after && count < instants_per_round; instant += step) {
            instants[count++] = instant;
        }
        evaluate(from_sql, condition, instants, count, holds);
        int first = static_cast<int>(std::find(holds, holds + count, !held) - holds);
        before = first > 0 ? instants[first - 1] : before;
        after = first < count ? instants[first] : after;
    }
    return after;
}

void find_changes_in(MemoryContext result, const char *from_sql, ClockCondition *condition, const TimestampTz *hints, uint32 hint_count,
                     TimestampTz as_of) {
    TimestampTz end = end_of_search(as_of);
    Rows turns{};
    if (condition->turns != nullptr) {
        turns =
            caller_execute(psprintf("SELECT DISTINCT turn FROM (SELECT ARRAY(%s) AS turns FROM %s) AS found, unnest(found.turns) AS turn "
                                    "WHERE turn > $1 AND turn <= $2 ORDER BY turn LIMIT $3",
                                    condition->turns, from_sql),
                           {timestamptz_argument(as_of), timestamptz_argument(end), int8_argument(turns_looked_at)}, {.read_only = true});
    }
    // Each with the microsecond before it, so that what changes at a turn is found there.
    auto *instants = static_cast<TimestampTz *>(palloc(sizeof(TimestampTz) * (2 * (turns.count + hint_count) + 2)));
    int count = 0;
    const auto add = [&](TimestampTz instant) {
        if (instant > as_of && instant <= end) {
            instants[count++] = instant - 1;
            instants[count++] = instant;
        }
    };
    instants[count++] = as_of;
    for (uint64 row = 0; row < turns.count; row++) {
        add(DatumGetTimestampTz(value_of(turns, row, 0)));
    }
    std::for_each(hints, hints + hint_count, add);
    instants[count++] = end;
    std::sort(instants, instants + count);
    count = static_cast<int>(std::unique(instants, instants + count) - instants);
    auto *holds = static_cast<bool *>(palloc(static_cast<Size>(count)));
    evaluate(from_sql, condition, instants, count, holds);

    condition->changes = static_cast<TimestampTz *>(MemoryContextAlloc(result, sizeof(TimestampTz) * static_cast<Size>(count)));
    condition->count = 0;
    uint32 narrowed = 0;
    for (int i = 1; i < count; i++) {
        if (holds[i] == holds[i - 1]) {
            continue;
        }
        TimestampTz instant = instants[i];
        if (instant - instants[i - 1] > 1) {
            if (narrowed++ == narrowed_changes) {
                return;
            }
            instant = narrow(from_sql, condition, instants[i - 1], instant, holds[i - 1]);
        }
        condition->changes[condition->count++] = instant;
    }
}

}  // namespace

void find_changes(const char *from_sql, ClockCondition *condition, const TimestampTz *hints, uint32 hint_count, TimestampTz as_of) {
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment explain changes", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    find_changes_in(caller, from_sql, condition, hints, hint_count, as_of);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(work);
}

}  // namespace segment::pg
