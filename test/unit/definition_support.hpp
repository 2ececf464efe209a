// What the tests of the definition language share.
#pragma once

#include <memory_resource>
#include <ostream>
#include <string>
#include <string_view>

#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"
#include "core/error.hpp"

namespace segment::definition {

inline std::string printed(const Node &node) {
    std::pmr::string out;
    print(node, out);
    return std::string(out);
}

inline std::string canonical(std::string_view definition) {
    std::pmr::monotonic_buffer_resource arena;
    return printed(parse_definition(definition, arena));
}

inline std::string canonical_formula(std::string_view formula) {
    std::pmr::monotonic_buffer_resource arena;
    return printed(parse_formula(formula, arena));
}

// The error that reading raises; fails by throwing std::string if there is none.
template <class Parse>
Error error_of(Parse parse, std::string_view text) {
    std::pmr::monotonic_buffer_resource arena;
    try {
        (void)parse(text, arena);
    } catch (const Error &error) {
        return error;
    }
    throw std::string("there is no error");
}

}  // namespace segment::definition
