// The form in which definitions and formulas are sent and stored: a version byte and the canonical text.
#pragma once

#include <cstdint>
#include <string_view>

namespace segment::definition {

inline constexpr std::uint8_t binary_version = 1;

// The text in a message, which may be anything. Throws invalid_binary_representation for an empty message and for another version.
std::string_view binary_text(std::string_view message);

}  // namespace segment::definition
