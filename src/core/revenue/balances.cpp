#include "core/revenue/balances.hpp"

namespace segment::revenue {

void Balances::add(members::Ordinal member, const Amount &amount) {
    require_scale(amount.scale);
    const std::uint32_t number = member / members::chunk_size;
    while (number >= chunks_.size()) {
        chunks_.push_back({std::pmr::vector<Money>(memory_), std::pmr::vector<std::uint64_t>(memory_)});
    }
    Chunk &chunk = chunks_[number];
    if (chunk.amounts.empty()) {
        chunk.amounts.resize(members::chunk_size);
    }
    Money &balance = chunk.amounts[member % members::chunk_size];
    balance = revenue::add(balance, rescale(amount.value, amount.scale, scale_));
}

void Balances::require_scale(int scale) {
    if (scale <= scale_) {
        return;
    }
    for (Chunk &chunk : chunks_) {
        for (Money &balance : chunk.amounts) {
            balance = rescale(balance, scale_, scale);
        }
    }
    scale_ = scale;
}

void Balances::finish() {
    for (Chunk &chunk : chunks_) {
        if (chunk.amounts.empty()) {
            continue;
        }
        chunk.positive.resize(members::words_per_chunk);
        for (std::uint32_t at = 0; at < members::chunk_size; ++at) {
            chunk.positive[at / 64] |= std::uint64_t{chunk.amounts[at] > 0} << at % 64;
        }
    }
}

Money Balances::sum(std::uint32_t chunk, members::ChunkWords of_members) const {
    Money total = 0;
    if (chunk >= chunks_.size() || chunks_[chunk].positive.empty()) {
        return total;
    }
    const Chunk &amounts = chunks_[chunk];
    for (std::uint32_t w = 0; w < members::words_per_chunk; ++w) {
        members::for_each_bit(of_members[w] & amounts.positive[w], w * 64,
                              [&](members::Ordinal at) { total = revenue::add(total, amounts.amounts[at]); });
    }
    return total;
}

}  // namespace segment::revenue
