// Up to 16 bytes as two words, which are compared and hashed faster than bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace segment::members {

struct ShortBytes {
    static constexpr std::size_t longest = 16;

    std::uint64_t head = 0, tail = 0;  // their first and last bytes, which can overlap

    ShortBytes() = default;
    // At most `longest` of them.
    ShortBytes(const char *bytes, std::size_t length) {
        if (length >= 4) {
            // The same four loads whether they overlap or not: lengths are mixed, and which of two ways to go would often be mispredicted.
            const std::size_t last = length - 4;
            head = load<std::uint32_t>(bytes) | load<std::uint32_t>(bytes + std::min<std::size_t>(last, 4)) << 32;
            tail = load<std::uint32_t>(bytes + std::max<std::size_t>(last, 4) - 4) | load<std::uint32_t>(bytes + last) << 32;
        } else if (length > 0) {
            head = load<std::uint8_t>(bytes) | load<std::uint8_t>(bytes + length / 2) << 8;
            tail = load<std::uint8_t>(bytes + length - 1);
        }
    }

    // Those of the same length are the same bytes if they are equal.
    bool operator==(const ShortBytes &other) const = default;

    // A number below `slots`, a power of two above 1.
    std::uint32_t slot(std::size_t length, std::uint32_t slots) const {
        return static_cast<std::uint32_t>(((head + length) ^ std::rotl(tail, 29)) * 0x9e3779b97f4a7c15 >> (64 - std::countr_zero(slots)));
    }

private:
    template <class Word>
    static std::uint64_t load(const char *at) {
        Word word;
        std::memcpy(&word, at, sizeof word);
        return word;
    }
};

}  // namespace segment::members
