// From a syntax tree that was built from JSON to the one that the parser makes of its text.
#pragma once

#include <memory_resource>
#include <string_view>

#include "core/definition/ast.hpp"
#include "core/definition/json_value.hpp"

namespace segment::definition::json {

using Parse = const Node &(std::string_view, std::pmr::memory_resource &);

// Whoever builds a tree from JSON checks what kinds its nodes have and how high it is. All other rules of the language are the
// parser's: the result is what `parse` reads from the printed text, so that it has no property that a parsed tree has not. Every
// node's position is that of the value in `document` it was built from; an error names the path of the innermost one at fault.
const Node &settle(const Node &built, Parse parse, const Document &document, std::pmr::memory_resource &arena);

}  // namespace segment::definition::json
