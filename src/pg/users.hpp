// Which definitions are built on something that a population registers, told by reading them.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

enum class Registered : uint8 { derived_trait, trait_relation, score, list };

struct Users {
    Rows segments;  // all that use it, directly or not, users first: id, name, whether directly, scheme
    bool base;      // the population's base does
    int trait_count;
    char **traits;  // derived traits
    int score_count;
    char **scores;
};

// `index` is the place among those of the population: derived traits by name, trait relations by position, scores by id; lists go by
// `name`, and all else that has a name in definitions has it too. A definition that means nothing any more, or that nothing can be
// asked about since the population's relation is gone, uses what its text names.
Users find_users(const Population *population, Registered what, uint32 index, const char *name);

// The derived traits that read a source of events or subscriptions, as `trait "x", trait "y"`; empty if there are none. One that means
// nothing any more reads what its text names, or what is missing for it.
char *traits_reading(const Population *population, int32 source_id, const char *source_name);

enum class Cascade : uint8 { impossible, not_wanted, wanted };

// Raises if there are any, naming them; with a cascade only if there are some that cannot be dropped too: a base, rules of a
// scheme, or scores. `what` is what messages call it: `trait "x"`.
void refuse_users(const Population *population, const Users &users, const char *what, Cascade cascade);

// Drops the segments and derived traits among them.
void drop_users(const Population *population, const Users &users);

}  // namespace segment::pg
