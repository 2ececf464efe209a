// The conditions of a segment's definition as they stand for one member: what each says, what it looked at, when time changes it.
#pragma once

#include "core/definition/ast.hpp"
#include "pg/catalog.hpp"
#include "pg/clock_changes.hpp"
#include "pg/run.hpp"

namespace segment::pg {

constexpr int readings_per_line = 3;  // value, threshold, margin

// One condition of the definition; plain data.
struct Line {
    char *path, *condition;
    uint32 parent;
    definition::Kind kind;
    match::RootId root;
    char *readings[readings_per_line];  // SQL; null where there is none
    uint32 first_comparison, comparison_count;
    ClockCondition by_clock;  // its SQL is null where the clock changes nothing

    bool holds;
    bool changes;
    TimestampTz changes_at;
};

struct Explanation {
    MemoryContext context;
    const char *definition;
    const char *narrowed;  // to the member
    char *from_sql;
    bool conjunction;  // of the lines at the top
    match::RootId base_root;
    uint32 count, comparison_count;
    Line *lines;
    ClockComparison *comparisons;
};

// Adds a root for every condition of explanation->definition to the plan of the compilation, which is narrowed; `state` is the
// explanation. Roots speak of the base's members only; here the base is one condition more. For an Addition.
void add_lines(void *state, Compilation *compilation);

// Value, threshold and margin of a line as texts of a row: the columns from `column` on.
struct LineReadings {
    const Rows *rows;
    int column;
};
Rows *read_values(const Explanation *explanation);
LineReadings readings_of(const Rows *values, uint32 line);

// Lets the clock run and notes when each line changes first. Whether and when the definition does, is the result's.
bool let_time_pass(Explanation *explanation, TimestampTz as_of, TimestampTz *changes_at);

}  // namespace segment::pg
