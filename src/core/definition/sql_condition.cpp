// Conditions. SQL's NULL stands for false until a negation makes it two-valued: `(…) IS NOT TRUE`.
#include <algorithm>

#include "core/definition/value_number.hpp"
#include "core/definition/sql_quote.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

std::string_view symbol(Comparison op) {
    switch (op) {
        case Comparison::equal:
            return "=";
        case Comparison::not_equal:
            return "<>";
        case Comparison::less:
            return "<";
        case Comparison::less_equal:
            return "<=";
        case Comparison::greater:
            return ">";
        case Comparison::greater_equal:
            return ">=";
    }
    return "=";
}

// The pattern's text with LIKE's wildcards meaning themselves.
std::string escape_like(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\')
            escaped += '\\';
        escaped += c;
    }
    return escaped;
}

}  // namespace

void SqlWriter::condition(const BoundCondition &condition, Binding least) {
    switch (condition.kind) {
        case ConditionKind::everyone:
            out_ += "true";
            return;
        case ConditionKind::conjunction:
        case ConditionKind::disjunction:
            return junction(static_cast<const BoundJunction &>(condition), least);
        case ConditionKind::negation:
            return negation(*static_cast<const BoundNegation &>(condition).operand, least);
        case ConditionKind::compare: {
            const auto &comparison = static_cast<const BoundCompare &>(condition);
            return compare(*comparison.left, comparison.op, *comparison.right, least);
        }
        case ConditionKind::range:
            return range(static_cast<const BoundRange &>(condition), least);
        case ConditionKind::list:
            return list(static_cast<const BoundList &>(condition), least);
        case ConditionKind::set: {
            const bool opened = open(Binding::test, least);
            value(*static_cast<const BoundSet &>(condition).value, Binding::sum);
            out_ += " IS NOT NULL";
            return close(opened);
        }
        case ConditionKind::truth: {
            const auto &truth = static_cast<const BoundTruth &>(condition);
            const bool opened = !truth.expected && open(Binding::negation, least);
            out_ += truth.expected ? "" : "NOT ";
            value(*truth.value, truth.expected ? least : Binding::test);
            return close(opened);
        }
        case ConditionKind::text_match:
            return text_match(static_cast<const BoundTextMatch &>(condition), least);
        case ConditionKind::includes:
            return includes(static_cast<const BoundIncludes &>(condition), least);
        case ConditionKind::anniversary:
            return anniversary(static_cast<const BoundAnniversary &>(condition), least);
        case ConditionKind::rank:
            return rank(static_cast<const BoundRank &>(condition), false, least);
        case ConditionKind::in_segment:
            return in_segment(static_cast<const BoundInSegment &>(condition), false, least);
        case ConditionKind::stay:
            return stay(static_cast<const BoundStay &>(condition), false, least);
        case ConditionKind::listed:
            return listed(static_cast<const BoundListed &>(condition), false, least);
        case ConditionKind::occurs:
            return occurs(static_cast<const BoundOccurs &>(condition), false, least);
        case ConditionKind::trend:
            return trend(static_cast<const BoundTrend &>(condition));
        case ConditionKind::resumed:
            return resumed(static_cast<const BoundResumed &>(condition), false, least);
        case ConditionKind::sequence:
            return sequence(static_cast<const BoundSequence &>(condition), false, least);
        case ConditionKind::score_trend:
            return score_trend(static_cast<const BoundScoreTrend &>(condition));
    }
}

void SqlWriter::junction(const BoundJunction &junction, Binding least) {
    const bool conjunction = junction.kind == ConditionKind::conjunction;
    const Binding own = conjunction ? Binding::conjunction : Binding::disjunction;
    const bool opened = open(own, least);
    for (std::size_t i = 0; i < junction.operands.size(); ++i) {
        if (i > 0)
            out_ += conjunction ? " AND " : " OR ";
        // Alike operands need no parentheses; a disjunction of conjunctions reads better with them.
        condition(*junction.operands[i], conjunction ? Binding::conjunction : Binding::negation);
    }
    close(opened);
}

