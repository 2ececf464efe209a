// Checking definitions when they are stored, so that a refresh finds nothing wrong that could have been told before.
#pragma once

#include "pg/catalog.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

// All of these evaluate as the population's owner and raise with the place in the definition.

// One segment with all that it uses: names, types, literals, cycles. Records what it uses. `text` is its definition as the
// user wrote it, for the places in messages.
void check_segment(const Population *population, int32 segment_id, char *text);

// What means nothing before something is changed, and so is no reason to refuse the change. Of a population that cannot be read that is
// everything.
struct Unsound {
    bool everything, base;
    List *names;  // "segment 1", "trait x", "score 1"; of what is registered, "relation public.usage"
};
Unsound find_unsound(const Population *population);
bool is_unsound(const Unsound &unsound, const char *name);

// All definitions, after what they may speak of has changed, and `what` has been registered: a relation, quoted and qualified, `trait
// "x"`, or null for none. What could be read before still has to be.
void check_population(const Population *population, const Unsound &before, const char *what);

// The same for a population with another base; returns its canonical text.
char *check_base(const Population *population, const Unsound &before);

}  // namespace segment::pg
