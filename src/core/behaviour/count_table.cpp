#include "core/behaviour/count_table.hpp"

#include <cstring>

#include "core/multiversion.hpp"

namespace segment::behaviour {

namespace {

#define ALWAYS_INLINE __attribute__((always_inline)) inline

template <class Count>
ALWAYS_INLINE void add_counts(const Count *__restrict from, Count *__restrict to) {
    for (std::uint32_t i = 0; i < partition_size; ++i)
        to[i] = static_cast<Count>(to[i] + from[i]);
}

template <class Count>
ALWAYS_INLINE void flip_found(const Count *before, const Count *upto, Count least, Count span, std::uint64_t *words) {
    // Side by side in one register with AVX2, in two without.
    using Lanes [[gnu::vector_size(32)]] = Count;
    constexpr std::uint32_t lanes = sizeof(Lanes) / sizeof(Count), rows = 8 * sizeof(Count), columns = partition_size / rows;
    for (std::uint32_t column = 0; column < columns; column += lanes) {
        Lanes found{}, a, b;
        for (std::uint32_t row = rows; row-- > 0;) {
            std::memcpy(&a, before + row * columns + column, sizeof a);
            std::memcpy(&b, upto + row * columns + column, sizeof b);
            // What holds is all ones, that is, −1.
            found = found + found - reinterpret_cast<Lanes>(b - a - least <= span);
        }
        std::uint64_t flips[sizeof(Lanes) / sizeof(std::uint64_t)];
        std::memcpy(flips, &found, sizeof flips);
        for (const std::uint64_t word : flips)
            *words++ ^= word;
    }
}

// Functions of two versions cannot be templates.
SEGMENT_MULTIVERSION void add_row(const std::uint8_t *from, std::uint8_t *to) {
    add_counts(from, to);
}

SEGMENT_MULTIVERSION void add_row(const std::uint16_t *from, std::uint16_t *to) {
    add_counts(from, to);
}

SEGMENT_MULTIVERSION void flip_row(const std::uint8_t *before, const std::uint8_t *upto, std::uint8_t least, std::uint8_t span,
                                   std::uint64_t *words) {
    flip_found(before, upto, least, span, words);
}

SEGMENT_MULTIVERSION void flip_row(const std::uint16_t *before, const std::uint16_t *upto, std::uint16_t least, std::uint16_t span,
                                   std::uint64_t *words) {
    flip_found(before, upto, least, span, words);
}

}  // namespace

template <std::unsigned_integral Count>
void CountTable<Count>::clear(std::uint32_t buckets) {
    if (rows_.size() <= buckets)
        rows_.resize(buckets + 1);
    for (std::uint32_t i = 1; i <= buckets; ++i)
        rows_[i].fill(0);
    buckets_ = buckets;
    limit_ = limit(buckets);
}

template <std::unsigned_integral Count>
void CountTable<Count>::sum_up() {
    for (std::uint32_t i = 1; i < buckets_; ++i)
        add_row(rows_[i].data(), rows_[i + 1].data());
}

template <std::unsigned_integral Count>
void CountTable<Count>::flip(Buckets window, Count least, Count most, std::uint64_t *members) const {
    flip_row(rows_[window.begin].data(), rows_[window.end].data(), least, static_cast<Count>(most - least), members);
}

template class CountTable<std::uint8_t>;
template class CountTable<std::uint16_t>;

}  // namespace segment::behaviour
