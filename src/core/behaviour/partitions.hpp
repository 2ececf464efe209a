// Entries of members, brought together by member without a table that is as large as the population: what arrives is appended
// to the partition of its member, 1,024 ordinals each, and sorted there when all has arrived, while it is in the cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <type_traits>
#include <vector>

#include "core/behaviour/overflow.hpp"
#include "core/members/ordinal.hpp"

namespace segment::behaviour {

inline constexpr std::uint32_t partition_bits = 10, partition_size = 1u << partition_bits;

// `Entry` is trivial and tells by `member()` which of its partition's ordinals it belongs to.
template <class Entry>
class Partitions {
    static_assert(std::is_trivially_copyable_v<Entry> && std::is_trivially_destructible_v<Entry>);

public:
    explicit Partitions(std::pmr::memory_resource *memory) : memory_(memory), partitions_(memory), pieces_(memory) {}
    ~Partitions() {
        for (std::uint32_t i = 0; i < partitions_.size(); ++i)
            clear(i);
    }
    Partitions(const Partitions &) = delete;
    Partitions &operator=(const Partitions &) = delete;

    void append(std::uint32_t partition, const Entry &entry) {
        if (partition >= partitions_.size())
            partitions_.resize(partition + 1);
        Partition &target = partitions_[partition];
        if (target.used == entries_per_block || !target.newest)
            add_block(target);
        target.newest->entries[target.used++] = entry;
    }

    // Before many entries are appended that go to different partitions.
    void prefetch(std::uint32_t partition) const {
        if (partition < partitions_.size() && partitions_[partition].newest)
            __builtin_prefetch(&partitions_[partition].newest->entries[partitions_[partition].used], 1);
    }

    std::uint32_t count() const { return static_cast<std::uint32_t>(partitions_.size()); }
    // What is in memory.
    std::size_t bytes() const { return blocks_ * sizeof(Block); }

    // Less than this is not worth sorting: as much fills a block or two of each partition.
    std::size_t least_bytes() const { return 2 * sizeof(Block) * partitions_.size(); }

    // A partition's entries by what `key(entry)` says, a number below `keys`; those of one key in no particular order.
    struct Sorted {
        explicit Sorted(std::pmr::memory_resource *memory) : entries(memory), begins(memory) {}
        std::span<const Entry> of(std::uint32_t key) const {
            return std::span(entries).subspan(begins[key], begins[key + 1] - begins[key]);
        }
        std::span<Entry> of(std::uint32_t key) { return std::span(entries).subspan(begins[key], begins[key + 1] - begins[key]); }

        std::pmr::vector<Entry> entries;
        std::pmr::vector<std::uint32_t> begins;
    };
    // What was moved out is among them if `overflow` is given.
    template <class Key>
    void sort(std::uint32_t partition, Overflow *overflow, std::uint32_t keys, Key key, Sorted &sorted) const {
        std::pmr::vector<Entry> &entries = sorted.entries;
        std::pmr::vector<std::uint32_t> &begins = sorted.begins;
        begins.assign(keys + 1, 0);
        if (partition >= count()) {
            entries.clear();
            return;
        }
        for_entries(partition, overflow, [&](const Entry &entry) { ++begins[key(entry) + 1]; });
        for (std::uint32_t i = 0; i < keys; ++i)
            begins[i + 1] += begins[i];
        entries.resize(begins[keys]);
        std::pmr::vector<std::uint32_t> next(begins, memory_);
        for_entries(partition, overflow, [&](const Entry &entry) { entries[next[key(entry)]++] = entry; });
    }
    // By member.
    void sort(std::uint32_t partition, Overflow *overflow, Sorted &sorted) const {
        sort(
            partition, overflow, partition_size, [](const Entry &entry) { return entry.member(); }, sorted);
    }

    // Forgets what is in memory.
    void clear(std::uint32_t partition) {
        if (partition >= count())
            return;
        Partition &source = partitions_[partition];
        for (Block *block = source.newest; block;) {
            Block *older = block->older;
            memory_->deallocate(block, sizeof(Block), alignof(Block));
            --blocks_;
            block = older;
        }
        source.newest = nullptr;
        source.used = 0;
    }

    // Moves everything out of memory.
    void move_out(Overflow &overflow) {
        for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
            std::uint32_t used = partitions_[i].used;
            for (const Block *block = partitions_[i].newest; block; block = block->older, used = entries_per_block) {
                const std::uint64_t offset = overflow.append(std::as_bytes(std::span(block->entries, used)));
                pieces_.push_back({offset, used, partitions_[i].piece});
                partitions_[i].piece = static_cast<std::uint32_t>(pieces_.size());
            }
            clear(i);
        }
    }

private:
    static constexpr std::size_t block_bytes = 4'096;  // a size that memory contexts do not round up
    static constexpr std::uint32_t entries_per_block = (block_bytes - sizeof(void *)) / sizeof(Entry);

    struct Block {
        Block *older;
        Entry entries[entries_per_block];
    };
    static_assert(sizeof(Block) <= block_bytes);
    // Of a block that was moved out. Pieces are numbered from 1; 0 is none.
    struct Piece {
        std::uint64_t offset;
        std::uint32_t used, older;
    };
    struct Partition {
        Block *newest = nullptr;
        std::uint32_t used = 0;  // of the newest block
        std::uint32_t piece = 0;
    };

    void add_block(Partition &target) {
        auto *block = static_cast<Block *>(memory_->allocate(sizeof(Block), alignof(Block)));
        block->older = target.newest;
        target.newest = block;
        target.used = 0;
        ++blocks_;
    }

    template <class Visit>
    void for_entries(std::uint32_t partition, Overflow *overflow, Visit visit) const {
        std::uint32_t used = partitions_[partition].used;
        for (const Block *block = partitions_[partition].newest; block; block = block->older, used = entries_per_block)
            for (std::uint32_t i = 0; i < used; ++i)
                visit(block->entries[i]);
        for (std::uint32_t next = overflow ? partitions_[partition].piece : 0; next > 0;) {
            const Piece &piece = pieces_[next - 1];
            std::array<Entry, entries_per_block> entries;
            overflow->read(piece.offset, std::as_writable_bytes(std::span(entries).first(piece.used)));
            for (std::uint32_t i = 0; i < piece.used; ++i)
                visit(entries[i]);
            next = piece.older;
        }
    }

    std::pmr::memory_resource *memory_;
    std::pmr::vector<Partition> partitions_;
    std::pmr::vector<Piece> pieces_;
    std::size_t blocks_ = 0;
};

}  // namespace segment::behaviour
