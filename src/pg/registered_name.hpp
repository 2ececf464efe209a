// What the bare names in a population's definitions stand for: one thing each.
#pragma once

#include "pg/arguments.hpp"
#include "pg/catalog.hpp"

namespace segment::pg {

// Raises unless the name of a `what` is neither empty nor too long.
void check_registered_name(const char *what, const char *name);

// What the population has under the name: "source of events", "source of subscriptions", "source of traits", "parent", "derived
// trait", "scheme" or "score"; null when it has nothing. Columns are not looked at.
const char *kind_of_name(const Population *population, const char *name);

// Whether a `kind` of this name is there already, which is to be replaced or kept; raises when it must not be there, or is
// something else. Nothing is of the kind "".
bool refuse_name(const Population *population, const char *name, const char *kind, IfExists if_exists);

}  // namespace segment::pg
