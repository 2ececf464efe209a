// Timelines: their order, and what is read from them against definitions that try everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <set>

#include "core/behaviour/timeline.hpp"

namespace segment::behaviour {
namespace {

struct NoInterrupts final : Interrupts {
    void poll() override {}
};

std::vector<Occurrence> random_events(std::mt19937 &random, int count, Time days) {
    std::vector<Occurrence> events;
    for (int i = 0; i < count; ++i)
        events.push_back({static_cast<Time>(random() % static_cast<unsigned>(days)),
                          random() % 3 == 0 ? no_tie : static_cast<Tie>(random() % 2), random() % 15 + 1});
    std::ranges::stable_sort(events, [](const Occurrence &a, const Occurrence &b) { return is_later(b, a); });
    return events;
}

bool has(const Occurrence &event, std::uint32_t track) {
    return (event.tracks >> track & 1) == 1;
}

TEST(BehaviourTimeline, BringsEventsTogetherAndInOrder) {
    Timelines timelines(std::pmr::new_delete_resource());
    timelines.add(5'000, {20, 1, 1});
    timelines.add(3, {10, 2, 2});
    timelines.add(5'000, {10, no_tie, 4});
    timelines.add(3, {10, 1, 8});
    timelines.add(5'000, {10, INT64_MIN + 1, 16});
    std::vector<std::pair<members::Ordinal, std::vector<std::uint64_t>>> seen;
    NoInterrupts interrupts;
    timelines.evaluate(interrupts, [&](members::Ordinal ordinal, Timeline events) {
        seen.push_back({ordinal, {}});
        for (const Occurrence &event : events)
            seen.back().second.push_back(event.tracks);
    });
    const decltype(seen) expected{{3, {8, 2}}, {5'000, {4, 16, 1}}};
    EXPECT_EQ(seen, expected);
}

TEST(BehaviourTimeline, Periods) {
    const Time starts[] = {10, 20, 30, 40};
    const auto at = [](std::initializer_list<Time> times) {
        std::vector<Occurrence> events;
        for (const Time time : times)
            events.push_back({time, no_tie, 1});
        return events;
    };
    EXPECT_EQ(distinct_periods(at({}), 0, 0, 100, starts), 0u);
    EXPECT_EQ(distinct_periods(at({5, 9}), 0, 0, 100, starts), 1u);
    EXPECT_EQ(distinct_periods(at({5, 9, 10, 19, 20, 39, 40, 41}), 0, 0, 100, starts), 5u);
    EXPECT_EQ(distinct_periods(at({5, 9, 10, 19, 20, 39, 40, 41}), 0, 9, 39, starts), 3u);
    EXPECT_EQ(distinct_periods(at({10}), 1, 0, 100, starts), 0u);
    EXPECT_EQ(streak(at({}), 0, 45, starts), 0u);
    EXPECT_EQ(streak(at({45}), 0, 45, starts), 1u);
    EXPECT_EQ(streak(at({46}), 0, 45, starts), 0u);
    EXPECT_EQ(streak(at({39}), 0, 45, starts), 1u);  // ends in the last period
    EXPECT_EQ(streak(at({29}), 0, 45, starts), 0u);
    EXPECT_EQ(streak(at({11, 20, 29, 30, 39, 40}), 0, 45, starts), 4u);
    EXPECT_EQ(streak(at({11, 30, 40}), 0, 45, starts), 2u);
    EXPECT_EQ(streak(at({9, 11, 20, 30}), 0, 45, starts), 3u);
}

TEST(BehaviourTimeline, PeriodsOfRandomEvents) {
    std::mt19937 random(11);
    for (int round = 0; round < 3'000; ++round) {
        const auto events = random_events(random, static_cast<int>(random() % 12), 60);
        std::vector<Time> starts;
        for (Time start = static_cast<Time>(random() % 5) - 20; start <= 50; start += 1 + static_cast<Time>(random() % 9))
            starts.push_back(start);
        const Time as_of = starts.back() + static_cast<Time>(random() % 5), after = static_cast<Time>(random() % 60) - 5;
        const auto period = [&](Time time) { return std::ranges::upper_bound(starts, time) - starts.begin(); };
        std::set<std::ptrdiff_t> windowed, seen;
        for (const Occurrence &event : events) {
            if (!has(event, 0) || event.time > as_of)
                continue;
            seen.insert(period(event.time));
            if (event.time > after)
                windowed.insert(period(event.time));
        }
        EXPECT_EQ(distinct_periods(events, 0, after, as_of, starts), windowed.size());
        std::ptrdiff_t last = period(as_of);
        if (!seen.contains(last))
            --last;
        std::uint64_t run = 0;
        while (last - static_cast<std::ptrdiff_t>(run) > 0 && seen.contains(last - static_cast<std::ptrdiff_t>(run)))
            ++run;
        EXPECT_EQ(streak(events, 0, as_of, starts), run);
        const bool back = resumed(events, 0, after, as_of, [](Time time) { return time - 10; });
        bool expected = false;
        for (const Occurrence &event : events) {
            std::optional<Time> predecessor;
            for (const Occurrence &other : events)
                if (has(other, 0) && other.time < event.time)
                    predecessor = std::max(predecessor.value_or(other.time), other.time);
            expected =
                expected || (has(event, 0) && event.time > after && event.time <= as_of && predecessor && *predecessor <= event.time - 10);
        }
        EXPECT_EQ(back, expected);
    }
}

// Tries every assignment of events to steps.
bool tried(const std::vector<SequenceStep> &steps, const std::vector<Occurrence> &events, Time after, Time until, Time as_of,
           const std::function<Time(Time, std::uint32_t)> &deadline) {
    std::vector<Occurrence> visible;
    for (const Occurrence &event : events)
        if (event.time <= as_of)
            visible.push_back(event);
    const std::function<bool(std::size_t, const Occurrence *, std::vector<std::uint32_t>)> from =
        [&](std::size_t step, const Occurrence *previous, std::vector<std::uint32_t> missing) {
            if (step == steps.size()) {
                for (std::size_t i = step - missing.size(); i < step; ++i) {
                    const Time end = steps[i].within == SequenceStep::no_duration ? as_of : deadline(previous->time, steps[i].within);
                    if (end > as_of)
                        return false;
                    for (const Occurrence &event : visible)
                        if (has(event, steps[i].track) && is_later(event, *previous) && event.time <= end)
                            return false;
                }
                return true;
            }
            if (steps[step].negated) {
                missing.push_back(steps[step].track);
                return from(step + 1, previous, missing);
            }
            for (const Occurrence &event : visible) {
                if (!has(event, steps[step].track) || event.time <= after || event.time > until)
                    continue;
                bool fits = !previous || is_later(event, *previous);
                if (fits && previous && steps[step].within != SequenceStep::no_duration)
                    fits = event.time <= deadline(previous->time, steps[step].within);
                for (const std::uint32_t track : missing)
                    for (const Occurrence &other : visible)
                        fits = fits && !(has(other, track) && is_later(other, *previous) && is_later(event, other));
                if (fits && from(step + 1, &event, {}))
                    return true;
            }
            return false;
        };
    return from(0, nullptr, {});
}

TEST(BehaviourTimeline, SequencesAgreeWithTryingEverything) {
    std::mt19937 random(3);
    // Not monotone, as days by the calendar are where clocks are put back.
    const auto deadline = [](Time time, std::uint32_t within) { return time + 3 * (within + 1) + (time % 5 == 3 ? 2 : 0); };
    int found = 0;
    for (int round = 0; round < 20'000; ++round) {
        const auto events = random_events(random, static_cast<int>(random() % 9), 30);
        std::vector<SequenceStep> steps{{static_cast<std::uint32_t>(random() % 4)}};
        const std::size_t length = 2 + random() % 3;
        while (steps.size() < length) {
            SequenceStep step{static_cast<std::uint32_t>(random() % 4), random() % 3 == 0};
            if (random() % 2 == 0 && (!step.negated || steps.size() + 1 == length))
                step.within = static_cast<std::uint32_t>(random() % 3);
            steps.push_back(step);
        }
        const Time after = static_cast<Time>(random() % 10) - 5, as_of = 20 + static_cast<Time>(random() % 12),
                   until = as_of - static_cast<Time>(random() % 4);
        SequenceMatcher matcher(steps, std::pmr::new_delete_resource());
        const bool expected = tried(steps, events, after, until, as_of, deadline);
        EXPECT_EQ(matcher.matches(events, after, until, as_of, deadline), expected) << "round " << round;
        found += expected;
    }
    EXPECT_GT(found, 2'000);
    EXPECT_LT(found, 18'000);
}

}  // namespace
}  // namespace segment::behaviour
