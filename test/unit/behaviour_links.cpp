// Sequences whose steps are linked, and numbers against numbers, against trying everything out.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "core/behaviour/comparison.hpp"
#include "core/behaviour/count.hpp"
#include "core/behaviour/linked_sequence.hpp"

namespace segment::behaviour {
namespace {

struct Polls final : Interrupts {
    void poll() override {}
};

// Wide values are compared by their numbers as well.
struct Wide final : WideValues {
    std::int64_t aggregate(std::uint32_t, Aggregate, std::span<const Occurrence>) override { return 0; }
    double number(std::uint32_t, Aggregate, std::span<const Occurrence>) override { return 0; }
    void identify(std::uint32_t, std::span<Occurrence>) override {}
    int compare(const Occurrence &left, const Occurrence &right) override {
        return left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
    }
    bool is_same(const Occurrence &left, const Occurrence &right) override { return left.number == right.number; }
    bool hold(const Relation &, const AggregateOf &, const AggregateOf &) override { return is_left_to_it = true; }
    bool is_left_to_it = false;
};

std::pmr::memory_resource *const memory = std::pmr::new_delete_resource();

std::optional<std::int64_t> value_of(const EventLists &lists, Evaluator &evaluator) {
    std::optional<std::int64_t> found = evaluator.value(EventLists::Member(memory));
    lists.for_members(0, [&](std::uint32_t, const EventLists::Member &member) { found = evaluator.value(member); });
    return found;
}

struct Event {
    Time time;
    std::int64_t tie;
    std::uint32_t id;
    std::optional<std::int64_t> value;
    bool wide;
};

// A random sequence and one member's events for it.
struct Trial {
    std::mt19937 random;
    std::vector<std::vector<Event>> events;  // by step
    std::vector<LinkedStep> steps;
    std::vector<StepColumn> columns;
    std::vector<Link> links;
    Polls polls;
    EventLists lists{SIZE_MAX, nullptr, polls, memory};

    std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); }

    LinkId add(const Link &link) {
        links.push_back(link);
        return static_cast<LinkId>(links.size() - 1);
    }
    LinkId tree(std::uint32_t step, int depth) {
        const std::uint32_t kind = below(depth > 0 ? 6 : 3);
        if (kind == 3)
            return add({LinkKind::negation, LinkForm::integer, tree(step, depth - 1), 0});
        if (kind > 3) {
            const LinkId left = tree(step, depth - 1), right = tree(step, depth - 1);
            return add({kind == 4 ? LinkKind::both : LinkKind::either, LinkForm::integer, left, right});
        }
        if (below(8) == 0)
            return add({LinkKind::holds, LinkForm::integer, step, 0});
        std::uint32_t other = below(step);
        while (steps[other].step.negated)
            --other;
        const bool swapped = below(2) == 0;
        const LinkKind op = kind == 0 ? LinkKind::less : kind == 1 ? LinkKind::less_equal : LinkKind::equal;
        const LinkForm form = op == LinkKind::equal && below(2) == 0 ? LinkForm::identity : LinkForm::number;
        return add({op, form, swapped ? other : step, swapped ? step : other});
    }

    explicit Trial(unsigned seed) : random(seed) {
        const std::uint32_t count = 2 + below(3);
        std::uint32_t id = 0;
        for (std::uint32_t step = 0; step < count; ++step) {
            columns.push_back({step, 10 + step});
            steps.push_back({{{step, beginning_of_time, INT64_MAX}, 1, step > 0 && below(4) == 0, SequenceStep::no_deadline}, no_link});
            if (step > 0 && below(5) > 0)
                steps.back().link = tree(step, 2);
            events.emplace_back();
            for (std::uint32_t i = below(6); i-- > 0; ++id) {
                const Event event{static_cast<Time>(below(6)), static_cast<std::int64_t>(below(3)), id,
                                  below(5) == 0 ? std::nullopt : std::optional<std::int64_t>(below(3)), below(10) == 0};
                events.back().push_back(event);
                lists.add(3, step, {event.time, event.tie, event.id, true, false});
                lists.add(3, 10 + step,
                          {event.time, event.value.value_or(0), event.id, event.value.has_value(), event.wide && event.value});
            }
        }
    }

    bool holds(LinkId id, const std::vector<const Event *> &chosen) const {
        const Link &link = links[id];
        switch (link.kind) {
            case LinkKind::both:
                return holds(link.left, chosen) && holds(link.right, chosen);
            case LinkKind::either:
                return holds(link.left, chosen) || holds(link.right, chosen);
            case LinkKind::negation:
                return !holds(link.left, chosen);
            case LinkKind::holds:
                return chosen[link.left]->value.value_or(0) != 0;
            default:
                break;
        }
        const Event &left = *chosen[link.left], &right = *chosen[link.right];
        if (!left.value || !right.value || (link.form == LinkForm::identity && left.wide != right.wide))
            return false;
        return link.kind == LinkKind::less         ? *left.value < *right.value
               : link.kind == LinkKind::less_equal ? *left.value <= *right.value
                                                   : *left.value == *right.value;
    }
    static bool is_later(const Event &event, const Event &than) { return std::tie(event.time, event.tie) > std::tie(than.time, than.tie); }

