// Overrides: members that are in or out of a segment whatever its definition says.
#pragma once

#include "pg/run.hpp"

namespace segment::pg {

// Which kinds of overrides the segments have, as the catalog keeps it for compilations. As the population's owner.
void note_overrides(const Population *population, spi::Argument segment_ids);

// After the members of a run have been written: rows of included members say so, overrides that are over are deleted. As the
// population's owner.
void settle_overrides(const Run *run, TimestampTz as_of);

}  // namespace segment::pg
