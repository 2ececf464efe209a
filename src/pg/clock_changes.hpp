// When time alone changes what conditions say about one member.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// A comparison over a FROM clause of one row, in which the parameter of its number in the list (from 1) stands for as_of.
struct ClockComparison {
    const char *sql;
    bool changes;            // after as_of, within a century
    TimestampTz changes_at;  // the first instant, to the microsecond, at which it is the other way round
};

// Fills in what the comparisons' SQL leads to. As the current user, with the active snapshot.
void find_changes(const char *from_sql, ClockComparison *comparisons, int count, TimestampTz as_of);

// A condition over such a FROM clause beside `clock`, whose column at stands for as_of.
struct ClockCondition {
    const char *sql;
    const char *turns;     // a query of instants over the FROM clause between which the condition does not change; or null
    uint32 count;          // of the changes within a century
    TimestampTz *changes;  // to the microsecond, ascending: at each the condition is the other way round
};

// Fills in the changes; `hints` are instants that count like turns. Of more than a thousand turns, those after the first thousand are
// not looked at one by one: what comes then is a change, but there may be others before it. As above.
void find_changes(const char *from_sql, ClockCondition *condition, const TimestampTz *hints, uint32 hint_count, TimestampTz as_of);

}  // namespace segment::pg
