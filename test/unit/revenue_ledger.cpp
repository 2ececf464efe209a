#include "core/revenue/ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "core/revenue/collector_reader.hpp"
#include "failing_memory.hpp"
#include "revenue_support.hpp"

namespace segment::revenue {
namespace {

using Bytes = std::pmr::vector<std::byte>;

std::string hex(const Bytes &bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(byte));
        text += digits;
    }
    return text;
}

Bytes from_hex(const std::string &text) {
    Bytes bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::uint64_t read_all(const Bytes &bytes) {
    LedgerReader reader(bytes, std::pmr::get_default_resource());
    std::uint64_t members = 0;
    while (reader.next()) {
        ++members;
    }
    return members;
}

std::string refusal_of(const std::string &text) {
    try {
        read_all(from_hex(text));
    } catch (const Error &error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_binary_representation);
        return error.message + " " + error.detail;
    }
    return "accepted";
}

TEST(RevenueMoney, Text) {
    EXPECT_EQ(to_text(0, 0), "0");
    EXPECT_EQ(to_text(0, 2), "0.00");
    EXPECT_EQ(to_text(-5, 2), "-0.05");
    EXPECT_EQ(to_text(123456, 2), "1234.56");
    const Money smallest = static_cast<Money>(1) << 126;
    EXPECT_EQ(to_text(-smallest - smallest, 0), "-170141183460469231731687303715884105728");
}

TEST(RevenueMoney, OverflowIsAnError) {
    const Money large = rescale(1, 0, 30) * 100'000'000;
    EXPECT_EQ(to_text(large, 30), "100000000.000000000000000000000000000000");
    for (const auto &overflow : std::initializer_list<Money (*)(Money)>{[](Money amount) { return add(amount, amount); },
                                                                        [](Money amount) { return subtract(negated(amount), amount); },
                                                                        [](Money amount) { return rescale(amount, 29, 30); }}) {
        try {
            overflow(large);
            FAIL();
        } catch (const Error &error) {
            EXPECT_EQ(error.code, ErrorCode::numeric_out_of_range);
        }
    }
}

TEST(RevenueLedger, Bytes) {
    // Version 1, int8, scale 2, nothing ignored, one member: 7; two changes: day 1, +10.50; a day later −10.50.
    const Bytes bytes = ledger_of({{7, 1, 2, {1050, 2}}});
    EXPECT_EQ(hex(bytes),
              "01010200"
              "00000000"
              "01"
              "0e"
              "02"
              "8080bbdd8305"
              "b410"
              "80c0ddeec102"
              "b310");
    EXPECT_EQ(read_all(bytes), 1);
}

TEST(RevenueLedger, DoesNotDependOnTheOrderOfLines) {
    std::mt19937 random(1);
    std::vector<DayLine> lines;
    for (int i = 0; i < 3000; ++i) {
        const auto start = static_cast<std::int64_t>(random() % 500);
        lines.push_back({static_cast<std::int64_t>(random() % 400) * 123456789 - 9999999999,
                         start,
                         random() % 5 == 0 ? open_end : start + static_cast<std::int64_t>(random() % 90),
                         {static_cast<Money>(random() % 1000) - 100, static_cast<int>(random() % 4)}});
    }
    const Bytes expected = ledger_of(lines);
    EXPECT_GT(expected.size(), 10000);
    NoInterrupts interrupts;
    for (int round = 0; round < 5; ++round) {
        std::shuffle(lines.begin(), lines.end(), random);
        EXPECT_EQ(ledger_of(lines), expected);
        // Nor on how they are divided among collectors, and whether these are sent as bytes.
        const std::size_t middle = random() % lines.size();
        Collector first(MemberKind::int8, std::pmr::get_default_resource()), second(MemberKind::int8, std::pmr::get_default_resource());
        for (std::size_t i = 0; i < lines.size(); ++i) {
            add_line(i < middle ? first : second, lines[i]);
        }
        Collector both(MemberKind::int8, std::pmr::get_default_resource());
        both.add(bytes_of(second), interrupts);
        both.add(first, interrupts);
        EXPECT_EQ(bytes_of(both), expected);
        std::sort(lines.begin(), lines.end(), [](const DayLine &a, const DayLine &b) { return a.member < b.member; });
        EXPECT_EQ(ledger_of(lines), expected);
    }
}

