// Members' keys as arguments: int8, uuid or text in three overloads of each function that takes one. All of them are read by the
// key type's input function from what their own type writes, so text serves every type.
#pragma once

#include "pg/catalog.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

// The key column of the population's relation as it is now.
const Column *key_column(const Population *population);

// The argument as a value of the key's type; it must not be NULL.
spi::Argument key_argument(FunctionCallInfo fcinfo, int index, const Column *key);

// An argument that is an array of keys, without NULLs, as an array of the key's type.
spi::Argument keys_argument(FunctionCallInfo fcinfo, int index, const Column *key);

}  // namespace segment::pg