void SqlWriter::negation(const BoundCondition &operand, Binding least) {
    const auto suffix = [&](const BoundValue &subject, std::string_view test) {
        const bool opened = open(Binding::test, least);
        value(subject, Binding::sum);
        out_ += test;
        close(opened);
    };
    switch (operand.kind) {
        case ConditionKind::everyone:
            out_ += "false";
            return;
        case ConditionKind::negation:
            return condition(*static_cast<const BoundNegation &>(operand).operand, least);
        case ConditionKind::set:
            return suffix(*static_cast<const BoundSet &>(operand).value, " IS NULL");
        case ConditionKind::truth: {
            const auto &truth = static_cast<const BoundTruth &>(operand);
            return suffix(*truth.value, truth.expected ? " IS NOT TRUE" : " IS NOT FALSE");
        }
        case ConditionKind::compare: {
            const auto &comparison = static_cast<const BoundCompare &>(operand);
            // Not for two values that may both be missing: their comparison is false, but they are not distinct.
            if (comparison.op != Comparison::equal || !comparison.right->constant || !has_plain_operators(*comparison.left->type))
                break;
            const bool opened = open(Binding::test, least);
            value(*comparison.left, Binding::sum);
            out_ += " IS DISTINCT FROM ";
            value(*comparison.right, Binding::sum);
            return close(opened);
        }
        case ConditionKind::rank:
            return rank(static_cast<const BoundRank &>(operand), true, least);
        case ConditionKind::in_segment:
            return in_segment(static_cast<const BoundInSegment &>(operand), true, least);
        case ConditionKind::stay:
            return stay(static_cast<const BoundStay &>(operand), true, least);
        case ConditionKind::listed:
            return listed(static_cast<const BoundListed &>(operand), true, least);
        case ConditionKind::occurs:
            return occurs(static_cast<const BoundOccurs &>(operand), true, least);
        case ConditionKind::resumed:
            return resumed(static_cast<const BoundResumed &>(operand), true, least);
        case ConditionKind::sequence:
            return sequence(static_cast<const BoundSequence &>(operand), true, least);
        default:
            break;
    }
    const bool opened = open(Binding::test, least);
    condition(operand, Binding::primary);
    out_ += " IS NOT TRUE";
    close(opened);
}

// One side of a comparison; where operators are not found by their name alone, a literal needs its type as well.
void SqlWriter::operand(const BoundValue &value, const Type &partner, Binding least) {
    const bool exact = value.type->type_class == TypeClass::numeric && !value.constant;
    if (exact && partner.type_class == TypeClass::floating)
        return within_double(value);
    if (has_plain_operators(partner) || (value.type->sql_name == partner.sql_name && value.kind != ValueKind::text))
        return this->value(value, least);
    const bool opened = open(Binding::cast, least);
    this->value(value, Binding::cast);
    out_ += "::";
    out_ += partner.sql_name;
    close(opened);
}

// An exact number next to a floating point one; what that cannot hold is missing.
void SqlWriter::within_double(const BoundValue &value) {
    out_ += "CASE WHEN ";
    this->value(value, Binding::sum);
    out_ += " = 0 OR abs(";
    this->value(value, Binding::disjunction);
    out_ += ") BETWEEN 1e-300 AND 1e300 THEN ";
    this->value(value, Binding::disjunction);
    out_ += " END";
}

void SqlWriter::compare(const BoundValue &left, Comparison op, const BoundValue &right, Binding least) {
    const Type &type = has_plain_operators(*left.type) ? *right.type : *left.type;
    const bool opened = open(has_plain_operators(type) ? Binding::comparison : Binding::loose, least);
    operand(left, *right.type, Binding::sum);
    out_ += ' ';
    if (has_plain_operators(type))
        out_ += symbol(op);
    else {
        out_ += "OPERATOR(";
        out_ += type.operator_schema;
        out_ += '.';
        out_ += symbol(op);
        out_ += ')';
    }
    out_ += ' ';
    operand(right, *left.type, Binding::sum);
    // PostgreSQL prefers any collation to the default one, and refuses to choose between two others: then the left one counts.
    const std::string_view collation = left.type->collation, other = right.type->collation;
    if (left.type->type_class == TypeClass::text && !collation.empty() && !other.empty() && collation != other) {
        out_ += " COLLATE ";
        out_ += collation;
    }
    close(opened);
}

