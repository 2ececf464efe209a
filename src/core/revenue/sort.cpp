#include "core/revenue/sort.hpp"

#include <array>
#include <utility>

namespace segment::revenue {

void sort_by_number(std::pmr::vector<Numbered> &items, Interrupts &interrupts) {
    constexpr int digit_bits = 11;
    constexpr std::uint64_t digits = 1 << digit_bits;
    constexpr std::size_t items_between_polls = 65536;
    std::uint64_t different = 0;
    for (const Numbered &item : items) {
        different |= item.number ^ items.front().number;
    }
    std::pmr::vector<Numbered> sorted(items.get_allocator());
    for (int shift = 0; shift < 64 && different >> shift != 0; shift += digit_bits) {
        if ((different >> shift) % digits == 0) {
            continue;
        }
        sorted.resize(items.size());
        std::array<std::uint32_t, digits> place{};
        for (const Numbered &item : items) {
            ++place[(item.number >> shift) % digits];
        }
        std::uint32_t before = 0;
        for (std::uint32_t &count : place) {
            before += std::exchange(count, before);
        }
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i % items_between_polls == 0) {
                interrupts.poll();
            }
            sorted[place[(items[i].number >> shift) % digits]++] = items[i];
        }
        items.swap(sorted);
    }
}

}  // namespace segment::revenue
