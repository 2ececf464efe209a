// Writing segments to the catalog, for the functions that create, change and drop them one by one or as a scheme.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

// The attributes of a segment that are not its definition; null keeps what is there.
struct Attributes {
    const char *description;
    bool has_tags;
    Datum tags;
    const char *owner;
    bool has_announce;
    bool announce;
};

struct NewSegment {
    const char *name;
    char *definition;  // as the user wrote it
    const char *materialize;
    Attributes attributes;
    int32 scheme_id;  // 0: none
    int32 scheme_position;
};

// Takes over what is in the member tables under its name. Returns the id.
int32 insert_segment(const Population *population, const NewSegment *segment);

// Returns the version: a definition that equals the current one is no new version.
int32 change_definition(const Population *population, const Segment *segment, char *text);

// With its members, stays and overrides.
void delete_segment(const Population *population, int32 id);

// The segments and all that use them, directly or not: users first. Columns: id, name, whether it is one of the segments, scheme.
Rows segments_and_users(spi::Argument ids);

// Raises when others than the segments use them, naming those; with `cascade` only if these are rules of a scheme, of which none
// can go alone. Rules of the scheme `scheme_id` may.
void refuse_used(const Rows &users, const char *what, const char *name, bool cascade, int32 scheme_id = 0,
                 const char *hint = "Pass cascade => true to drop them too.");

}  // namespace segment::pg
