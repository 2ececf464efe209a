// The codes of values by their bytes. Bounded: of values that share a slot the latest stays.
#pragma once

#include <bit>

#include "core/members/hash.hpp"
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
    Entry look_up(const char *bytes, Size length) { return length <= 16 ? look_up_short(bytes, length) : look_up_long(bytes, length); }

private:
    static constexpr Size slot_count = 1024;  // a power of two

    // Up to 16 bytes are two words and the length.
    struct Short {
        uint64 head, tail;
        uint32 length;  // 0: empty
        uint32 code;
    };
    struct Long {
        uint32 length, code;
        char bytes[longest];
    };

    template <class Word>
    static uint64 load(const char *at) {
        Word word;
        memcpy(&word, at, sizeof word);
        return word;
    }

    Entry look_up_short(const char *bytes, Size length) {
        uint64 head, tail;
        if (length >= 8) {
            head = load<uint64>(bytes);
            tail = load<uint64>(bytes + length - 8);
        } else if (length >= 4) {
            head = load<uint32>(bytes);
            tail = load<uint32>(bytes + length - 4);
        } else {
            head = load<uint8>(bytes) | load<uint8>(bytes + length / 2) << 8;
            tail = load<uint8>(bytes + length - 1);
        }
        Short *slot = &short_[((head + length) ^ std::rotl(tail, 29)) * 0x9e3779b97f4a7c15 >> (64 - std::countr_zero(slot_count))];
        bool known = slot->head == head && slot->tail == tail && slot->length == length;
        if (!known) {
            slot->head = head;
            slot->tail = tail;
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
