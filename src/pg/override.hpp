// Overrides: members that are in or out of a segment whatever its definition says.
#pragma once

#include "pg/run.hpp"

namespace segment::pg {

// After the members of a run have been written: rows of included members say so, overrides that are over are deleted. As the
// population's owner.
void settle_overrides(const Run *run, TimestampTz as_of);

}  // namespace segment::pg
