#include "core/definition/type.hpp"

namespace segment::definition {

bool is_number(const Type &type) {
    return type.type_class == TypeClass::integer || type.type_class == TypeClass::numeric || type.type_class == TypeClass::floating;
}

bool is_moment(const Type &type) {
    return type.type_class == TypeClass::date || type.type_class == TypeClass::timestamp || type.type_class == TypeClass::timestamptz;
}

bool is_blank_padded(const Type &type) {
    return type.sql_name == "bpchar" || type.sql_name == "character";
}

bool is_single_precision(const Type &type) {
    return type.sql_name == "real" || type.sql_name == "float4";
}

int integer_width(const Type &type) {
    if (type.sql_name == "smallint" || type.sql_name == "int2")
        return 2;
    return type.sql_name == "integer" || type.sql_name == "int4" || type.sql_name == "int" ? 4 : 8;
}

std::string describe(const Type &type) {
    switch (type.type_class) {
        case TypeClass::boolean:
            return "boolean";
        case TypeClass::integer:
        case TypeClass::numeric:
        case TypeClass::floating:
            return "a number";
        case TypeClass::text:
            return "text";
        case TypeClass::date:
            return "a date";
        case TypeClass::timestamp:
        case TypeClass::timestamptz:
            return "a timestamp";
        case TypeClass::time:
            return "a time of day";
        case TypeClass::interval:
            return "a duration";
        case TypeClass::array:
            return "an array";
        case TypeClass::enumeration:
        case TypeClass::uuid:
        case TypeClass::jsonb:
        case TypeClass::other:
            break;
    }
    return "of type " + std::string(type.sql_name);
}

}  // namespace segment::definition
