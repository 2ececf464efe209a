// What a refresh writes to a score's tables: only rows that differ from what is stored.
#pragma once

#include "pg/score.hpp"
#include "pg/score_past.hpp"

namespace segment::pg {

struct ScoreTables {
    const char *now, *history;
    const char *values;  // null: nothing is carried forward
    Oid key_type;
    const char *key_type_sql;
    TimestampTz as_of;
    BulkTables bulk;
};

// Compares the scores in the grid, of one pass, with what is stored, and writes what has changed. Rows of those who are no members any
// more go with the first pass.
void write_scores(const ScoreScan *scan, const ScoreTables &tables, const PastScores &past);

}  // namespace segment::pg
