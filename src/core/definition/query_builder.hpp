// Reads the rule groups that the npm package react-querybuilder edits.
#pragma once

#include <memory_resource>
#include <string_view>

#include "core/definition/ast.hpp"

namespace segment::definition {

// The definition that a rule group stands for, given as JSON; docs/definition-json.md says what becomes of each operator and value.
// Tree, memory, encoding and errors are as for definition_from_json; feature_not_supported for what the language cannot say.
const Node &from_query_builder(std::string_view json, std::pmr::memory_resource &arena);

}  // namespace segment::definition
