#include "core/revenue/collector.hpp"

#include <limits>

#include "core/members/hash.hpp"
#include "core/revenue/collector_reader.hpp"

namespace segment::revenue {

namespace {

// So that the two changes of each of them can be counted by 32 bits.
constexpr std::uint64_t max_lines = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t lines_between_polls = 16384;

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
                    "There can be 2147483647 of them.");
    }
    if (!lines_.empty() && member < lines_.back().member) {
        in_order_ = false;
    }
    lines_.push_back({.member = member, .starts_at = starts_at, .ends_at = ends_at, .low = 0, .high = 0});
    lines_.back().set_amount(amount);
}

void Collector::write(std::pmr::vector<std::byte> &bytes, std::pmr::memory_resource *scratch, Interrupts &interrupts) const {
    // The header tells the number of members, which only the changes show; so they are written after it, behind a header of their own.
    Header header{.kind = kind_, .scale = scale_, .ignored = ignored_};
    std::pmr::vector<std::byte> body(scratch);
    LedgerWriter writer(kind_, body);
    CollectorReader reader(*this, scratch, interrupts);
    while (reader.next()) {
        writer.add(reader.key(), reader.changes());
        ++header.members;
    }
    write_header(header, bytes);
    bytes.insert(bytes.end(), body.begin(), body.end());
}

}  // namespace segment::revenue
