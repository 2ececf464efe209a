// Where the core puts what memory has no room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace segment::behaviour {

// Implemented by the glue, on temporary files. Both functions throw when the file fails.
class Overflow {
public:
    // Returns where the bytes are found again.
    virtual std::uint64_t append(std::span<const std::byte> bytes) = 0;
    virtual void read(std::uint64_t offset, std::span<std::byte> bytes) = 0;

protected:
    ~Overflow() = default;
};

}  // namespace segment::behaviour
