// The codes of values by their bytes. Bounded: of values that share a slot the latest stays.
#pragma once

#include "core/members/hash.hpp"
#include "core/members/short_bytes.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

class ByteCache {
public:
    static constexpr Size longest = 120;  // longer values are not kept

    // Lives in the current context.
    ByteCache()
        : short_(static_cast<Short *>(palloc0(slot_count * sizeof(Short)))),
          long_(static_cast<Long *>(palloc0(slot_count * sizeof(Long)))) {}

    static bool takes(Size length) { return length > 0 && length <= longest; }

    // The code of the value; false with `known` if it is to be written.
    struct Entry {
        uint32 *code;
        bool known;
    };
    Entry look_up(const char *bytes, Size length) {
        return length <= members::ShortBytes::longest ? look_up_short(bytes, length) : look_up_long(bytes, length);
    }

private:
    static constexpr uint32 slot_count = 1024;  // a power of two

    struct Short {
        members::ShortBytes key;
        uint32 length;  // 0: empty
        uint32 code;
    };
    struct Long {
        uint32 length, code;
        char bytes[longest];
    };

    Entry look_up_short(const char *bytes, Size length) {
        const members::ShortBytes key(bytes, length);
        Short *slot = &short_[key.slot(length, slot_count)];
        bool known = slot->key == key && slot->length == length;
        if (!known) {
            slot->key = key;
            slot->length = static_cast<uint32>(length);
        }
        return {&slot->code, known};
    }

    Entry look_up_long(const char *bytes, Size length) {
        Long *slot = &long_[members::hash_bytes({reinterpret_cast<const std::byte *>(bytes), length}) % slot_count];
        bool known = slot->length == length && memcmp(slot->bytes, bytes, length) == 0;
        if (!known) {
            slot->length = static_cast<uint32>(length);
            memcpy(slot->bytes, bytes, length);
        }
        return {&slot->code, known};
    }

    Short *short_;
    Long *long_;
};

}  // namespace segment::pg
