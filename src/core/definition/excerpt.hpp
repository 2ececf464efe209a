// Source text inside an error message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segment::definition {

// Whether a text may be cut before byte `cut` without breaking a character. Where the encoding is not known to be UTF-8, only
// a place next to an ASCII byte is sure: in every server encoding an ASCII byte stands for itself.
bool is_boundary(std::string_view text, std::size_t cut, bool utf8);

// The largest prefix of at most `limit` bytes that ends at a boundary; empty if there is none.
std::string_view safe_prefix(std::string_view text, std::size_t limit, bool utf8 = false);

// `text`, or its beginning and `...` if it is long; control characters become spaces.
std::string excerpt(std::string_view text, std::size_t limit = 40);

// An excerpt in double quotes, unless the text brings quotes of its own.
std::string named(std::string_view text);

}  // namespace segment::definition
