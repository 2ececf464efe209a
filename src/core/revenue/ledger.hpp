// A ledger: how the MRR of each member changed over time, as bytes that are the same whatever the order of the lines was. This is
// what the type segment.revenue holds and what parallel workers send. It keeps the changes of the sum of a member's lines before that
// sum is cut off at zero, so that ledgers of parts of the lines add up to the ledger of all lines.
//
//   version byte, kind of members, scale, 0
//   the numbers of ignored lines, one for each reason
//   the number of members; then for each, in ascending order of the keys:
//     key        int8: the first one and the differences after it; uuid: 16 bytes; text: length and bytes
//     changes    their number, at least 1; the first instant, then the time since the one before; the amounts, none of them 0
//
// Numbers are LEB128 of the least length, signed ones in zigzag form. Instants are microseconds since 2000-01-01 00:00 UTC, or
// `forever_ago`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "core/revenue/money.hpp"

namespace segment::revenue {

using Instant = std::int64_t;

inline constexpr Instant forever_ago = INT64_MIN;  // timestamptz '-infinity'
inline constexpr Instant never = INT64_MAX;        // timestamptz 'infinity'; no change happens then

enum class MemberKind : std::uint8_t { int8 = 1, uuid = 2, text = 3 };

// Why a line does not count. A line with several faults has the first of them.
enum class Fault : std::uint8_t {
    no_member,    // the member is NULL
    no_start,     // starts_at is NULL
    no_amount,    // the amount is NULL, NaN or infinite
    no_duration,  // ends_at is not after starts_at
};
inline constexpr std::size_t faults = 4;
using FaultCounts = std::array<std::uint64_t, faults>;

// At this instant the sum of the member's lines becomes greater by the amount, which may be negative but is not 0.
struct Change {
    Instant at;
    Money amount;
};

struct Header {
    MemberKind kind = MemberKind::int8;
    int scale = 0;  // of all amounts
    FaultCounts ignored{};
    std::uint64_t members = 0;
};

// A member's key: the number, or the bytes of a uuid or text.
struct Key {
    std::int64_t number = 0;
    std::string_view bytes = {};
};

// Appends what comes before the members.
void write_header(const Header &header, std::pmr::vector<std::byte> &bytes);

// Appends the members to `bytes`. They come in ascending order, numbers by value and bytes as memcmp sorts them, each with its changes
// in ascending order of time.
class LedgerWriter {
public:
    LedgerWriter(MemberKind kind, std::pmr::vector<std::byte> &bytes) : bytes_(bytes), kind_(kind) {}

    void add(const Key &key, std::span<const Change> changes);

private:
    std::pmr::vector<std::byte> &bytes_;
    MemberKind kind_;
    bool first_ = true;
    std::int64_t last_number_ = 0;
};

// Reads what a LedgerWriter has written, member by member. Bytes that no writer writes are an invalid_binary_representation, at the
// latest when they are reached: reading to the end validates.
class LedgerReader {
public:
    // The bytes must outlive the reader.
    LedgerReader(std::span<const std::byte> bytes, std::pmr::memory_resource *memory);

    const Header &header() const { return header_; }

    // Goes to the next member; false after the last one.
    bool next();

    // Of the current member.
    const Key &key() const { return key_; }
    std::span<const Change> changes() const { return changes_; }

private:
    std::uint8_t read_byte();
    std::uint64_t read_number();
    Money read_money();
    std::string_view read_bytes(std::uint64_t length);
    void read_key();
    void read_changes();

    const std::byte *position_, *end_;
    Header header_;
    std::uint64_t read_ = 0;
    Key key_;
    std::pmr::vector<Change> changes_;
};

}  // namespace segment::revenue
