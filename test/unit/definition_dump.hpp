// A syntax tree as an S-expression, written without the printer, so that a test sees the structure and not its text.
#pragma once

#include <string>

#include "core/definition/ast.hpp"

namespace segment::definition {

// Leaves out positions, and whether a name was quoted.
std::string dump(const Node *node);

}  // namespace segment::definition
