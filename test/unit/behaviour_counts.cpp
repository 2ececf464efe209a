// Counting events in one pass: every count against one that looks at each event for each window.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

#include "core/behaviour/event_counts.hpp"

namespace segment::behaviour {
namespace {

struct NoInterrupts final : Interrupts {
    int polls = 0;
    void poll() override { ++polls; }
};

// Pieces in memory, where they are found by their offsets only.
struct Memory final : Overflow {
    std::vector<std::byte> bytes;
    std::uint64_t append(std::span<const std::byte> piece) override {
        bytes.insert(bytes.end(), piece.begin(), piece.end());
        return bytes.size() - piece.size();
    }
    void read(std::uint64_t offset, std::span<std::byte> piece) override {
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), piece.size(), piece.begin());
    }
};

struct Event {
    StreamId stream;
    members::Ordinal ordinal;
    NameId name;
    std::uint64_t flags;
    Time time;
};

// A window that a test asks for, with what it is expected to count.
struct Asked {
    TrackId track;
    Time after, until;
};

using Counts = std::map<std::pair<members::Ordinal, std::size_t>, std::uint64_t>;  // above 0, by member and window

struct World {
    Tracks tracks{std::pmr::new_delete_resource()};
    std::vector<Asked> asked;

    std::size_t window(TrackId track, Time after, Time until) {
        tracks.window(track, after, until);
        asked.push_back({track, after, until});
        return asked.size() - 1;
    }

    Counts counted(const std::vector<Event> &events, std::size_t budget = SIZE_MAX, Overflow *overflow = nullptr) const {
        NoInterrupts interrupts;
        EventCounts counts(tracks, budget, overflow, interrupts, std::pmr::new_delete_resource());
        for (const Event &event : events)
            counts.add(event.ordinal, tracks.cell(event.stream, event.name), &event.flags, event.time);
        Counts result;
        EventCounts::Row row = counts.empty_row();
        for (std::uint32_t partition = 0; partition < counts.partitions(); ++partition) {
            counts.for_members(partition, row, [&](std::uint32_t member) {
                for (std::size_t i = 0; i < asked.size(); ++i) {
                    const auto &[track, after, until] = asked[i];
                    const Buckets buckets = tracks.buckets(track, after, until);
                    std::uint64_t sum = 0;
                    for (std::uint32_t bucket = buckets.begin; bucket < buckets.end; ++bucket)
                        sum += row.counts[tracks.tracks()[track].begin + bucket];
                    if (sum > 0) {
                        EXPECT_TRUE(row.is_touched[track]);
                        result[{partition << partition_bits | member, i}] = sum;
                    }
                }
            });
            check_table(counts, partition, result);
        }
        return result;
    }

    // Side by side the members have the same counts as one by one, up to those that a table tells.
    void check_table(const EventCounts &counts, std::uint32_t partition, const Counts &expected) const {
        NarrowTable table(std::pmr::new_delete_resource());
        Counts seen;
        counts.for_tracks(partition, [&](TrackId track, auto fill) {
            fill(table);
            for (std::size_t i = 0; i < asked.size(); ++i) {
                if (asked[i].track != track)
                    continue;
                const Buckets buckets = tracks.buckets(track, asked[i].after, asked[i].until);
                for (std::uint8_t least = 1; least <= 3; ++least) {
                    std::array<std::uint64_t, NarrowTable::words> words{};
                    table.flip(buckets, least, NarrowTable::unlimited, words.data());
                    for (std::uint32_t member = 0; member < partition_size; ++member)
                        if ((words[member / 64] >> member % 64 & 1) == 1)
                            ++seen[{partition << partition_bits | member, i}];
                }
            }
        });
        Counts expected_here;
        for (const auto &[key, number] : expected)
            if (key.first >> partition_bits == partition)
                expected_here[key] = std::min<std::uint64_t>(number, 3);
        EXPECT_EQ(seen, expected_here);
    }

    Counts expected(const std::vector<Event> &events) const {
        Counts result;
        for (const Event &event : events)
            for (std::size_t i = 0; i < asked.size(); ++i) {
                const auto &[id, after, until] = asked[i];
                const auto &track = tracks.tracks()[id];
                const bool named = track.names.empty() || std::ranges::find(track.names, event.name) != track.names.end();
                const bool flagged = track.flag == no_flag || (event.flags >> track.flag & 1) == 1;
                const bool inside = event.time <= until && (after == beginning_of_time || event.time > after);
                if (track.stream == event.stream && named && flagged && inside)
                    ++result[{event.ordinal, i}];
            }
        return result;
    }
};

TEST(BehaviourCounts, EdgesAreExact) {
    World world;
    const NameId login[] = {0};
    const TrackId track = world.tracks.track(0, login);
    const auto week = world.window(track, 100, 200), ever = world.window(track, beginning_of_time, 200),
               old = world.window(track, beginning_of_time, 100);
    world.window(track, 200, 200);
    world.window(track, 200, 100);
    world.tracks.seal();
    EXPECT_EQ(world.tracks.earliest(0), beginning_of_time);
    EXPECT_EQ(world.tracks.latest(0), 200);
    EXPECT_EQ(world.tracks.slots(), 2u);
    std::vector<Event> events;
    for (const Time time : {beginning_of_time, Time{99}, Time{100}, Time{101}, Time{200}, Time{201}, INT64_MAX})
        events.push_back({0, 7, 0, 0, time});
    EXPECT_EQ(world.counted(events), (Counts{{{7, week}, 2}, {{7, ever}, 5}, {{7, old}, 3}}));
}

