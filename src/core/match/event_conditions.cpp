#include "core/match/event_conditions.hpp"

#include <array>
#include <charconv>
#include <deque>
#include <string>
#include <vector>

namespace segment::match {

using namespace definition;

namespace {

constexpr std::size_t most_decimals = 6;
constexpr std::int64_t largest = 1'000'000'000;  // its products with counts stay below 2^63
constexpr std::int64_t most_days = 1'000'000;
constexpr std::int64_t microseconds_per_day = 86'400'000'000;

using behaviour::Decimal;

// A number that is short enough for exact arithmetic with counts.
std::optional<Decimal> decimal_of(std::string_view digits) {
    std::string plain(digits);
    std::size_t decimals = 0;
    if (const std::size_t point = plain.find('.'); point != std::string::npos) {
        decimals = plain.size() - point - 1;
        plain.erase(point, 1);
    }
    Decimal result{0, 1};
    const char *const end = plain.data() + plain.size();
    const auto [rest, error] = std::from_chars(plain.data(), end, result.value);
    if (decimals > most_decimals || error != std::errc() || rest != end || result.value > largest || result.value < -largest)
        return {};
    for (; decimals > 0; --decimals)
        result.scale *= 10;
    return result;
}

std::optional<Decimal> decimal_of(const BoundValue &constant) {
    return constant.kind == ValueKind::number ? decimal_of(static_cast<const BoundNumber &>(constant).digits) : std::nullopt;
}

const BoundEventValue *events_of(const BoundValue &value, EventFunction function) {
    if (value.kind != ValueKind::events)
        return nullptr;
    const auto &events = static_cast<const BoundEventValue &>(value);
    return events.function == function ? &events : nullptr;
}

// Asks for sums of counts; owns the conditions that are made on the way.
class Question {
public:
    Question(const Scope &scope, Plan &plan, EventFeatures &events) : scope_(scope), plan_(plan), events_(events) {}

    // The node for `sum op number`.
    std::optional<NodeId> compare(std::initializer_list<WeightedEvents> sum, Comparison op, std::int64_t number) {
        const auto feature = events_.take_sum({sum.begin(), sum.size()}, scope_);
        if (!feature)
            return {};
        const CutRange range = range_of(op, plan_.cut(*feature, std::to_string(number) + "::bigint"));
        return plan_.leaf(*feature, {&range, 1});
    }

    // The events for which the condition of their part holds as well.
    template <class Condition>
    BoundEvents among(const BoundEvents &events, Condition condition) {
        auto &parts = parts_.emplace_back(events.parts.begin(), events.parts.end());
        for (BoundEventPart &part : parts) {
            const BoundCondition *more = condition(part);
            // What is asked of times is told by the time's condition, all else by the filter.
            const BoundCondition *&known = is_about(*more, *part.at) ? part.time : part.filter;
            known = known ? both(known, more) : more;
        }
        return {parts};
    }

    const BoundCondition *not_after(const BoundCompare &after) {
        return &comparisons_.emplace_back(BoundCompare{{ConditionKind::compare}, Comparison::less_equal, after.left, after.right});
    }

private:
    static bool is_about(const BoundCondition &condition, const BoundValue &value) {
        return condition.kind == ConditionKind::compare && static_cast<const BoundCompare &>(condition).left == &value;
    }
    const BoundCondition *both(const BoundCondition *left, const BoundCondition *right) {
        const auto &operands = operands_.emplace_back(std::array<const BoundCondition *, 2>{left, right});
        return &junctions_.emplace_back(BoundJunction{{ConditionKind::conjunction}, operands});
    }

