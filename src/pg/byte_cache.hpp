// What was made of values of the same bytes before. Bounded: of values that share a slot the latest stays.
#pragma once

#include "core/members/hash.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

class ByteCache {
public:
    static constexpr Size longest = 120;  // longer values are not kept

    // `payload` numbers for each value, in the current context.
    explicit ByteCache(uint32 payload)
        : stride_(MAXALIGN(sizeof(Slot) + payload * sizeof(uint32))), slots_(static_cast<char *>(palloc0(slot_count * stride_))) {}

    static bool takes(Size length) { return length > 0 && length <= longest; }

    // The numbers of the value; false with `known` if they are to be written.
    struct Entry {
        uint32 *payload;
        bool known;
    };
    Entry look_up(const char *bytes, Size length) {
        uint64 hash = members::hash_bytes({reinterpret_cast<const std::byte *>(bytes), length});
        auto *slot = reinterpret_cast<Slot *>(slots_ + (hash & (slot_count - 1)) * stride_);
        bool known = slot->length == length && memcmp(slot->bytes, bytes, length) == 0;
        if (!known) {
            slot->length = static_cast<uint8>(length);
            memcpy(slot->bytes, bytes, length);
        }
        return {reinterpret_cast<uint32 *>(reinterpret_cast<char *>(slot) + sizeof(Slot)), known};
    }

private:
    static constexpr Size slot_count = 1024;  // a power of two

    struct Slot {
        uint8 length;  // 0: empty
        char bytes[longest + 3];
    };
    static_assert(sizeof(Slot) % alignof(uint32) == 0);

    Size stride_;
    char *slots_;
};

}  // namespace segment::pg
