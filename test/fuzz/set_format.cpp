// Any bytes as a stored chunk and as a delta: an error, or members about which all functions agree and whose bytes are the same when
// written again.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <span>

#include "core/error.hpp"
#include "core/members/chunk_format.hpp"
#include "core/members/delta.hpp"
#include "core/members/words.hpp"

namespace {

using namespace segment::members;

using Words = std::array<std::uint64_t, words_per_chunk>;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// Calls work, which may find that the bytes are not what we store.
template <class Work>
bool succeeds(Work work) {
    try {
        work();
        return true;
    } catch (const segment::Error &error) {
        require(error.code == segment::ErrorCode::data_corrupted && !error.detail.empty());
        return false;
    }
}

void try_chunk(std::span<const std::byte> bytes) {
    Words words;
    if (!succeeds([&] { require(decode(bytes, words) == count(words)); })) {
        succeeds([&] { cardinality(bytes); });
        succeeds([&] { contains(bytes, 32'768); });
        return;
    }
    require(cardinality(bytes) == count(words));
    for (std::uint32_t w = 0; w < words_per_chunk; ++w) {
        const std::uint32_t bit = (w ^ w / 64) % 64;
        require(contains(bytes, static_cast<std::uint16_t>(w * 64 + bit)) == ((words[w] >> bit & 1) != 0));
    }
    std::array<std::byte, max_encoded> smallest;
    const std::size_t size = encode(words, smallest);
    Words again;
    require(size <= bytes.size());
    require(decode(std::span(smallest).first(size), again) == count(words) && again == words);
}

// Applied to chunks without members; written again, the delta is the same.
void try_delta(std::span<const std::byte> bytes) {
    succeeds([&] {
        const DeltaReader reader(bytes);
        DeltaBuilder builder(std::pmr::new_delete_resource());
        for (std::uint32_t i = 0; i < reader.size(); ++i) {
            const DeltaEntry entry = reader[i];
            require(reader.find(entry.chunk)->hash == entry.hash);
            Words words{};
            entry.apply_to(words);
            require(builder.add(entry.chunk, no_members, words, entry.hash) == entry.toggles.size());
        }
        require(std::ranges::equal(builder.bytes(), bytes));
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    try_chunk(bytes);
    try_delta(bytes);
    return 0;
}
