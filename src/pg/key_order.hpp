// The order of keys in an index.
#pragma once

#include "pg/member_keys.hpp"

namespace segment::pg {

// Sorts keys as an index on them does, or nearly so (texts by their bytes): neighbours go to the same pages. Allocates in the current
// context.
void sort_keys(const KeyType &type, Datum *keys, std::size_t count);

}  // namespace segment::pg
