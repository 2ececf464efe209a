// The keys of rows that are numbered together, so that look-ups wait for each other's cache lines.
#pragma once

#include "pg/member_keys.hpp"

namespace segment::pg {

struct KeyBatch {
    static constexpr uint32 rows = 1024;

    MemoryContext context;  // of the keys
    uint32 count;
    Datum keys[rows];
    uint64 hashes[rows];
    members::Ordinal ordinals[rows];
};

// Below the current context.
KeyBatch *make_key_batch();

// Copies the key of the next row. True if the batch is full.
bool add_key(KeyBatch *batch, Datum key, int16 length, bool by_value);

// Gives each row its ordinal: new keys are numbered by a dictionary if `adds`, others have no_ordinal, as have those whose number cannot
// be one. Outside of boundary::core.
void number_keys(KeyBatch *batch, MemberKeys *keys, bool adds);

void clear_keys(KeyBatch *batch);

}  // namespace segment::pg
