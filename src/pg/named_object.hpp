// Segments, lists, schemes and scores, which go by `name` or `population.name`.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

struct NamedObject {
    Population *population;
    int32 place;  // among all of the kind: an id, or 0 for lists
    char *name;
    bool only;  // nobody means another one by the name
};

// What the user means among those that he may read; raises when there is none, or more than one: of a bare name in two populations, or
// of a qualified one that is somebody's bare name too. `kind` is a "segment", "list", "scheme" or "score". With Lock::exclusive as
// `get_population`.
NamedObject named_object(const char *kind, const char *name, Lock lock);
// That there is none, with the nearest name as hint.
[[noreturn]] void refuse_unknown(const char *kind, const char *name);

}  // namespace segment::pg
