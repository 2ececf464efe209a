// One segment's stored members, for functions that read them: who is in it, by the last refresh.
#pragma once

#include "core/members/bit_set.hpp"
#include "pg/catalog.hpp"
#include "pg/numbering.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

struct StoredSegment {
    Population *population;
    Segment segment;
    const Column *key;
    // What is stored as a set, unless there are only rows to go by: then both are null.
    const MemberKeys *keys;
    const members::BitSet *members;
};

// The dictionary takes time to load: worth it for many look-ups, not for one.
enum class Load : uint8 { nothing, direct, everything };

// In the current context, with the active snapshot. Raises unless the user may read the population, and for a segment that is
// only stored as a set when there is none in this database. A row-level policy on the member table leaves the rows to go by.
StoredSegment *load_segment(const char *name, Load load);

// Whether the member table has the row, as the current user sees it.
bool has_member_row(const StoredSegment *stored, Datum key);

}  // namespace segment::pg
