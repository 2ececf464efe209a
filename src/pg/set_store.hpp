// The stored sets of a population's segments: reading a chunk, and writing what a run changed.
//
// A set is one row of segment.catalog_set, with the number of members and a hash of each chunk, and the chunks themselves in
// pieces (segment.catalog_set_piece). That a chunk is as it was shows by number and hash; nothing else is read. A small change
// goes to the row's delta and leaves the pieces alone.
#pragma once

#include "core/members/ordinal.hpp"
#include "pg/numbering.hpp"

namespace segment::pg {

struct SetStore;

// What is known of a chunk without reading it.
struct ChunkSummary {
    uint32 members;
    uint64 hash;
};

// Opens the sets of `segments`, in this order, in the current context, as they are in the eyes of a new snapshot. A set that
// is of another epoch, segment or count of members than the catalog says takes no part: `is_stored` is false.
enum class SetAccess : bool {
    read,   // with the active snapshot
    write,  // with a new one: the population's lock is held
};
SetStore *open_sets(const Segment *const *segments, size_t count, int32 epoch, SetAccess access);
// Writes what has changed and closes the store.
void close_sets(SetStore *store);

bool is_stored(const SetStore *store, size_t index);
int64 stored_members(const SetStore *store, size_t index);

// Chunks of all sets are below it.
uint32 chunk_end(const SetStore *store);

// As they were when the store was opened; a chunk without members has the summary {0, 0}.
ChunkSummary summary_of(const SetStore *store, size_t index, uint32 chunk);
void read_chunk(SetStore *store, size_t index, uint32 chunk, uint64 *words);

// Once for each chunk that differs from what is stored. `before` is what read_chunk gives.
void write_chunk(SetStore *store, size_t index, uint32 chunk, const uint64 *before, const uint64 *words, ChunkSummary summary);

// Begins a set anew, without members.
void create_set(SetStore *store, size_t index);

// Member rows have been written outside of a refresh: the next one makes the sets of these segments again from their rows.
void forget_sets(spi::Argument segment_ids);

}  // namespace segment::pg
