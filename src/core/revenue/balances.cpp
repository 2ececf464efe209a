#include "core/revenue/balances.hpp"

#include <algorithm>

namespace segment::revenue {

void Balances::add(members::Ordinal member, const Amount &amount) {
    require_scale(amount.scale);
    const std::uint32_t number = member / members::chunk_size;
    if (number >= chunks_.size()) {
        chunks_.resize(number + std::size_t{1});
    }
    Chunk &chunk = chunks_[number];
    if (chunk.empty()) {
        chunk.resize(members::chunk_size);
    }
    Money &balance = chunk[member % members::chunk_size];
    balance = revenue::add(balance, rescale(amount.value, amount.scale, scale_));
}

void Balances::require_scale(int scale) {
    if (scale <= scale_) {
        return;
    }
    for (Chunk &chunk : chunks_) {
        for (Money &balance : chunk) {
            balance = rescale(balance, scale_, scale);
        }
    }
    scale_ = scale;
}

Money Balances::sum(std::uint32_t chunk, members::ChunkWords of_members) const {
    Money total = 0;
    if (chunk < chunks_.size() && !chunks_[chunk].empty()) {
        members::for_each_bit(of_members, 0,
                              [&](members::Ordinal at) { total = revenue::add(total, std::max(chunks_[chunk][at], Money{0})); });
    }
    return total;
}

}  // namespace segment::revenue
