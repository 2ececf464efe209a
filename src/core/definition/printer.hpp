// From syntax tree to canonical text.
#pragma once

#include <memory_resource>
#include <string>

#include "core/definition/ast.hpp"

namespace segment::definition {

// Appends the canonical text of a condition or value: lower-case words, one space between tokens, only the parentheses that
// the grammar needs, names quoted only where they must be. Reading the text gives a tree that prints the same. The recursion
// is as deep as the tree is high, which the parser bounds.
void print(const Node &node, std::pmr::string &out);

}  // namespace segment::definition