// A member with very many lines is sorted in another way than one with few.
TEST(RevenueLedger, ManyLinesOfOneMember) {
    std::mt19937 random(1);
    const auto below = [&](std::uint32_t n) { return static_cast<std::int64_t>(random() % n); };
    std::map<Instant, Money> expected;
    Collector collector(MemberKind::int8, std::pmr::get_default_resource());
    for (int i = 0; i < 10000; ++i) {
        const std::int64_t start = below(2000) - 1000, end = start + 1 + below(500), amount = below(100) - 30;
        add_line(collector, {7, start, end, {amount, 0}});
        add_line(collector, {below(2) == 0 ? -1 : 9, start, open_end, {5, 0}});
        expected[start * day] += amount;
        expected[end * day] -= amount;
    }
    std::erase_if(expected, [](const auto &change) { return change.second == 0; });
    NoInterrupts interrupts;
    CollectorReader reader(collector, std::pmr::get_default_resource(), interrupts);
    std::vector<std::int64_t> members;
    while (reader.next()) {
        members.push_back(reader.key().number);
        if (members.back() == 7) {
            ASSERT_EQ(reader.changes().size(), expected.size());
            EXPECT_TRUE(std::equal(expected.begin(), expected.end(), reader.changes().begin(),
                                   [](const auto &a, const Change &b) { return a.first == b.at && a.second == b.amount; }));
        }
    }
    EXPECT_EQ(members, (std::vector<std::int64_t>{-1, 7, 9}));
}

// Everything that takes long can be interrupted.
TEST(RevenueLedger, CanBeInterrupted) {
    struct Interrupting final : Interrupts {
        int polls_left;
        void poll() override {
            if (polls_left-- == 0) {
                throw Interrupted();
            }
        }
    };
    Collector collector(MemberKind::text, std::pmr::get_default_resource());
    for (int i = 0; i < 30000; ++i) {
        collector.add({.bytes = std::to_string(i * 7919 % 20000)}, i, never, {1, 0});
    }
    int polls = 0;
    for (bool ended = false; !ended; ++polls) {
        Interrupting interrupts;
        interrupts.polls_left = polls;
        Bytes bytes;
        try {
            collector.write(bytes, std::pmr::get_default_resource(), interrupts);
            ended = true;
        } catch (const Interrupted &) {
        }
    }
    // While keys are compared, lines sorted and written.
    EXPECT_GT(polls, 10);
}

TEST(RevenueLedger, MembersOfBytes) {
    for (const MemberKind kind : {MemberKind::text, MemberKind::uuid}) {
        const std::string a(16, 'a'), b(16, 'b'), c = kind == MemberKind::uuid ? std::string(16, '\xff') : std::string("\xc3\xa4");
        Collector collector(kind, std::pmr::get_default_resource());
        for (const std::string &key : {c, b, a, b}) {
            collector.add({.bytes = key}, 0, never, {1, 0});
        }
        const Bytes bytes = bytes_of(collector);
        LedgerReader reader(bytes, std::pmr::get_default_resource());
        std::vector<std::string> keys;
        while (reader.next()) {
            keys.emplace_back(reader.key().bytes);
            EXPECT_EQ(reader.changes().size(), 1);
            EXPECT_TRUE(reader.changes().front().amount == (keys.back() == b ? 2 : 1));
        }
        EXPECT_EQ(keys, (std::vector<std::string>{a, b, c}));
    }
}

TEST(RevenueLedger, WhatCancelsOutIsNoChange) {
    // A renewal at the same price, and a line with its credit note.
    const Bytes renewed = ledger_of({{1, 0, 30, {10, 0}}, {1, 30, 60, {10, 0}}, {2, 0, 30, {10, 0}}, {2, 0, 30, {-10, 0}}});
    EXPECT_EQ(renewed, ledger_of({{1, 0, 60, {10, 0}}}));
}

TEST(RevenueLedger, IgnoredLinesAreCounted) {
    Collector collector(MemberKind::int8, std::pmr::get_default_resource());
    collector.ignore(Fault::no_member);
    collector.ignore(Fault::no_start);
    collector.ignore(Fault::no_start);
    collector.add({.number = 1}, 5, 5, {1, 20});
    collector.add({.number = 1}, 5, 4, {1, 20});
    collector.add({.number = 1}, never, never, {1, 20});
    const Bytes bytes = bytes_of(collector);
    const Header header = LedgerReader(bytes, std::pmr::get_default_resource()).header();
    EXPECT_EQ(header.ignored, (FaultCounts{1, 2, 0, 3}));
    EXPECT_EQ(header.scale, 0);
    EXPECT_EQ(header.members, 0);
}

TEST(RevenueLedger, ForEver) {
    Collector collector(MemberKind::int8, std::pmr::get_default_resource());
    collector.add({.number = INT64_MIN}, forever_ago, never, {1, 0});
    collector.add({.number = INT64_MAX}, forever_ago, 0, {1, 0});
    const Bytes bytes = bytes_of(collector);
    LedgerReader reader(bytes, std::pmr::get_default_resource());
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.key().number, INT64_MIN);
    EXPECT_EQ(reader.changes().front().at, forever_ago);
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.key().number, INT64_MAX);
    EXPECT_EQ(reader.changes().back().at, 0);
    EXPECT_FALSE(reader.next());
}

