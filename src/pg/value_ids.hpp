// Small numbers for different values, told apart by their bytes.
#pragma once

#include <vector>

#include "core/members/dictionary.hpp"
#include "core/members/hash.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

class ValueIds {
public:
    // Keeps values until they take `limit` bytes, in `context`.
    ValueIds(MemoryContext context, uint64 limit)
        : resource_(context), bytes_(&resource_), ends_(&resource_), ids_(&resource_), limit_(limit) {}

    // The number of the value, or −1 if it is new and there is no room for it: it never gets one then.
    int64 find_or_insert(const char *bytes, uint32 length) {
        const std::uint64_t hash = members::hash_bytes({reinterpret_cast<const std::byte *>(bytes), length});
        const auto equal = [&](members::Ordinal id) {
            const std::size_t begin = id == 0 ? 0 : ends_[id - 1];
            return ends_[id] - begin == length && memcmp(bytes_.data() + begin, bytes, length) == 0;
        };
        const members::Ordinal known = ids_.find(hash, equal);
        if (known != members::no_ordinal)
            return known;
        if (is_full_ || (ids_.size() + 1) * bytes_per_value + bytes_.size() + length > limit_) {
            is_full_ = true;
            return -1;
        }
        const auto id = static_cast<std::uint64_t>(ends_.size());
        bytes_.insert(bytes_.end(), bytes, bytes + length);
        ends_.push_back(bytes_.size());
        ids_.insert(hash, id);
        return static_cast<int64>(id);
    }

private:
    static constexpr uint64 bytes_per_value = 48;  // with the room that vectors and the dictionary keep in reserve

    ContextResource resource_;
    std::pmr::vector<char> bytes_;
    std::pmr::vector<std::size_t> ends_;  // of each value's bytes
    members::Dictionary ids_;
    uint64 limit_;
    bool is_full_ = false;
};

}  // namespace segment::pg
