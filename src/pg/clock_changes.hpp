// When time alone changes what comparisons say about one member.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// A comparison over a FROM clause of one row, in which the parameter of its number in the list (from 1) stands for as_of.
struct ClockComparison {
    const char *sql;
    bool holds;              // at as_of
    bool changes;            // after it, within a century
    TimestampTz changes_at;  // the first instant, to the microsecond, at which it is the other way round
};

// Fills in what the comparisons' SQL leads to. As the current user, with the active snapshot.
void find_changes(const char *from_sql, ClockComparison *comparisons, int count, TimestampTz as_of);

}  // namespace segment::pg
