// The nearest known name, for hints.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

// Null when none is near. The result is palloc'd.
const char *nearest_name(const char *word, const char *const *known, int32 count);
const char *nearest_name(const char *word, const Rows &known, int column);

}  // namespace segment::pg
