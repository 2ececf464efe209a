// From keys to ordinals. The dictionary holds no keys, only their hashes: the caller hashes a key and tells whether the key
// that it keeps for a candidate's ordinal is the one looked for.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/error.hpp"
#include "core/members/ordinal.hpp"

namespace segment::members {

// For keys whose hash is a bijection (integers): equal hashes are equal keys, and no key has to be kept.
struct HashIsKey {
    constexpr bool operator()(Ordinal) const { return true; }
};

// `Equal` is called with the ordinal of a candidate of the same hash. It may leave by an exception or a longjmp: no function
// changes anything, or holds an object with a destructor, before its last call of it.
class Dictionary {
public:
    explicit Dictionary(std::pmr::memory_resource *memory) : slots_(memory) {}

    // The ordinal of the key, or no_ordinal.
    template <class Equal>
    Ordinal find(std::uint64_t hash, Equal equal) const;

    // The ordinal of the key; if it is new, it is entered with `ordinal`, which is returned.
    // Throws program_limit_exceeded if an ordinal to enter is not below max_members.
    template <class Equal>
    Ordinal find_or_insert(std::uint64_t hash, std::uint64_t ordinal, Equal equal);

    // Enters a key that is known to be new. Errors as above; does not allocate within what was reserved.
    void insert(std::uint64_t hash, std::uint64_t ordinal);

    // Makes room for so many keys in total.
    void reserve(std::uint64_t keys);

    // Brings the slot of a key that is soon looked up into the cache: look-ups in batches, all prefetched first, are several
    // times faster than one by one once the table has outgrown the cache.
    void prefetch(std::uint64_t hash) const;

    std::uint64_t size() const { return size_; }

private:
    // The halves of the hash, so that a slot takes 12 bytes and not 16.
    struct Slot {
        std::uint32_t high, low;
        Ordinal ordinal;
    };

    static constexpr std::size_t smallest = 16;
    static constexpr std::size_t room(std::size_t slots) { return slots - slots / 4; }

    // By the upper bits, so that growth moves the slots in order.
    std::size_t home(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> shift_); }
    void place(const Slot &slot);
    void grow(std::size_t slots);

    std::pmr::vector<Slot> slots_;  // a power of two of them, or none
    int shift_ = 0;
    std::uint64_t size_ = 0;
};

template <class Equal>
Ordinal Dictionary::find(std::uint64_t hash, Equal equal) const {
    if (slots_.empty()) {
        return no_ordinal;
    }
    const auto high = static_cast<std::uint32_t>(hash >> 32);
    const auto low = static_cast<std::uint32_t>(hash);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = home(hash);; i = (i + 1) & mask) {
        const Slot &slot = slots_[i];
        if (slot.ordinal == no_ordinal) {
            return no_ordinal;
        }
        if (slot.low == low && slot.high == high && equal(slot.ordinal)) {
            return slot.ordinal;
        }
    }
}

template <class Equal>
Ordinal Dictionary::find_or_insert(std::uint64_t hash, std::uint64_t ordinal, Equal equal) {
    const Ordinal found = find(hash, equal);
    if (found != no_ordinal) {
        return found;
    }
    insert(hash, ordinal);
    return static_cast<Ordinal>(ordinal);
}

inline void Dictionary::insert(std::uint64_t hash, std::uint64_t ordinal) {
    if (ordinal >= max_members) {
        throw Error(ErrorCode::program_limit_exceeded, "population has too many members", Error::no_position,
                    "At most 4000000000 keys can be numbered.");
    }
    reserve(size_ + 1);
    place({static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(hash), static_cast<Ordinal>(ordinal)});
    ++size_;
}

inline void Dictionary::reserve(std::uint64_t keys) {
    if (keys <= room(slots_.size())) {
        return;
    }
    std::size_t slots = slots_.empty() ? smallest : slots_.size();
    while (room(slots) < keys) {
        slots *= 2;
    }
    grow(slots);
}

inline void Dictionary::grow(std::size_t slots) {
    std::pmr::vector<Slot> old(slots, Slot{0, 0, no_ordinal}, slots_.get_allocator());
    old.swap(slots_);
    shift_ = 64 - std::countr_zero(slots);
    for (const Slot &slot : old) {
        if (slot.ordinal != no_ordinal) {
            place(slot);
        }
    }
}

inline void Dictionary::place(const Slot &slot) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = home(std::uint64_t{slot.high} << 32 | slot.low);
    while (slots_[i].ordinal != no_ordinal) {
        i = (i + 1) & mask;
    }
    slots_[i] = slot;
}

inline void Dictionary::prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) {
        __builtin_prefetch(&slots_[home(hash)]);
    }
}

}  // namespace segment::members
