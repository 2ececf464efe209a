// Lists of events and what they come to, against plain formulas and against trying everything out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "core/behaviour/arithmetic.hpp"
#include "core/behaviour/distinct.hpp"
#include "core/behaviour/event_lists.hpp"
#include "core/behaviour/pick.hpp"
#include "core/behaviour/resumed.hpp"
#include "core/behaviour/sequence.hpp"
#include "core/behaviour/streak.hpp"

namespace segment::behaviour {
namespace {

struct Polls final : Interrupts {
    std::size_t count = 0;
    void poll() override { ++count; }
};

struct Storage final : Overflow {
    std::vector<std::byte> content;
    std::uint64_t append(std::span<const std::byte> bytes) override {
        content.insert(content.end(), bytes.begin(), bytes.end());
        return content.size() - bytes.size();
    }
    void read(std::uint64_t offset, std::span<std::byte> bytes) override {
        std::memcpy(bytes.data(), content.data() + offset, bytes.size());
    }
};

// Counts what is left to it; wide values are equal if their places are.
struct Wide final : WideValues {
    std::size_t asked = 0;
    std::int64_t aggregate(std::uint32_t, Aggregate, std::span<const Occurrence>) override {
        ++asked;
        return -7;
    }
    double number(std::uint32_t, Aggregate, std::span<const Occurrence>) override { return 0.5; }
    void identify(std::uint32_t, std::span<Occurrence> events) override {
        ++asked;
        for (Occurrence &event : events)
            if (event.is_wide)
                event.number = -1 - event.number % 10;
    }
    int compare(const Occurrence &left, const Occurrence &right) override {
        ++asked;
        return left.is_wide - right.is_wide;
    }
    bool hold(const Relation &, const AggregateOf &, const AggregateOf &) override { return true; }
    bool is_same(const Occurrence &left, const Occurrence &right) override { return left.number == right.number; }
};

std::pmr::memory_resource *const memory = std::pmr::new_delete_resource();

// One member's lists.
struct Events {
    Polls polls;
    EventLists lists{SIZE_MAX, nullptr, polls, memory};

