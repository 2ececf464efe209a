// What segment.matches keeps from call to call: a definition as a prepared query for one key.
//
// A definition depends on the catalog, on the user's relations and on what their types, operators and roles are called. The server's
// invalidation messages tell when one of these changes: those of relations do of themselves, and the catalog's tables have a trigger
// (segment.definitions_changed) that sends one. They come at the end of a command in the own session, at a commit from others, and
// again when a change is rolled back.
#pragma once

#include "pg/catalog.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

struct PreparedMatch {
    MemoryContext context;  // owns all of it
    const char *name;       // as the caller wrote it
    Population population;
    Column key;
    Oid caller, role;                // who asked, and as whom it is evaluated
    LocalTransactionId transaction;  // that alone may use it: its snapshot is older than what others see; 0 for all
    SPIPlanPtr plan;                 // $1 the key, $2 the instant; a boolean for each row of the key
    int32 relation_count;
    Oid *relations;
    bool stale;
    int32 uses;  // calls that run it now
};

// The segment's, made if there is none that still holds; it stays valid until the current memory context is reset. Raises unless
// the user may read the population.
PreparedMatch *prepared_match(const char *name);

}  // namespace segment::pg
