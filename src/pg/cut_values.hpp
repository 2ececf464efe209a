// The constants that the definitions of a plan compare with.
#pragma once

#include <string_view>

#include "core/match/plan.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

// A target list has at most MaxTupleAttributeNumber (1,664) columns.
inline constexpr uint32 columns_per_query = 1500;

// The values of all cuts, by feature.
struct CutValues {
    uint32 features;
    uint32 *first;  // of each feature's cuts, and one past the last
    Datum *values;
    bool *nulls;
    Oid *types;  // base types, by cut
};

// The values of constant SQL expressions, in the current context. Parsing, casting and time arithmetic are PostgreSQL's: a few
// SELECTs, with the active snapshot.
struct ConstantValues {
    Datum *values;
    bool *nulls;
    Oid *types;  // base types
};
ConstantValues evaluate_constants(const std::string_view *constants, uint32 count);

// Of measured features there are none.
CutValues evaluate_cuts(const match::Plan *plan);
// The same, but thresholds, which take a pass over the members, are only planned: their values are NULL.
CutValues check_cuts(const match::Plan *plan);

// Zeroed, and of any size.
template <typename T>
T *allocate(Size count) {
    return static_cast<T *>(palloc_extended(sizeof(T) * (count + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
}

}  // namespace segment::pg
