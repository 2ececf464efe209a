// Checking definitions when they are stored, so that a refresh finds nothing wrong that could have been told before.
#pragma once

#include "pg/catalog.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

// All of these evaluate as the population's owner and raise with the place in the definition.

// One segment with all that it uses: names, types, literals, cycles. Records what it uses. `text` is its definition as the
// user wrote it, for the places in messages.
void check_segment(const Population *population, int32 segment_id, char *text);

// All segments, after what they may speak of has changed.
void check_population(const Population *population);

// A base for a population that is being created over `relation`; returns its canonical text.
char *check_base(const Population *population);

}  // namespace segment::pg
