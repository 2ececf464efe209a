// Which types passes over events can compute with.
#pragma once

#include "core/definition/bound.hpp"
#include "core/definition/type.hpp"

namespace segment::match {

using definition::BoundValue;
using definition::EventSource;
using definition::Trait;
using definition::Type;
using definition::TypeClass;
using definition::ValueKind;

// Types of exact numbers. Sums of floating point numbers depend on the order in which they are added up, which is PostgreSQL's.
inline bool is_exact(const Type &type) {
    return type.type_class == TypeClass::integer || type.type_class == TypeClass::numeric;
}

// Types whose values are equal if, and only if, their bytes are, or that the glue brings into such a form.
inline bool has_identity(const Type &type) {
    switch (type.type_class) {
        case TypeClass::boolean:
        case TypeClass::integer:
        case TypeClass::numeric:
        case TypeClass::date:
        case TypeClass::timestamp:
        case TypeClass::timestamptz:
        case TypeClass::time:
        case TypeClass::enumeration:
        case TypeClass::uuid:
            return true;
        case TypeClass::text:
            return type.deterministic && !type.case_insensitive && !is_blank_padded(type) && has_plain_operators(type) &&
                   type.sql_name != "name";
        default:
            return false;
    }
}

// Types that are integers inside, in their order.
inline bool is_integer_inside(const Type &type) {
    switch (type.type_class) {
        case TypeClass::integer:
        case TypeClass::date:
        case TypeClass::timestamp:
        case TypeClass::timestamptz:
            return true;
        default:
            return false;
    }
}

inline const Trait *tie_break(const EventSource &source) {
    return source.tie_break < 0 ? nullptr : &source.columns[static_cast<std::size_t>(source.tie_break)];
}

// Moments that SQL computes with in the same way wherever they stand.
inline bool is_plain_moment(const BoundValue &at) {
    return at.kind == ValueKind::trait && (at.type->type_class == TypeClass::timestamptz || at.type->type_class == TypeClass::date);
}

}  // namespace segment::match
