// Comparisons: which types fit together, what a literal means next to its partner, in which form both are compared.
#include <utility>

#include "core/definition/check_binder.hpp"
#include "core/definition/value_number.hpp"
#include "core/definition/sql_quote.hpp"

namespace segment::definition {
namespace {

// Types of one family are compared with each other.
bool same_family(const Type &left, const Type &right) {
    if (is_number(left) || is_moment(left))
        return is_number(left) ? is_number(right) : is_moment(right);
    if (left.type_class != right.type_class)
        return false;
    switch (left.type_class) {
        case TypeClass::enumeration:
        case TypeClass::array:
        case TypeClass::other:
            return left.sql_name == right.sql_name;
        default:
            return true;
    }
}

void require_order(const BoundValue &value) {
    if (!value.type->ordered)
        mismatch(value.position, what(value) + ", which has no order and cannot be compared", "Only is set and is not set apply to it.");
}

}  // namespace

const BoundValue *Binder::read_path(const BoundValue *value, const BoundValue *partner) {
    if (!is_untyped(*value))
        return value;
    const auto as = [&](const Type &type) { return retyped(*value, type); };
    if (partner->type->type_class == TypeClass::text)
        return as(text_type);
    if (partner->type->type_class == TypeClass::boolean)
        return as(boolean_type);
    if (is_number(*partner->type))
        return as(numeric_type);
    const std::string name = label(*value);
    if (is_untyped(*partner))
        mismatch(value->position, "it is not clear how " + name + " and " + label(*partner) + " compare",
                 "Write " + path_label(*value) + "::numeric or " + path_label(*value) + "::text.");
    if (is_moment(*partner->type))
        mismatch(value->position, name + " is jsonb and does not tell that it is a time", "Write " + path_label(*value) + "::timestamptz.");
    mismatch(value->position, name + " is jsonb and cannot be compared with " + label(*partner),
             "Compare it with a text, a number or a boolean.");
}

// A literal in quotes as one of the type, which is its partner's or that of the partner's elements.
const BoundValue *Binder::literal(const BoundText &text, const Type &type, const BoundValue &partner) {
    const auto invalid = [&](std::string_view expected, std::string hint) {
        throw Error(is_moment(type) ? ErrorCode::invalid_datetime : ErrorCode::invalid_text_representation,
                    label(text) + " is not " + std::string(expected), text.position, {}, std::move(hint));
    };
    switch (type.type_class) {
        case TypeClass::text:
            return add(BoundText{{ValueKind::text, true, text.position, &type}, text.value});
        case TypeClass::integer:
        case TypeClass::numeric:
        case TypeClass::floating: {
            const auto digits = read_number(text.value, arena_);
            if (!digits)
                mismatch(text.position, label(partner) + " is a number and cannot be compared with the text " + label(text));
            return number_literal(*digits, text.position);
        }
        case TypeClass::boolean:
            if (text.value != "true" && text.value != "false")
                invalid("a boolean", "Write " + label(partner) + " is true, or is false.");
            return add(BoundBoolean{{ValueKind::boolean, true, text.position, &boolean_type}, text.value == "true"});
        case TypeClass::date:
        case TypeClass::timestamp:
        case TypeClass::timestamptz: {
            const auto time = read_iso_time(text.value);
            const bool date = type.type_class == TypeClass::date;
            if (!time)
                invalid(date ? "a date" : "a time",
                        date ? "Write it as '2025-01-31'."
                             : "Write it as '2025-01-31' or '2025-01-31 18:00', with or without a zone such as +01:00.");
            if (date && !time->clock.empty())
                invalid("a date", label(partner) + " is a date without time of day.");
            return add(BoundTime{{ValueKind::time, true, text.position, date ? &date_type : &timestamptz_type}, *time});
        }
        case TypeClass::time:
            if (!is_iso_clock(text.value))
                invalid("a time of day", "Write it as '18:00' or '18:00:30'.");
            return add(BoundText{{ValueKind::text, true, text.position, &type}, text.value});
        case TypeClass::interval:
            invalid("a duration", "Write durations without quotes: 30 days, 1 year 6 months.");
            break;
        case TypeClass::array:
            mismatch(text.position, label(partner) + " is an array and cannot be compared with the text " + label(text),
                     "Use includes to look into an array.");
        case TypeClass::enumeration:
        case TypeClass::uuid:
        case TypeClass::jsonb:
        case TypeClass::other:
            break;
    }
    probe(text.position, "(" + quote_literal(text.value) + "::" + std::string(type.sql_name) + ") IS NULL");
    return add(BoundText{{ValueKind::text, true, text.position, &type}, text.value});
}

// Brings two values into the form in which they are compared, or throws.
Binder::Pair Binder::comparable(const BoundValue *left, const BoundValue *right) {
    left = read_path(left, right);
    right = read_path(right, left);
    if (left->kind == ValueKind::text && right->kind != ValueKind::text)
        left = literal(static_cast<const BoundText &>(*left), *right->type, *right);
    else if (right->kind == ValueKind::text && left->kind != ValueKind::text)
        right = literal(static_cast<const BoundText &>(*right), *left->type, *left);
    if (!same_family(*left->type, *right->type)) {
        const bool text = left->type->type_class == TypeClass::text || right->type->type_class == TypeClass::text;
        const bool number = left->kind == ValueKind::number || right->kind == ValueKind::number;
        const std::string other = right->constant ? describe(*right->type) : label(*right) + ", which is " + describe(*right->type);
        const bool quotable = left->type->type_class == TypeClass::other && left->type->ordered;
        mismatch(right->position, what(*left) + " and cannot be compared with " + other,
                 text && number       ? "Put a text in quotes."
                 : number && quotable ? "Put the value in quotes."
                                      : "");
    }
    require_order(*left);
    require_order(*right);
    if (is_moment(*left->type)) {
        const bool days = left->type->type_class == TypeClass::date || right->type->type_class == TypeClass::date;
        if (days)
            return {day(left), day(right)};
        const bool timestamp = left->type->type_class == TypeClass::timestamp || right->type->type_class == TypeClass::timestamp;
        return {comparison_form(left, timestamp), comparison_form(right, timestamp)};
    }
    // A decimal literal next to a float is rounded to it, so it must have a place there.
    for (const auto &[number, partner] : {Pair{left, right}, Pair{right, left}})
        if (number->kind == ValueKind::number && partner->kind != ValueKind::number && partner->type->type_class == TypeClass::floating) {
            const auto &digits = static_cast<const BoundNumber *>(number)->digits;
            if (!fits_floating(digits, is_single_precision(*partner->type)))
                throw Error(ErrorCode::numeric_out_of_range, "number is out of range for " + std::string(partner->type->sql_name),
                            number->position);
            const BoundValue *rounded = add(BoundNumber{{ValueKind::number, true, number->position, partner->type}, digits});
            return number == left ? Pair{rounded, right} : Pair{left, rounded};
        }
    return {left, right};
}

// A value that another is compared with: a bare word there may be meant as a text.
const BoundValue *Binder::partner(const Node &node) {
    const Node *const outer = std::exchange(partner_, &node);
    const BoundValue *bound = value(node);
    partner_ = outer;
    return bound;
}

const BoundCondition *Binder::compare(const Compare &node) {
    const Compare *const outer = std::exchange(compared_, &node);
    const BoundValue *left = value(*node.left), *right = partner(*node.right);
    compared_ = outer;
    return compare(node.op, left, right);
}

const BoundCondition *Binder::compare(Comparison op, const BoundValue *left, const BoundValue *right) {
    if (op == Comparison::not_equal)
        return negated_if(true, compare(Comparison::equal, left, right));
    if (left->constant && !right->constant) {
        std::swap(left, right);
        op = mirrored(op);
    }
    if (left->kind == ValueKind::elapsed)
        return compare_elapsed(op, static_cast<const BoundElapsed &>(*left), right);
    if (right->kind == ValueKind::elapsed)
        return compare_elapsed(mirrored(op), static_cast<const BoundElapsed &>(*right), left);
    const auto [l, r] = comparable(left, right);
    if (l->type->type_class == TypeClass::boolean) {
        if (op != Comparison::equal)
            mismatch(r->position, what(*l) + " and has no order", "Write " + label(*l) + " is true, or is false.");
        if (r->kind == ValueKind::boolean)
            return truth(l, static_cast<const BoundBoolean *>(r)->value);
    }
    return add(BoundCompare{{ConditionKind::compare}, op, l, r});
}

const BoundCondition *Binder::compare_elapsed(Comparison op, const BoundElapsed &elapsed, const BoundValue *duration) {
    bool on_left;
    const BoundValue *bound = elapsed_bound(elapsed, duration, on_left);
    return on_left ? compare(op, elapsed.left, bound) : compare(mirrored(op), elapsed.right, bound);
}

// low ≤ value ≤ high; the ends are checked one by one, a null end is open.
const BoundCondition *Binder::range(const BoundValue *value, const BoundValue *low, bool low_inclusive, const BoundValue *high,
                                    bool high_inclusive) {
    const Comparison above = low_inclusive ? Comparison::greater_equal : Comparison::greater;
    const Comparison below = high_inclusive ? Comparison::less_equal : Comparison::less;
    if (!low || !high)
        return low ? compare(above, value, low) : compare(below, value, high);
    if (value->kind == ValueKind::elapsed)
        return both(compare(above, value, low), compare(below, value, high));
    value = read_path(value, low);
    if (value->type->type_class == TypeClass::timestamp)
        value = comparison_form(value, true);
    const Pair lower = comparable(value, low), upper = comparable(value, high);
    if (value->type->type_class == TypeClass::boolean)
        mismatch(low->position, what(*value) + " and has no order");
    if (lower.left == upper.left && lower.right->constant && upper.right->constant)
        return add(BoundRange{{ConditionKind::range}, value, lower.right, upper.right, low_inclusive, high_inclusive});
    return both(add(BoundCompare{{ConditionKind::compare}, above, lower.left, lower.right}),
                add(BoundCompare{{ConditionKind::compare}, below, upper.left, upper.right}));
}

const BoundCondition *Binder::between(const Between &node) {
    return negated_if(node.negated, range(value(*node.value), value(*node.low), true, value(*node.high), true));
}

const BoundCondition *Binder::in_list(const InList &node) {
    const BoundValue *subject = value(*node.value);
    if (subject->kind == ValueKind::elapsed)
        mismatch(subject->position, "a difference of times cannot be compared with a list");
    std::pmr::vector<const BoundValue *> items(&arena_.memory());
    items.reserve(node.items.size());
    for (const Node *item : node.items) {
        const BoundValue *bound = partner(*item);
        if (items.empty())
            subject = read_path(subject, bound);
        if (items.empty() && subject->type->type_class == TypeClass::timestamp)
            subject = comparison_form(subject, true);
        const auto [left, right] = comparable(subject, bound);
        if (left != subject)
            mismatch(bound->position, what(*subject) + " and cannot be compared with " + label(*bound));
        items.push_back(right);
    }
    return negated_if(node.negated, add(BoundList{{ConditionKind::list}, subject, arena_.copy(BoundValues(items))}));
}

const BoundCondition *Binder::truth(const BoundValue *value, bool expected) {
    const BoundBoolean partner{{ValueKind::boolean, true, value->position, &boolean_type}, true};
    value = read_path(value, &partner);
    if (value->type->type_class != TypeClass::boolean)
        mismatch(value->position, what(*value) + ", expected a condition");
    return add(BoundTruth{{ConditionKind::truth}, expected, value});
}

}  // namespace segment::definition
