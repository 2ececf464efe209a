// The keys of the members of a run, numbered in the order in which the scan delivers them.
#pragma once

#include <memory_resource>
#include <vector>

#include "core/members/dictionary.hpp"
#include "core/members/ordinal.hpp"
#include "pg/memory.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

// How the keys of a type are hashed and compared.
struct KeyType {
    enum class Form : uint8 { integer, uuid, other };

    Form form;
    bool by_value;
    int16 length;
    Oid collation;
    FmgrInfo *hash, *equal;  // for Form::other
};

// Raises when the base type `type` has no hashing or no equality.
KeyType key_type(Oid type, Oid collation);

class MemberKeys {
public:
    // Lives in `context`, as do the copies of the keys.
    MemberKeys(MemoryContext context, const KeyType &type) : resource_(context), type_(type), keys_(&resource_), dictionary_(&resource_) {}

    struct Added {
        members::Ordinal ordinal;
        bool is_new;
    };
    // Both may raise, as the type's functions may: to be called where nothing with a destructor is alive.
    Added add(Datum key);
    members::Ordinal find(Datum key) const;  // no_ordinal when it is not a member

    Datum key(members::Ordinal ordinal) const { return keys_[ordinal]; }
    std::uint64_t count() const { return keys_.size(); }

private:
    std::uint64_t hash(Datum key) const;
    bool equal(members::Ordinal ordinal, Datum key) const;
    Datum copy(Datum key);

    ContextResource resource_;
    KeyType type_;
    std::pmr::vector<Datum> keys_;
    members::Dictionary dictionary_;
};

}  // namespace segment::pg
