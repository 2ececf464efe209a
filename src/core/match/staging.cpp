#include "core/match/staging.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace segment::match {

namespace {

constexpr std::uint32_t lane_width = 64;

constexpr std::uint32_t width_of(std::uint32_t codes) {
    return codes <= 1U << 8 ? 1 : codes <= 1U << 16 ? 2 : 4;
}

}  // namespace

Staging::Staging(const Plan &plan, std::pmr::memory_resource *memory)
    : columns_(memory), lanes_(memory), chunks_(memory), spare_(memory), block_size_(members::words_per_chunk * sizeof(std::uint64_t)) {
    const auto &features = plan.features();
    columns_.reserve(features.size());
    for (std::size_t first = 0; first < features.size();) {
        Lane lane{block_size_, 0};
        std::size_t last = first;
        for (; last < features.size(); ++last) {
            if (features[last].is_measured) {
                columns_.push_back({0, 0, 0, 0, 0});
                continue;
            }
            const auto codes = static_cast<std::uint32_t>(2 * features[last].cuts.size() + 2);
            const std::uint32_t width = width_of(codes);
            if (lane.stride + width > lane_width) {
                break;
            }
            columns_.push_back({lane.offset + lane.stride, 0, width, codes, row_bytes_});
            lane.stride += width;
            row_bytes_ += width;
        }
        for (; first < last; ++first) {
            columns_[first].stride = lane.stride;
        }
        lanes_.push_back(lane);
        block_size_ += std::size_t{lane.stride} * members::chunk_size;
    }
}

Staging::Place Staging::place(FeatureId feature) const {
    if (feature >= columns_.size()) {
        Row::refuse();
    }
    return {columns_[feature].in_row, columns_[feature].width};
}

std::pmr::vector<Staging::Part> Staging::parts(std::span<const FeatureId> features, std::pmr::memory_resource *memory) const {
    std::pmr::vector<FeatureId> sorted(features.begin(), features.end(), memory);
    std::ranges::sort(sorted);
    std::pmr::vector<Part> parts(memory);
    for (const FeatureId feature : sorted) {
        const Place place = this->place(feature);
        const Column &column = columns_[feature];
        if (Part *last = parts.empty() ? nullptr : &parts.back();
            last != nullptr && last->offset + last->size == column.offset && last->in_row + last->size == place.offset) {
            last->size += place.width;
        } else {
            parts.push_back({column.offset, column.stride, place.offset, place.width});
        }
    }
    return parts;
}

Staging::~Staging() {
    std::pmr::memory_resource *const memory = chunks_.get_allocator().resource();
    for (const Chunk &chunk : chunks_) {
        if (chunk.block != nullptr) {
            memory->deallocate(chunk.block, block_size_, alignof(std::uint64_t));
        }
    }
    for (std::byte *const block : spare_) {
        memory->deallocate(block, block_size_, alignof(std::uint64_t));
    }
}

void Staging::begin_next_pass() {
    spare_.reserve(spare_.size() + held_);
    for (Chunk &chunk : chunks_) {
        if (chunk.block != nullptr) {
            spare_.push_back(chunk.block);
            chunk = {nullptr, 0, true};
        }
    }
    held_ = 0;
}

void Staging::make_chunk(std::uint32_t chunk) {
    if (!admits(std::uint64_t{chunk} * members::chunk_size)) {
        throw Error(ErrorCode::internal_error, "member is not part of this pass");
    }
    if (chunk >= chunks_.size()) {
        chunks_.resize(chunk + std::size_t{1});
    }
    std::byte *block;
    if (spare_.empty()) {
        block = static_cast<std::byte *>(chunks_.get_allocator().resource()->allocate(block_size_, alignof(std::uint64_t)));
    } else {
        block = spare_.back();
        spare_.pop_back();
    }
    chunks_[chunk].block = block;
    ++held_;
    std::memset(block, 0, members::words_per_chunk * sizeof(std::uint64_t));
}

void Staging::touch(Chunk &chunk, std::uint32_t window) {
    for (const Lane &lane : lanes_) {
        const std::size_t size = std::size_t{lane.stride} * window_size;
        std::memset(chunk.block + lane.offset + window * size, 0, size);
    }
    chunk.touched |= std::uint32_t{1} << window;
}

void Staging::refuse(std::uint64_t ordinal) {
    if (ordinal >= members::max_members) {
        throw Error(ErrorCode::program_limit_exceeded, "population has too many members", Error::no_position,
                    "Ordinals of members are below 4000000000.");
    }
    throw Error(ErrorCode::internal_error, "member was not added before its codes");
}

void Staging::Row::refuse() {
    throw Error(ErrorCode::internal_error, "feature or code is out of range");
}

std::uint32_t Staging::code(FeatureId feature, Ordinal ordinal) const {
    if (!contains(ordinal)) {
        refuse(ordinal);
    }
    const Column &column = columns_.at(feature);
    const std::uint32_t index = ordinal % members::chunk_size;
    const std::byte *const at = chunks_[ordinal / members::chunk_size].block + column.offset + std::size_t{column.stride} * index;
    return column.width == 1 ? load<std::uint8_t>(at) : column.width == 2 ? load<std::uint16_t>(at) : load<std::uint32_t>(at);
}

}  // namespace segment::match