TEST(BehaviourCounts, EqualChoicesAreOne) {
    Tracks tracks(std::pmr::new_delete_resource());
    const NameId ab[] = {0, 1}, bab[] = {1, 0, 1}, a[] = {0};
    EXPECT_EQ(tracks.track(0, ab), tracks.track(0, bab));
    EXPECT_NE(tracks.track(0, ab), tracks.track(0, a));
    EXPECT_NE(tracks.track(0, a), tracks.track(0, a, 3));
    EXPECT_NE(tracks.track(0, a), tracks.track(1, a));
}

TEST(BehaviourCounts, NothingAskedNothingCounted) {
    World world;
    world.tracks.track(0, {});
    world.tracks.seal();
    EXPECT_GE(world.tracks.earliest(0), world.tracks.latest(0));
    EXPECT_GE(world.tracks.earliest(1), world.tracks.latest(1));
    EXPECT_TRUE(world.counted({{0, 1, 0, 0, 5}, {0, 2, other_name, 0, 6}}).empty());
}

TEST(BehaviourCounts, StreamsHaveNamesAndEdgesOfTheirOwn) {
    World world;
    const NameId first[] = {0};
    const auto near = world.window(world.tracks.track(0, first), 0, 10), far = world.window(world.tracks.track(1, first), 1'000, 2'000),
               all = world.window(world.tracks.track(1, {}), 0, 3'000);
    world.tracks.seal();
    EXPECT_EQ(world.tracks.earliest(0), 0);
    EXPECT_EQ(world.tracks.latest(1), 3'000);
    EXPECT_EQ(world.counted({{0, 4, 0, 0, 5}, {1, 4, 0, 0, 5}, {1, 4, 0, 0, 1'500}, {1, 4, 7, 0, 1'500}, {0, 4, 7, 0, 5}}),
              (Counts{{{4, near}, 1}, {{4, far}, 1}, {{4, all}, 3}}));
}

TEST(BehaviourCounts, ManyOfOneBucketAreCountedExactly) {
    World world;
    const auto window = world.window(world.tracks.track(0, {}), 0, 10);
    world.tracks.seal();
    NoInterrupts interrupts;
    EventCounts counts(world.tracks, 1 << 17, nullptr, interrupts, std::pmr::new_delete_resource());
    for (int i = 0; i < 1'000'000; ++i)
        counts.add(3, world.tracks.cell(0, other_name), nullptr, 1 + i % 10);
    EXPECT_LT(counts.bytes(), std::size_t{1} << 17);  // folded on the way
    EXPECT_GT(interrupts.polls, 0);
    std::vector<Event> events(1'000'000, {0, 3, other_name, 0, 5});
    EXPECT_EQ(world.counted(events, 1 << 17), (Counts{{{3, window}, 1'000'000}}));
}

TEST(BehaviourCounts, WhatMemoryHasNoRoomForIsMovedOut) {
    World world;
    const NameId names[] = {0};
    world.window(world.tracks.track(0, names), 10, 30);
    world.window(world.tracks.track(0, {}), beginning_of_time, 40);
    world.tracks.seal();
    std::vector<Event> events;
    std::mt19937 random(9);
    for (int i = 0; i < 60'000; ++i)
        events.push_back(
            {0, static_cast<members::Ordinal>(random() % 20'000), static_cast<NameId>(random() % 2), 0, static_cast<Time>(random() % 45)});
    Memory overflow;
    EXPECT_EQ(world.counted(events, 300'000, &overflow), world.expected(events));
    EXPECT_GT(overflow.bytes.size(), 100'000u);
    NoInterrupts interrupts;
    EventCounts counts(world.tracks, 300'000, &overflow, interrupts, std::pmr::new_delete_resource());
    for (const Event &event : events) {
        counts.add(event.ordinal, world.tracks.cell(0, event.name), &event.flags, event.time);
        ASSERT_LT(counts.bytes(), 700'000u);
    }
}

TEST(BehaviourCounts, RandomEventsAndWindows) {
    std::mt19937 random(5);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    for (int round = 0; round < 30; ++round) {
        World world;
        for (int i = 0; i < 20; ++i) {
            std::vector<NameId> names;
            for (std::uint32_t n = below(3); n > 0; --n)
                names.push_back(below(5));
            const TrackId track = world.tracks.track(below(2), names, below(3) == 0 ? below(4) : no_flag);
            for (std::uint32_t n = below(4); n > 0; --n)
                world.window(track, below(4) == 0 ? beginning_of_time : static_cast<Time>(below(50)), below(60));
        }
        world.tracks.seal();
        std::vector<Event> events;
        const std::uint32_t members = below(2) == 0 ? 20 : 5'000;
        for (int i = 0; i < 3'000; ++i)
            events.push_back(
                {below(2), below(members), below(6) == 0 ? other_name : below(6), below(16), static_cast<Time>(below(62)) - 1});
        const Counts truth = world.expected(events);
        Memory overflow;
        EXPECT_EQ(world.counted(events), truth);
        EXPECT_EQ(world.counted(events, 20'000), truth);  // folding again and again
        EXPECT_EQ(world.counted(events, 20'000, &overflow), truth);
        for (const Event &event : events)
            if (event.time <= world.tracks.earliest(event.stream) || event.time > world.tracks.latest(event.stream))
                world.tracks.for_hits(world.tracks.cell(event.stream, event.name), &event.flags, event.time,
                                      [&](Slot) { EXPECT_EQ(world.tracks.earliest(event.stream), beginning_of_time); });
    }
}

}  // namespace
}  // namespace segment::behaviour
