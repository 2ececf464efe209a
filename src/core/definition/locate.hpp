// Where in a definition's text an error lies, as a user sees it.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace segment::definition {

struct Location {
    std::size_t line = 1;       // from 1; lines end with a line feed
    std::size_t character = 1;  // in the whole text, from 1, as PostgreSQL counts error positions
    std::size_t column = 1;     // in the line, from 1, in characters
};

// The location of the byte at `position`; one past the end is the end, more counts as the end. In UTF-8 a character is a
// sequence of bytes, otherwise every byte counts as one.
Location locate(std::string_view text, std::size_t position, bool utf8);

// Appends two lines: the line of the text that holds the byte at `position`, shortened with `...` on either side to what fits
// a terminal, and a caret under that byte's character. Control characters are shown as spaces.
void caret_snippet(std::string_view text, std::size_t position, bool utf8, std::pmr::string &out);

}  // namespace segment::definition
