#include "pg/temporary_file.hpp"

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"

namespace segment::pg {

namespace {

constexpr int number_shift = 32;  // a file of the server's has 1 GB

}  // namespace

void TemporaryFile::go_to(Place place) {
    // What does not fit into memory may be long to read and to write.
    BackendInterrupts().poll();
    if (boundary::backend<&BufFileSeek>(file_, place.number, place.offset, SEEK_SET) != 0) {
        throw Error(ErrorCode::internal_error, "a temporary file has no such place");
    }
}

void TemporaryFile::close() {
    if (file_ != nullptr) {
        BufFileClose(file_);
        file_ = nullptr;
    }
}

std::uint64_t TemporaryFile::append(std::span<const std::byte> bytes) {
    if (file_ == nullptr) {
        MemoryContext before = MemoryContextSwitchTo(context_);
        file_ = boundary::backend<&BufFileCreateTemp>(false);
        MemoryContextSwitchTo(before);
    }
    const Place begin = end_;
    go_to(begin);
    boundary::backend<&write_file>(file_, static_cast<const void *>(bytes.data()), bytes.size());
    BufFileTell(file_, &end_.number, &end_.offset);
    return static_cast<std::uint64_t>(begin.number) << number_shift | static_cast<std::uint64_t>(begin.offset);
}

void TemporaryFile::read(std::uint64_t offset, std::span<std::byte> bytes) {
    go_to({static_cast<int>(offset >> number_shift), static_cast<off_t>(offset & UINT32_MAX)});
    boundary::backend<&read_file>(file_, static_cast<void *>(bytes.data()), bytes.size());
}

}  // namespace segment::pg