    // As SQL would look for it: a subquery within that of the step before.
    bool follows(std::vector<const Event *> &chosen, std::size_t previous, std::size_t step) const {
        const auto is_out = [&](std::size_t begin, std::size_t end, const Event *before) {
            for (std::size_t negated = begin; negated < end; ++negated)
                for (const Event &event : events[negated]) {
                    chosen[negated] = &event;
                    if (is_later(event, *chosen[previous]) && (!before || is_later(*before, event)) &&
                        (steps[negated].link == no_link || holds(steps[negated].link, chosen)))
                        return false;
                }
            return true;
        };
        std::size_t next = step;
        while (next < steps.size() && steps[next].step.negated)
            ++next;
        if (next == steps.size())
            return is_out(previous + 1, next, nullptr);
        for (const Event &event : events[next]) {
            chosen[next] = &event;
            if (is_later(event, *chosen[previous]) && (steps[next].link == no_link || holds(steps[next].link, chosen)) &&
                is_out(previous + 1, next, &event) && follows(chosen, next, next + 1))
                return true;
        }
        return false;
    }
    bool expected() const {
        std::vector<const Event *> chosen(steps.size());
        return std::ranges::any_of(events.front(), [&](const Event &first) {
            chosen.front() = &first;
            return follows(chosen, 0, 1);
        });
    }
};

TEST(BehaviourLinks, SomeEventsStandInTheirLinks) {
    std::size_t found = 0;
    for (unsigned seed = 0; seed < 20'000; ++seed) {
        Trial trial(seed);
        Wide wide;
        LinkedSequence sequence(trial.steps, Links(trial.columns, trial.links, wide, memory), trial.polls, memory);
        const bool expected = trial.expected();
        ASSERT_EQ(value_of(trial.lists, sequence), expected ? 1 : 0) << "seed " << seed;
        found += expected;
    }
    EXPECT_GT(found, 5'000u);
    EXPECT_LT(found, 15'000u);
}

TEST(BehaviourLinks, WindowsEndAtTheMembersOwnTimes) {
    Polls polls;
    EventLists lists(SIZE_MAX, nullptr, polls, memory);
    for (Time time = 1; time <= 9; ++time)
        lists.add(3, 0, {time, 0, 0, false, false});
    lists.add(3, 1, {0, 3, 0, true, false});
    lists.add(3, 2, {0, 7, 0, true, false});
    lists.add(3, 3, {0, 0, 0, false, false});
    const auto count = [&](std::optional<MemberEdge> low, std::optional<MemberEdge> high) {
        const WeightedTerm term{{0, beginning_of_time, 8, low, high}, 1};
        Count counted({&term, 1}, memory);
        return value_of(lists, counted);
    };
    EXPECT_EQ(count({}, {}), 8);
    EXPECT_EQ(count(MemberEdge{1, true}, {}), 6);
    EXPECT_EQ(count(MemberEdge{1, false}, MemberEdge{2, false}), 3);
    EXPECT_EQ(count(MemberEdge{1, true}, MemberEdge{2, true}), 5);
    EXPECT_EQ(count(MemberEdge{2, true}, MemberEdge{1, true}), 0);
    EXPECT_EQ(count(MemberEdge{3, true}, {}), 0);
    EXPECT_EQ(count({}, MemberEdge{4, true}), 0);
}

TEST(BehaviourLinks, OneNumberAgainstAnother) {
    Polls polls;
    Wide wide;
    EventLists lists(SIZE_MAX, nullptr, polls, memory);
    for (const std::int64_t millionths : {4'000'000, -1'500'000, 2'000'000})
        lists.add(3, 0, {1, millionths, 0, true, false});
    lists.add(3, 1, {1, 3'000'000, 0, true, false});
    lists.add(3, 1, {1, 0, 0, false, false});
    const auto holds = [&](const Relation &relation, Aggregate left, ListId left_list, Aggregate right, ListId right_list) {
        const auto of = [](Aggregate aggregate, ListId list) {
            Quantity quantity{aggregate, std::pmr::vector<ListTerm>(memory)};
            quantity.terms.push_back({list, beginning_of_time, INT64_MAX});
            return quantity;
        };
        Comparison comparison(relation, of(left, left_list), of(right, right_list), wide, memory);
        return value_of(lists, comparison);
    };
    using enum Aggregate;
    // 4.5 and 3; of three events and two.
    EXPECT_EQ(holds({RelationKind::less}, sum, 0, sum, 1), 0);
    EXPECT_EQ(holds({RelationKind::less}, sum, 1, sum, 0), 1);
    EXPECT_EQ(holds({RelationKind::less_equal}, count, 0, sum, 1), 1);
    EXPECT_EQ(holds({RelationKind::equal}, count, 0, greatest, 1), 1);
    EXPECT_EQ(holds({RelationKind::less}, least, 0, least, 1), 1);
    EXPECT_EQ(holds({RelationKind::equal}, sum, 2, sum, 2), 1);
    EXPECT_EQ(holds({RelationKind::equal}, least, 2, least, 2), 0);
    // From 4.5 to 3 is a third less.
    EXPECT_EQ(holds({RelationKind::fell, {3, 10}, true}, sum, 0, sum, 1), 1);
    EXPECT_EQ(holds({RelationKind::fell, {34, 100}, true}, sum, 0, sum, 1), 0);
    EXPECT_EQ(holds({RelationKind::fell, {15, 10}, false}, sum, 0, sum, 1), 1);
    EXPECT_EQ(holds({RelationKind::fell, {15, 10}, false, Decimal{46, 10}}, sum, 0, sum, 1), 0);
    EXPECT_EQ(holds({RelationKind::rose, {0, 1}, false}, sum, 0, sum, 1), 0);
    EXPECT_EQ(holds({RelationKind::rose, {1, 1}, true}, least, 0, sum, 1), 1);
    EXPECT_EQ(holds({RelationKind::rose, {1, 1}, true}, sum, 2, sum, 1), 1);
    EXPECT_FALSE(wide.is_left_to_it);
    EXPECT_EQ(holds({RelationKind::equal}, average, 0, sum, 1), 1);
    EXPECT_TRUE(wide.is_left_to_it);
}

}  // namespace
}  // namespace segment::behaviour
