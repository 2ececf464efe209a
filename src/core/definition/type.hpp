// What the checker and the SQL writer ask about types.
#pragma once

#include <string>
#include <string_view>

#include "core/definition/vocabulary.hpp"

namespace segment::definition {

// The types of values that do not come from a trait.
inline constexpr Type boolean_type{.type_class = TypeClass::boolean, .sql_name = "boolean"};
inline constexpr Type bigint_type{.type_class = TypeClass::integer, .sql_name = "bigint"};
inline constexpr Type numeric_type{.type_class = TypeClass::numeric, .sql_name = "numeric"};
inline constexpr Type double_type{.type_class = TypeClass::floating, .sql_name = "double precision"};
inline constexpr Type text_type{.type_class = TypeClass::text, .sql_name = "text"};
inline constexpr Type date_type{.type_class = TypeClass::date, .sql_name = "date"};
inline constexpr Type timestamp_type{.type_class = TypeClass::timestamp, .sql_name = "timestamp"};
inline constexpr Type timestamptz_type{.type_class = TypeClass::timestamptz, .sql_name = "timestamptz"};
inline constexpr Type interval_type{.type_class = TypeClass::interval, .sql_name = "interval"};
inline constexpr Type uuid_type{.type_class = TypeClass::uuid, .sql_name = "uuid"};
inline constexpr Type jsonb_type{.type_class = TypeClass::jsonb, .sql_name = "jsonb"};

bool is_number(const Type &type);

// A date, or an instant with or without zone: what windows and calendar arithmetic apply to.
bool is_moment(const Type &type);

bool is_blank_padded(const Type &type);

// float4: a decimal literal must be rounded to it before the comparison.
bool is_single_precision(const Type &type);

// The bytes of an integer type: 2, 4 or 8.
int integer_width(const Type &type);

// Whether the type's operators are found without naming their schema.
inline bool has_plain_operators(const Type &type) {
    return type.operator_schema.empty();
}

// How error messages speak of a type: `a number`, `text`, `a date`, `an array`, or its SQL name.
std::string describe(const Type &type);

}  // namespace segment::definition