TEST(RevenueLedger, WhatNoWriterWrites) {
    const std::string start = "0101020000000000";
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "01"
                                 "02"
                                 "02"),
              "accepted");
    EXPECT_EQ(refusal_of(""), "invalid ledger of revenue It is truncated.");
    EXPECT_EQ(refusal_of("02"), "unsupported version of a ledger of revenue: 2 ");
    EXPECT_EQ(refusal_of("0100"), "invalid ledger of revenue It has members of an unknown type.");
    EXPECT_EQ(refusal_of("0104"), "invalid ledger of revenue It has members of an unknown type.");
    EXPECT_EQ(refusal_of("01011f00"), "invalid ledger of revenue Its header is wrong.");
    EXPECT_EQ(refusal_of("01010201"), "invalid ledger of revenue Its header is wrong.");
    EXPECT_EQ(refusal_of(start), "invalid ledger of revenue It is truncated.");
    EXPECT_EQ(refusal_of(start + "0000"), "invalid ledger of revenue There is something after its last member.");
    EXPECT_EQ(refusal_of(start + "8000"), "invalid ledger of revenue A number is longer than it has to be.");
    EXPECT_EQ(refusal_of(start + "ffffffffffffffffff02"), "invalid ledger of revenue A number is too large.");
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "00"
                                 "02"
                                 "02"),
              "invalid ledger of revenue A member has a wrong number of changes.");
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "02"
                                 "02"
                                 "02"),
              "invalid ledger of revenue A member has a wrong number of changes.");
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "01"
                                 "02"
                                 "00"),
              "invalid ledger of revenue An amount is zero, or longer than it has to be.");
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "01"
                                 "02"
                                 "ffffffffffffffffffffffffffffffffffff04"),
              "invalid ledger of revenue An amount is too large.");
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "02"
                                 "02"
                                 "02"
                                 "00"
                                 "02"),
              "invalid ledger of revenue The changes of a member are not in order.");
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "02"
                                 "02"
                                 "02"
                                 "ffffffffffffffffff01"
                                 "02"),
              "invalid ledger of revenue The changes of a member are not in order.");
    EXPECT_EQ(refusal_of(start + "01"
                                 "0e"
                                 "01"
                                 "feffffffffffffffff01"
                                 "02"),
              "invalid ledger of revenue A change is at an impossible time.");
    EXPECT_EQ(refusal_of(start + "02"
                                 "0e"
                                 "01"
                                 "02"
                                 "02"
                                 "00"
                                 "01"
                                 "02"
                                 "02"),
              "invalid ledger of revenue Its members are not in order.");
    EXPECT_EQ(refusal_of(start + "02"
                                 "feffffffffffffffff01"
                                 "01"
                                 "02"
                                 "02"
                                 "01"
                                 "01"
                                 "02"
                                 "02"),
              "invalid ledger of revenue Its members are not in order.");
    const std::string texts = "0103020000000000";
    EXPECT_EQ(refusal_of(texts + "02"
                                 "0161"
                                 "01"
                                 "02"
                                 "02"
                                 "0161"
                                 "01"
                                 "02"
                                 "02"),
              "invalid ledger of revenue Its members are not in order.");
    EXPECT_EQ(refusal_of(texts + "01"
                                 "0561"),
              "invalid ledger of revenue It is truncated.");
}

TEST(RevenueLedger, EveryTruncationIsRefused) {
    const Bytes bytes = ledger_of({{7, 1, 2, {1050, 2}}, {9, 1, open_end, {Money{1} << 100, 0}}});
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_THROW(read_all(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length))), Error) << length;
    }
}

TEST(RevenueLedger, MembersOfDifferentKindsDoNotMix) {
    NoInterrupts interrupts;
    Collector numbers(MemberKind::int8, std::pmr::get_default_resource()), texts(MemberKind::text, std::pmr::get_default_resource());
    EXPECT_THROW(numbers.add(texts, interrupts), Error);
    EXPECT_THROW(numbers.add(bytes_of(texts), interrupts), Error);
}

TEST(RevenueLedger, SurvivesLackOfMemory) {
    const auto work = [](std::pmr::memory_resource &memory) {
        NoInterrupts interrupts;
        Collector collector(MemberKind::text, &memory);
        for (int i = 0; i < 200; ++i) {
            collector.add({.bytes = "member"}, i * day, never, {i, i % 3});
            collector.add({.bytes = std::string_view("abcdefgh").substr(static_cast<std::size_t>(i % 8))}, 0, i * day + 1, {1, 0});
        }
        Bytes bytes(&memory);
        collector.write(bytes, &memory, interrupts);
        LedgerReader reader(bytes, &memory);
        while (reader.next()) {
        }
    };
    testing::FailingMemory whole;
    work(whole);
    for (std::uint64_t i = 0; i < whole.allocations(); ++i) {
        testing::FailingMemory memory(i);
        EXPECT_THROW(work(memory), std::bad_alloc);
        EXPECT_TRUE(memory.everything_returned());
    }
}

}  // namespace
}  // namespace segment::revenue
