// Which segments of a population cannot be evaluated any more, because what their definitions name is gone or has changed.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

struct BrokenSegment {
    int32 id;
    const char *name;
    int sqlstate;
    const char *error;  // as the views show it: SQLSTATE, message, detail
};

struct BrokenSegments {
    int32 count;
    BrokenSegment *items;
    int32 sound_count;
    Datum sound;  // the names of the others, a text[]
};

// What is built on a broken segment or score is broken too; with the base all are. To be called as whoever may refresh the population; it
// is evaluated as its owner. Raises when the population's own relation cannot be read.
BrokenSegments broken_segments(const Population *population);

// SQLSTATE, message and detail in one text, for the catalog.
char *error_text(int sqlstate, const char *message, const char *detail);

}  // namespace segment::pg
