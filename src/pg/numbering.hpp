// How the members of a population are numbered, from run to run.
#pragma once

#include "pg/catalog.hpp"
#include "pg/member_keys.hpp"

namespace segment::pg {

struct MemberNumbering {
    int32 population_id;
    int32 epoch;         // sets of another epoch mean other members
    bool stored;         // the catalog knows this epoch
    uint64 stored_keys;  // of the dictionary
    MemberKeys *keys;
};

// What the last run has stored for keys of the type; epoch 0 is nothing.
struct NumberingKind {
    int32 epoch;
    bool direct;
};
NumberingKind stored_numbering(const Population *population, Oid type);

// The numbering that the last run has stored, or a new one if there is none or the type of the key has changed. In the
// current context. Raises if what is stored is damaged.
MemberNumbering *load_numbering(const Population *population, Oid type, Oid collation);

// A numbering that is not kept, of all members or of a few: for these a dictionary is better wherever their keys lie.
MemberNumbering *make_numbering(const Population *population, Oid type, Oid collation, bool few);

// A numbering by dictionary in place of a direct one whose keys do not lie densely.
MemberNumbering *renumber(const MemberNumbering *direct);

// How the members of a run are numbered.
struct RunNumbering {
    MemoryContext context;          // of the numberings
    MemberNumbering *numbering;     // null until it is known of which type the keys are
    const MemberNumbering *former;  // the direct one that the run has replaced, or null
};

// Writes what has changed.
void save_numbering(const MemberNumbering *numbering);

}  // namespace segment::pg
