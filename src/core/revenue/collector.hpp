// Collects the lines of a billing table, in any order, and makes the ledger of them. A CollectorReader tells what the ledger would, without
// it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/interrupts.hpp"
#include "core/members/dictionary.hpp"
#include "core/revenue/ledger.hpp"

namespace segment::revenue {

// An amount with digits of its own after the point.
struct Amount {
    Money value;
    int scale;  // at most max_scale
};

// Money is recurring revenue per month. Amounts may be zero or negative; a member's MRR is the greater of zero and their sum.
class Collector {
public:
    Collector(MemberKind kind, std::pmr::memory_resource *memory);

    MemberKind kind() const { return kind_; }
    // Of all amounts: the largest so far.
    int scale() const { return scale_; }

    // A line: the amount holds in [starts_at, ends_at), for ever where that is `never`. One without duration is counted as ignored.
    // Throws numeric_out_of_range.
    void add(const Key &key, Instant starts_at, Instant ends_at, const Amount &amount);
    void ignore(Fault fault) { ++ignored_[static_cast<std::size_t>(fault)]; }

    // All lines of another collector, and all that a ledger is made of. Throws datatype_mismatch if their members are of another kind,
    // and what LedgerReader throws.
    void add(const Collector &other, Interrupts &interrupts);
    void add(std::span<const std::byte> ledger, Interrupts &interrupts);

    // Appends the ledger to `bytes`; may be called again after more lines. Allocates scratch memory in `scratch`.
    void write(std::pmr::vector<std::byte> &bytes, std::pmr::memory_resource *scratch, Interrupts &interrupts) const;

private:
    friend class CollectorReader;

    // Forty bytes: an __int128 would be aligned to sixteen.
    struct Line {
        std::int64_t member;  // the key if it is a number, else its place in keys_
        Instant starts_at, ends_at;
        std::uint64_t low;
        std::int64_t high;

        Money amount() const { return static_cast<Money>(static_cast<unsigned __int128>(high) << 64 | low); }
        void set_amount(Money amount) {
            low = static_cast<std::uint64_t>(amount);
            high = static_cast<std::int64_t>(amount >> 64);
        }
    };

    std::int64_t member_of(const Key &key);
    void require_scale(int scale);
    void add_line(std::int64_t member, Instant starts_at, Instant ends_at, Money amount);

    MemberKind kind_;
    int scale_ = 0;
    FaultCounts ignored_{};
    std::pmr::vector<Line> lines_;
    bool in_order_ = true;  // of members
    // Of members that are not numbers.
    members::Dictionary dictionary_;
    std::pmr::monotonic_buffer_resource key_bytes_;
    std::pmr::vector<std::string_view> keys_;
};

}  // namespace segment::revenue
