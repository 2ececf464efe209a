// From text to syntax tree.
#pragma once

#include <memory_resource>
#include <string_view>

#include "core/definition/ast.hpp"

namespace segment::definition {

// Reads a definition (a condition) or a formula (a value). The tree and all text in it live in `arena`; `text` may go away.
// Needs no vocabulary: whether names exist and types fit is for the check. Throws Error with the position of the offending
// token: syntax_error, numeric_out_of_range for a number with too many digits, program_limit_exceeded beyond limits.hpp.
const Node &parse_definition(std::string_view text, std::pmr::memory_resource &arena);
const Node &parse_formula(std::string_view text, std::pmr::memory_resource &arena);

// A derived trait's formula: it stands in place of a name, wherever that is, so it is less deep.
const Node &parse_trait_formula(std::string_view text, std::pmr::memory_resource &arena);

}  // namespace segment::definition
