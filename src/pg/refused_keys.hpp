// Keys with which a population cannot be evaluated.
#pragma once

#include "pg/vocabulary.hpp"

namespace segment::pg {

inline constexpr int named_keys = 3;

struct RefusedKeys {
    uint64 nulls, duplicates;
    char *keys[named_keys];  // the first duplicates, as text
};

// Raises if there are any, and tells where duplicates come from: a key twice in the population, or two rows of a trait
// relation for one member.
void refuse_keys(const Population *population, const Binding *binding, const RefusedKeys *refused);

}  // namespace segment::pg