    Events &add(ListId list, Time time, std::optional<std::int64_t> number = {}, std::uint32_t code = 0, bool wide = false) {
        lists.add(5, list, {time, number.value_or(0), code, number.has_value(), wide});
        return *this;
    }
    std::optional<std::int64_t> value(Evaluator &evaluator) const {
        std::optional<std::int64_t> found = evaluator.value(EventLists::Member(memory));
        lists.for_members(0, [&](std::uint32_t, const EventLists::Member &member) { found = evaluator.value(member); });
        return found;
    }
    std::optional<double> number(Evaluator &evaluator) const {
        std::optional<double> found = evaluator.number(EventLists::Member(memory));
        lists.for_members(0, [&](std::uint32_t, const EventLists::Member &member) { found = evaluator.number(member); });
        return found;
    }
};

constexpr ListTerm all{0, beginning_of_time, INT64_MAX};

TEST(BehaviourLists, EventsComeInOrderWhereverTheyWere) {
    using Order = std::tuple<Time, bool, std::int64_t, std::uint32_t>;
    for (const std::size_t budget : {SIZE_MAX, std::size_t{0}, std::size_t{100'000}}) {
        std::mt19937 random(1);
        Polls polls;
        Storage storage;
        EventLists lists(budget, &storage, polls, memory);
        std::map<std::tuple<members::Ordinal, ListId>, std::vector<Order>> expected;
        for (int i = 0; i < 20'000; ++i) {
            const members::Ordinal ordinal = random() % 3 * 1'000 + random() % 7;
            const ListId list = random() % 5 == 0 ? EventLists::most_lists - 1 : random() % 3;
            const Occurrence event{static_cast<Time>(random() % 50) - 25, static_cast<std::int64_t>(random() % 5) - 2,
                                   static_cast<std::uint32_t>(random() % 3), random() % 2 == 0, false};
            lists.add(ordinal, list, event);
            expected[{ordinal, list}].push_back({event.time, event.is_set, event.number, event.code});
        }
        for (auto &[place, events] : expected)
            std::ranges::sort(events);
        EXPECT_EQ(storage.content.empty(), budget == SIZE_MAX);
        std::size_t seen = 0;
        for (std::uint32_t partition = 0; partition < 4; ++partition)
            lists.for_members(partition, [&](std::uint32_t member, const EventLists::Member &found) {
                found.for_lists([&](ListId list) {
                    std::vector<Order> events;
                    for (const Occurrence &event : found.list(list))
                        events.push_back({event.time, event.is_set, event.number, event.code});
                    EXPECT_EQ(events, (expected[{partition * partition_size + member, list}]));
                    ++seen;
                });
                EXPECT_TRUE(found.list(77).empty());
            });
        EXPECT_EQ(seen, expected.size());
    }
}

TEST(BehaviourLists, Windows) {
    const Occurrence events[] = {
        {INT64_MIN, 0, 0, false, false}, {1, 0, 0, false, false}, {1, 0, 1, false, false}, {3, 0, 0, false, false}};
    EXPECT_EQ(within(events, beginning_of_time, 1).size(), 3u);
    EXPECT_EQ(within(events, 1, 3).size(), 1u);
    EXPECT_EQ(within(events, 0, 1).size(), 2u);
    EXPECT_EQ(within(events, 3, INT64_MAX).size(), 0u);
    EXPECT_EQ(within(events, 0, -1).size(), 0u);
}

constexpr std::int64_t one = number_scale;

TEST(BehaviourLists, SumsAndTheirBounds) {
    Wide wide;
    const HalfMillionths bounds[] = {-largest_bound, 0, 2 * one, 2 * one + 1, largest_bound};
    Arithmetic sum(Aggregate::sum, 0, {{all, ListTerm{1, 0, 10}}}, bounds, wide, memory);
    EXPECT_EQ(Events().value(sum), 4);  // nothing is 0
    EXPECT_EQ(Events().add(0, 1, one).value(sum), 6);
    EXPECT_EQ(Events().add(0, 1, one).add(1, 10, 1).value(sum), 9);  // one millionth more: above what lies between
    EXPECT_EQ(Events().add(0, 1, one).add(1, 0, 1).add(1, 11, 1).add(0, 2, {}).value(sum), 6);
    EXPECT_EQ(Events().add(0, 1, -one).value(sum), 3);
    EXPECT_EQ(wide.asked, 0u);
    EXPECT_EQ(Events().add(0, 1, largest_number).add(0, 1, largest_number).value(sum), -7);
    EXPECT_EQ(Events().add(0, 1, 3, 0, true).value(sum), -7);
    EXPECT_EQ(wide.asked, 2u);
    EXPECT_EQ(Events().add(0, 1, one / 4).add(0, 1, 3 * one).number(sum), 3.25);
    EXPECT_EQ(Events().number(sum), 0.0);
    EXPECT_EQ(Events().add(0, 1, 3, 0, true).number(sum), 0.5);
}

TEST(BehaviourLists, MeansAndTheirBounds) {
    Wide wide;
    // 1, 4/3 of no finite digits, which lies between 1.333333 and 1.333334, and 1.5.
    const HalfMillionths bounds[] = {2 * one, 2'666'667, 3 * one};
    Arithmetic mean(Aggregate::average, 0, {{all}}, bounds, wide, memory);
    const auto of = [&](std::initializer_list<std::int64_t> numbers) {
        Events events;
        for (const std::int64_t number : numbers)
            events.add(0, 1, number);
        return events.value(mean);
    };
    EXPECT_EQ(Events().value(mean), std::nullopt);
    EXPECT_EQ(of({one}), 2);
    EXPECT_EQ(of({0, one}), 1);
    EXPECT_EQ(of({one, 2 * one}), 6);
    EXPECT_EQ(of({one, one, 2 * one}), -7);  // 4/3
    EXPECT_EQ(of({1'333'333}), 3);
    EXPECT_EQ(of({1'333'334}), 5);
    EXPECT_EQ(of({9 * one}), 7);
    EXPECT_EQ(wide.asked, 1u);
    EXPECT_EQ(of({200'000'000 * one}), -7);
    EXPECT_EQ(wide.asked, 2u);
    const HalfMillionths halves[] = {3, 7};
    Arithmetic median(Aggregate::median, 0, {{all}}, halves, wide, memory);
    EXPECT_EQ(Events().value(median), std::nullopt);
    EXPECT_EQ(Events().add(0, 1, 1).value(median), 1);
    EXPECT_EQ(Events().add(0, 1, 9).add(0, 1, 1).add(0, 1, 2).value(median), 3);
    EXPECT_EQ(Events().add(0, 1, 2).add(0, 1, 1).value(median), -7);  // 1.5 millionths: only PostgreSQL knows the bound
    EXPECT_EQ(Events().add(0, 1, 9).add(0, 1, 1).add(0, 1, 2).add(0, 1, 30).value(median), 5);
}

TEST(BehaviourLists, DifferentValues) {
    Wide wide;
    DistinctCount count(0, {{all}}, wide, memory);
    EXPECT_EQ(Events().value(count), 0);
    EXPECT_EQ(Events().add(0, 1, 3).add(0, 2, 3).add(0, 3, -1).add(0, 4, {}).value(count), 2);
    EXPECT_EQ(wide.asked, 0u);
    EXPECT_EQ(Events().add(0, 1, 3).add(0, 2, 3, 0, true).add(0, 3, 13, 0, true).add(0, 4, 4, 0, true).value(count), 3);
    MostFrequent frequent(0, {{all}}, wide, memory);
    EXPECT_EQ(Events().value(frequent), std::nullopt);
    EXPECT_EQ(Events().add(0, 1, {}).value(frequent), std::nullopt);
    EXPECT_EQ(Events().add(0, 1, 1, 9).add(0, 2, 1, 9).add(0, 3, 2, 4).value(frequent), 9);
    EXPECT_EQ(Events().add(0, 1, 1, 9).add(0, 3, 2, 4).value(frequent), 4);
    EXPECT_EQ(Events().add(0, 1, 1, 9).add(0, 3, 2, 5, true).add(0, 4, 12, 5, true).value(frequent), 5);
}

TEST(BehaviourLists, PickedValues) {
    const auto value = [](Choice choice, const Events &events) {
        Pick pick(choice, {{all}}, memory);
        return events.value(pick);
    };
    EXPECT_EQ(value(Choice::least, Events()), std::nullopt);
    EXPECT_EQ(value(Choice::last, Events().add(0, 1, {}, 0)), std::nullopt);
    Events events;
    events.add(0, 1, {}, 7)
        .add(0, 1, {}, 5)
        .add(0, 1, {}, 0)
        .add(0, 1, 3, 1)
        .add(0, 2, {}, 9)
        .add(0, 2, 4, 0)
        .add(0, 2, 4, 8)
        .add(0, 2, 4, 6);
    EXPECT_EQ(value(Choice::least, events), 1);
    EXPECT_EQ(value(Choice::greatest, events), 9);
    EXPECT_EQ(value(Choice::first, events), 5);  // none before any tie-breaker, the smallest value that is set
    EXPECT_EQ(value(Choice::last, events), 6);
    EXPECT_EQ(value(Choice::last, events.add(0, 2, 5, 0)), std::nullopt);
}

constexpr std::int64_t day = 86'400'000'000;

TEST(BehaviourLists, Periods) {
    EXPECT_EQ(period_number(Period::day, -3), -3);
    EXPECT_EQ(period_number(Period::week, 9 * day) - period_number(Period::week, 2 * day), 1);
    EXPECT_EQ(period_number(Period::week, 2 * day) - period_number(Period::week, -5 * day), 1);
    EXPECT_EQ(period_number(Period::week, -5 * day) - period_number(Period::week, -12 * day), 1);
    // The months from 1999-11 to 2001-03 begin so many days from 2000-01-01.
    const int begins[] = {-61, -31, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366, 397, 425};
    for (std::size_t i = 1; i < std::size(begins); ++i)
        EXPECT_EQ(period_number(Period::month, begins[i] * day), period_number(Period::month, begins[i - 1] * day) + 1) << i;
    // 2,000 years earlier.
    EXPECT_EQ(period_number(Period::month, std::int64_t{-730'485} * day) - period_number(Period::month, 0), -2'000 * 12);
}

TEST(BehaviourLists, Streaks) {
    Streak streak(Period::day, 100, {{all}}, memory);
    const auto of = [&](std::initializer_list<std::int64_t> days) {
        Events events;
        for (const std::int64_t number : days)
            events.add(0, number, number);
        return events.value(streak);
    };
    EXPECT_EQ(of({}), 0);
    EXPECT_EQ(of({100}), 1);
    EXPECT_EQ(of({99, 98, 98, 96}), 2);
    EXPECT_EQ(of({98, 97}), 0);
    EXPECT_EQ(of({100, 98}), 1);
    EXPECT_EQ(of({100, 100, 99, 99, 98, -2'147'483'648}), 3);
}

TEST(BehaviourLists, Resumptions) {
    // Predecessors are to lie 5 or more before; the event after 10.
    Resumed resumed(10, {{all, ListTerm{1, beginning_of_time, INT64_MAX}}}, memory);
    EXPECT_EQ(Events().value(resumed), 0);
    EXPECT_EQ(Events().add(0, 12, 7).value(resumed), 0);
    EXPECT_EQ(Events().add(0, 7, 2).add(0, 12, 7).value(resumed), 1);
    EXPECT_EQ(Events().add(0, 7, 2).add(0, 10, 5).add(0, 12, 7).value(resumed), 0);
    EXPECT_EQ(Events().add(0, 3, -2).add(1, 8, 3).add(0, 12, 7).value(resumed), 0);
    EXPECT_EQ(Events().add(0, 3, -2).add(0, 10, 5).value(resumed), 0);
    EXPECT_EQ(Events().add(0, 3, -2).add(0, 12, {}).value(resumed), 0);
    EXPECT_EQ(Events().add(0, 3, -2).add(0, 11, 6).add(0, 12, 7).value(resumed), 1);
}

// Sequences by trying all assignments of events to steps.
struct Trial {
    std::vector<SequenceStep> steps;
    std::map<ListId, std::vector<Occurrence>> lists;

    std::vector<Occurrence> events(std::size_t step) const {
        std::vector<Occurrence> found;
        if (const auto list = lists.find(steps[step].events.list); list != lists.end())
            for (const Occurrence &event : list->second)
                if (event.time > steps[step].events.after && event.time <= steps[step].events.until)
                    found.push_back(event);
        return found;
    }
    bool later(std::size_t step, const Occurrence &event, std::size_t other, const Occurrence &than) const {
        if (event.time != than.time)
            return event.time > than.time;
        return steps[step].source != SequenceStep::no_source && steps[step].source == steps[other].source && event.is_set &&
               (!than.is_set || event.number > than.number);
    }
    static std::optional<Time> deadline(Time time) { return time % 7 == 3 ? std::nullopt : std::optional<Time>(time + 4 - time % 3); }

    bool goes_on(std::size_t previous, const Occurrence &at) const {
        std::size_t next = previous + 1;
        while (next < steps.size() && steps[next].negated)
            ++next;
        if (next == steps.size()) {
            for (std::size_t step = previous + 1; step < steps.size(); ++step) {
                std::optional<Time> end = INT64_MAX;
                if (steps[step].deadlines != SequenceStep::no_deadline)
                    end = deadline(at.time);
                if (!end || (*end != INT64_MAX && *end > steps[step].events.until))
                    return false;
                for (const Occurrence &event : events(step))
                    if (later(step, event, previous, at) && event.time <= *end)
                        return false;
            }
            return true;
        }
        for (const Occurrence &event : events(next)) {
            if (!later(next, event, previous, at))
                continue;
            if (steps[next].deadlines != SequenceStep::no_deadline && (!deadline(at.time) || event.time > *deadline(at.time)))
                continue;
            bool blocked = false;
            for (std::size_t step = previous + 1; step < next; ++step)
                for (const Occurrence &other : events(step))
                    blocked = blocked || (later(step, other, previous, at) && later(next, event, step, other));
            if (!blocked && goes_on(next, event))
                return true;
        }
        return false;
    }
};

TEST(BehaviourLists, SequencesAreThoseOfTrial) {
    std::mt19937 random(3);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    std::size_t holding = 0;
    for (int round = 0; round < 5'000; ++round) {
        Trial trial;
        const std::uint32_t count = 2 + below(3);
        std::size_t previous = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            const bool negated = i > 0 && below(3) == 0;
            const bool last = i + 1 == count;
            const Time until = negated ? 30 : 20 + below(11);
            SequenceStep step{
                {i, below(4) == 0 ? 8 : beginning_of_time, until}, below(3) == 0 ? 9u : 1u, negated, SequenceStep::no_deadline};
            if (negated)
                step.events.after = beginning_of_time;
            if (i > 0 && below(2) == 0 && (!negated || last))
                step.deadlines = 10 + static_cast<ListId>(previous);
            if (below(5) == 0)
                step.source = SequenceStep::no_source;
            trial.steps.push_back(step);
            if (!negated)
                previous = i;
        }
        Events events;
        for (std::uint32_t i = below(9); i > 0; --i) {
            const ListId list = below(count);
            const Time time = 5 + below(28);
            const bool tied = below(2) == 0;
            const Occurrence event{time, tied ? below(3) : 0, 0, tied, false};
            trial.lists[list].push_back(event);
            events.lists.add(5, list, event);
            events.add(10 + list, time, Trial::deadline(time));
        }
        bool expected = false;
        for (const Occurrence &first : trial.events(0))
            expected = expected || trial.goes_on(0, first);
        Sequence sequence(trial.steps, events.polls, memory);
        EXPECT_EQ(events.value(sequence), expected ? 1 : 0) << round;
        holding += expected;
    }
    EXPECT_GT(holding, 500u);
}

}  // namespace
}  // namespace segment::behaviour
