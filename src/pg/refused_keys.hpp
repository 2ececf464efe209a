// Keys with which a population cannot be evaluated.
#pragma once

#include "pg/vocabulary.hpp"

namespace segment::pg {

inline constexpr int named_keys = 3;

struct RefusedKeys {
    uint64 nulls, duplicates;
    char *keys[named_keys];  // the first duplicates, as text
};

// Takes note of one more that occurs twice; its text goes to `context`.
void note_duplicate(RefusedKeys *refused, Datum key, Oid type, MemoryContext context);

// Of a relation whose keys are not the same when it is read a second time.
[[noreturn]] void refuse_changing_keys(const Binding *binding);

// Raises if there are any, and tells where duplicates come from: a key twice in the population, or two rows of a trait
// relation for one member.
void refuse_keys(const Population *population, const Binding *binding, const RefusedKeys *refused);

}  // namespace segment::pg
