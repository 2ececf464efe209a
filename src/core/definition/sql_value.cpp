// Values other than moments.
#include <algorithm>
#include <string>

#include "core/definition/sql_quote.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/definition/value_bounds.hpp"
#include "core/definition/value_number.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

// Texts that PostgreSQL reads as the type without an error. Written without backslashes, so that they need no escapes.
constexpr std::string_view number_pattern = "^[+-]?([0-9]{1,255}([.][0-9]{0,255})?|[.][0-9]{1,255})([eE][+-]?[0-9]{1,2})?$";
constexpr std::string_view integer_pattern = "^[+-]?[0-9]{1,18}$";

// Days of the Gregorian calendar from year 1 on.
#define DAY_PATTERN                                                                        \
    "(?!0000)(([0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|" \
    "(0[13578]|1[02])-31))|(([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29))"
#define CLOCK_PATTERN "[ Tt]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?"
#define ZONE_PATTERN "([Zz]|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)"

constexpr std::string_view local_time_pattern = "^" DAY_PATTERN "(" CLOCK_PATTERN ")?$";
constexpr std::string_view zoned_time_pattern = "^" DAY_PATTERN CLOCK_PATTERN ZONE_PATTERN "$";

#undef DAY_PATTERN
#undef CLOCK_PATTERN
#undef ZONE_PATTERN

char symbol(ArithmeticOperator op) {
    switch (op) {
        case ArithmeticOperator::add:
            return '+';
        case ArithmeticOperator::subtract:
            return '-';
        case ArithmeticOperator::multiply:
            return '*';
        case ArithmeticOperator::divide:
            return '/';
    }
    return '?';
}

// Whether PostgreSQL computes with the operand as it stands in numeric or float8, not in integers.
bool leaves_integers(const BoundValue &value) {
    if (value.kind == ValueKind::number)
        return !is_integral(static_cast<const BoundNumber &>(value).digits);
    return value.type->type_class != TypeClass::integer;
}

// Infinitely many for an infinite time, otherwise a number of moderate size.
bool is_elapsed_days(const BoundValue &value) {
    if (value.kind != ValueKind::call)
        return false;
    const BoundFunction function = static_cast<const BoundCall &>(value).function;
    return function == BoundFunction::days_since || function == BoundFunction::days_until;
}

}  // namespace

void SqlWriter::value(const BoundValue &value, Binding least) {
    switch (value.kind) {
        case ValueKind::trait:
            return column(*static_cast<const BoundTrait &>(value).trait, static_cast<const BoundTrait &>(value).row);
        case ValueKind::path:
            return path(static_cast<const BoundPath &>(value), least);
        case ValueKind::cast:
            return cast(static_cast<const BoundCast &>(value), least);
        case ValueKind::number:
            return number(static_cast<const BoundNumber &>(value), least);
        case ValueKind::text:
            append_literal(out_, static_cast<const BoundText &>(value).value);
            return;
        case ValueKind::boolean:
            out_ += static_cast<const BoundBoolean &>(value).value ? "true" : "false";
            return;
        case ValueKind::time:
            return time(static_cast<const BoundTime &>(value), least);
        case ValueKind::interval:
            return interval(static_cast<const BoundInterval &>(value).span, least);
        case ValueKind::as_of:
            out_ += scope_.as_of_sql;
            return;
        case ValueKind::arithmetic:
        case ValueKind::negate:
            return arithmetic(value, least);
        case ValueKind::shift:
            return shift(static_cast<const BoundShift &>(value), least);
        case ValueKind::move:
            return move(static_cast<const BoundMove &>(value), least);
        case ValueKind::period_start:
            return period_start(static_cast<const BoundPeriodStart &>(value), least);
        case ValueKind::instant:
            return converted(*static_cast<const BoundInstant &>(value).operand, least);
        case ValueKind::local:
            return local(*static_cast<const BoundLocal &>(value).operand, least);
        case ValueKind::day: {
            const bool opened = open(Binding::cast, least);
            local(*static_cast<const BoundDay &>(value).operand, Binding::cast);
            out_ += "::date";
            return close(opened);
        }
        case ValueKind::call:
            return call(static_cast<const BoundCall &>(value), least);
        case ValueKind::bucket:
            return bucket(static_cast<const BoundBucket &>(value), least);
        case ValueKind::events:
            return event_value(static_cast<const BoundEventValue &>(value));
        case ValueKind::subscription:
            return subscription(static_cast<const BoundSubscription &>(value));
        case ValueKind::elapsed:
            break;
    }
    throw Error(ErrorCode::internal_error, "a difference of times has no SQL of its own");
}

