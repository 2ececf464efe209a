#include "pg/member_keys.hpp"

#include <algorithm>
#include <span>

#include "core/members/hash.hpp"

namespace segment::pg {

namespace {

constexpr Size keys_block = 64 * 1024;

inline int64 integer_of(Datum key, int16 length) {
    return length == 2 ? DatumGetInt16(key) : length == 4 ? DatumGetInt32(key) : DatumGetInt64(key);
}

}  // namespace

KeyType key_type(Oid type, Oid collation) {
    KeyType result{};
    result.type = type;
    get_typlenbyval(type, &result.length, &result.by_value);
    result.collation = collation;
    if (type == INT2OID || type == INT4OID || type == INT8OID) {
        result.form = KeyType::Form::integer;
    } else if (type == UUIDOID) {
        result.form = KeyType::Form::uuid;
    } else {
        result.form = KeyType::Form::other;
        TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_HASH_EXTENDED_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO);
        if (!OidIsValid(entry->hash_extended_proc) || !OidIsValid(entry->eq_opr)) {
            ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("type %s cannot be a key", format_type_be(type)),
                            errdetail("It has no equality or no hashing.")));
        }
        result.hash = &entry->hash_extended_proc_finfo;
        result.equal = &entry->eq_opr_finfo;
    }
    return result;
}

MemberKeys::MemberKeys(MemoryContext context, const KeyType &type, Numbering numbering)
    : resource_(context),
      type_(type),
      numbering_(numbering),
      keys_(&resource_),
      free_(&resource_),
      changed_(&resource_),
      reusable_(&resource_),
      dictionary_(&resource_) {}

std::uint64_t MemberKeys::direct_ordinal(Datum key) const {
    return static_cast<std::uint64_t>(integer_of(key, type_.length));
}

std::uint64_t MemberKeys::hash(Datum key) const {
    switch (type_.form) {
        case KeyType::Form::integer:
            return members::hash(static_cast<std::uint64_t>(integer_of(key, type_.length)));
        case KeyType::Form::uuid:
            return members::hash_uuid(
                std::span<const std::byte, UUID_LEN>(reinterpret_cast<const std::byte *>(DatumGetUUIDP(key)->data), UUID_LEN));
        case KeyType::Form::other:
            break;
    }
    return DatumGetUInt64(FunctionCall2Coll(type_.hash, type_.collation, key, Int64GetDatum(0)));
}

Datum MemberKeys::key(members::Ordinal ordinal) const {
    if (numbering_ == Numbering::direct) {
        return type_.length == 2   ? Int16GetDatum(static_cast<int16>(ordinal))
               : type_.length == 4 ? Int32GetDatum(static_cast<int32>(ordinal))
                                   : Int64GetDatum(static_cast<int64>(ordinal));
    }
    if (ordinal >= count() || free_[ordinal]) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a stored set holds a member that the stored keys do not have"),
                        errhint("Delete the population's row in segment.catalog_numbering and refresh: members are numbered anew.")));
    }
    return kept(ordinal);
}

// Of the dictionary.
Datum MemberKeys::kept(members::Ordinal ordinal) const {
    const std::byte *const place = keys_.data() + ordinal * width();
    if (type_.by_value || type_.length < 0) {
        Datum value;
        memcpy(&value, place, sizeof value);
        return value;
    }
    return PointerGetDatum(place);
}

bool MemberKeys::equal(members::Ordinal ordinal, Datum other) const {
    switch (type_.form) {
        case KeyType::Form::integer:
            return true;  // the hash is a bijection
        case KeyType::Form::uuid:
            return memcmp(DatumGetUUIDP(kept(ordinal))->data, DatumGetUUIDP(other)->data, UUID_LEN) == 0;
        case KeyType::Form::other:
            break;
    }
    return DatumGetBool(FunctionCall2Coll(type_.equal, type_.collation, kept(ordinal), other));
}

Datum MemberKeys::copy(Datum key) {
    Size size = datumGetSize(key, false, type_.length), taken = MAXALIGN(size);
    if (taken > room_left_) {
        room_left_ = std::max(keys_block, taken);
        room_ = static_cast<char *>(resource_.allocate(room_left_, MAXIMUM_ALIGNOF));
    }
    char *place = room_;
    room_ += taken;
    room_left_ -= taken;
    memcpy(place, DatumGetPointer(key), size);
    return PointerGetDatum(place);
}

void MemberKeys::place(members::Ordinal ordinal, Datum key) {
    std::byte *const place = keys_.data() + ordinal * width();
    if (!type_.by_value && type_.length > 0) {
        memcpy(place, DatumGetPointer(key), width());
        return;
    }
    const Datum kept = type_.by_value ? key : copy(key);
    memcpy(place, &kept, sizeof kept);
}

void MemberKeys::append(Datum key) {
    keys_.resize(keys_.size() + width());
    free_.push_back(false);
    place(static_cast<members::Ordinal>(free_.size() - 1), key);
}

void MemberKeys::mark(std::uint64_t ordinal) {
    const std::uint64_t piece = ordinal / keys_per_piece;
    if (piece >= changed_.size()) {
        changed_.resize(piece + 1);
    }
    changed_[piece] = true;
}

void MemberKeys::release(members::Ordinal ordinal) {
    mark(ordinal);
    free_[ordinal] = true;
}

members::Ordinal MemberKeys::add(Datum key, std::uint64_t hash) {
    const std::uint64_t next = reusable_.empty() ? free_.size() : reusable_.back();
    const members::Ordinal ordinal =
        dictionary_.find_or_insert(hash, next, [&](members::Ordinal candidate) { return equal(candidate, key); });
    if (ordinal != next) {
        return ordinal;
    }
    mark(ordinal);
    if (reusable_.empty()) {
        append(key);
    } else {
        reusable_.pop_back();
        free_[ordinal] = false;
        place(ordinal, key);
    }
    return ordinal;
}

members::Ordinal MemberKeys::find(Datum key, std::uint64_t hash) const {
    return dictionary_.find(hash, [&](members::Ordinal candidate) { return equal(candidate, key); });
}

members::Ordinal MemberKeys::find(Datum key) const {
    if (numbering_ == Numbering::direct) {
        const std::uint64_t ordinal = direct_ordinal(key);
        return ordinal < members::max_members ? static_cast<members::Ordinal>(ordinal) : members::no_ordinal;
    }
    return find(key, hash(key));
}

// In batches, so that slots all over the table wait for each other's cache lines together.
void MemberKeys::enter(std::uint64_t first) {
    constexpr std::uint64_t batch = 256;
    std::uint64_t hashes[batch];
    for (; first < count(); first += batch) {
        const std::uint64_t last = std::min(first + batch, count());
        for (std::uint64_t i = first; i < last; ++i) {
            if (!free_[i]) {
                hashes[i - first] = hash(kept(static_cast<members::Ordinal>(i)));
                dictionary_.prefetch(hashes[i - first]);
            }
        }
        for (std::uint64_t i = first; i < last; ++i) {
            if (!free_[i]) {
                dictionary_.insert(hashes[i - first], i);
            }
        }
    }
}

void MemberKeys::reserve(std::uint64_t keys) {
    keys_.reserve(keys * width());
    free_.reserve(keys);
    dictionary_.reserve(keys);
}

void MemberKeys::restore_free() {
    keys_.resize(keys_.size() + width());
    reusable_.push_back(static_cast<members::Ordinal>(free_.size()));
    free_.push_back(true);
}

}  // namespace segment::pg
