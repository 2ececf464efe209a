// Values taken from events: aggregates, shares, properties of the first and last event, streaks.
#include "core/definition/check_binder.hpp"

namespace segment::definition {
namespace {

EventFunction event_function(AggregateFunction function) {
    switch (function) {
        case AggregateFunction::count:
            return EventFunction::count;
        case AggregateFunction::count_distinct:
            return EventFunction::count_distinct;
        case AggregateFunction::sum:
            return EventFunction::sum;
        case AggregateFunction::avg:
            return EventFunction::avg;
        case AggregateFunction::min:
            return EventFunction::min;
        case AggregateFunction::max:
            return EventFunction::max;
        case AggregateFunction::median:
            return EventFunction::median;
        case AggregateFunction::most_frequent:
            return EventFunction::most_frequent;
    }
    return EventFunction::count;
}

bool needs_number(EventFunction function) {
    return function == EventFunction::sum || function == EventFunction::avg || function == EventFunction::median;
}

}  // namespace

const BoundValue *Binder::aggregate(const Aggregate &node) {
    EventParts parts = event_parts(*node.events, node, node.window);
    return aggregated(node, parts);
}

// The aggregate over parts that have their times already.
const BoundValue *Binder::aggregated(const Aggregate &node, EventParts &parts) {
    const EventFunction function = event_function(node.function);
    const Type *const value_type = node.argument ? argument(parts, *node.argument, function) : nullptr;
    const Type *type = value_type ? value_type : &bigint_type;
    switch (function) {
        case EventFunction::count_distinct:
            type = &bigint_type;
            break;
        case EventFunction::sum:
            // PostgreSQL sums bigint as numeric, shorter integers as bigint.
            if (type->type_class == TypeClass::floating)
                type = &double_type;
            else if (type->type_class != TypeClass::integer || integer_width(*type) == 8)
                type = &numeric_type;
            else
                type = &bigint_type;
            break;
        case EventFunction::avg:
        case EventFunction::median:
            type = type->type_class == TypeClass::floating ? &double_type : &numeric_type;
            break;
        default:
            break;
    }
    return event_value(function, parts, *type, node.position, Unit::day, value_type);
}

// The column that a function is applied to, in each part; returns the type common to all.
const Type *Binder::argument(EventParts &parts, const Name &name, EventFunction function) {
    const Type *common = nullptr;
    for (BoundEventPart &part : parts) {
        const BoundValue *value = column(name, *part.source);
        if (needs_number(function))
            value = as_number(value);
        if (function == EventFunction::count_distinct && is_untyped(*value))
            value = retyped(*value, text_type);
        if ((function == EventFunction::min || function == EventFunction::max) && is_untyped(*value))
            value = as_number(value);
        if (value->type->type_class == TypeClass::timestamp)
            value = comparison_form(value, true);
        const Type &type = *value->type;
        const bool sortable =
            is_number(type) || is_moment(type) || type.type_class == TypeClass::interval || type.type_class == TypeClass::time;
        if ((function == EventFunction::min || function == EventFunction::max) && !sortable)
            mismatch(name.position, what(*value) + ", expected a number or a time");
        if ((function == EventFunction::count_distinct || function == EventFunction::most_frequent) && !type.ordered)
            mismatch(name.position, what(*value) + " and has no order by which equal values could be found");
        if (common && common->sql_name != type.sql_name) {
            if (!is_number(*common) || !is_number(type))
                mismatch(name.position, label(*value) + " is " + describe(*common) + " in one source and " + describe(type) + " in another",
                         "Name the source: any event of '" + std::string(part.source->name) + "'.");
            const bool floating = common->type_class == TypeClass::floating || type.type_class == TypeClass::floating;
            common = floating ? &double_type : &numeric_type;
        } else
            common = value->type;
        part.value = value;
    }
    return common;
}

const BoundValue *Binder::share(const Share &node) {
    const Events all{{Kind::events, node.events->position}, node.events->choice, node.events->names, node.events->source};
    EventParts parts = event_parts(all, node, node.window);
    for (BoundEventPart &part : parts)
        part.mark = where(*node.events->where, *part.source, {});
    return event_value(EventFunction::share, parts, numeric_type, node.position);
}

const BoundValue *Binder::pick(const Pick &node) {
    EventParts parts = event_parts(*node.events, node, node.window);
    align_times(parts);
    const EventFunction function = node.first ? EventFunction::first_value : EventFunction::last_value;
    const Type *type = argument(parts, *node.column, function);
    return event_value(function, parts, *type, node.position, Unit::day, type);
}

const BoundValue *Binder::streak(const Streak &node) {
    return event_value(EventFunction::streak, event_parts(*node.events, node, nullptr), bigint_type, node.position, node.unit);
}

const BoundValue *Binder::last_event(const LastEvent &node) {
    EventParts parts = event_parts(*node.events, node, nullptr);
    align_times(parts);
    return event_value(EventFunction::last_time, parts, *parts.front().at->type, node.position);
}

// A jsonb path, or what was picked of one, read as the type.
const BoundValue *Binder::retyped(const BoundValue &untyped, const Type &type) {
    if (untyped.kind == ValueKind::path) {
        const auto &path = static_cast<const BoundPath &>(untyped);
        return add(BoundPath{{ValueKind::path, false, path.position, &type}, path.trait, path.steps, path.row});
    }
    const auto &value = static_cast<const BoundEventValue &>(untyped);
    EventParts parts(value.events.parts.begin(), value.events.parts.end());
    for (BoundEventPart &part : parts)
        part.value = retyped(*part.value, type);
    return event_value(value.function, parts, type, value.position, value.unit, &type);
}

}  // namespace segment::definition
