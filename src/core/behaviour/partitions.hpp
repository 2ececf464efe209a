// Entries of members, brought together by member without a table that is as large as the population: what arrives is appended
// to the partition of its member, 1,024 ordinals each, and sorted there when all has arrived, while it is in the cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include "core/members/ordinal.hpp"

namespace segment::behaviour {

inline constexpr std::uint32_t partition_bits = 10, partition_size = 1u << partition_bits;

// `Entry` is trivial and tells by `member()` which of its partition's ordinals it belongs to.
template <class Entry>
class Partitions {
    static_assert(std::is_trivially_copyable_v<Entry> && std::is_trivially_destructible_v<Entry>);

public:
    explicit Partitions(std::pmr::memory_resource *memory) : memory_(memory), partitions_(memory) {}
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

    std::uint32_t count() const { return static_cast<std::uint32_t>(partitions_.size()); }
    std::size_t bytes() const { return blocks_ * sizeof(Block); }

    std::size_t size(std::uint32_t partition) const {
        const Partition &source = partitions_[partition];
        return source.newest ? (source.blocks - 1) * entries_per_block + source.used : 0;
    }

    // The partition's entries by member; those of one member in no particular order. `begins[m]` is where those of member m
    // begin, `begins[m + 1]` where they end.
    using Begins = std::array<std::uint32_t, partition_size + 1>;
    void sort(std::uint32_t partition, std::pmr::vector<Entry> &sorted, Begins &begins) const {
        begins.fill(0);
        for_entries(partition, [&](const Entry &entry) { ++begins[entry.member() + 1]; });
        for (std::uint32_t i = 0; i < partition_size; ++i)
            begins[i + 1] += begins[i];
        sorted.resize(begins[partition_size]);
        Begins next = begins;
        for_entries(partition, [&](const Entry &entry) { sorted[next[entry.member()]++] = entry; });
    }

    void clear(std::uint32_t partition) {
        Partition &source = partitions_[partition];
        for (Block *block = source.newest; block;) {
            Block *older = block->older;
            memory_->deallocate(block, sizeof(Block), alignof(Block));
            --blocks_;
            block = older;
        }
        source = {};
    }

private:
    static constexpr std::uint32_t entries_per_block = 4'096 / sizeof(Entry);

    struct Block {
        Block *older;
        Entry entries[entries_per_block];
    };
    struct Partition {
        Block *newest = nullptr;
        std::uint32_t used = 0;  // of the newest block
        std::uint32_t blocks = 0;
    };

    void add_block(Partition &target) {
        auto *block = static_cast<Block *>(memory_->allocate(sizeof(Block), alignof(Block)));
        block->older = target.newest;
        target.newest = block;
        target.used = 0;
        ++target.blocks;
        ++blocks_;
    }

    template <class Visit>
    void for_entries(std::uint32_t partition, Visit visit) const {
        std::uint32_t used = partitions_[partition].used;
        for (const Block *block = partitions_[partition].newest; block; block = block->older, used = entries_per_block)
            for (std::uint32_t i = 0; i < used; ++i)
                visit(block->entries[i]);
    }

    std::pmr::memory_resource *memory_;
    std::pmr::vector<Partition> partitions_;
    std::size_t blocks_ = 0;
};

}  // namespace segment::behaviour
