// What the input functions of the types `definition` and `formula` do: any accepted text becomes canonical text.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace segment::definition {

// Reads `text` and gives its canonical form, which reads as the same tree. Throws what the parser throws, and
// program_limit_exceeded when the canonical text, which may be longer than what was written, could not be read again.
// `memory` serves the tree, which is not needed afterwards, and the result.
std::pmr::string canonical_definition(std::string_view text, std::pmr::memory_resource &memory);
std::pmr::string canonical_formula(std::string_view text, std::pmr::memory_resource &memory);

}  // namespace segment::definition
