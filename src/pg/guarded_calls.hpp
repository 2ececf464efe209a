// The backend functions that C++ may call while objects with destructors are alive. A function is added after a review: what
// it does must be undone by memory contexts, resource owners or a (sub)transaction's abort, and it must not call back into
// C++ other than through boundary::core.
#pragma once

#include <type_traits>

#include "pg/pg.hpp"

namespace segment::pg {

// event_arithmetic.cpp: what the arithmetic of events leaves to PostgreSQL's types.
struct EventCalculation;
struct WideComparison;
struct WideRelation;
void calculate_aggregate(EventCalculation *calculation);
void identify_values(EventCalculation *calculation);
void compare_wide_values(WideComparison *comparison);
void relate_aggregates(WideRelation *relation);

}  // namespace segment::pg

namespace segment::boundary {

namespace detail {

template <auto function>
struct Call {};

template <auto... functions>
struct CallList {
    template <auto function>
    static constexpr bool contains = (std::is_same_v<Call<function>, Call<functions>> || ...);
};

}  // namespace detail

using GuardedCalls =
    detail::CallList<&AllocSetContextCreateInternal, &BufFileCreateTemp, &BufFileSeek, &FunctionCall2Coll, &OidInputFunctionCall,
                     &ProcessInterrupts, &pg::calculate_aggregate, &pg::compare_wide_values, &pg::identify_values, &pg::relate_aggregates,
                     &pg_detoast_datum, &pg_verify_mbstr, &read_file, &write_file>;

}  // namespace segment::boundary