// A member's column is known by its name in the scan, an event's by that of its table.
void SqlWriter::column(const Trait &trait, Row row) {
    if (row == event_row_)
        out_ += event_alias_;
    else if (row != member_row)
        out_ += "e" + std::to_string(row - event_row);
    out_ += row == member_row ? "" : ".";
    out_ += trait.sql;
}

void SqlWriter::typed_constant(const BoundValue &value, const Type &type) {
    const bool typed_already = is_moment(type);
    this->value(value, typed_already ? Binding::disjunction : Binding::cast);
    const bool single = value.kind == ValueKind::number && is_single_precision(*value.type);
    if (!typed_already && !single) {
        out_ += "::";
        out_ += type.sql_name;
    }
}

namespace {

bool has_subscript(const BoundPath &path) {
    return std::ranges::any_of(path.steps, [](const Name::Part &step) { return step.index >= 0; });
}

// The steps as SQL/JSON's path: strict, since `->` takes a scalar for an array of one.
std::string strict_path(const BoundPath &path) {
    std::string text = "strict $";
    for (const Name::Part &step : path.steps) {
        if (step.index >= 0) {
            text += "[" + std::to_string(step.index) + "]";
            continue;
        }
        text += ".\"";
        for (const char c : step.name) {
            if (c == '"' || c == '\\')
                text += '\\';
            if (static_cast<unsigned char>(c) < 0x20) {
                constexpr std::string_view hex = "0123456789abcdef";
                text += "\\u00";
                text += hex[static_cast<unsigned char>(c) >> 4];
                text += hex[static_cast<unsigned char>(c) & 15];
            } else {
                text += c;
            }
        }
        text += '"';
    }
    return text;
}

}  // namespace

void SqlWriter::path_json(const BoundPath &path, Binding least) {
    if (has_subscript(path)) {
        out_ += "jsonb_path_query_first(";
        column(*path.trait, path.row);
        out_ += ", ";
        append_literal(out_, strict_path(path));
        out_ += ", '{}', true)";
        return;
    }
    const bool opened = open(path.steps.empty() ? Binding::primary : Binding::loose, least);
    column(*path.trait, path.row);
    for (const Name::Part &step : path.steps) {
        out_ += " -> ";
        append_literal(out_, step.name);
    }
    close(opened);
}

void SqlWriter::path_text(const BoundPath &path) {
    if (path.steps.empty() || has_subscript(path)) {
        path_json(path, Binding::primary);
        out_ += " #>> '{}'";
        return;
    }
    column(*path.trait, path.row);
    for (std::size_t i = 0; i < path.steps.size(); ++i) {
        out_ += i + 1 == path.steps.size() ? " ->> " : " -> ";
        append_literal(out_, path.steps[i].name);
    }
}

void SqlWriter::path(const BoundPath &path, Binding least) {
    const TypeClass type_class = path.type->type_class;
    if (type_class == TypeClass::jsonb)
        return path_json(path, least);
    if (type_class == TypeClass::text) {
        const bool opened = open(Binding::loose, least);
        path_text(path);
        return close(opened);
    }
    path_guard(path);
    typed_path(path);
    out_ += " END";
}

