// The conditions of a definition as a list with paths, as reports show them: `1`, `2`, `2.1`.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "core/definition/ast.hpp"

namespace segment::definition {

inline constexpr std::uint32_t no_parent = UINT32_MAX;

struct OutlineItem {
    std::pmr::string path;
    const Node *node;
    std::uint32_t parent;  // index into the outline; no_parent for those at the top
    std::pmr::vector<std::uint32_t> operands;
};

// Whether what is below `not` is listed too.
enum class Negations : bool { closed, open };

// The operands of the definition's topmost `and` or `or`, or the definition itself where it is neither, and below each of them
// the operands of what it joins. Parents come before their operands, operands in the order of the text. Refers to the tree.
std::pmr::vector<OutlineItem> outline(const Node &definition, Negations negations, std::pmr::memory_resource *memory);

}  // namespace segment::definition
