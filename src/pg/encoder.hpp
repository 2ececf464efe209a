// Reduces the values of one feature to codes (core/match/plan.hpp says which), by PostgreSQL's own comparison.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// The constants that a feature's values are compared with: sorted, distinct, none of them NULL.
struct Cuts {
    Oid type, collation;
    uint32 count;
    Datum *values;
};

// Sorts the constants of one feature by its type's default btree order. `ranks[i]` becomes the position of the i-th
// constant among the distinct ones, match::missing_rank where it is NULL. Everything is allocated in the current context.
Cuts rank_cuts(Oid type, Oid collation, const Datum *values, const bool *nulls, uint32 count, uint32 *ranks);

// More of it lies behind what is seen here.
struct Encoder {
    uint32 (*encode)(Encoder *, Datum);
    uint32 cut_count;  // distinct cuts that it knows
};

// Lives in the current memory context, with its cache of values seen (bounded). Raises when the type has no btree order.
Encoder *make_encoder(const Cuts &cuts);

// The code of a value that is neither NULL nor toasted. The cost is a comparison of integers where the type is one inside, a look-up
// of the value's bytes where they were seen before, else a binary search by the type's comparison function.
inline uint32 encode(Encoder *encoder, Datum value) {
    return encoder->encode(encoder, value);
}

}  // namespace segment::pg
