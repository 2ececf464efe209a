// The extension's settings.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// segment.refresh_memory in bytes: what the codes and sets of a run may take.
uint64 refresh_memory();

}  // namespace segment::pg