    const Scope &scope_;
    Plan &plan_;
    EventFeatures &events_;
    std::deque<std::vector<BoundEventPart>> parts_;
    std::deque<std::array<const BoundCondition *, 2>> operands_;
    std::deque<BoundJunction> junctions_;
    std::deque<BoundCompare> comparisons_;
};

std::optional<NodeId> all_of(Plan &plan, std::initializer_list<std::optional<NodeId>> nodes) {
    std::vector<NodeId> found;
    for (const std::optional<NodeId> &node : nodes) {
        if (!node)
            return {};
        found.push_back(*node);
    }
    return plan.conjunction(found);
}

// marked / all op number; missing without events.
std::optional<NodeId> share(const BoundEvents &events, Comparison op, const Decimal &number, Plan &plan, Question &question) {
    const BoundEvents marked = question.among(events, [](const BoundEventPart &part) { return part.mark; });
    return all_of(plan, {question.compare({{marked, number.scale}, {events, -number.value}}, op, 0),
                         question.compare({{events, 1}}, Comparison::greater_equal, 1)});
}

// (as_of − last) / day op number, as a comparison of times.
std::optional<NodeId> days_since(const BoundEventValue &last, Comparison op, const Decimal &number, const Scope &scope, Plan &plan,
                                 EventFeatures &events) {
    if (last.type->type_class != TypeClass::timestamptz || number.value > most_days * number.scale || number.value < 0)
        return {};
    const auto feature = events.take(last, scope);
    if (!feature)
        return {};
    const std::int64_t microseconds = microseconds_per_day / number.scale * number.value;
    const CutRange range = range_of(
        mirrored(op), plan.cut(*feature, std::string(scope.as_of_sql) + " - interval '" + std::to_string(microseconds) + " microseconds'"));
    return plan.leaf(*feature, {&range, 1});
}

std::optional<NodeId> one_of(const std::optional<FeatureId> &feature, Plan &plan) {
    if (!feature)
        return {};
    const CutRange range = range_of(Comparison::equal, plan.cut(*feature, "1::bigint"));
    return plan.leaf(*feature, {&range, 1});
}

behaviour::RelationKind relation_of(Comparison op) {
    return op == Comparison::less || op == Comparison::greater               ? behaviour::RelationKind::less
           : op == Comparison::less_equal || op == Comparison::greater_equal ? behaviour::RelationKind::less_equal
                                                                             : behaviour::RelationKind::equal;
}

}  // namespace

CutRange range_of(Comparison op, CutId cut) {
    switch (op) {
        case Comparison::less:
            return {no_cut, cut, true, false};
        case Comparison::less_equal:
            return {no_cut, cut, true, true};
        case Comparison::greater:
            return {cut, no_cut, false, true};
        case Comparison::greater_equal:
            return {cut, no_cut, true, true};
        case Comparison::equal:
        case Comparison::not_equal:
            break;
    }
    return {cut, cut, true, true};
}

std::optional<NodeId> event_comparison(const BoundCompare &comparison, const Scope &scope, Plan &plan, EventFeatures &events) {
    const BoundValue &left = *comparison.left, &right = *comparison.right;
    Question question(scope, plan, events);
    const BoundEventValue *const count = events_of(left, EventFunction::count), *const other = events_of(right, EventFunction::count);
    if (count && other)
        return question.compare({{count->events, 1}, {other->events, -1}}, comparison.op, 0);
    if (left.kind == ValueKind::events && right.kind == ValueKind::events) {
        const bool swapped = comparison.op == Comparison::greater || comparison.op == Comparison::greater_equal;
        const auto &first = static_cast<const BoundEventValue &>(swapped ? right : left);
        const auto &second = static_cast<const BoundEventValue &>(swapped ? left : right);
        return one_of(events.take({relation_of(comparison.op)}, first, second, comparison, scope), plan);
    }
    const auto number = decimal_of(right);
    if (!number)
        return {};
    if (const BoundEventValue *const shared = events_of(left, EventFunction::share))
        return share(shared->events, comparison.op, *number, plan, question);
    if (left.kind == ValueKind::call && static_cast<const BoundCall &>(left).function == BoundFunction::days_since)
        if (const BoundEventValue *const last = events_of(*static_cast<const BoundCall &>(left).operand, EventFunction::last_time))
            return days_since(*last, comparison.op, *number, scope, plan, events);
    return {};
}

// A fall or rise is the conjunction of three comparisons: there is one, it is large enough, and it begins high enough.
std::optional<NodeId> event_trend(const BoundTrend &trend, const Scope &scope, Plan &plan, EventFeatures &events) {
    const auto amount = decimal_of(trend.amount), least = decimal_of(trend.from_at_least.empty() ? "0" : trend.from_at_least);
    if (!amount || !least)
        return {};
    for (const BoundEventPart &part : trend.events.parts)
        if (part.mark->kind != ConditionKind::compare)
            return {};
    Question question(scope, plan, events);
    const BoundEvents later = question.among(trend.events, [](const BoundEventPart &part) { return part.mark; });
    const BoundEvents earlier = question.among(
        trend.events, [&](const BoundEventPart &part) { return question.not_after(static_cast<const BoundCompare &>(*part.mark)); });
    if (trend.function != EventFunction::count) {
        const behaviour::Relation relation{trend.fell ? behaviour::RelationKind::fell : behaviour::RelationKind::rose, *amount,
                                           trend.relative, trend.from_at_least.empty() ? std::nullopt : least};
        const BoundValue value{ValueKind::events, false, 0, &numeric_type};
        return one_of(events.take(relation, {value, trend.function, earlier}, {value, trend.function, later}, trend, scope), plan);
    }
    const std::int64_t sign = trend.fell ? -1 : 1, scale = amount->scale;
    const auto changed = question.compare({{later, sign}, {earlier, -sign}}, Comparison::greater_equal, 1);
    const auto enough =
        trend.relative ? question.compare({{later, sign * scale}, {earlier, -sign * scale - amount->value}}, Comparison::greater_equal, 0)
                       : question.compare({{later, sign * scale}, {earlier, -sign * scale}}, Comparison::greater_equal, amount->value);
    const auto begins = question.compare({{earlier, least->scale}}, Comparison::greater_equal, least->value);
    return all_of(plan, {changed, enough, begins});
}

}  // namespace segment::match
