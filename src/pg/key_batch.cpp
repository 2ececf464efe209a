#include "pg/key_batch.hpp"

namespace segment::pg {

KeyBatch *make_key_batch() {
    auto *batch = static_cast<KeyBatch *>(palloc(sizeof(KeyBatch)));
    batch->context = AllocSetContextCreate(CurrentMemoryContext, "segment keys", ALLOCSET_DEFAULT_SIZES);
    batch->count = 0;
    return batch;
}

bool add_key(KeyBatch *batch, Datum key, int16 length, bool by_value) {
    if (!by_value) {
        MemoryContext before = MemoryContextSwitchTo(batch->context);
        key = length == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(key)) : datumCopy(key, false, length);
        MemoryContextSwitchTo(before);
    }
    batch->keys[batch->count++] = key;
    return batch->count == KeyBatch::rows;
}

void number_keys(KeyBatch *batch, MemberKeys *keys, bool adds) {
    if (keys->numbering() == Numbering::direct) {
        for (uint32 i = 0; i < batch->count; i++) {
            uint64 ordinal = keys->direct_ordinal(batch->keys[i]);
            batch->ordinals[i] = ordinal < members::max_members ? static_cast<members::Ordinal>(ordinal) : members::no_ordinal;
        }
        return;
    }
    for (uint32 i = 0; i < batch->count; i++) {
        batch->hashes[i] = keys->hash(batch->keys[i]);
        keys->prefetch(batch->hashes[i]);
    }
    for (uint32 i = 0; i < batch->count; i++) {
        batch->ordinals[i] = adds ? keys->add(batch->keys[i], batch->hashes[i]) : keys->find(batch->keys[i], batch->hashes[i]);
    }
}

void clear_keys(KeyBatch *batch) {
    batch->count = 0;
    MemoryContextReset(batch->context);
}

}  // namespace segment::pg
