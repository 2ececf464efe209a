#include "core/definition/canonical.hpp"

#include "core/definition/limits.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

std::pmr::string print_within_limit(const Node &node, std::pmr::memory_resource &memory) {
    std::pmr::string result(&memory);
    print(node, result);
    if (result.size() > limits::text_bytes)
        throw Error(ErrorCode::program_limit_exceeded, "the canonical text is too long", Error::no_position,
                    "It has " + std::to_string(result.size()) + " bytes; the limit is " + std::to_string(limits::text_bytes) + ".");
    return result;
}

}  // namespace

std::pmr::string canonical_definition(std::string_view text, std::pmr::memory_resource &memory) {
    return print_within_limit(parse_definition(text, memory), memory);
}

std::pmr::string canonical_formula(std::string_view text, std::pmr::memory_resource &memory) {
    return print_within_limit(parse_formula(text, memory), memory);
}

}  // namespace segment::definition
