#include "pg/member_keys.hpp"

#include <span>

#include "core/members/hash.hpp"

namespace segment::pg {

namespace {

inline int64 integer_of(Datum key, int16 length) {
    return length == 2 ? DatumGetInt16(key) : length == 4 ? DatumGetInt32(key) : DatumGetInt64(key);
}

}  // namespace

KeyType key_type(Oid type, Oid collation) {
    KeyType result{};
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

bool MemberKeys::equal(members::Ordinal ordinal, Datum key) const {
    switch (type_.form) {
        case KeyType::Form::integer:
            return true;  // the hash is a bijection
        case KeyType::Form::uuid:
            return memcmp(DatumGetUUIDP(keys_[ordinal])->data, DatumGetUUIDP(key)->data, UUID_LEN) == 0;
        case KeyType::Form::other:
            break;
    }
    return DatumGetBool(FunctionCall2Coll(type_.equal, type_.collation, keys_[ordinal], key));
}

Datum MemberKeys::copy(Datum key) {
    if (type_.by_value)
        return key;
    Size size = datumGetSize(key, type_.by_value, type_.length);
    void *place = resource_.allocate(size, alignof(std::int64_t));
    memcpy(place, DatumGetPointer(key), size);
    return PointerGetDatum(place);
}

MemberKeys::Added MemberKeys::add(Datum key) {
    if (keys_.size() == keys_.capacity())
        keys_.reserve(keys_.empty() ? 1024 : keys_.size() * 2);
    std::uint64_t next = keys_.size();
    members::Ordinal ordinal =
        dictionary_.find_or_insert(hash(key), next, [&](members::Ordinal candidate) { return equal(candidate, key); });
    if (ordinal != next)
        return {ordinal, false};
    keys_.push_back(copy(key));
    return {ordinal, true};
}

members::Ordinal MemberKeys::find(Datum key) const {
    return dictionary_.find(hash(key), [&](members::Ordinal candidate) { return equal(candidate, key); });
}

}  // namespace segment::pg
