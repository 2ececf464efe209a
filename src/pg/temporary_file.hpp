// What the core moves out of memory, in a temporary file of the server's own kind: it counts for temp_file_limit, and errors and the
// end of the transaction remove it.
#pragma once

#include "core/behaviour/overflow.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

class TemporaryFile final : public behaviour::Overflow {
public:
    // The file is made when something is written to it, in `context`.
    explicit TemporaryFile(MemoryContext context) : context_(context) {}

    // Removes it, outside of boundary::core.
    void close();

    std::uint64_t append(std::span<const std::byte> bytes) override;
    void read(std::uint64_t offset, std::span<std::byte> bytes) override;

private:
    // Where a file of the server's begins and ends: it consists of files of limited size.
    struct Place {
        int number;
        off_t offset;
    };
    void go_to(Place place);

    MemoryContext context_;
    BufFile *file_ = nullptr;
    Place end_{0, 0};
};

}  // namespace segment::pg
