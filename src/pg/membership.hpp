// The stored members of a population: reading them into a run's ordinals, and writing what a run changed.
#pragma once

#include "core/members/bit_set.hpp"
#include "pg/run.hpp"

namespace segment::pg {

// Stored keys of one segment that are no members of the population any more.
struct DeletedKeys {
    int64 count, capacity;
    Datum *keys;
};

struct StoredMembers {
    members::BitSet **by_segment;  // in the compilation's order
    DeletedKeys *deleted;          // the same
};

// Reads the members of all segments of the run, with the active snapshot, into the current context.
StoredMembers *read_members(const Run *run);

// Mends the names that stand beside the members.
void write_names(const Run *run);

struct Written {
    int64 members, entered, exited;
};

// Writes the difference between what is stored and what the run found for the compilation's segment `index`: member rows,
// stays, changes. As the current user, inside begin_identity.
Written write_members(const Run *run, const StoredMembers *stored, size_t index, TimestampTz as_of, TimestampTz at);

}  // namespace segment::pg
