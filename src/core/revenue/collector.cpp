#include "core/revenue/collector.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/members/hash.hpp"
#include "core/revenue/sort.hpp"

namespace segment::revenue {

namespace {

constexpr std::uint64_t max_lines = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t lines_between_polls = 16384;
constexpr std::size_t prefetch_distance = 16;

// Numbers in the order of signed ones.
constexpr std::uint64_t ordered(std::int64_t number) {
    return static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
}

std::uint64_t hash_of(std::string_view bytes) {
    return members::hash_bytes(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

}  // namespace

Collector::Collector(MemberKind kind, std::pmr::memory_resource *memory)
    : kind_(kind), lines_(memory), dictionary_(memory), key_bytes_(memory), keys_(memory) {}

void Collector::add(const Key &key, Instant starts_at, Instant ends_at, const Amount &amount) {
    if (ends_at <= starts_at) {
        ignore(Fault::no_duration);
        return;
    }
    require_scale(amount.scale);
    add_line(member_of(key), starts_at, ends_at, rescale(amount.value, amount.scale, scale_));
}

void Collector::add(const Collector &other, Interrupts &interrupts) {
    if (other.kind_ != kind_) {
        throw Error(ErrorCode::datatype_mismatch, "cannot combine ledgers of revenue with members of different types");
    }
    for (std::size_t i = 0; i < faults; ++i) {
        ignored_[i] += other.ignored_[i];
    }
    require_scale(other.scale_);
    std::size_t done = 0;
    for (const Line &line : other.lines_) {
        if (done++ % lines_between_polls == 0) {
            interrupts.poll();
        }
        const std::int64_t member =
            kind_ == MemberKind::int8 ? line.member : member_of({.bytes = other.keys_[static_cast<std::size_t>(line.member)]});
        add_line(member, line.starts_at, line.ends_at, rescale(line.amount(), other.scale_, scale_));
    }
}

void Collector::add(std::span<const std::byte> ledger, Interrupts &interrupts) {
    LedgerReader reader(ledger, lines_.get_allocator().resource());
    if (reader.header().kind != kind_) {
        throw Error(ErrorCode::datatype_mismatch, "cannot combine ledgers of revenue with members of different types");
    }
    for (std::size_t i = 0; i < faults; ++i) {
        ignored_[i] += reader.header().ignored[i];
    }
    require_scale(reader.header().scale);
    std::size_t done = 0;
    while (reader.next()) {
        if (done++ % lines_between_polls == 0) {
            interrupts.poll();
        }
        const std::int64_t member = member_of(reader.key());
        // A change is a line that never ends.
        for (const Change &change : reader.changes()) {
            add_line(member, change.at, never, rescale(change.amount, reader.header().scale, scale_));
        }
    }
}

std::int64_t Collector::member_of(const Key &key) {
    if (kind_ == MemberKind::int8) {
        return key.number;
    }
    const auto is_key = [&](members::Ordinal candidate) { return keys_[candidate] == key.bytes; };
    const members::Ordinal member = dictionary_.find_or_insert(hash_of(key.bytes), keys_.size(), is_key);
    if (member == keys_.size()) {
        auto *copy = static_cast<char *>(key_bytes_.allocate(key.bytes.size(), 1));
        key.bytes.copy(copy, key.bytes.size());
        keys_.emplace_back(copy, key.bytes.size());
    }
    return member;
}

void Collector::require_scale(int scale) {
    if (scale <= scale_) {
        return;
    }
    for (Line &line : lines_) {
        line.set_amount(rescale(line.amount(), scale_, scale));
    }
    scale_ = scale;
}

void Collector::add_line(std::int64_t member, Instant starts_at, Instant ends_at, Money amount) {
    if (lines_.size() >= max_lines) {
        throw Error(ErrorCode::program_limit_exceeded, "too many lines for one ledger of revenue", Error::no_position,
                    "There can be 4294967295 of them.");
    }
    if (!lines_.empty() && member < lines_.back().member) {
        in_order_ = false;
    }
    lines_.push_back({.member = member, .starts_at = starts_at, .ends_at = ends_at, .low = 0, .high = 0});
    lines_.back().set_amount(amount);
}

// Members that are not numbers are sorted by their bytes.
std::pmr::vector<std::uint64_t> Collector::ranks_of_keys(std::pmr::memory_resource *scratch) const {
    std::pmr::vector<std::uint32_t> order(keys_.size(), scratch);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) { return keys_[a] < keys_[b]; });
    std::pmr::vector<std::uint64_t> ranks(keys_.size(), scratch);
    for (std::uint64_t rank = 0; rank < order.size(); ++rank) {
        ranks[order[rank]] = rank;
    }
    return ranks;
}

void Collector::changes_of(std::span<const std::uint32_t> lines, std::pmr::vector<Change> &changes) const {
    changes.clear();
    for (const std::uint32_t index : lines) {
        const Line &line = lines_[index];
        changes.push_back({line.starts_at, line.amount()});
        if (line.ends_at != never) {
            changes.push_back({line.ends_at, negated(line.amount())});
        }
    }
    std::sort(changes.begin(), changes.end(), [](const Change &a, const Change &b) { return a.at < b.at; });
    auto kept = changes.begin();
    for (auto change = changes.begin(); change != changes.end();) {
        Change sum{change->at, 0};
        for (; change != changes.end() && change->at == sum.at; ++change) {
            sum.amount = revenue::add(sum.amount, change->amount);
        }
        if (sum.amount != 0) {
            *kept++ = sum;
        }
    }
    changes.erase(kept, changes.end());
}

void Collector::write(std::pmr::vector<std::byte> &bytes, std::pmr::memory_resource *scratch, Interrupts &interrupts) const {
    std::pmr::vector<std::uint64_t> ranks = ranks_of_keys(scratch);
    std::pmr::vector<std::uint32_t> order(lines_.size(), scratch);
    if (in_order_ && kind_ == MemberKind::int8) {
        std::iota(order.begin(), order.end(), 0);
    } else {
        std::pmr::vector<Numbered> numbered(lines_.size(), scratch);
        for (std::uint32_t i = 0; i < numbered.size(); ++i) {
            const std::int64_t member = lines_[i].member;
            numbered[i] = {kind_ == MemberKind::int8 ? ordered(member) : ranks[static_cast<std::size_t>(member)], i};
        }
        sort_by_number(numbered);
        std::transform(numbered.begin(), numbered.end(), order.begin(), [](const Numbered &item) { return item.index; });
    }

    // The header tells the number of members, which only the changes show; so they are written after it, behind a header of their own.
    Header header{.kind = kind_, .scale = scale_, .ignored = ignored_};
    std::pmr::vector<std::byte> body(scratch);
    LedgerWriter writer(kind_, body);
    std::pmr::vector<Change> changes(scratch);
    for (std::size_t first = 0, last; first < order.size(); first = last) {
        const std::int64_t member = lines_[order[first]].member;
        for (last = first; last < order.size() && lines_[order[last]].member == member; ++last) {
            if (last + prefetch_distance < order.size()) {
                __builtin_prefetch(&lines_[order[last + prefetch_distance]]);
            }
            if (last % lines_between_polls == 0) {
                interrupts.poll();
            }
        }
        changes_of(std::span(order).subspan(first, last - first), changes);
        if (!changes.empty()) {
            const Key key = kind_ == MemberKind::int8 ? Key{.number = member} : Key{.bytes = keys_[static_cast<std::size_t>(member)]};
            writer.add(key, changes);
            ++header.members;
        }
    }
    write_header(header, bytes);
    bytes.insert(bytes.end(), body.begin(), body.end());
}

}  // namespace segment::revenue
