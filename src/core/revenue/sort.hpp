// Sorting of many items by a number.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/interrupts.hpp"

namespace segment::revenue {

struct Numbered {
    std::uint64_t number;
    std::uint32_t index;
};

// Stable, by `number`; digit by digit, of which those that are equal in all items cost nothing.
void sort_by_number(std::pmr::vector<Numbered> &items, Interrupts &interrupts);

}  // namespace segment::revenue
