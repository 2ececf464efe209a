#include "core/behaviour/comparison.hpp"

#include <algorithm>

#include "core/behaviour/arithmetic.hpp"

namespace segment::behaviour {

namespace {

__extension__ using Wide = __int128;

constexpr Wide largest_exact = Wide{1} << 60;  // its products with amounts stay far below 2^127

// What an events' quantity comes to, in millionths.
struct Amount {
    Wide millionths;
    bool missing, exact;  // if not exact, only PostgreSQL can tell
};

Amount amount_of(Aggregate aggregate, std::span<const Occurrence> events) {
    if (aggregate == Aggregate::count)
        return {Wide{number_scale} * static_cast<Wide>(events.size()), false, true};
    if (events.empty())
        return {0, aggregate != Aggregate::sum, true};
    if (aggregate == Aggregate::average || aggregate == Aggregate::median || std::ranges::any_of(events, &Occurrence::is_wide))
        return {0, false, false};
    if (aggregate == Aggregate::sum) {
        Wide sum = 0;
        for (const Occurrence &event : events)
            sum += event.number;
        return {sum, false, sum <= largest_exact && sum >= -largest_exact};
    }
    const auto [least, greatest] = std::ranges::minmax(events, {}, &Occurrence::number);
    const std::int64_t number = aggregate == Aggregate::least ? least.number : greatest.number;
    return {number, false, number <= largest_exact && number >= -largest_exact};
}

bool holds(const Relation &relation, Wide left, Wide right) {
    const auto scaled = [](Wide millionths, const Decimal &decimal) { return millionths * decimal.scale; };
    switch (relation.kind) {
        case RelationKind::less:
            return left < right;
        case RelationKind::less_equal:
            return left <= right;
        case RelationKind::equal:
            return left == right;
        case RelationKind::rose:
        case RelationKind::fell:
            break;
    }
    const Wide change = relation.kind == RelationKind::rose ? right - left : left - right;
    const Wide base = relation.relative ? (left < 0 ? -left : left) : Wide{number_scale};
    return change > 0 && (relation.kind == RelationKind::rose || left != 0) &&
           scaled(change, relation.amount) >= base * relation.amount.value &&
           (!relation.least || scaled(left, *relation.least) >= Wide{number_scale} * relation.least->value);
}

}  // namespace

std::optional<std::int64_t> Comparison::value(const EventLists::Member &member) {
    const auto read = [&](const Quantity &quantity, std::pmr::vector<Occurrence> &events) {
        events.clear();
        for (const ListTerm &term : quantity.terms)
            for (const Occurrence &event : events_of(term, member))
                if (event.is_set || quantity.aggregate == Aggregate::count)
                    events.push_back(event);
        return amount_of(quantity.aggregate, events);
    };
    const Amount left = read(left_, left_events_), right = read(right_, right_events_);
    if (left.missing || right.missing)
        return 0;
    return left.exact && right.exact ? holds(relation_, left.millionths, right.millionths)
                                     : wide_.hold(relation_, {left_.aggregate, left_events_}, {right_.aggregate, right_events_});
}

}  // namespace segment::behaviour
