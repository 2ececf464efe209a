#include "core/revenue/balances.hpp"

#include <algorithm>

#include "core/revenue/sort.hpp"

namespace segment::revenue {

Balances::Balances(std::pmr::memory_resource *memory)
    : items_(memory), amounts_(members::chunk_size, memory), positive_(members::words_per_chunk, memory) {}

void Balances::add(members::Ordinal member, const Amount &amount) {
    require_scale(amount.scale);
    in_order_ = in_order_ && (items_.empty() || items_.back().member <= member);
    items_.push_back({member, rescale(amount.value, amount.scale, scale_)});
}

void Balances::require_scale(int scale) {
    if (scale <= scale_) {
        return;
    }
    for (Item &item : items_) {
        item.amount = rescale(item.amount, scale_, scale);
    }
    scale_ = scale;
}

void Balances::finish(Interrupts &interrupts) {
    if (!in_order_) {
        std::pmr::vector<Numbered> order(items_.size(), items_.get_allocator());
        for (std::uint32_t i = 0; i < order.size(); ++i) {
            order[i] = {items_[i].member, i};
        }
        sort_by_number(order, interrupts);
        std::pmr::vector<Item> sorted(items_.get_allocator());
        sorted.reserve(items_.size());
        for (const Numbered &item : order) {
            sorted.push_back(items_[item.index]);
        }
        items_.swap(sorted);
    }
    auto kept = items_.begin();
    for (auto item = items_.begin(); item != items_.end();) {
        Item whole{item->member, 0};
        for (; item != items_.end() && item->member == whole.member; ++item) {
            whole.amount = revenue::add(whole.amount, item->amount);
        }
        if (whole.amount > 0) {
            *kept++ = whole;
        }
    }
    items_.erase(kept, items_.end());
}

void Balances::select(std::uint32_t chunk) {
    std::fill(positive_.begin(), positive_.end(), 0);
    const auto before = [](const Item &item, std::uint64_t ordinal) { return item.member < ordinal; };
    const std::uint64_t first = std::uint64_t{chunk} * members::chunk_size;
    for (auto item = std::lower_bound(items_.begin(), items_.end(), first, before);
         item != items_.end() && item->member < first + members::chunk_size; ++item) {
        const std::uint32_t at = item->member % members::chunk_size;
        amounts_[at] = item->amount;
        positive_[at / 64] |= std::uint64_t{1} << at % 64;
    }
}

Money Balances::sum(members::ChunkWords of_members) const {
    Money total = 0;
    for (std::uint32_t w = 0; w < members::words_per_chunk; ++w) {
        members::for_each_bit(of_members[w] & positive_[w], w * 64,
                              [&](members::Ordinal at) { total = revenue::add(total, amounts_[at]); });
    }
    return total;
}

}  // namespace segment::revenue