// JSON itself tells numbers and booleans apart: where it says that it is one, the cast cannot fail.
void SqlWriter::path_guard(const BoundPath &path) {
    out_ += "CASE WHEN jsonb_typeof(";
    path_json(path, Binding::disjunction);
    out_ += path.type->type_class == TypeClass::boolean ? ") = 'boolean' THEN " : ") = 'number' THEN ";
}

void SqlWriter::typed_path(const BoundPath &path) {
    path_json(path, Binding::cast);
    out_ += "::";
    out_ += path.type->sql_name;
}

void SqlWriter::cast(const BoundCast &cast, Binding) {
    const BoundValue &text = *cast.operand;
    const auto branch = [&](std::string_view pattern, std::string_view type) {
        out_ += " WHEN ";
        value(text, Binding::sum);
        out_ += " ~ '";
        out_ += pattern;
        out_ += "' THEN ";
        value(text, Binding::cast);
        out_ += "::";
        out_ += type;
    };
    out_ += "CASE";
    switch (cast.type->type_class) {
        case TypeClass::boolean:
            out_ += ' ';
            value(text, Binding::sum);
            out_ += " WHEN 'true' THEN true WHEN 'false' THEN false";
            break;
        case TypeClass::integer:
            branch(integer_pattern, "bigint");
            break;
        case TypeClass::timestamp:
            branch(local_time_pattern, "timestamp");
            break;
        case TypeClass::timestamptz:
            branch(zoned_time_pattern, "timestamptz");
            branch(local_time_pattern, "timestamp");
            at_zone();
            break;
        default:
            branch(number_pattern, "numeric");
            break;
    }
    out_ += " END";
}

void SqlWriter::number(const BoundNumber &number, Binding least) {
    const bool single = is_single_precision(*number.type), negative = number.digits.starts_with('-');
    const bool opened = open(negative ? Binding::sign : single ? Binding::cast : Binding::primary, least);
    out_ += number.digits;
    if (single)
        out_ += "::real";
    close(opened);
}

// Integers are computed with as numeric, so that 7 / 2 is 3.5 and nothing overflows. Floating point operands of a magnitude
// that could overflow or vanish are missing.
void SqlWriter::arithmetic(const BoundValue &expression, Binding least) {
    const int outer = bound_;
    if (bound_ == 0)
        bound_ = expression.type->type_class == TypeClass::floating ? safe_exponent(expression) : -1;
    if (expression.kind == ValueKind::negate) {
        const BoundValue &operand = *static_cast<const BoundNegate &>(expression).operand;
        const bool opened = open(Binding::sign, least);
        out_ += '-';
        factor(operand, Binding::cast);
        if (!leaves_integers(operand))
            out_ += "::numeric";
        close(opened);
    } else {
        const auto &node = static_cast<const BoundArithmetic &>(expression);
        const bool sum = node.op == ArithmeticOperator::add || node.op == ArithmeticOperator::subtract;
        const bool integers = !leaves_integers(*node.left) && !leaves_integers(*node.right);
        const Binding own = sum ? Binding::sum : Binding::product;
        const bool opened = open(own, least);
        factor(*node.left, integers ? Binding::cast : own);
        out_ += integers ? "::numeric " : " ";
        out_ += symbol(node.op);
        out_ += ' ';
        const bool may_be_zero = node.op == ArithmeticOperator::divide && node.right->kind != ValueKind::number;
        out_ += may_be_zero ? "NULLIF(" : "";
        factor(*node.right, may_be_zero ? Binding::disjunction : sum ? Binding::product : Binding::sign);
        out_ += may_be_zero ? ", 0)" : "";
        close(opened);
    }
    bound_ = outer;
}

