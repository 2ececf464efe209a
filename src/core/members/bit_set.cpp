#include "core/members/bit_set.hpp"

namespace segment::members {

void BitSet::assign(std::uint32_t chunk, ChunkWords words) {
    if (chunk >= chunks_.size()) {
        chunks_.resize(chunk + std::size_t{1});
    }
    if (is_empty(words)) {
        chunks_[chunk].clear();
        chunks_[chunk].shrink_to_fit();
    } else {
        chunks_[chunk].assign(words.begin(), words.end());
    }
}

void BitSet::insert(Ordinal ordinal) {
    const std::uint32_t chunk = ordinal / chunk_size;
    if (chunk >= chunks_.size()) {
        chunks_.resize(chunk + std::size_t{1});
    }
    if (chunks_[chunk].empty()) {
        chunks_[chunk].resize(words_per_chunk);
    }
    chunks_[chunk][ordinal % chunk_size / 64] |= std::uint64_t{1} << ordinal % 64;
}

std::uint64_t BitSet::count() const {
    std::uint64_t total = 0;
    for (const auto &chunk : chunks_) {
        if (!chunk.empty()) {
            total += members::count(ChunkWords(chunk.data(), words_per_chunk));
        }
    }
    return total;
}

}  // namespace segment::members
