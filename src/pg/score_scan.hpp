// The values of a score's metrics for all members, read into a grid, in as many passes as the memory asks for.
#pragma once

#include "core/members/bit_set.hpp"
#include "core/score/grid.hpp"
#include "pg/numbering.hpp"
#include "pg/score.hpp"
#include "pg/score_query.hpp"

namespace segment::pg {

struct ScoreScan {
    MemoryContext context;  // owns what follows
    ContextResource *resource;
    const Population *population;
    const Binding *binding;
    const ScoreRecord *score;
    RunNumbering *members;
    const ScoreQuery *query;
    EventNumbers *numbers;  // null if the query reads no events
    IgnoredRows *ignored;
    uint64 event_memory;
    score::Grid *grid;
    members::BitSet *everybody;  // whom the first pass has met
    uint64 rows;                 // that it has read: members
    uint32 pass;
    struct ScoreScanState *state;
};

// A member's row in the grid has `width` numbers, at least one for each metric, and then those of the query's further columns; the grid
// takes no more than `memory` bytes, or the room of one chunk, and what comes from events no more than `event_memory`. In the current
// context.
ScoreScan *begin_score_scan(const Population *population, const Binding *binding, const ScoreRecord *score, const ScoreQuery *query,
                            EventNumbers *numbers, RunNumbering *members, uint32 width, uint64 memory, uint64 event_memory,
                            IgnoredRows *ignored);

// Reads the chunks that no earlier pass has read, as many as there is room for. Returns whether another pass has to follow. As the
// current user, with the active snapshot, inside begin_identity. Raises when a key is NULL or occurs twice, with three of them.
bool run_score_pass(ScoreScan *scan);

// The next pass is the first one again.
void restart_score_scan(ScoreScan *scan);

// What the scan reads beside the population: rows of a query whose first column is a member's key, given to `take` with their ordinals, or
// no_ordinal for those whom nobody knows. Of the other columns `read` takes what is needed from the slot, as `take` comes later.
struct KeyedRows {
    void (*read)(void *state, uint32 row, TupleTableSlot *slot);
    void (*take)(void *state, uint32 row, members::Ordinal member, Datum key);
    void *state;
};
void read_keyed_rows(const ScoreScan *scan, const char *sql, const KeyedRows &rows);

}  // namespace segment::pg
