#include "core/revenue/ledger.hpp"

#include <string>

namespace segment::revenue {

namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t uuid_length = 16;
// timestamptz ends in the year 294276, and begins in 4714 BC.
constexpr Instant first_instant = -211813488000000000;
constexpr Instant end_of_time = 9223371331200000000;

using Wide = unsigned __int128;

[[noreturn]] void refuse(const char *reason) {
    throw Error(ErrorCode::invalid_binary_representation, "invalid ledger of revenue", Error::no_position, reason);
}

constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}

constexpr Wide zigzag_wide(Money value) {
    return (static_cast<Wide>(value) << 1) ^ static_cast<Wide>(value >> 127);
}

constexpr Money unzigzag_wide(Wide value) {
    return static_cast<Money>((value >> 1) ^ (Wide{0} - (value & 1)));
}

// Seven bits a byte, the lowest first; the last byte has its highest bit clear.
template <class Unsigned>
void write_number(Unsigned value, std::pmr::vector<std::byte> &bytes) {
    std::byte buffer[19];
    std::size_t length = 0;
    for (; value >= 0x80; value >>= 7) {
        buffer[length++] = static_cast<std::byte>(static_cast<std::uint8_t>(value) | 0x80);
    }
    buffer[length++] = static_cast<std::byte>(value);
    bytes.insert(bytes.end(), buffer, buffer + length);
}

void write_money(Money amount, std::pmr::vector<std::byte> &bytes) {
    const Wide wide = zigzag_wide(amount);
    if (const auto narrow = static_cast<std::uint64_t>(wide); narrow == wide) {
        write_number(narrow, bytes);
    } else {
        write_number(wide, bytes);
    }
}

bool is_instant(Instant at) {
    return at == forever_ago || (at >= first_instant && at < end_of_time);
}

}  // namespace

void write_header(const Header &header, std::pmr::vector<std::byte> &bytes) {
    for (const std::uint8_t byte :
         {format_version, static_cast<std::uint8_t>(header.kind), static_cast<std::uint8_t>(header.scale), std::uint8_t{0}}) {
        bytes.push_back(std::byte{byte});
    }
    for (const std::uint64_t count : header.ignored) {
        write_number(count, bytes);
    }
    write_number(header.members, bytes);
}

void LedgerWriter::add(const Key &key, std::span<const Change> changes) {
    if (kind_ == MemberKind::int8) {
        write_number(first_ ? zigzag(key.number) : static_cast<std::uint64_t>(key.number) - static_cast<std::uint64_t>(last_number_),
                     bytes_);
        first_ = false;
        last_number_ = key.number;
    } else {
        if (kind_ == MemberKind::text) {
            write_number(std::uint64_t{key.bytes.size()}, bytes_);
        }
        const auto *bytes = reinterpret_cast<const std::byte *>(key.bytes.data());
        bytes_.insert(bytes_.end(), bytes, bytes + key.bytes.size());
    }
    write_number(std::uint64_t{changes.size()}, bytes_);
    Instant before = 0;
    bool first = true;
    for (const Change &change : changes) {
        write_number(first ? zigzag(change.at) : static_cast<std::uint64_t>(change.at) - static_cast<std::uint64_t>(before), bytes_);
        write_money(change.amount, bytes_);
        before = change.at;
        first = false;
    }
}

LedgerReader::LedgerReader(std::span<const std::byte> bytes, std::pmr::memory_resource *memory)
    : position_(bytes.data()), end_(bytes.data() + bytes.size()), changes_(memory) {
    if (const std::uint8_t version = read_byte(); version != format_version) {
        throw Error(ErrorCode::invalid_binary_representation, "unsupported version of a ledger of revenue: " + std::to_string(version));
    }
    const std::uint8_t kind = read_byte();
    if (kind < static_cast<std::uint8_t>(MemberKind::int8) || kind > static_cast<std::uint8_t>(MemberKind::text)) {
        refuse("It has members of an unknown type.");
    }
    header_.kind = static_cast<MemberKind>(kind);
    header_.scale = read_byte();
    if (header_.scale > max_scale || read_byte() != 0) {
        refuse("Its header is wrong.");
    }
    for (std::uint64_t &count : header_.ignored) {
        count = read_number();
    }
    header_.members = read_number();
}

bool LedgerReader::next() {
    if (read_ == header_.members) {
        if (position_ != end_) {
            refuse("There is something after its last member.");
        }
        return false;
    }
    read_key();
    read_changes();
    ++read_;
    return true;
}

std::uint8_t LedgerReader::read_byte() {
    if (position_ == end_) {
        refuse("It is truncated.");
    }
    return static_cast<std::uint8_t>(*position_++);
}

std::uint64_t LedgerReader::read_number() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        const std::uint8_t byte = read_byte();
        if (shift == 63 && byte > 1) {
            refuse("A number is too large.");
        }
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0) {
                refuse("A number is longer than it has to be.");
            }
            return value;
        }
    }
}

Money LedgerReader::read_money() {
    Wide value = 0;
    for (int shift = 0;; shift += 7) {
        const std::uint8_t byte = read_byte();
        if (shift == 126 && byte > 3) {
            refuse("An amount is too large.");
        }
        value |= static_cast<Wide>(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (byte == 0) {
                refuse("An amount is zero, or longer than it has to be.");
            }
            return unzigzag_wide(value);
        }
    }
}

std::string_view LedgerReader::read_bytes(std::uint64_t length) {
    if (length > static_cast<std::uint64_t>(end_ - position_)) {
        refuse("It is truncated.");
    }
    const std::string_view bytes(reinterpret_cast<const char *>(position_), length);
    position_ += length;
    return bytes;
}

void LedgerReader::read_key() {
    const bool first = read_ == 0;
    if (header_.kind == MemberKind::int8) {
        const std::uint64_t number = read_number();
        if (first) {
            key_.number = unzigzag(number);
            return;
        }
        // The room above the last key; wrapping arithmetic gives it for negative keys too.
        const std::uint64_t room = static_cast<std::uint64_t>(INT64_MAX) - static_cast<std::uint64_t>(key_.number);
        if (number == 0 || number > room) {
            refuse("Its members are not in order.");
        }
        key_.number = static_cast<std::int64_t>(static_cast<std::uint64_t>(key_.number) + number);
        return;
    }
    const std::string_view bytes = read_bytes(header_.kind == MemberKind::uuid ? uuid_length : read_number());
    if (!first && bytes <= key_.bytes) {
        refuse("Its members are not in order.");
    }
    key_.bytes = bytes;
}

void LedgerReader::read_changes() {
    const std::uint64_t count = read_number();
    // A change takes two bytes at least, which bounds what is allocated for a wrong number.
    if (count == 0 || count > static_cast<std::uint64_t>(end_ - position_) / 2) {
        refuse("A member has a wrong number of changes.");
    }
    changes_.resize(count);
    Instant at = 0;
    bool first = true;
    for (Change &change : changes_) {
        const std::uint64_t number = read_number();
        if (first) {
            at = unzigzag(number);
        } else if (number == 0 || number > static_cast<std::uint64_t>(never) - static_cast<std::uint64_t>(at)) {
            refuse("The changes of a member are not in order.");
        } else {
            at = static_cast<Instant>(static_cast<std::uint64_t>(at) + number);
        }
        if (!is_instant(at)) {
            refuse("A change is at an impossible time.");
        }
        change = {at, read_money()};
        first = false;
    }
}

}  // namespace segment::revenue
