#include "core/members/chunk_format.hpp"

#include <algorithm>
#include <bit>

#include "core/members/stored.hpp"
#include "core/members/words.hpp"

namespace segment::members {

namespace {

enum class Kind : std::uint8_t { array = 1, complement = 2, bitmap = 3, runs = 4 };

constexpr std::size_t bitmap_bytes = chunk_size / 8;
constexpr std::size_t ordinal_bytes = sizeof(std::uint16_t);
constexpr std::size_t run_bytes = 2 * ordinal_bytes;

// No list is longer where it is the smallest form.
constexpr std::uint32_t max_listed = bitmap_bytes / ordinal_bytes;

struct Stored {
    Kind kind;
    std::span<const std::byte> payload;
};

struct Run {
    std::uint32_t first, last;
};

Run run(std::span<const std::byte> payload, std::size_t i) {
    const StoredOrdinals numbers(payload);
    const std::uint32_t first = numbers[2 * i];
    return {first, first + numbers[2 * i + 1]};
}

Stored parse(std::span<const std::byte> bytes) {
    if (bytes.size() > max_encoded) {
        throw_corrupted("A chunk is too long.");
    }
    const auto kind = static_cast<Kind>(bytes.front());
    const auto payload = bytes.subspan(1);
    bool fits = false;
    switch (kind) {
        case Kind::array:
        case Kind::complement:
            fits = payload.size() % ordinal_bytes == 0;
            break;
        case Kind::bitmap:
            fits = payload.size() == bitmap_bytes;
            break;
        case Kind::runs:
            fits = payload.size() % run_bytes == 0;
            break;
        default:
            throw_corrupted("A chunk is of an unknown kind.");
    }
    if (!fits) {
        throw_corrupted("A chunk has a wrong length.");
    }
    return {kind, payload};
}

// std::popcount is a call of a function that looks bytes up in a table where the processor is not known to have an instruction.
std::uint32_t count_bits(std::uint64_t bits) {
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return static_cast<std::uint32_t>(bits * 0x0101010101010101 >> 56);
}

// The positions of the bits of `word(w)` for all words w, of which there are at most max_listed.
class BitList {
public:
    // `expected`: about how many there are.
    template <class Word>
    BitList(Word word, std::size_t expected) {
        for (std::uint32_t w = 0; w < words_per_chunk; ++w) {
            if (expected < few) {
                append_each(w, word(w));
            } else {
                append_many(w, word(w));
            }
        }
    }

    std::size_t size() const { return size_; }
    std::uint16_t operator[](std::size_t i) const { return positions_[i]; }

private:
    // Where most words have no bits, the processor guesses well how many the next one has.
    static constexpr std::size_t few = 320;
    static constexpr std::uint32_t at_once = 4;

    void append_each(std::uint32_t w, std::uint64_t bits) {
        for (; bits != 0; bits &= bits - 1) {
            positions_[size_++] = position(w, bits);
        }
    }

    // A wrong guess costs more than to write four positions and not count those that were not there.
    void append_many(std::uint32_t w, std::uint64_t bits) {
        const std::uint32_t count = count_bits(bits);
        std::uint32_t written = 0;
        do {
            for (std::uint32_t i = 0; i < at_once; ++i, ++written) {
                positions_[size_ + written] = position(w, bits);
                bits &= bits - 1;
            }
        } while (written < count);
        size_ += count;
    }

    static std::uint16_t position(std::uint32_t w, std::uint64_t bits) {
        return static_cast<std::uint16_t>(w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }

    std::size_t size_ = 0;
    std::uint16_t positions_[max_listed + at_once];
};

void encode_list(const BitList &list, std::byte *out) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        store(out + i * ordinal_bytes, list[i]);
    }
}

void encode_bitmap(ChunkWords words, std::byte *out) {
    for (const std::uint64_t word : words) {
        store(out, word);
        out += sizeof word;
    }
}

void encode_runs(ChunkWords words, std::size_t runs, std::byte *out) {
    // Where members begin and where they end, in turn; the last run may end with the chunk.
    std::uint64_t before = 0;
    const auto edges = [&](std::uint32_t w) {
        const std::uint64_t shifted = words[w] << 1 | before >> 63;
        before = words[w];
        return words[w] ^ shifted;
    };
    const BitList list(edges, 2 * runs);
    for (std::size_t i = 0; i < runs; ++i) {
        const std::uint32_t first = list[2 * i], end = 2 * i + 1 < list.size() ? list[2 * i + 1] : chunk_size;
        store(out + i * run_bytes, static_cast<std::uint16_t>(first));
        store(out + i * run_bytes + ordinal_bytes, static_cast<std::uint16_t>(end - first - 1));
    }
}

void require_ascending(StoredOrdinals ordinals) {
    if (!ordinals.are_ascending()) {
        throw_corrupted("The ordinals of a chunk are not ascending.");
    }
}

std::uint32_t decode_array(StoredOrdinals members, std::uint64_t *words) {
    require_ascending(members);
    std::fill_n(words, words_per_chunk, std::uint64_t{0});
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        words[members[i] / 64] |= std::uint64_t{1} << members[i] % 64;
    }
    return members.size();
}

std::uint32_t decode_complement(StoredOrdinals absent, std::uint64_t *words) {
    require_ascending(absent);
    std::fill_n(words, words_per_chunk, ~std::uint64_t{0});
    for (std::uint32_t i = 0; i < absent.size(); ++i) {
        words[absent[i] / 64] &= ~(std::uint64_t{1} << absent[i] % 64);
    }
    return chunk_size - absent.size();
}

