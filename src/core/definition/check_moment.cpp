// Points in time: instants, dates, and how durations move them.
#include "core/definition/check_binder.hpp"

namespace segment::definition {

const BoundValue *Binder::as_of(std::uint32_t position) {
    return add(BoundAsOf{{ValueKind::as_of, true, position, &timestamptz_type}});
}

const BoundValue *Binder::instant(const BoundValue *value) {
    if (value->type->type_class != TypeClass::timestamp)
        return value;
    return add(BoundInstant{{ValueKind::instant, value->constant, value->position, &timestamptz_type}, value});
}

// The form in which moments are compared with one another: instants, but timestamps where the zone has no offset.
const BoundValue *Binder::comparison_form(const BoundValue *value, bool with_timestamp) {
    if (vocabulary_.time_zone != "UTC" || !with_timestamp)
        return instant(value);
    if (value->type->type_class == TypeClass::timestamp)
        return value;
    return add(BoundLocal{{ValueKind::local, value->constant, value->position, &timestamp_type}, value});
}

const BoundValue *Binder::day(const BoundValue *value) {
    if (value->type->type_class == TypeClass::date)
        return value;
    if (value->kind == ValueKind::time && static_cast<const BoundTime *>(value)->time.zone.empty())
        return add(BoundTime{{ValueKind::time, true, value->position, &date_type}, static_cast<const BoundTime *>(value)->time});
    if (value->kind == ValueKind::shift) {
        // Calendar parts move the date alike, so today − 30 days need not go through an instant.
        const auto &shifted = static_cast<const BoundShift &>(*value);
        bool calendar_only = true;
        for (const Span &step : shifted.steps)
            calendar_only = calendar_only && !has_clock_part(step);
        if (calendar_only)
            return add(BoundShift{{ValueKind::shift, value->constant, value->position, &date_type}, day(shifted.base), shifted.steps});
    }
    if (value->kind == ValueKind::instant && !static_cast<const BoundInstant *>(value)->cast)
        value = static_cast<const BoundInstant *>(value)->operand;
    return add(BoundDay{{ValueKind::day, value->constant, value->position, &date_type}, value});
}

const BoundValue *Binder::shift(const BoundValue *base, const Span &span, std::uint32_t position) {
    base = instant(base);
    if (base->type->type_class == TypeClass::date && has_clock_part(span))
        mismatch(position, label(*base) + " is a date and cannot be moved by hours or less");
    std::vector<Span> steps;
    if (base->kind == ValueKind::shift) {
        const auto &shifted = static_cast<const BoundShift &>(*base);
        steps.assign(shifted.steps.begin(), shifted.steps.end());
        base = shifted.base;
    }
    // Dates have no clock that daylight saving could change: days simply add up.
    const bool dates = base->type->type_class == TypeClass::date;
    if (dates && !steps.empty() && steps.back().months == 0 && span.months == 0)
        steps.back().days += span.days;
    else
        steps.push_back(span);
    check_total(steps, position);
    return add(BoundShift{{ValueKind::shift, base->constant, base->position, base->type}, base, arena_.copy(std::span<const Span>(steps))});
}

const BoundValue *Binder::period_start(Unit unit, const Type &type, std::uint32_t position) {
    return add(BoundPeriodStart{{ValueKind::period_start, true, position, &type}, unit});
}

const BoundValue *Binder::move(const BoundValue *base, const BoundValue *interval, bool back) {
    if (interval->kind == ValueKind::interval) {
        const Span &span = static_cast<const BoundInterval *>(interval)->span;
        return shift(base, back ? negated(span) : span, interval->position);
    }
    return add(BoundMove{{ValueKind::move, false, base->position, &timestamptz_type}, instant(base), interval, back});
}

// A − B ≥ D holds from the instant on at which B has the age D: B ≤ A − D. The side that is the same for all members is the
// one that is moved, so that the bound is a constant. Tells the bound and whether it is for the left side.
const BoundValue *Binder::elapsed_bound(const BoundElapsed &elapsed, const BoundValue *duration, bool &on_left) {
    if (duration->type->type_class != TypeClass::interval || duration->kind == ValueKind::elapsed)
        mismatch(duration->position, "a difference of times is compared with a duration, not with " + label(*duration),
                 "Use days since or days until for a number of days.");
    on_left = elapsed.right->constant && !elapsed.left->constant;
    return move(on_left ? elapsed.right : elapsed.left, duration, !on_left);
}

}  // namespace segment::definition
