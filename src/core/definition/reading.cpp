#include "core/definition/reading.hpp"

#include "core/definition/sql_writer.hpp"
#include "core/definition/type.hpp"

namespace segment::definition {
namespace {

class Reader {
public:
    Reader(const Scope &scope, std::uint32_t first_clock, std::pmr::memory_resource *memory)
        : result_{std::pmr::string(memory), std::pmr::string(memory), std::pmr::string(memory), std::pmr::vector<std::pmr::string>(memory)},
          scope_(scope),
          first_clock_(first_clock),
          memory_(memory) {}

    void read(const BoundCondition &condition);
    Reading finish();

private:
    std::pmr::string sql(const BoundValue &value) const {
        std::pmr::string text(memory_);
        SqlWriter(scope_, text).value(value, Binding::primary);
        return text;
    }
    std::pmr::string as_text(const BoundValue &value) const { return sql(value) += "::text"; }

    void compare(const BoundCompare &comparison);
    void range(const BoundRange &range);
    void rank(const BoundRank &rank);
    void margin(Comparison op, const Type &type, const std::pmr::string &value, const std::pmr::string &threshold);
    std::pmr::string distance(const Type &type, const std::pmr::string &from, const std::pmr::string &to) const;
    void signed_margin(const Type &type, std::string_view distance);
    void timed(Comparison op, const BoundValue &left, const BoundValue &right);
    void timed_equality(const BoundValue &left, const BoundValue &right);

    Reading result_;
    const Scope &scope_;
    std::uint32_t first_clock_;
    bool depends_on_clock_ = false;
    std::pmr::memory_resource *memory_;
};

Reading Reader::finish() {
    if (!depends_on_clock_)
        result_.comparisons.clear();
    return std::move(result_);
}

void Reader::read(const BoundCondition &condition) {
    switch (condition.kind) {
        case ConditionKind::negation:
            result_.negated = !result_.negated;
            return read(*static_cast<const BoundNegation &>(condition).operand);
        case ConditionKind::compare:
            return compare(static_cast<const BoundCompare &>(condition));
        case ConditionKind::range:
            return range(static_cast<const BoundRange &>(condition));
        case ConditionKind::rank:
            return rank(static_cast<const BoundRank &>(condition));
        case ConditionKind::list:
            result_.value = as_text(*static_cast<const BoundList &>(condition).value);
            return;
        case ConditionKind::set:
            result_.value = as_text(*static_cast<const BoundSet &>(condition).value);
            return;
        case ConditionKind::truth:
            result_.value = as_text(*static_cast<const BoundTruth &>(condition).value);
            return;
        case ConditionKind::text_match:
            result_.value = as_text(*static_cast<const BoundTextMatch &>(condition).value);
            return;
        case ConditionKind::includes:
            result_.value = as_text(*static_cast<const BoundIncludes &>(condition).value);
            return;
        case ConditionKind::anniversary:
            result_.value = as_text(*static_cast<const BoundAnniversary &>(condition).date);
            return;
        default:
            return;
    }
}

// `to − from`, NULL where it has no finite value; empty for what has no distance.
std::pmr::string Reader::distance(const Type &type, const std::pmr::string &from, const std::pmr::string &to) const {
    std::pmr::string text(memory_);
    if (is_number(type))
        return text.append(to).append("::numeric - ").append(from).append("::numeric");
    if (is_moment(type))
        return text.append("CASE WHEN isfinite(")
            .append(from)
            .append(") AND isfinite(")
            .append(to)
            .append(") THEN ")
            .append(to)
            .append(" - ")
            .append(from)
            .append(" END");
    return text;
}

void Reader::signed_margin(const Type &type, std::string_view distance) {
    if (distance.empty())
        return;
    result_.margin.append(result_.negated ? "(-(" : "((").append(distance).append("))::text");
    if (type.type_class == TypeClass::date)
        result_.margin.append(" || ' days'");
}

void Reader::margin(Comparison op, const Type &type, const std::pmr::string &value, const std::pmr::string &threshold) {
    const bool below = op == Comparison::less || op == Comparison::less_equal;
    if (op != Comparison::equal)
        return signed_margin(type, below ? distance(type, value, threshold) : distance(type, threshold, value));
    if (is_number(type))
        signed_margin(type, "-abs(" + std::string(distance(type, threshold, value)) + ")");
}

void Reader::compare(const BoundCompare &comparison) {
    const bool swapped = comparison.left->constant && !comparison.right->constant;
    const BoundValue &value = swapped ? *comparison.right : *comparison.left;
    const BoundValue &threshold = swapped ? *comparison.left : *comparison.right;
    const Comparison op = swapped ? mirrored(comparison.op) : comparison.op;
    result_.value = as_text(value);
    result_.threshold = as_text(threshold);
    margin(op, *value.type, sql(value), sql(threshold));
    if (op == Comparison::equal)
        timed_equality(value, threshold);
    else
        timed(op, value, threshold);
}

void Reader::range(const BoundRange &range) {
    const std::pmr::string value = sql(*range.value), low = sql(*range.low), high = sql(*range.high);
    result_.value = as_text(*range.value);
    result_.threshold.append(range.low_inclusive ? "'[' || " : "'(' || ").append(low).append("::text || ', ' || ").append(high);
    result_.threshold.append(range.high_inclusive ? "::text || ']'" : "::text || ')'");
    const Type &type = *range.value->type;
    if (const std::pmr::string above = distance(type, low, value); !above.empty())
        signed_margin(type, "least(" + std::string(above) + ", " + std::string(distance(type, value, high)) + ")");
    timed(range.low_inclusive ? Comparison::greater_equal : Comparison::greater, *range.value, *range.low);
    timed(range.high_inclusive ? Comparison::less_equal : Comparison::less, *range.value, *range.high);
}

void Reader::rank(const BoundRank &rank) {
    result_.value = as_text(*rank.value);
    if (rank.per)
        return;
    std::pmr::string threshold(memory_);
    SqlWriter(scope_, threshold).rank_threshold(rank);
    result_.threshold.append("(").append(threshold).append(")::text");
    margin(SqlWriter::rank_comparison(rank.form), *rank.value->type, sql(*rank.value), std::pmr::string("(", memory_) += threshold + ")");
}

// Of a condition that no clock changes nothing is kept; what a clock changes the text of is what time can change.
void Reader::timed(Comparison op, const BoundValue &left, const BoundValue &right) {
    const BoundCompare comparison{{ConditionKind::compare}, op, &left, &right};
    const auto at = [&](std::string_view clock) {
        std::pmr::string text(memory_);
        SqlWriter({scope_.vocabulary, clock, scope_.base, scope_.joins}, text).condition(comparison, Binding::disjunction);
        return text;
    };
    const std::string clock = "$" + std::to_string(first_clock_ + result_.comparisons.size());
    result_.comparisons.push_back(at(clock));
    depends_on_clock_ |= result_.comparisons.back() != at("$0");
}

void Reader::timed_equality(const BoundValue &left, const BoundValue &right) {
    timed(Comparison::greater_equal, left, right);
    timed(Comparison::greater, left, right);
    result_.rule = Rule::first_only;
}

}  // namespace

Reading reading(const BoundCondition &condition, const Scope &scope, std::uint32_t first_clock, std::pmr::memory_resource *memory) {
    Reader reader(scope, first_clock, memory);
    reader.read(condition);
    return reader.finish();
}

}  // namespace segment::definition
