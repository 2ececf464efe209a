// Ledgers for tests, written from lines with days and whole amounts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/interrupts.hpp"
#include "core/revenue/collector.hpp"
#include "core/revenue/movement.hpp"

namespace segment::revenue {

struct NoInterrupts final : Interrupts {
    void poll() override {}
};

inline constexpr Instant day = Instant{86400} * 1'000'000;
inline constexpr std::int64_t open_end = INT64_MAX;

// From one day to another, counted from 2000-01-01.
struct DayLine {
    std::int64_t member, starts_on, ends_on;
    Amount amount;
};

inline void add_line(Collector &collector, const DayLine &line) {
    collector.add({.number = line.member}, line.starts_on * day, line.ends_on == open_end ? never : line.ends_on * day, line.amount);
}

inline std::pmr::vector<std::byte> bytes_of(const Collector &collector) {
    NoInterrupts interrupts;
    std::pmr::vector<std::byte> bytes;
    collector.write(bytes, std::pmr::get_default_resource(), interrupts);
    return bytes;
}

inline std::pmr::vector<std::byte> ledger_of(const std::vector<DayLine> &lines) {
    Collector collector(MemberKind::int8, std::pmr::get_default_resource());
    for (const DayLine &line : lines) {
        add_line(collector, line);
    }
    return bytes_of(collector);
}

// The bridges between days.
inline std::vector<Bridge> bridges_of(const std::pmr::vector<std::byte> &ledger, std::vector<std::int64_t> days,
                                      const MovementRules &rules = {}) {
    for (std::int64_t &edge : days) {
        edge *= day;
    }
    std::vector<Bridge> result(days.size() - 1);
    Bridges bridges(days, rules, result);
    LedgerReader reader(ledger, std::pmr::get_default_resource());
    while (reader.next()) {
        bridges.add(reader.changes());
    }
    bridges.finish();
    return result;
}

}  // namespace segment::revenue
