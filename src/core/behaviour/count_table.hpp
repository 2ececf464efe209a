// How many events of one track each member of a partition has: members stand side by side, so that what a window and a threshold decide
// is decided for many of them at once. A member costs as much as any other, with events or without, but next to nothing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/behaviour/partitions.hpp"
#include "core/behaviour/tracks.hpp"

namespace segment::behaviour {

class CountTable {
public:
    using Count = std::uint16_t;
    static constexpr Count unlimited = UINT16_MAX;
    static constexpr std::uint32_t words = partition_size / 64;  // a bit for each member

    explicit CountTable(std::pmr::memory_resource *memory) : rows_(memory) {}

    // Tracks of more buckets than these take too much memory: 2 kB for each.
    static constexpr std::uint32_t most_buckets = 256;
    // Sums of so many buckets are exact below this number and reach it where they should.
    static constexpr std::uint32_t limit(std::uint32_t buckets) { return unlimited / buckets; }

    // Begins anew for a track of 1 to most_buckets buckets.
    void clear(std::uint32_t buckets);

    // So many events of a member, numbered from the partition's first, are in the bucket.
    void add(std::uint32_t member, std::uint32_t bucket, std::uint64_t number) {
        Count &count = rows_[bucket + 1][place(member)];
        // What is cut off keeps sums of all buckets below 65,536.
        count = static_cast<Count>(count + number < limit_ ? count + number : limit_);
    }

    // To be called when all has been added, before `flip`.
    void sum_up();

    struct Range {
        Count least, most;  // 1 to the limit of the track's buckets; below it, or `unlimited`
    };
    // Flips the bits of the members with a number of events in `window` that lies in `range`.
    void flip(Buckets window, Range range, std::uint64_t *members) const;

private:
    static constexpr std::uint32_t bits = 16, columns = partition_size / bits;
    static_assert(bits == 8 * sizeof(Count));

    // 16 members that follow each other stand in one column of 16 rows of 64: what a comparison says of a row is one bit of the column's
    // 16, which lie in memory as the partition's words do.
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

}  // namespace segment::behaviour
