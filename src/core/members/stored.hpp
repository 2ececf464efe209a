// What the stored forms of sets share: little-endian numbers in bytes of any alignment, lists of ordinals, search among
// stored items, and the error for bytes that we have not written.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "core/error.hpp"

namespace segment::members {

// Stored bytes are not what they should be; `detail` is a sentence for who has to find out why.
[[noreturn]] inline void throw_corrupted(const char *detail) {
    throw Error(ErrorCode::data_corrupted, "stored members are corrupted", Error::no_position, detail);
}

// Both ways: from or to little-endian.
template <std::unsigned_integral Number>
constexpr Number little_endian(Number number) {
    if constexpr (std::endian::native == std::endian::little) {
        return number;
    } else if constexpr (sizeof(Number) == 8) {
        return __builtin_bswap64(number);
    } else if constexpr (sizeof(Number) == 4) {
        return __builtin_bswap32(number);
    } else {
        static_assert(sizeof(Number) == 2);
        return __builtin_bswap16(number);
    }
}

template <std::unsigned_integral Number>
Number load(const std::byte *bytes) {
    Number number;
    std::memcpy(&number, bytes, sizeof number);
    return little_endian(number);
}

template <std::unsigned_integral Number>
void store(std::byte *bytes, Number number) {
    number = little_endian(number);
    std::memcpy(bytes, &number, sizeof number);
}

// Ordinals within a chunk as stored: two bytes each.
class StoredOrdinals {
public:
    StoredOrdinals() = default;
    explicit StoredOrdinals(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::uint32_t size() const { return static_cast<std::uint32_t>(bytes_.size() / sizeof(std::uint16_t)); }
    std::uint16_t operator[](std::size_t i) const { return load<std::uint16_t>(bytes_.data() + i * sizeof(std::uint16_t)); }

    bool are_ascending() const {
        bool ascending = true;  // to the end without a branch: it nearly always is
        for (std::uint32_t i = 1; i < size(); ++i) {
            ascending &= (*this)[i - 1] < (*this)[i];
        }
        return ascending;
    }

private:
    std::span<const std::byte> bytes_;
};

// The first of `size` ordered items for which `holds`, which does for all later ones; `size` if there is none.
template <class Holds>
std::size_t first_where(std::size_t size, Holds holds) {
    std::size_t first = 0;
    while (size > 0) {
        const std::size_t half = size / 2;
        if (holds(first + half)) {
            size = half;
        } else {
            first += half + 1;
            size -= half + 1;
        }
    }
    return first;
}

}  // namespace segment::members