std::uint32_t decode_bitmap(std::span<const std::byte> payload, std::uint64_t *words) {
    for (std::uint32_t w = 0; w < words_per_chunk; ++w) {
        words[w] = load<std::uint64_t>(payload.data() + w * sizeof(std::uint64_t));
    }
    return count(ChunkWords(words, words_per_chunk));
}

void set_run(std::uint64_t *words, Run run) {
    const std::uint64_t from_first = ~std::uint64_t{0} << run.first % 64;
    const std::uint64_t to_last = ~std::uint64_t{0} >> (63 - run.last % 64);
    const std::uint32_t first = run.first / 64, last = run.last / 64;
    if (first == last) {
        words[first] |= from_first & to_last;
        return;
    }
    words[first] |= from_first;
    std::fill(words + first + 1, words + last, ~std::uint64_t{0});
    words[last] = to_last;
}

std::uint32_t decode_runs(std::span<const std::byte> payload, std::uint64_t *words) {
    std::fill_n(words, words_per_chunk, std::uint64_t{0});
    std::uint32_t members = 0, free = 0;  // ordinals below `free` may not start a run
    for (std::size_t i = 0; i < payload.size() / run_bytes; ++i) {
        const Run next = run(payload, i);
        if (next.first < free || next.last >= chunk_size) {
            throw_corrupted("The runs of a chunk are not ascending, or not apart.");
        }
        set_run(words, next);
        members += next.last - next.first + 1;
        free = next.last + 2;
    }
    return members;
}

bool lists(StoredOrdinals ordinals, std::uint16_t ordinal) {
    const std::size_t i = first_where(ordinals.size(), [&](std::size_t item) { return ordinals[item] >= ordinal; });
    return i < ordinals.size() && ordinals[i] == ordinal;
}

bool runs_contain(std::span<const std::byte> payload, std::uint16_t ordinal) {
    const std::size_t i = first_where(payload.size() / run_bytes, [&](std::size_t item) { return run(payload, item).first > ordinal; });
    return i > 0 && ordinal <= run(payload, i - 1).last;
}

}  // namespace

std::size_t encode(ChunkWords words, std::span<std::byte, max_encoded> out) {
    const std::size_t members = count(words), absent = chunk_size - members;
    if (members == 0) {
        return 0;
    }
    const std::size_t runs = count_runs(words);
    // In the order of how fast they are read: an earlier one is preferred to a later one of the same size.
    const struct {
        Kind kind;
        std::size_t size;
    } forms[] = {{Kind::bitmap, bitmap_bytes},
                 {Kind::array, members * ordinal_bytes},
                 {Kind::complement, absent * ordinal_bytes},
                 {Kind::runs, runs * run_bytes}};
    const auto &smallest = *std::ranges::min_element(forms, {}, [](const auto &form) { return form.size; });
    std::byte *const payload = out.data() + 1;
    out[0] = static_cast<std::byte>(smallest.kind);
    switch (smallest.kind) {
        case Kind::array:
            encode_list(BitList([&](std::uint32_t w) { return words[w]; }, members), payload);
            break;
        case Kind::complement:
            encode_list(BitList([&](std::uint32_t w) { return ~words[w]; }, absent), payload);
            break;
        case Kind::bitmap:
            encode_bitmap(words, payload);
            break;
        case Kind::runs:
            encode_runs(words, runs, payload);
            break;
    }
    return 1 + smallest.size;
}

std::uint32_t decode(std::span<const std::byte> bytes, std::span<std::uint64_t, words_per_chunk> words) {
    if (bytes.empty()) {
        std::ranges::fill(words, std::uint64_t{0});
        return 0;
    }
    const Stored stored = parse(bytes);
    switch (stored.kind) {
        case Kind::array:
            return decode_array(StoredOrdinals(stored.payload), words.data());
        case Kind::complement:
            return decode_complement(StoredOrdinals(stored.payload), words.data());
        case Kind::bitmap:
            return decode_bitmap(stored.payload, words.data());
        case Kind::runs:
            return decode_runs(stored.payload, words.data());
    }
    return 0;
}

std::uint32_t cardinality(std::span<const std::byte> bytes) {
    if (bytes.empty()) {
        return 0;
    }
    const Stored stored = parse(bytes);
    switch (stored.kind) {
        case Kind::array:
            return StoredOrdinals(stored.payload).size();
        case Kind::complement:
            return chunk_size - StoredOrdinals(stored.payload).size();
        case Kind::bitmap:
        case Kind::runs: {
            std::uint64_t words[words_per_chunk];
            return decode(bytes, words);
        }
    }
    return 0;
}

bool contains(std::span<const std::byte> bytes, std::uint16_t ordinal) {
    if (bytes.empty()) {
        return false;
    }
    const Stored stored = parse(bytes);
    switch (stored.kind) {
        case Kind::array:
            return lists(StoredOrdinals(stored.payload), ordinal);
        case Kind::complement:
            return !lists(StoredOrdinals(stored.payload), ordinal);
        case Kind::bitmap:
            return (std::to_integer<unsigned>(stored.payload[ordinal / 8]) >> ordinal % 8 & 1) != 0;
        case Kind::runs:
            return runs_contain(stored.payload, ordinal);
    }
    return false;
}

}  // namespace segment::members