// An operand of arithmetic, missing where it is too large for it.
void SqlWriter::factor(const BoundValue &operand, Binding least) {
    const TypeClass type_class = operand.type->type_class;
    const bool leaf = operand.kind == ValueKind::trait || operand.kind == ValueKind::path || operand.kind == ValueKind::cast ||
                      operand.kind == ValueKind::events || operand.kind == ValueKind::subscription;
    const bool unbounded = bound_ > 0 ? type_class == TypeClass::floating || type_class == TypeClass::numeric : may_be_too_large(operand);
    if (bound_ > 0 && is_elapsed_days(operand)) {
        out_ += "CASE WHEN isfinite(";
        value(*static_cast<const BoundCall &>(operand).operand, Binding::disjunction);
        out_ += ") THEN ";
        value(operand, Binding::disjunction);
        out_ += " END";
        return;
    }
    if (!leaf || !unbounded)
        return value(operand, least);
    const bool single = is_single_precision(*operand.type);
    const bool opened = open(single ? Binding::cast : Binding::primary, least);
    const bool path = operand.kind == ValueKind::path;
    if (path)
        path_guard(static_cast<const BoundPath &>(operand));
    const auto subject = [&](Binding inner) {
        if (path)
            typed_path(static_cast<const BoundPath &>(operand));
        else
            value(operand, inner);
    };
    out_ += "CASE WHEN ";
    if (bound_ > 0) {
        subject(Binding::sum);
        out_ += " = 0 OR ";
    }
    out_ += "abs(";
    subject(Binding::disjunction);
    const std::string exponent = std::to_string(bound_ > 0 ? bound_ : exact_exponent);
    out_ += bound_ > 0 ? ") BETWEEN 1e-" + exponent + " AND 1e" + exponent : ") < 1e" + exponent;
    out_ += " THEN ";
    subject(Binding::disjunction);
    out_ += path ? " END END" : " END";
    // One float4 with another would be computed in single precision.
    out_ += single ? "::double precision" : "";
    close(opened);
}

void SqlWriter::call(const BoundCall &call, Binding least) {
    const BoundValue &operand = *call.operand;
    const bool dates = operand.type->type_class == TypeClass::date;
    const auto epoch = [&](bool of_operand) {
        out_ += "extract(epoch FROM ";
        if (of_operand)
            value(operand, Binding::disjunction);
        else if (dates)
            today();
        else
            out_ += scope_.as_of_sql;
        out_ += ')';
    };
    switch (call.function) {
        case BoundFunction::age:
            out_ += "CASE WHEN ";
            years_1_to_9999(operand);
            out_ += " THEN extract(year FROM age(";
            local_period_start(Unit::day, Binding::disjunction);
            out_ += ", ";
            value(operand, Binding::cast);
            out_ += "::timestamp)) END";
            return;
        case BoundFunction::hour:
            out_ += "extract(hour FROM ";
            if (operand.type->type_class == TypeClass::time)
                value(operand, Binding::disjunction);
            else
                local(operand, Binding::disjunction);
            out_ += ')';
            return;
        case BoundFunction::weekday:
            out_ += "extract(isodow FROM ";
            value(operand, Binding::disjunction);
            out_ += ')';
            return;
        case BoundFunction::days_since:
        case BoundFunction::days_until: {
            // Differences of epochs, unlike those of times, are defined for infinite ones.
            const bool until = call.function == BoundFunction::days_until;
            const bool opened = open(Binding::product, least);
            out_ += '(';
            epoch(until);
            out_ += " - ";
            epoch(!until);
            out_ += ") / 86400";
            return close(opened);
        }
    }
}

// The first 13 hexadecimal digits of the hash are 52 bits, which a float8 holds exactly.
void SqlWriter::bucket(const BoundBucket &bucket, Binding least) {
    const bool opened = open(Binding::product, least);
    out_ += "('x' || left(encode(sha256(convert_to(";
    append_literal(out_, bucket.salt);
    out_ += " || chr(31) || ";
    out_ += scope_.vocabulary.key_sql;
    out_ += "::text, 'UTF8')), 'hex'), 13))::bit(52)::bigint::double precision / 4503599627370496";
    close(opened);
}

}  // namespace segment::definition
