// Between syntax tree and JSON. The shape is in docs/definition-json.md; json_fields.hpp describes it once for both directions.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "core/definition/ast.hpp"

namespace segment::definition {

// Appends the JSON text of a condition or value, without spaces. Reading it back gives a tree that prints the same. The
// recursion is as deep as the tree is high, which the parser bounds.
void to_json(const Node &node, std::pmr::string &out);

// Reads a definition (a condition) or a formula (a value). The tree and all text in it live in `arena`; `json` may go away. It is
// the tree that the parser makes of the printed text, positions included. Throws Error whose message begins with the path of the
// offending value (`$.operands[2].value: expected a string, found a number`): invalid_text_representation for text that is not
// JSON, invalid_parameter for JSON of another shape, program_limit_exceeded beyond limits.hpp, and what the parser throws for a
// form that the language does not have.
//
// `json` is in the server's encoding; an escape such as \u00e9 stands for UTF-8.
const Node &definition_from_json(std::string_view json, std::pmr::memory_resource &arena);
const Node &formula_from_json(std::string_view json, std::pmr::memory_resource &arena);

}  // namespace segment::definition
