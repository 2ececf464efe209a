#include "pg/key_order.hpp"

#include <algorithm>
#include <cstring>

namespace segment::pg {

namespace {

// A key with what decides most comparisons: its first eight bytes, or all of an integer, as an unsigned number.
struct Placed {
    uint64 begins;
    Datum key;
};

uint64 first_bytes(const char *bytes, Size size) {
    unsigned char first[sizeof(uint64)] = {};
    memcpy(first, bytes, std::min(size, sizeof first));
    uint64 number = 0;
    for (unsigned char byte : first) {
        number = number << 8 | byte;
    }
    return number;
}

uint64 beginning_of(const KeyType &type, Datum key) {
    if (type.by_value) {
        constexpr uint64 sign = uint64{1} << 63;
        int64 value = type.length == 2 ? DatumGetInt16(key) : type.length == 4 ? DatumGetInt32(key) : DatumGetInt64(key);
        return static_cast<uint64>(value) ^ sign;
    }
    if (type.length > 0) {
        return first_bytes(DatumGetPointer(key), static_cast<Size>(type.length));
    }
    return type.length == -1 ? first_bytes(VARDATA_ANY(DatumGetPointer(key)), VARSIZE_ANY_EXHDR(DatumGetPointer(key)))
                             : first_bytes(DatumGetCString(key), strlen(DatumGetCString(key)));
}

// Texts often begin alike.
bool is_less(const KeyType &type, const Placed &a, const Placed &b) {
    if (a.begins != b.begins || type.length != -1) {
        return a.begins < b.begins;
    }
    const char *x = DatumGetPointer(a.key), *y = DatumGetPointer(b.key);
    Size m = VARSIZE_ANY_EXHDR(x), n = VARSIZE_ANY_EXHDR(y);
    int order = memcmp(VARDATA_ANY(x), VARDATA_ANY(y), std::min(m, n));
    return order != 0 ? order < 0 : m < n;
}

}  // namespace

void sort_keys(const KeyType &type, Datum *keys, std::size_t count) {
    auto *placed = static_cast<Placed *>(palloc(sizeof(Placed) * (count + 1)));
    for (std::size_t i = 0; i < count; i++) {
        placed[i] = {beginning_of(type, keys[i]), keys[i]};
    }
    std::sort(placed, placed + count, [&](const Placed &a, const Placed &b) { return is_less(type, a, b); });
    for (std::size_t i = 0; i < count; i++) {
        keys[i] = placed[i].key;
    }
    pfree(placed);
}

}  // namespace segment::pg
