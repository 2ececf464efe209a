// Encoded bytes in pieces that fit a row which PostgreSQL keeps inline: what is moved out of a row takes several times as long to
// write and to read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/members/chunk_format.hpp"

namespace segment::members {

inline constexpr std::size_t max_piece = 8'000;
inline constexpr std::size_t max_pieces_of_chunk = (max_encoded + max_piece - 1) / max_piece;

// Calls visit(number, piece) for the pieces of bytes in order, numbered from 0; never for no bytes.
template <class Visit>
void for_each_piece(std::span<const std::byte> bytes, Visit visit) {
    for (std::uint32_t number = 0; !bytes.empty(); ++number) {
        const std::span<const std::byte> piece = bytes.first(std::min(bytes.size(), max_piece));
        visit(number, piece);
        bytes = bytes.subspan(piece.size());
    }
}

}  // namespace segment::members
