// Source text inside an error message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segment::definition {

// The largest prefix of at most `limit` bytes that does not end inside a character, whatever the encoding: in every server
// encoding an ASCII byte stands for itself, so a cut next to one is safe, and in UTF-8 lead bytes are recognisable.
// Empty if there is no safe cut.
std::string_view safe_prefix(std::string_view text, std::size_t limit, bool utf8 = false);

// `text`, or its beginning and `...` if it is long; control characters become spaces.
std::string excerpt(std::string_view text, std::size_t limit = 40);

}  // namespace segment::definition
