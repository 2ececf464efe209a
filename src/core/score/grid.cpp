#include "core/score/grid.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace segment::score {
namespace {

constexpr std::size_t bits_bytes = members::words_per_chunk * sizeof(std::uint64_t);

}  // namespace

Grid::Grid(std::uint32_t width, std::pmr::memory_resource *memory) : width_(width), chunks_(memory) {}

Grid::~Grid() {
    restart();
}

std::uint64_t Grid::chunk_bytes(std::uint32_t width) {
    return std::uint64_t{members::chunk_size} * width * sizeof(double) + 2 * bits_bytes;
}

void Grid::make_chunk(std::uint32_t chunk) {
    if (chunk >= members::max_chunks) {
        throw Error(ErrorCode::internal_error, "an ordinal is out of range");
    }
    if (chunk >= chunks_.size()) {
        chunks_.resize(chunk + 1);
    }
    auto *const block = static_cast<double *>(chunks_.get_allocator().resource()->allocate(chunk_bytes(width_), alignof(double)));
    auto *const bits = reinterpret_cast<std::uint64_t *>(block + std::size_t{members::chunk_size} * width_);
    std::fill_n(bits, 2 * members::words_per_chunk, 0);
    chunks_[chunk] = {block, bits, bits + members::words_per_chunk, false};
    ++held_;
}

void Grid::begin_next_pass() {
    for (Chunk &chunk : chunks_) {
        if (chunk.rows != nullptr) {
            chunks_.get_allocator().resource()->deallocate(chunk.rows, chunk_bytes(width_), alignof(double));
            chunk = {.done = true};
        }
    }
    held_ = 0;
}

void Grid::restart() {
    begin_next_pass();
    chunks_.clear();
}

}  // namespace segment::score
