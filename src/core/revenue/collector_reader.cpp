#include "core/revenue/collector_reader.hpp"

#include <algorithm>
#include <numeric>

namespace segment::revenue {

namespace {

constexpr std::size_t prefetch_distance = 16;
constexpr std::size_t items_between_polls = 16384;
// From so many on a member's changes are sorted in a way that can be interrupted.
constexpr std::size_t many_changes = 4096;

// Numbers in the order of signed ones.
constexpr std::uint64_t ordered(std::int64_t number) {
    return static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
}

}  // namespace

CollectorReader::CollectorReader(const Collector &lines, std::pmr::memory_resource *memory, Interrupts &interrupts)
    : collector_(lines), interrupts_(interrupts), order_(memory), changes_(memory) {
    if (!lines.in_order_ || lines.kind_ != MemberKind::int8) {
        sort_lines(memory);
    }
}

void CollectorReader::poll_now_and_then(std::size_t done) {
    if (done % items_between_polls == 0) {
        interrupts_.poll();
    }
}

// Members that are not numbers are sorted by their bytes.
std::pmr::vector<std::uint64_t> CollectorReader::ranks_of_keys(std::pmr::memory_resource *memory) {
    const auto &keys = collector_.keys_;
    std::pmr::vector<std::uint32_t> order(keys.size(), memory);
    std::iota(order.begin(), order.end(), 0);
    std::size_t compared = 0;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        poll_now_and_then(compared++);
        return keys[a] < keys[b];
    });
    std::pmr::vector<std::uint64_t> ranks(keys.size(), memory);
    for (std::uint64_t rank = 0; rank < order.size(); ++rank) {
        ranks[order[rank]] = rank;
    }
    return ranks;
}

void CollectorReader::sort_lines(std::pmr::memory_resource *memory) {
    const std::pmr::vector<std::uint64_t> ranks = ranks_of_keys(memory);
    const bool numbers = collector_.kind_ == MemberKind::int8;
    order_.reserve(collector_.lines_.size());
    for (const Collector::Line &line : collector_.lines_) {
        poll_now_and_then(order_.size());
        order_.push_back(
            {numbers ? ordered(line.member) : ranks[static_cast<std::size_t>(line.member)], static_cast<std::uint32_t>(order_.size())});
    }
    sort_by_number(order_, interrupts_);
}

Key CollectorReader::key() const {
    if (collector_.kind_ == MemberKind::int8) {
        return {.number = member_};
    }
    return {.bytes = collector_.keys_[static_cast<std::size_t>(member_)]};
}

bool CollectorReader::next() {
    const std::size_t lines = collector_.lines_.size();
    do {
        if (read_ == lines) {
            return false;
        }
        const std::size_t first = read_;
        member_ = line(first).member;
        for (; read_ < lines && line(read_).member == member_; ++read_) {
            poll_now_and_then(read_);
            if (read_ + prefetch_distance < lines) {
                __builtin_prefetch(&line(read_ + prefetch_distance));
            }
        }
        read_changes(first, read_);
    } while (changes_.empty());
    return true;
}

void CollectorReader::read_changes(std::size_t first, std::size_t last) {
    changes_.clear();
    changes_.reserve(2 * (last - first));
    for (std::size_t place = first; place < last; ++place) {
        poll_now_and_then(place);
        const Collector::Line &line = this->line(place);
        changes_.push_back({line.starts_at, line.amount()});
        if (line.ends_at != never) {
            changes_.push_back({line.ends_at, negated(line.amount())});
        }
    }
    if (last - first > 1) {
        sort_changes();
    }
    // What happens at one instant is one change.
    auto kept = changes_.begin();
    for (auto change = changes_.begin(); change != changes_.end();) {
        Change sum{change->at, 0};
        for (; change != changes_.end() && change->at == sum.at; ++change) {
            poll_now_and_then(static_cast<std::size_t>(change - changes_.begin()) + 1);
            sum.amount = add(sum.amount, change->amount);
        }
        if (sum.amount != 0) {
            *kept++ = sum;
        }
    }
    changes_.erase(kept, changes_.end());
}

void CollectorReader::sort_changes() {
    if (changes_.size() < many_changes) {
        std::sort(changes_.begin(), changes_.end(), [](const Change &a, const Change &b) { return a.at < b.at; });
        return;
    }
    std::pmr::vector<Numbered> order(changes_.get_allocator());
    order.reserve(changes_.size());
    for (const Change &change : changes_) {
        poll_now_and_then(order.size());
        order.push_back({ordered(change.at), static_cast<std::uint32_t>(order.size())});
    }
    sort_by_number(order, interrupts_);
    std::pmr::vector<Change> sorted(changes_.get_allocator());
    sorted.reserve(changes_.size());
    for (const Numbered &item : order) {
        poll_now_and_then(sorted.size());
        sorted.push_back(changes_[item.index]);
    }
    changes_.swap(sorted);
}

}  // namespace segment::revenue
