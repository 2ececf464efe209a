// 64-bit hashes of member keys. They are never stored, so they may differ between platforms and versions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace segment::members {

// The finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014; constants
// by D. Stafford). It is a bijection: different integers have different hashes.
constexpr std::uint64_t hash(std::uint64_t key) {
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    return key ^ (key >> 31);
}

// Bytes of any length, by the block step of MurmurHash3 (A. Appleby, public domain), 8 bytes at a time.
inline std::uint64_t hash_bytes(std::span<const std::byte> bytes) {
    constexpr auto step = [](std::uint64_t state, std::uint64_t word) {
        word = std::rotl(word * 0x87c37b91114253d5, 31) * 0x4cf5ad432745937f;
        return std::rotl(state ^ word, 27) * 5 + 0x52dce729;
    };
    std::uint64_t state = bytes.size();
    while (bytes.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data(), sizeof word);
        state = step(state, word);
        bytes = bytes.subspan(sizeof word);
    }
    if (!bytes.empty()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        state = step(state, word);
    }
    return hash(state);
}

// Sixteen bytes, such as a uuid.
inline std::uint64_t hash_uuid(std::span<const std::byte, 16> bytes) {
    std::uint64_t words[2];
    std::memcpy(words, bytes.data(), sizeof words);
    return hash(words[0] ^ hash(words[1] + 0x9e3779b97f4a7c15));
}

}  // namespace segment::members
