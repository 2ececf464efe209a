// Whether integer keys lie so densely that they can be their own ordinals.
#pragma once

#include <algorithm>

#include "core/members/ordinal.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

// A chunk is worth its memory on average if it has so many members; some chunks are free.
class KeyDensity {
public:
    // In the current context.
    KeyDensity() : met_(static_cast<uint64 *>(palloc0(sizeof(uint64) * (members::max_chunks / 64 + 1)))) {}

    // Whether the key can be its own ordinal, with those seen before. `members` is how many there are, as far as is known.
    bool admits(uint64 ordinal, double members) {
        constexpr uint64 free_chunks = 16, members_per_chunk = 4096;
        if (ordinal >= members::max_members) {
            return false;
        }
        const uint64 chunk = ordinal / members::chunk_size;
        if ((met_[chunk / 64] >> chunk % 64 & 1) != 0) {
            return true;
        }
        met_[chunk / 64] |= uint64{1} << chunk % 64;
        return ++chunks_ <= free_chunks + static_cast<uint64>(members) / members_per_chunk;
    }

private:
    uint64 *met_;  // a bit per chunk
    uint64 chunks_ = 0;
};

// The rows that the relation had when it was analyzed last, 0 if it never was.
inline double expected_rows(Oid relation) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) {
        return 0;
    }
    double rows = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->reltuples;
    ReleaseSysCache(tuple);
    return std::max(rows, 0.0);
}

}  // namespace segment::pg
