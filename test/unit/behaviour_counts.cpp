// Counting events in one pass: every count against one that looks at each event for each window.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "core/behaviour/event_counts.hpp"
#include "core/error.hpp"

namespace segment::behaviour {
namespace {

struct NoInterrupts final : Interrupts {
    int polls = 0;
    void poll() override { ++polls; }
};

struct Event {
    members::Ordinal ordinal;
    NameId name;
    std::uint64_t flags;
    Time time;
};

using Counts = std::map<std::pair<members::Ordinal, WindowId>, std::uint64_t>;

Counts counted(const Tracks &tracks, const std::vector<Event> &events, std::size_t budget = SIZE_MAX) {
    EventCounts counts(tracks, budget, std::pmr::new_delete_resource());
    for (const Event &event : events)
        counts.add(event.ordinal, event.name, event.flags, event.time);
    Counts result;
    NoInterrupts interrupts;
    members::Ordinal last = 0;
    counts.evaluate(interrupts, [&](members::Ordinal ordinal, WindowId window, std::uint64_t count) {
        EXPECT_GE(ordinal, last);
        last = ordinal;
        EXPECT_TRUE(result.emplace(std::pair(ordinal, window), count).second);
    });
    return result;
}

Counts expected(const Tracks &tracks, const std::vector<Event> &events) {
    Counts result;
    for (const Event &event : events)
        for (WindowId id = 0; id < tracks.windows().size(); ++id) {
            const auto &window = tracks.windows()[id];
            const auto &track = tracks.tracks()[window.track];
            const bool named = track.names.empty() || std::ranges::find(track.names, event.name) != track.names.end();
            const bool flagged = track.flag == no_flag || (event.flags >> track.flag & 1) == 1;
            const bool inside = event.time <= window.until && (window.after == beginning_of_time || event.time > window.after);
            if (named && flagged && inside)
                ++result[{event.ordinal, id}];
        }
    return result;
}

TEST(BehaviourCounts, EdgesAreExact) {
    Tracks tracks(std::pmr::new_delete_resource());
    const NameId login[] = {0};
    const TrackId track = tracks.track(login);
    const WindowId week = tracks.window(track, 100, 200), ever = tracks.window(track, beginning_of_time, 200),
                   old = tracks.window(track, beginning_of_time, 100);
    const WindowId none = tracks.window(track, 200, 200), reversed = tracks.window(track, 200, 100);
    tracks.seal();
    EXPECT_EQ(tracks.earliest(), beginning_of_time);
    EXPECT_EQ(tracks.latest(), 200);
    EXPECT_EQ(tracks.slots(), 2u);
    std::vector<Event> events;
    for (const Time time : {beginning_of_time, Time{99}, Time{100}, Time{101}, Time{200}, Time{201}, INT64_MAX})
        events.push_back({7, 0, 0, time});
    const Counts counts = counted(tracks, events);
    EXPECT_EQ(counts, (Counts{{{7, week}, 2}, {{7, ever}, 5}, {{7, old}, 3}}));
    EXPECT_EQ(counts.count({7, none}) + counts.count({7, reversed}), 0u);
}

TEST(BehaviourCounts, EqualChoicesAndWindowsAreOne) {
    Tracks tracks(std::pmr::new_delete_resource());
    const NameId ab[] = {0, 1}, bab[] = {1, 0, 1}, a[] = {0};
    EXPECT_EQ(tracks.track(ab), tracks.track(bab));
    EXPECT_NE(tracks.track(ab), tracks.track(a));
    EXPECT_NE(tracks.track(a), tracks.track(a, 3));
    EXPECT_EQ(tracks.window(0, 1, 2), tracks.window(0, 1, 2));
    EXPECT_NE(tracks.window(0, 1, 2), tracks.window(1, 1, 2));
    EXPECT_THROW(tracks.track(a, most_flags), Error);
}

TEST(BehaviourCounts, NothingAskedNothingCounted) {
    Tracks tracks(std::pmr::new_delete_resource());
    tracks.track({});
    tracks.seal();
    EXPECT_GE(tracks.earliest(), tracks.latest());
    EXPECT_TRUE(counted(tracks, {{1, 0, 0, 5}, {2, other_name, 0, 6}}).empty());
}

TEST(BehaviourCounts, ManyOfOneBucketAreCountedExactly) {
    Tracks tracks(std::pmr::new_delete_resource());
    const WindowId window = tracks.window(tracks.track({}), 0, 10);
    tracks.seal();
    EventCounts counts(tracks, 1 << 16, std::pmr::new_delete_resource());
    for (int i = 0; i < 1'000'000; ++i)
        counts.add(3, other_name, 0, 1 + i % 10);
    EXPECT_LT(counts.bytes(), std::size_t{1} << 17);  // folded on the way
    NoInterrupts interrupts;
    int calls = 0;
    counts.evaluate(interrupts, [&](members::Ordinal ordinal, WindowId id, std::uint64_t count) {
        ++calls;
        EXPECT_EQ(std::tuple(ordinal, id, count), std::tuple(3u, window, 1'000'000u));
    });
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(interrupts.polls, 1);
}

TEST(BehaviourCounts, RandomEventsAndWindows) {
    std::mt19937 random(5);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    for (int round = 0; round < 30; ++round) {
        Tracks tracks(std::pmr::new_delete_resource());
        for (int i = 0; i < 20; ++i) {
            std::vector<NameId> names;
            for (std::uint32_t n = below(3); n > 0; --n)
                names.push_back(below(5));
            const TrackId track = tracks.track(names, below(3) == 0 ? below(4) : no_flag);
            for (std::uint32_t n = below(4); n > 0; --n)
                tracks.window(track, below(4) == 0 ? beginning_of_time : static_cast<Time>(below(50)), below(60));
        }
        tracks.seal();
        std::vector<Event> events;
        const std::uint32_t members = below(2) == 0 ? 20 : 5'000;
        for (int i = 0; i < 3'000; ++i)
            events.push_back({below(members), below(6) == 0 ? other_name : below(6), below(16), static_cast<Time>(below(62)) - 1});
        const Counts truth = expected(tracks, events);
        EXPECT_EQ(counted(tracks, events), truth);
        EXPECT_EQ(counted(tracks, events, 20'000), truth);  // folding again and again
        for (const Event &event : events) {
            if (event.time <= tracks.earliest() || event.time > tracks.latest())
                tracks.for_hits(event.name, event.flags, event.time, [&](Slot) { EXPECT_EQ(tracks.earliest(), beginning_of_time); });
        }
    }
}

}  // namespace
}  // namespace segment::behaviour
