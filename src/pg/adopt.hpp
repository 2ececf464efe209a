// Member tables that came from elsewhere: a restore, another database, a time before DROP EXTENSION.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

// The population has been created over member tables that were there. The segments in them wait under their ids for somebody to
// create segments of their names; an id that another segment has is exchanged for a free one.
void take_over_names(const Population *population);

// A segment in the member tables that nobody has created yet.
struct Waiting {
    bool found;
    int32 id;
    pg_uuid_t uid;
    int64 members;
};
Waiting find_waiting(const Population *population, const char *name);

// Raises when the member tables hold other segments under the catalog's ids or names. As the population's owner.
void check_names(const Population *population, const Segments *segments);

}  // namespace segment::pg