void SqlWriter::range(const BoundRange &range, Binding least) {
    if (range.low_inclusive && range.high_inclusive && has_plain_operators(*range.value->type)) {
        const bool opened = open(Binding::comparison, least);
        value(*range.value, Binding::sum);
        out_ += " BETWEEN ";
        value(*range.low, Binding::sum);
        out_ += " AND ";
        value(*range.high, Binding::sum);
        return close(opened);
    }
    const bool opened = open(Binding::conjunction, least);
    compare(*range.value, range.low_inclusive ? Comparison::greater_equal : Comparison::greater, *range.low, Binding::comparison);
    out_ += " AND ";
    compare(*range.value, range.high_inclusive ? Comparison::less_equal : Comparison::less, *range.high, Binding::comparison);
    close(opened);
}

void SqlWriter::list(const BoundList &list, Binding least) {
    const Type &type = *list.value->type;
    const bool plain = has_plain_operators(type);
    const bool opened = open(plain ? Binding::comparison : Binding::loose, least);
    value(*list.value, Binding::sum);
    if (plain)
        out_ += " IN (";
    else {
        out_ += " OPERATOR(";
        out_ += type.operator_schema;
        out_ += ".=) ANY (ARRAY[";
    }
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        out_ += i == 0 ? "" : ", ";
        value(*list.items[i], Binding::disjunction);
    }
    if (!plain) {
        out_ += "]::";
        out_ += type.sql_name;
        out_ += "[]";
    }
    out_ += ')';
    close(opened);
}

void SqlWriter::text_match(const BoundTextMatch &match, Binding least) {
    // Blank-padded types would count their padding, and citext's own operators may not be found.
    const bool as_text = is_blank_padded(*match.value->type) || match.value->type->case_insensitive;
    const bool regular_expression = match.op == TextOperator::matches;
    const bool opened = open(regular_expression ? Binding::loose : Binding::comparison, least);
    value(*match.value, as_text ? Binding::cast : Binding::sum);
    out_ += as_text ? "::text " : " ";
    out_ += regular_expression ? (match.ignoring_case ? "~* " : "~ ") : (match.ignoring_case ? "ILIKE " : "LIKE ");
    switch (match.op) {
        case TextOperator::contains:
            append_literal(out_, '%' + escape_like(match.pattern) + '%');
            break;
        case TextOperator::starts_with:
            append_literal(out_, escape_like(match.pattern) + '%');
            break;
        case TextOperator::ends_with:
            append_literal(out_, '%' + escape_like(match.pattern));
            break;
        default:
            append_literal(out_, match.pattern);
            break;
    }
    close(opened);
}

// The date's anniversary in the year of another day, or in a later year; 29 February becomes 1 March.
void SqlWriter::anniversary_in_year(const BoundValue &date, const BoundValue &day, int years_later) {
    out_ += "make_date(extract(year FROM ";
    value(day, Binding::disjunction);
    out_ += ")::integer";
    if (years_later > 0)
        out_ += " + " + std::to_string(years_later);
    out_ += ", extract(month FROM ";
    value(date, Binding::disjunction);
    out_ += ")::integer, 1) + (extract(day FROM ";
    value(date, Binding::disjunction);
    out_ += ")::integer - 1)";
}

// The first anniversary from the window's start on lies in that year or the next.
void SqlWriter::anniversary(const BoundAnniversary &anniversary, Binding least) {
    const bool opened = open(Binding::comparison, least);
    out_ += "CASE WHEN ";
    anniversary_in_year(*anniversary.date, *anniversary.from, 0);
    out_ += " >= ";
    value(*anniversary.from, Binding::sum);
    out_ += " THEN ";
    anniversary_in_year(*anniversary.date, *anniversary.from, 0);
    out_ += " ELSE ";
    anniversary_in_year(*anniversary.date, *anniversary.from, 1);
    out_ += " END < ";
    value(*anniversary.until, Binding::sum);
    close(opened);
}

}  // namespace segment::definition
