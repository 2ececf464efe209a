#include "core/members/content_hash.hpp"

#include <algorithm>
#include <cstring>

namespace segment::members {

namespace {

// No number of ours: the fractional parts of the square roots of the first primes (the initial values of SHA-512, FIPS 180-4), and
// of the ninth to sixteenth (those of SHA-384).
constexpr std::uint64_t starts[] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1};
constexpr std::uint64_t keys[] = {0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::uint64_t ends[] = {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939};

constexpr std::size_t block = 8;  // words

// The family is W. Yi's wyhash: both halves of the product of two words are folded into one, and each product goes into a factor of
// the next one. Four lanes, because a product takes several cycles but one can be started in each.
struct Lanes {
    std::uint64_t a = starts[0], b = starts[1], c = starts[2], d = starts[3];

    void take(const std::uint64_t *word) {
        using detail::multiply_fold;
        a = multiply_fold(word[0] ^ keys[0], word[1] ^ a);
        b = multiply_fold(word[2] ^ keys[1], word[3] ^ b);
        c = multiply_fold(word[4] ^ keys[2], word[5] ^ c);
        d = multiply_fold(word[6] ^ keys[3], word[7] ^ d);
    }

    std::uint64_t hash() const {
        using detail::multiply_fold;
        const std::uint64_t ab = multiply_fold(a ^ ends[0], b ^ ends[1]);
        const std::uint64_t cd = multiply_fold(c ^ ends[2], d ^ ends[3]);
        return multiply_fold(ab ^ starts[0], cd ^ starts[1]);
    }
};

}  // namespace

std::uint64_t content_hash(ChunkWords words) {
    Lanes lanes;
    for (const std::uint64_t *word = words.data(), *const end = word + words_per_chunk; word != end; word += block) {
        lanes.take(word);
    }
    return lanes.hash();
}

std::uint64_t content_hash(std::span<const std::byte> bytes) {
    Lanes lanes;
    std::uint64_t words[block] = {bytes.size()};
    lanes.take(words);
    while (!bytes.empty()) {
        const std::size_t taken = std::min(bytes.size(), sizeof words);
        std::memset(words, 0, sizeof words);
        std::memcpy(words, bytes.data(), taken);
        lanes.take(words);
        bytes = bytes.subspan(taken);
    }
    return lanes.hash();
}

}  // namespace segment::members
