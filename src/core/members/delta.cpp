#include "core/members/delta.hpp"

#include "core/members/words.hpp"

namespace segment::members {

namespace {

constexpr std::size_t count_bytes = 4, entry_bytes = 20, toggle_bytes = sizeof(std::uint16_t);
constexpr std::size_t cardinality_at = 4, hash_at = 8, toggles_end_at = 16;

template <class Number>
void append(std::pmr::vector<std::byte> &bytes, Number number) {
    const std::size_t end = bytes.size();
    bytes.resize(end + sizeof number);
    store(bytes.data() + end, number);
}

}  // namespace

std::uint32_t DeltaBuilder::add(std::uint32_t chunk, ChunkWords stored, ChunkWords current, std::uint64_t hash) {
    check_order(chunk);
    const std::size_t before = toggles_.size();
    auto toggle = [&](Ordinal ordinal) { append(toggles_, static_cast<std::uint16_t>(ordinal)); };
    for (std::uint32_t w = 0; w < words_per_chunk; ++w) {
        for_each_bit(stored[w] ^ current[w], w * 64, toggle);
    }
    const auto toggled = static_cast<std::uint32_t>((toggles_.size() - before) / toggle_bytes);
    if (toggled > 0) {
        finish(chunk, count(current), hash);
    }
    return toggled;
}

void DeltaBuilder::add(const DeltaEntry &entry) {
    check_order(entry.chunk);
    for (std::uint32_t i = 0; i < entry.toggles.size(); ++i) {
        append(toggles_, entry.toggles[i]);
    }
    finish(entry.chunk, entry.cardinality, entry.hash);
}

void DeltaBuilder::check_order(std::uint32_t chunk) const {
    if (chunk < next_chunk_ || chunk >= max_chunks) {
        throw Error(ErrorCode::internal_error, "chunks of a delta are not in order");
    }
}

void DeltaBuilder::finish(std::uint32_t chunk, std::uint32_t cardinality, std::uint64_t hash) {
    append(entries_, chunk);
    append(entries_, cardinality);
    append(entries_, hash);
    append(entries_, static_cast<std::uint32_t>(toggles_.size() / toggle_bytes));
    next_chunk_ = chunk + std::uint64_t{1};
}

std::size_t DeltaBuilder::size() const {
    return entries_.empty() ? 0 : count_bytes + entries_.size() + toggles_.size();
}

std::pmr::vector<std::byte> DeltaBuilder::bytes() const {
    std::pmr::vector<std::byte> result(entries_.get_allocator());
    if (!entries_.empty()) {
        result.reserve(size());
        append(result, static_cast<std::uint32_t>(entries_.size() / entry_bytes));
        result.insert(result.end(), entries_.begin(), entries_.end());
        result.insert(result.end(), toggles_.begin(), toggles_.end());
    }
    return result;
}

DeltaReader::DeltaReader(std::span<const std::byte> bytes) {
    if (bytes.empty()) {
        return;
    }
    if (bytes.size() < count_bytes) {
        throw_corrupted("A delta is too short.");
    }
    size_ = load<std::uint32_t>(bytes.data());
    bytes = bytes.subspan(count_bytes);
    if (size_ == 0 || size_ > max_chunks || bytes.size() < size_ * entry_bytes) {
        throw_corrupted("A delta has a wrong number of entries.");
    }
    entries_ = bytes.first(size_ * entry_bytes);
    toggles_ = bytes.subspan(entries_.size());
    if (toggles_.size() != toggles_end(size_ - 1) * toggle_bytes) {
        throw_corrupted("A delta has a wrong length.");
    }
    for (std::uint32_t i = 0; i < size_; ++i) {
        if (chunk(i) >= max_chunks || (i > 0 && chunk(i) <= chunk(i - 1))) {
            throw_corrupted("The chunks of a delta are not ascending.");
        }
        const std::uint32_t start = i == 0 ? 0 : toggles_end(i - 1), end = toggles_end(i);
        if (start >= end || end > toggles_end(size_ - 1)) {
            throw_corrupted("The entries of a delta do not follow each other.");
        }
        const DeltaEntry entry = (*this)[i];
        if (entry.cardinality > chunk_size || !entry.toggles.are_ascending()) {
            throw_corrupted("An entry of a delta is not that of a chunk.");
        }
    }
}

std::uint32_t DeltaReader::chunk(std::uint32_t i) const {
    return load<std::uint32_t>(entries_.data() + i * entry_bytes);
}

std::uint32_t DeltaReader::toggles_end(std::uint32_t i) const {
    return load<std::uint32_t>(entries_.data() + i * entry_bytes + toggles_end_at);
}

DeltaEntry DeltaReader::operator[](std::uint32_t i) const {
    const std::byte *const entry = entries_.data() + i * entry_bytes;
    const std::size_t start = i == 0 ? 0 : toggles_end(i - 1), end = toggles_end(i);
    return {.chunk = load<std::uint32_t>(entry),
            .cardinality = load<std::uint32_t>(entry + cardinality_at),
            .hash = load<std::uint64_t>(entry + hash_at),
            .toggles = StoredOrdinals(toggles_.subspan(start * toggle_bytes, (end - start) * toggle_bytes))};
}

std::optional<DeltaEntry> DeltaReader::find(std::uint32_t chunk) const {
    const std::size_t i = first_where(size_, [&](std::size_t entry) { return this->chunk(static_cast<std::uint32_t>(entry)) >= chunk; });
    if (i == size_ || this->chunk(static_cast<std::uint32_t>(i)) != chunk) {
        return std::nullopt;
    }
    return (*this)[static_cast<std::uint32_t>(i)];
}

void DeltaEntry::apply_to(std::span<std::uint64_t, words_per_chunk> words) const {
    for (std::uint32_t i = 0; i < toggles.size(); ++i) {
        words[toggles[i] / 64] ^= std::uint64_t{1} << toggles[i] % 64;
    }
    if (count(words) != cardinality) {
        throw_corrupted("A delta does not belong to the stored chunk.");
    }
}

}  // namespace segment::members
