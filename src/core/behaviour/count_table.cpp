#include "core/behaviour/count_table.hpp"

#include <algorithm>
#include <cstring>

#include "core/multiversion.hpp"

namespace segment::behaviour {

namespace {

using Count = CountTable::Count;

// 16 counts side by side: one register with AVX2, two without.
using Lanes = Count __attribute__((vector_size(32)));
constexpr std::uint32_t lanes = sizeof(Lanes) / sizeof(Count);

SEGMENT_MULTIVERSION void add_row(const Count *__restrict from, Count *__restrict to) {
    for (std::uint32_t i = 0; i < partition_size; ++i)
        to[i] = static_cast<Count>(to[i] + from[i]);
}

SEGMENT_MULTIVERSION void flip_found(const Count *before, const Count *upto, Count least, Count span, std::uint64_t *words) {
    constexpr std::uint32_t rows = 8 * sizeof(Count), columns = partition_size / rows;
    for (std::uint32_t column = 0; column < columns; column += lanes) {
        Lanes found{}, a, b;
        for (std::uint32_t row = rows; row-- > 0;) {
            std::memcpy(&a, before + row * columns + column, sizeof a);
            std::memcpy(&b, upto + row * columns + column, sizeof b);
            // What holds is all ones, that is, −1.
            found = found + found - reinterpret_cast<Lanes>(b - a - least <= span);
        }
        std::uint64_t flips[lanes * sizeof(Count) / sizeof(std::uint64_t)];
        std::memcpy(flips, &found, sizeof flips);
        for (const std::uint64_t word : flips)
            *words++ ^= word;
    }
}

}  // namespace

void CountTable::clear(std::uint32_t buckets) {
    if (rows_.size() <= buckets)
        rows_.resize(buckets + 1);
    for (std::uint32_t i = 1; i <= buckets; ++i)
        rows_[i].fill(0);
    buckets_ = buckets;
    limit_ = limit(buckets);
}

void CountTable::sum_up() {
    for (std::uint32_t i = 1; i < buckets_; ++i)
        add_row(rows_[i].data(), rows_[i + 1].data());
}

void CountTable::flip(Buckets window, Range range, std::uint64_t *members) const {
    flip_found(rows_[window.begin].data(), rows_[window.end].data(), range.least, static_cast<Count>(range.most - range.least), members);
}

}  // namespace segment::behaviour
