// Conditions on events: whether, how often and when they happened.
#include "core/definition/check_binder.hpp"
#include "core/definition/value_number.hpp"

namespace segment::definition {
namespace {

Span doubled(const Span &span) {
    return {2 * span.months, 2 * span.days, 2 * span.microseconds};
}

// Whether the count says no more than that there is one at all; then nothing needs to be counted.
bool is_existence(const Count &count) {
    switch (count.form) {
        case CountForm::unlimited:
            return true;
        case CountForm::at_least:
            return count.low == 1;
        case CountForm::more_than:
            return count.low == 0;
        default:
            return false;
    }
}

bool is_absence(const Count &count) {
    switch (count.form) {
        case CountForm::at_most:
        case CountForm::exactly:
            return count.low == 0;
        case CountForm::fewer_than:
            return count.low == 1;
        case CountForm::between:
            return count.high == 0;
        default:
            return false;
    }
}

}  // namespace

const BoundCondition *Binder::did(const Did &node) {
    const auto periods = [&](const EventParts &parts) {
        return counted(event_value(EventFunction::distinct_periods, parts, bigint_type, node.position, node.unit), node.count);
    };
    const BoundCondition *condition = nullptr;
    switch (node.form) {
        case DidForm::times: {
            const EventParts parts = event_parts(*node.events, node, node.window);
            if (is_existence(node.count) || is_absence(node.count))
                condition = negated_if(is_absence(node.count), occurs(parts));
            else
                condition = counted(event_value(EventFunction::count, parts, bigint_type, node.position), node.count);
            break;
        }
        case DidForm::distinct_periods:
            condition = periods(event_parts(*node.events, node, node.window));
            break;
        case DidForm::first_time: {
            EventParts parts = event_parts(*node.events, node, nullptr);
            align_times(parts);
            condition = node.window
                            ? in_window(event_value(EventFunction::first_time, parts, *parts.front().at->type, node.position), *node.window)
                            : occurs(parts);
            break;
        }
        case DidForm::periods_of_last: {
            EventParts parts = event_parts(*node.events, node);
            for (BoundEventPart &part : parts) {
                const Type &type = part.at->type->type_class == TypeClass::date ? date_type : timestamptz_type;
                const BoundValue *start = period_start(node.unit, type, node.position);
                if (node.of_last > 1)
                    start = shift(start, period_length(node.unit, 1 - static_cast<std::int64_t>(node.of_last)), node.position);
                part.time = range(part.at, start, true, as_of(node.position), true);
            }
            condition = periods(parts);
            break;
        }
    }
    return negated_if(node.negated || node.never, condition);
}

const BoundCondition *Binder::counted(const BoundValue *value, const Count &count) {
    const auto number = [&](std::uint64_t n) { return number_literal(arena_.copy(std::to_string(n)), value->position); };
    const BoundValue *const low = number(count.low);
    switch (count.form) {
        case CountForm::at_least:
            return compare(Comparison::greater_equal, value, low);
        case CountForm::at_most:
            return compare(Comparison::less_equal, value, low);
        case CountForm::exactly:
            return compare(Comparison::equal, value, low);
        case CountForm::fewer_than:
            return compare(Comparison::less, value, low);
        case CountForm::more_than:
            return compare(Comparison::greater, value, low);
        case CountForm::between:
            return range(value, low, true, number(count.high), true);
        case CountForm::unlimited:
            break;
    }
    return compare(Comparison::greater, value, number_literal("0", value->position));
}

// `more than W ago` is no event since: never counts as long ago.
const BoundCondition *Binder::recency(const Recency &node) {
    EventParts parts = event_parts(*node.events, node);
    const Duration &duration = *node.window->duration;
    between_ago(parts, read_duration(duration), {}, duration);
    return negated_if(node.window->form == WindowForm::more_than_ago, occurs(parts));
}

// The last W against the W before; the earlier one ends where the later begins.
const BoundCondition *Binder::trend(const Trend &node) {
    if (node.value->kind == Kind::name)
        return score_trend(node, static_cast<const Name &>(*node.value));
    const auto &aggregate = static_cast<const Aggregate &>(*node.value);
    const Span span = read_duration(*node.within);
    EventParts parts = event_parts(*aggregate.events, aggregate);
    between_ago(parts, doubled(span), {}, *node.within);
    for (BoundEventPart &part : parts)
        part.mark = compare(Comparison::greater, part.at, ago(*part.at, span, *node.within));
    const BoundValue *value = aggregated(aggregate, parts);
    const auto &events = static_cast<const BoundEventValue &>(*value);
    if (!is_number(*value->type) || events.function == EventFunction::most_frequent)
        mismatch(node.position, what(*value) + ", only numbers fall and rise");
    return add(BoundTrend{{ConditionKind::trend},
                          events.function,
                          events.events,
                          node.fell,
                          node.percent ? arena_.copy(percent_number(node.amount)) : node.amount,
                          node.percent,
                          node.from_at_least});
}

// What a score is now against what it was: the last that was stored a duration ago, by the definition that it has now.
const BoundCondition *Binder::score_trend(const Trend &node, const Name &name) {
    const ScoreName *score = find_score(display(name.parts), name.position);
    if (!score)
        missing_part(node);
    join(score->value);
    return add(BoundScoreTrend{{ConditionKind::score_trend},
                               score,
                               shift(as_of(node.position), negated(read_duration(*node.within)), node.within->position),
                               node.fell,
                               node.percent ? arena_.copy(percent_number(node.amount)) : node.amount,
                               node.percent,
                               node.from_at_least});
}

// In the time W before the last W, and not since.
const BoundCondition *Binder::stopped(const Stopped &node) {
    const Span span = read_duration(*node.duration);
    EventParts before = event_parts(*node.events, node), since = before;
    between_ago(before, doubled(span), span, *node.duration);
    between_ago(since, span, {}, *node.duration);
    return both(occurs(before), negated_if(true, occurs(since)));
}

const BoundCondition *Binder::resumed(const Resumed &node) {
    EventParts parts = event_parts(*node.events, node, nullptr);
    align_times(parts);
    const Type &type = *parts.front().at->type;
    const auto time = [&](std::string_view name) {
        const Trait *column = add(Trait{{}, name, name, type});
        return add(BoundTrait{{ValueKind::trait, false, node.position, &column->type}, column, event_row});
    };
    const BoundValue *at = time(event_time_name), *previous = time(previous_time_name);
    const BoundValue *edge = ago(*at, read_duration(*node.within), *node.within);
    const BoundCondition *recent = compare(Comparison::greater, at, edge);
    const Span gap = negated(whole_days(*node.after, type));
    return add(BoundResumed{{ConditionKind::resumed},
                            bound(parts),
                            recent,
                            compare(Comparison::less_equal, previous, shift(at, gap, node.after->position)),
                            edge,
                            gap});
}

}  // namespace segment::definition
