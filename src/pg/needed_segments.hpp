// What has to be known of the other segments to compile one definition.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

// The segment of that id, those that a definition of it names, and all that these use or are in a scheme with. Where a
// name is unknown, all segments, among which a message finds the nearest. The cost does not grow with the number of segments.
Segments needed_segments(const Population *population, int32 id, const char *definition);

// The same of a definition that is not stored, which comes last.
Segments needed_segments(const Population *population, char *definition);

}  // namespace segment::pg
