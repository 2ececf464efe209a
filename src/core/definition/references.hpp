// What a definition's text refers to, told by its tokens without a vocabulary. The names of segments and lists stand in quotes after the
// word `segment` or `list` and nowhere else.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "core/definition/keywords.hpp"

namespace segment::definition {

// Whether `definition` refers to the segment (Word::segment) or the list (Word::list) called `name`.
bool refers_to(std::string_view definition, Word what, std::string_view name, std::pmr::memory_resource &memory);

// Whether a name in `definition` begins with `name`: `usage` and `usage.logins` do with `usage`. Columns in a where (...) count too.
bool names(std::string_view definition, std::string_view name, std::pmr::memory_resource &memory);

struct SegmentReferences {
    std::pmr::vector<std::pmr::string> names;  // after the word `segment`, in the order of the text
    bool labels = false;                       // `lifecycle is 'trial'`: segments of schemes may be meant
};
SegmentReferences segment_references(std::string_view definition, std::pmr::memory_resource &memory);

// `definition` with references to the segment or list `name` replaced by references to `new_name`; nothing else changes, so a
// canonical text stays one. Throws program_limit_exceeded when the text gets longer than a definition may be.
std::pmr::string with_renamed(std::string_view definition, Word what, std::string_view name, std::string_view new_name,
                              std::pmr::memory_resource &memory);

}  // namespace segment::definition
