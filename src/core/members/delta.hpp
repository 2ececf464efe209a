// What a run changed in a segment whose chunks it did not rewrite: for each changed chunk which members' bits to toggle in the
// stored one, and what is known of the chunk after that. No bytes are no change; otherwise, all numbers little-endian:
//
//   4 bytes                 how many entries there are
//   20 bytes for each one   chunk, ascending (4); number of members (4), content hash (8) after the change; where its toggles end (4)
//   2 bytes for each toggle an ordinal within its chunk, ascending within an entry; an entry has at least one
//
// This must not change: databases hold it. Bytes come from tables that their owner can write, so nothing is taken on trust.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "core/members/ordinal.hpp"
#include "core/members/stored.hpp"

namespace segment::members {

struct DeltaEntry {
    // Turns the stored members of the chunk into those after the change. Throws data_corrupted if they are not as many as the entry
    // says: the delta does not belong to what is stored.
    void apply_to(std::span<std::uint64_t, words_per_chunk> words) const;

    std::uint32_t chunk;
    std::uint32_t cardinality;  // of the chunk after the change
    std::uint64_t hash;         // its content_hash
    StoredOrdinals toggles;     // into the reader's bytes
};

class DeltaBuilder {
public:
    explicit DeltaBuilder(std::pmr::memory_resource *memory) : entries_(memory), toggles_(memory) {}

    // Enters how `current`, whose content hash is `hash`, differs from `stored`, and returns the number of members that differ;
    // if there are none, nothing is entered. Chunks come in ascending order; throws internal_error if they do not.
    std::uint32_t add(std::uint32_t chunk, ChunkWords stored, ChunkWords current, std::uint64_t hash);

    // Enters an entry of another delta as it is.
    void add(const DeltaEntry &entry);

    // How many bytes the delta has by now; to rewrite chunks takes at most max_encoded bytes for each.
    std::size_t size() const;
    std::pmr::vector<std::byte> bytes() const;

private:
    void check_order(std::uint32_t chunk) const;
    void finish(std::uint32_t chunk, std::uint32_t cardinality, std::uint64_t hash);

    std::pmr::vector<std::byte> entries_, toggles_;
    std::uint64_t next_chunk_ = 0;
};

// Reads bytes that outlive it.
class DeltaReader {
public:
    // Throws data_corrupted unless the bytes are a delta.
    explicit DeltaReader(std::span<const std::byte> bytes);

    // Entries are ascending by chunk.
    std::uint32_t size() const { return size_; }
    DeltaEntry operator[](std::uint32_t i) const;
    std::optional<DeltaEntry> find(std::uint32_t chunk) const;

private:
    std::uint32_t chunk(std::uint32_t i) const;
    std::uint32_t toggles_end(std::uint32_t i) const;

    std::uint32_t size_ = 0;
    std::span<const std::byte> entries_, toggles_;
};

}  // namespace segment::members
