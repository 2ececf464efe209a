// Which definitions are built on something that a population registers, told by reading them.
#pragma once

#include "pg/catalog.hpp"

namespace segment::pg {

enum class Registered : uint8 { derived_trait, trait_relation };

struct Users {
    Rows segments;  // all that use it, directly or not, users first: id, name, whether directly, scheme
    bool base;      // the population's base does
    int trait_count;
    char **traits;  // derived traits
};

// `index` is the place among those of the population: derived traits by name, trait relations by position. A definition that means
// nothing any more is an error; a derived trait that means nothing any more uses nothing.
Users find_users(const Population *population, Registered what, uint32 index);

enum class Cascade : uint8 { impossible, not_wanted, wanted };

// Raises if there are any, naming them; with a cascade only if there are some that cannot be dropped too: a base, or rules of a
// scheme. `what` is what messages call it: `trait "x"`.
void refuse_users(const Population *population, const Users &users, const char *what, Cascade cascade);

}  // namespace segment::pg
