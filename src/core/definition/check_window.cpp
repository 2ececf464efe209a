// Windows of time: every form becomes a range between two moments.
#include "core/definition/check_binder.hpp"

namespace segment::definition {

Span period_length(Unit unit, std::int64_t count) {
    switch (unit) {
        case Unit::week:
            return {0, 7 * count, 0};
        case Unit::month:
            return {count, 0, 0};
        case Unit::quarter:
            return {3 * count, 0, 0};
        case Unit::year:
            return {12 * count, 0, 0};
        default:
            return {0, count, 0};
    }
}

Span whole_days(const Duration &duration, const Type &type) {
    const Span span = read_duration(duration);
    if (type.type_class == TypeClass::date && has_clock_part(span))
        mismatch(duration.position, "a date is looked at in whole days, not in " + interval_text(span));
    return span;
}

namespace {

void require_calendar_unit(const Window &window) {
    if (!is_calendar_unit(window.unit))
        throw Error(ErrorCode::invalid_parameter, "calendar periods are days, weeks, months, quarters and years", window.position, {},
                    "Write within 24 hours for a time that ends now.");
}

}  // namespace

// The ends for values of the type, a date or timestamptz. Those of `since`, `from … to` and `within … of` are as written.
Binder::Edges Binder::edges(const Window &window, const Type &type) {
    const bool dates = type.type_class == TypeClass::date;
    const BoundValue *const now = dates ? day(as_of(window.position)) : as_of(window.position);
    const auto moved = [&](const Duration &duration, bool forward) {
        const Span span = whole_days(duration, type);
        return shift(now, forward ? span : negated(span), duration.position);
    };
    const auto period = [&](Unit unit, std::int64_t offset) {
        const BoundValue *start = period_start(unit, type, window.position);
        return offset == 0 ? start : shift(start, period_length(unit, offset), window.position);
    };
    switch (window.form) {
        case WindowForm::within:
            return {moved(*window.duration, false), now, false, true};
        case WindowForm::more_than_ago:
            return {nullptr, moved(*window.duration, false), true, true};
        case WindowForm::between_ago:
            return {moved(*window.duration, false), moved(*window.duration2, false), false, true};
        case WindowForm::within_next:
            return {now, moved(*window.duration, true), dates, true};
        case WindowForm::since:
            return {value(*window.from), now, true, true};
        case WindowForm::from_to:
            return {value(*window.from), value(*window.to), true, false};
        case WindowForm::within_of: {
            const BoundValue *from = as_moment(value(*window.from));
            from = dates ? day(from) : instant(from);
            return {from, shift(from, whole_days(*window.duration, type), window.duration->position), true, false};
        }
        case WindowForm::today:
            return {period(Unit::day, 0), period(Unit::day, 1), true, false};
        case WindowForm::in_this:
            require_calendar_unit(window);
            return {period(window.unit, 0), period(window.unit, 1), true, false};
        case WindowForm::in_last:
            require_calendar_unit(window);
            return {period(window.unit, -static_cast<std::int64_t>(window.count)), period(window.unit, 0), true, false};
    }
    throw Error(ErrorCode::internal_error, "unknown form of a window", window.position);
}

const BoundCondition *Binder::in_window(const InWindow &node) {
    if (node.value->kind == Kind::call && static_cast<const Call *>(node.value)->function == Function::anniversary)
        return anniversary(node);
    return in_window(as_moment(value(*node.value)), *node.window);
}

const BoundCondition *Binder::in_window(const BoundValue *subject, const Window &window) {
    const Edges found = edges(window, subject->type->type_class == TypeClass::date ? date_type : timestamptz_type);
    return range(subject, found.low, found.low_inclusive, found.high, found.high_inclusive);
}

const BoundCondition *Binder::anniversary(const InWindow &node) {
    const BoundValue *date = day(as_moment(value(*static_cast<const Call *>(node.value)->argument)));
    Edges found = edges(*node.window, date_type);
    if (!found.low || !found.high)
        mismatch(node.window->position, "anniversaries need a window with two ends");
    const auto bound = [&](const BoundValue *edge, bool later) {
        const BoundValue *constant = day(comparable(date, edge).right);
        if (!constant->constant)
            mismatch(edge->position, "anniversaries need a window that is the same for everybody");
        return later ? shift(constant, {0, 1, 0}, edge->position) : constant;
    };
    return add(BoundAnniversary{
        {ConditionKind::anniversary}, date, bound(found.low, !found.low_inclusive), bound(found.high, found.high_inclusive)});
}

}  // namespace segment::definition
