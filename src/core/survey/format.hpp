// Answers as text and as bytes. Both are validated when they are read, and the same answers are always written in the same way.
//
// Text: `0-10 asked 5 out 1 answers 0 0 0 0 0 0 1 0 0 0 2`, scale, how many were asked, how many answers were out of scale, and how many
// there were of each from the scale's lowest to its highest. Bytes: a version, the scale's number, and the same counts as big-endian int64.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/survey/answers.hpp"

namespace segment::survey {

std::pmr::string to_text(const Answers &answers, std::pmr::memory_resource *memory);
// Throws invalid_text_representation.
Answers from_text(std::string_view text);

std::pmr::vector<std::byte> to_bytes(const Answers &answers, std::pmr::memory_resource *memory);
// Throws invalid_binary_representation.
Answers from_bytes(std::span<const std::byte> bytes);

}  // namespace segment::survey
