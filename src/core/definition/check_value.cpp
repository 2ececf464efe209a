// Values: literals, arithmetic, functions.
#include "core/definition/bound_subscription.hpp"
#include "core/definition/check_binder.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/definition/value_bounds.hpp"
#include "core/definition/value_number.hpp"

namespace segment::definition {
namespace {

std::string function_name(BoundFunction function) {
    switch (function) {
        case BoundFunction::age:
            return "age(...)";
        case BoundFunction::hour:
            return "hour(...)";
        case BoundFunction::weekday:
            return "weekday(...)";
        case BoundFunction::days_since:
            return "days since ...";
        case BoundFunction::days_until:
            return "days until ...";
    }
    return {};
}

// `sum(amount) of …`, `last score of …`.
std::string event_label(const BoundEventValue &value) {
    const BoundValue *argument = value.events.parts.front().value;
    const std::string name = argument ? label(*argument) : std::string();
    switch (value.function) {
        case EventFunction::count:
            return "count of ...";
        case EventFunction::count_distinct:
            return "count distinct " + name + " of ...";
        case EventFunction::sum:
            return "sum(" + name + ") of ...";
        case EventFunction::avg:
            return "avg(" + name + ") of ...";
        case EventFunction::min:
            return "min(" + name + ") of ...";
        case EventFunction::max:
            return "max(" + name + ") of ...";
        case EventFunction::median:
            return "median(" + name + ") of ...";
        case EventFunction::most_frequent:
            return "most frequent " + name + " of ...";
        case EventFunction::share:
            return "share of ...";
        case EventFunction::first_value:
            return "first " + name + " of ...";
        case EventFunction::last_value:
            return "last " + name + " of ...";
        case EventFunction::first_time:
            return "the first time";
        case EventFunction::last_time:
            return "the last time";
        case EventFunction::distinct_periods:
            return "the number of periods";
        case EventFunction::streak:
            return "streak of ...";
    }
    return {};
}

}  // namespace

std::string label(const BoundValue &value) {
    switch (value.kind) {
        case ValueKind::trait:
        case ValueKind::path: {
            const bool path = value.kind == ValueKind::path;
            const Trait &trait = path ? *static_cast<const BoundPath &>(value).trait : *static_cast<const BoundTrait &>(value).trait;
            std::string name = trait.prefix.empty() ? std::string() : std::string(trait.prefix) + '.';
            name += trait.name;
            if (path && !static_cast<const BoundPath &>(value).steps.empty()) {
                const std::string steps = display(static_cast<const BoundPath &>(value).steps);
                name += steps.front() == '[' ? steps : '.' + steps;
            }
            return name;
        }
        case ValueKind::cast:
            return label(*static_cast<const BoundCast &>(value).operand);
        case ValueKind::instant:
            return label(*static_cast<const BoundInstant &>(value).operand);
        case ValueKind::local:
            return label(*static_cast<const BoundLocal &>(value).operand);
        case ValueKind::day:
            return label(*static_cast<const BoundDay &>(value).operand);
        case ValueKind::number:
            return std::string(static_cast<const BoundNumber &>(value).digits);
        case ValueKind::text:
            return '\'' + std::string(static_cast<const BoundText &>(value).value) + '\'';
        case ValueKind::boolean:
            return static_cast<const BoundBoolean &>(value).value ? "true" : "false";
        case ValueKind::time:
            return '\'' + std::string(static_cast<const BoundTime &>(value).time.date) + '\'';
        case ValueKind::interval:
            return interval_text(static_cast<const BoundInterval &>(value).span);
        case ValueKind::as_of:
            return "now()";
        case ValueKind::call:
            return function_name(static_cast<const BoundCall &>(value).function);
        case ValueKind::bucket:
            return "bucket(...)";
        case ValueKind::events:
            return event_label(static_cast<const BoundEventValue &>(value));
        case ValueKind::subscription:
            return label(static_cast<const BoundSubscription &>(value));
        case ValueKind::arithmetic:
        case ValueKind::negate:
        case ValueKind::shift:
        case ValueKind::move:
        case ValueKind::period_start:
        case ValueKind::elapsed:
            break;
    }
    return "the expression";
}

std::string path_label(const BoundValue &untyped) {
    return label(untyped.kind == ValueKind::events ? *static_cast<const BoundEventValue &>(untyped).events.parts.front().value : untyped);
}

std::string what(const BoundValue &value) {
    return label(value) + " is " + describe(*value.type);
}

void mismatch(std::uint32_t position, std::string message, std::string hint) {
    throw Error(ErrorCode::datatype_mismatch, std::move(message), position, {}, std::move(hint));
}

Binder::Binder(const Vocabulary &vocabulary, std::pmr::memory_resource &memory, Role role)
    : segments(&memory),
      probes(&memory),
      joins(&memory),
      traits(&memory),
      events(&memory),
      derived(&memory),
      scores(&memory),
      event_names(&memory),
      vocabulary_(vocabulary),
      arena_(memory),
      role_(role),
      segment_index_(&memory) {}

void Binder::probe(std::uint32_t position, std::string sql) {
    probes.push_back({place(position), std::pmr::string(sql, &arena_.memory())});
}

const BoundValue *Binder::value(const Node &node) {
    if (row_)
        refuse_in_row(node);
    switch (node.kind) {
        case Kind::number: {
            const auto &number = static_cast<const Number &>(node);
            return number_literal(number.percent ? arena_.copy(percent_number(number.digits)) : number.digits, node.position);
        }
        case Kind::text:
            return add(BoundText{{ValueKind::text, true, node.position, &text_type}, static_cast<const Text &>(node).value});
        case Kind::boolean:
            return add(BoundBoolean{{ValueKind::boolean, true, node.position, &boolean_type}, static_cast<const Boolean &>(node).value});
        case Kind::duration:
            return add(BoundInterval{{ValueKind::interval, true, node.position, &interval_type},
                                     read_duration(static_cast<const Duration &>(node))});
        case Kind::now:
            return as_of(node.position);
        case Kind::name:
            return name(static_cast<const Name &>(node));
        case Kind::arithmetic:
            return arithmetic(static_cast<const Arithmetic &>(node));
        case Kind::negate:
            return negate(static_cast<const Negate &>(node));
        case Kind::call:
            return call(static_cast<const Call &>(node));
        case Kind::days:
            return days(static_cast<const Days &>(node));
        case Kind::bucket:
            return add(BoundBucket{{ValueKind::bucket, false, node.position, &double_type}, static_cast<const Bucket &>(node).salt});
        case Kind::aggregate:
            return aggregate(static_cast<const Aggregate &>(node));
        case Kind::share:
            return share(static_cast<const Share &>(node));
        case Kind::pick:
            return pick(static_cast<const Pick &>(node));
        case Kind::streak:
            return streak(static_cast<const Streak &>(node));
        case Kind::last_event:
            return last_event(static_cast<const LastEvent &>(node));
        default:
            mismatch(node.position, "a condition cannot be used as a value");
    }
}

const BoundValue *Binder::number_literal(std::string_view digits, std::uint32_t position) {
    return add(BoundNumber{{ValueKind::number, true, position, &numeric_type}, digits});
}

const BoundValue *Binder::number(const Node &node) {
    return as_number(value(node));
}

const BoundValue *Binder::as_number(const BoundValue *value) {
    if (value->kind == ValueKind::text) {
        const auto digits = read_number(static_cast<const BoundText *>(value)->value, arena_);
        if (!digits)
            mismatch(value->position, label(*value) + " is text, expected a number");
        return number_literal(*digits, value->position);
    }
    const BoundNumber partner{{ValueKind::number, true, value->position, &numeric_type}, "0"};
    value = read_path(value, &partner);
    if (!is_number(*value->type))
        mismatch(value->position, what(*value) + ", expected a number");
    return value;
}

const BoundValue *Binder::arithmetic(const Arithmetic &node) {
    const BoundValue *left = value(*node.left), *right = value(*node.right);
    const auto about_time = [](const BoundValue &side) { return is_moment(*side.type) || side.type->type_class == TypeClass::interval; };
    if (about_time(*left) || about_time(*right))
        return moment_arithmetic(node, left, right);
    return number_arithmetic(node, as_number(left), as_number(right));
}

// A moment and a duration give a moment, two moments the time elapsed, two durations a duration.
const BoundValue *Binder::moment_arithmetic(const Arithmetic &node, const BoundValue *left, const BoundValue *right) {
    const bool sum = node.op == ArithmeticOperator::add;
    const auto is_duration = [](const BoundValue &side) {
        return side.type->type_class == TypeClass::interval && side.kind != ValueKind::elapsed;
    };
    const auto unfit = [&] {
        mismatch(node.position,
                 what(*left) + " and " + what(*right) + ", which cannot be " +
                     (sum                                       ? "added"
                      : node.op == ArithmeticOperator::subtract ? "subtracted"
                                                                : "multiplied or divided"),
                 is_number(*right->type) && sum ? "Write a duration with its unit, such as 30 days." : std::string());
    };
    if (!sum && node.op != ArithmeticOperator::subtract)
        unfit();
    if (left->kind == ValueKind::interval && right->kind == ValueKind::interval) {
        const Span &l = static_cast<const BoundInterval *>(left)->span;
        const Span &r = static_cast<const BoundInterval *>(right)->span;
        const Span total = sum ? Span{l.months + r.months, l.days + r.days, l.microseconds + r.microseconds}
                               : Span{l.months - r.months, l.days - r.days, l.microseconds - r.microseconds};
        check_total({&total, 1}, node.position);
        return add(BoundInterval{{ValueKind::interval, true, node.position, &interval_type}, total});
    }
    if (sum && is_duration(*left))
        std::swap(left, right);
    if (left->kind == ValueKind::text || is_untyped(*left))
        left = as_moment(left);
    if (is_moment(*left->type) && is_duration(*right))
        return move(left, right, !sum);
    if (right->kind == ValueKind::text || is_untyped(*right))
        right = as_moment(right);
    if (sum || !is_moment(*left->type) || !is_moment(*right->type))
        unfit();
    return add(BoundElapsed{{ValueKind::elapsed, left->constant && right->constant, node.position, &interval_type}, left, right});
}

const BoundValue *Binder::number_arithmetic(const Arithmetic &node, const BoundValue *left, const BoundValue *right) {
    const bool division = node.op == ArithmeticOperator::divide;
    const auto *l = left->kind == ValueKind::number ? static_cast<const BoundNumber *>(left) : nullptr;
    const auto *r = right->kind == ValueKind::number ? static_cast<const BoundNumber *>(right) : nullptr;
    if (division && r && is_zero(r->digits))
        throw Error(ErrorCode::division_by_zero, "division by zero", right->position);
    if (l && r)
        if (const auto folded = fold_numbers(node.op, l->digits, r->digits))
            return number_literal(arena_.copy(*folded), node.position);
    if (division && right->constant && !r) {
        // What cannot be folded exactly is divided by once, by PostgreSQL.
        std::pmr::string divisor(&arena_.memory());
        SqlWriter(Scope{vocabulary_, "now()"}, divisor).value(*right, Binding::sign);
        probe(right->position, "(1 / " + std::string(divisor) + ") IS NULL");
    }
    const bool floating = left->type->type_class == TypeClass::floating || right->type->type_class == TypeClass::floating;
    const bool constant = left->constant && right->constant;
    const auto *result = add(
        BoundArithmetic{{ValueKind::arithmetic, constant, node.position, floating ? &double_type : &numeric_type}, node.op, left, right});
    if (floating ? safe_exponent(*result) == 0 : !is_safe_exactly(*result))
        throw Error(ErrorCode::numeric_out_of_range, "the expression can overflow: it multiplies too many numbers", node.position);
    return result;
}

const BoundValue *Binder::negate(const Negate &node) {
    const BoundValue *operand = value(*node.operand);
    if (operand->kind == ValueKind::interval)
        return add(BoundInterval{{ValueKind::interval, true, node.position, &interval_type},
                                 negated(static_cast<const BoundInterval *>(operand)->span)});
    operand = as_number(operand);
    if (operand->kind == ValueKind::number)
        return number_literal(arena_.copy(negate_number(static_cast<const BoundNumber *>(operand)->digits)), node.position);
    const bool floating = operand->type->type_class == TypeClass::floating;
    return add(BoundNegate{{ValueKind::negate, operand->constant, node.position, floating ? &double_type : &numeric_type}, operand});
}

// A value that is a date, a timestamp or an instant; a literal in quotes is read as an instant.
const BoundValue *Binder::as_moment(const BoundValue *value) {
    if (value->kind == ValueKind::text) {
        const BoundAsOf partner{{ValueKind::as_of, true, value->position, &timestamptz_type}};
        return literal(static_cast<const BoundText &>(*value), timestamptz_type, partner);
    }
    if (is_untyped(*value))
        mismatch(value->position, label(*value) + " is jsonb and does not tell that it is a time",
                 "Write " + path_label(*value) + "::timestamptz.");
    if (!is_moment(*value->type))
        mismatch(value->position, what(*value) + ", expected a date or a timestamp");
    return value;
}

const BoundValue *Binder::call(const Call &node) {
    const auto bound_call = [&](BoundFunction function, const BoundValue *operand) {
        return add(BoundCall{{ValueKind::call, operand->constant, node.position, &numeric_type}, function, operand});
    };
    switch (node.function) {
        case Function::age:
            return bound_call(BoundFunction::age, day(as_moment(value(*node.argument))));
        case Function::weekday:
            return bound_call(BoundFunction::weekday, day(as_moment(value(*node.argument))));
        case Function::hour: {
            const BoundValue *operand = value(*node.argument);
            if (operand->type->type_class != TypeClass::time)
                operand = instant(as_moment(operand));
            if (operand->type->type_class == TypeClass::date)
                mismatch(node.argument->position, what(*operand) + " and has no hour");
            return bound_call(BoundFunction::hour, operand);
        }
        case Function::anniversary:
            break;
    }
    mismatch(node.position, "anniversary(...) takes a window",
             "Write anniversary(...) within next 7 days, or anniversary(...) in this month.");
}

const BoundValue *Binder::days(const Days &node) {
    const BoundValue *operand = instant(as_moment(value(*node.operand)));
    return add(BoundCall{{ValueKind::call, operand->constant, node.position, &numeric_type},
                         node.until ? BoundFunction::days_until : BoundFunction::days_since,
                         operand});
}

}  // namespace segment::definition
