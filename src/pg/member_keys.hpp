// The keys of a population's members and their ordinals.
//
// Integer keys that lie densely are their own ordinals, and nothing is kept for them. All others are numbered by a dictionary
// in the order in which scans deliver them; an ordinal stays with its key from run to run, until a run finds that too many
// of the keys are no members any more.
#pragma once

#include <memory_resource>
#include <vector>

#include "core/members/dictionary.hpp"
#include "core/members/ordinal.hpp"
#include "pg/memory.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

// How the keys of a type are hashed, compared and copied.
struct KeyType {
    enum class Form : uint8 { integer, uuid, other };

    Form form;
    Oid type;
    bool by_value;
    int16 length;
    Oid collation;
    FmgrInfo *hash, *equal;  // for Form::other
};

// Raises when the base type `type` has no hashing or no equality.
KeyType key_type(Oid type, Oid collation);

enum class Numbering : bool { direct, dictionary };

inline constexpr std::uint64_t keys_per_piece = 16'384;  // of the stored dictionary

class MemberKeys {
public:
    // Lives in `context`, as do the copies of the keys. Direct numbering is for integers.
    MemberKeys(MemoryContext context, const KeyType &type, Numbering numbering);

    Numbering numbering() const { return numbering_; }
    const KeyType &type() const { return type_; }

    // The ordinal of a key that is its own: not below members::max_members if it is none.
    std::uint64_t direct_ordinal(Datum key) const;

    // What the functions below take, so that a batch can prefetch.
    std::uint64_t hash(Datum key) const;
    void prefetch(std::uint64_t hash) const { dictionary_.prefetch(hash); }

    // Both may raise, as the type's functions may: to be called where nothing with a destructor is alive.
    members::Ordinal add(Datum key, std::uint64_t hash);         // numbers the key if it is new
    members::Ordinal find(Datum key, std::uint64_t hash) const;  // no_ordinal if it is unknown

    // The ordinal of a key, numbered either way, or no_ordinal.
    members::Ordinal find(Datum key) const;

    // The key; valid until the next `add`. Raises for an ordinal of no key, which only something damaged can hold.
    Datum key(members::Ordinal ordinal) const;

    // Of the dictionary: how many ordinals there are, those of no key included.
    std::uint64_t count() const { return free_.size(); }
    bool is_free(members::Ordinal ordinal) const { return free_[ordinal]; }
    // Takes over what was stored, in the order of the ordinals; then `enter` makes the keys from `first` on known. It may raise, too.
    void restore(Datum key) { append(key); }
    void restore_free();
    void enter(std::uint64_t first);
    // Makes room for so many keys in total.
    void reserve(std::uint64_t keys);
    // Takes the ordinal from its key, for a later run to give to another. The key is not to be looked up any more.
    void release(members::Ordinal ordinal);
    // Whether any ordinal of the piece has been given or released since it was restored.
    bool is_changed(std::uint64_t piece) const { return piece < changed_.size() && changed_[piece]; }

private:
    Datum kept(members::Ordinal ordinal) const;
    bool equal(members::Ordinal ordinal, Datum key) const;
    void append(Datum key);
    void mark(std::uint64_t ordinal);
    void place(members::Ordinal ordinal, Datum key);
    std::size_t width() const { return type_.by_value || type_.length < 0 ? sizeof(Datum) : static_cast<std::size_t>(type_.length); }
    Datum copy(Datum key);

    ContextResource resource_;
    char *room_ = nullptr;  // for the next keys of varying length
    Size room_left_ = 0;
    KeyType type_;
    Numbering numbering_;
    std::pmr::vector<std::byte> keys_;  // by ordinal: the key itself if its length is fixed, else a Datum
    std::pmr::vector<bool> free_;       // by ordinal
    std::pmr::vector<bool> changed_;    // by piece
    std::pmr::vector<members::Ordinal> reusable_;
    members::Dictionary dictionary_;
};

}  // namespace segment::pg
