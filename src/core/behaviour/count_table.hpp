// How many events of one track each member of a partition has: members stand side by side, so that what a window and a threshold decide
// is decided for many of them at once. A member costs as much as any other, with events or without, but next to nothing.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <vector>

#include "core/behaviour/partitions.hpp"
#include "core/behaviour/tracks.hpp"

namespace segment::behaviour {

// Tracks of more buckets than these take too much memory: 1,024 counts for each.
inline constexpr std::uint32_t most_table_buckets = 256;

// `Count` is of 8 or 16 bits: half as wide is twice as fast, where numbers are small.
template <std::unsigned_integral Count>
class CountTable {
public:
    static constexpr std::uint32_t words = partition_size / 64;  // a bit for each member
    static constexpr Count unlimited = std::numeric_limits<Count>::max();

    explicit CountTable(std::pmr::memory_resource *memory) : rows_(memory) {}

    // Sums of so many buckets are exact below this number and reach it where they should. 0: there are too many buckets.
    static constexpr std::uint32_t limit(std::uint32_t buckets) { return unlimited / buckets; }

    // Begins anew for a track of 1 to most_table_buckets buckets.
    void clear(std::uint32_t buckets);

    // So many events of a member, numbered from the partition's first, are in the bucket.
    void add(std::uint32_t member, std::uint32_t bucket, std::uint64_t number) {
        Count &count = rows_[bucket + 1][place(member)];
        // What is cut off keeps the sum of all buckets within the type.
        count = static_cast<Count>(count + number < limit_ ? count + number : limit_);
    }

    // To be called when all has been added, before `flip`.
    void sum_up();

    // Flips the bits of the members with `least` to `most` events in the window. `least` is 1 to the limit of the buckets, `most` below
    // it or `unlimited`.
    void flip(Buckets window, Count least, Count most, std::uint64_t *members) const;

private:
    static constexpr std::uint32_t bits = 8 * sizeof(Count), columns = partition_size / bits;

    // As many members as a count has bits, one after the other, stand in one column of as many rows: what a comparison says of a row is
    // one bit in each column, and columns of bits lie in memory as the partition's words do.
    static constexpr std::uint32_t place(std::uint32_t member) {
        constexpr std::uint32_t order = std::endian::native == std::endian::little ? 0 : 64 / bits - 1;
        return member % bits * columns + (member / bits ^ order);
    }

    // Of one bucket, and once they are summed up, of all up to it; before them a row of zeros.
    struct alignas(64) Row : std::array<Count, partition_size> {};
    std::pmr::vector<Row> rows_;
    std::uint64_t limit_ = 0;
    std::uint32_t buckets_ = 0;
};

using NarrowTable = CountTable<std::uint8_t>;
using WideTable = CountTable<std::uint16_t>;
extern template class CountTable<std::uint8_t>;
extern template class CountTable<std::uint16_t>;

}  // namespace segment::behaviour
