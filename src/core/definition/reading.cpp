#include "core/definition/reading.hpp"

#include "core/definition/evidence.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/definition/turns.hpp"
#include "core/definition/type.hpp"

namespace segment::definition {
namespace {

class Reader {
public:
    Reader(const Scope &scope, std::uint32_t first_clock, std::pmr::memory_resource *memory)
        : result_{std::pmr::string(memory),
                  std::pmr::string(memory),
                  std::pmr::string(memory),
                  std::pmr::string(memory),
                  std::pmr::vector<std::pmr::string>(memory),
                  std::pmr::vector<std::pmr::string>(memory)},
          scope_(scope),
          first_clock_(first_clock),
          memory_(memory) {}

    void read(const BoundCondition &condition);
    void watch_clock(const BoundCondition &condition);
    void watch_part(const BoundCondition &condition, bool negated);
    Reading finish() { return std::move(result_); }

private:
    std::pmr::string sql(const BoundValue &value) const {
        std::pmr::string text(memory_);
        SqlWriter(scope_, text).value(value, Binding::primary);
        return text;
    }
    std::pmr::string as_text(const BoundValue &value) const {
        std::pmr::string text = evidence(value, scope_, memory_);
        return text.empty() ? sql(value) += "::text" : text;
    }
    std::pmr::string at(std::string_view clock, const BoundCondition &condition) const {
        std::pmr::string text(memory_);
        SqlWriter({scope_.vocabulary, clock, scope_.base, scope_.joins}, text).condition(condition, Binding::disjunction);
        return text;
    }

    void compare(const BoundCompare &comparison);
    void range(const BoundRange &range);
    void rank(const BoundRank &rank);
    void margin(Comparison op, const Type &type, const std::pmr::string &value, const std::pmr::string &threshold);
    std::pmr::string distance(const Type &type, const std::pmr::string &from, const std::pmr::string &to) const;
    void signed_margin(const Type &type, std::string_view distance);
    void timed(Comparison op, const BoundValue &left, const BoundValue &right);

    Reading result_;
    const Scope &scope_;
    std::uint32_t first_clock_;
    bool negated_ = false;
    std::pmr::memory_resource *memory_;
};

void Reader::read(const BoundCondition &condition) {
    switch (condition.kind) {
        case ConditionKind::negation:
            negated_ = !negated_;
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
            result_.value = evidence(condition, scope_, memory_);
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
    result_.margin.append(negated_ ? "(-(" : "((").append(distance).append("))::text");
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
    // An age, which the clock moves, equals a number from where it is not less until it is more.
    timed(op == Comparison::equal ? Comparison::greater_equal : op, value, threshold);
    if (op == Comparison::equal)
        timed(Comparison::greater, value, threshold);
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
    std::pmr::string threshold(memory_);
    SqlWriter(scope_, threshold).rank_threshold(rank);
    result_.threshold.append("(").append(threshold).append(")::text");
    margin(SqlWriter::rank_comparison(rank.form), *rank.value->type, sql(*rank.value), std::pmr::string("(", memory_) += threshold + ")");
}

// What the clock does not change the text of, it does not change. Of values of events the turns are known.
void Reader::timed(Comparison op, const BoundValue &left, const BoundValue &right) {
    if (left.kind == ValueKind::events || right.kind == ValueKind::events)
        return;
    const BoundCompare comparison{{ConditionKind::compare}, op, &left, &right};
    const std::string clock = "$" + std::to_string(first_clock_ + result_.comparisons.size());
    std::pmr::string text = at(clock, comparison);
    if (text != at("$0", comparison))
        result_.comparisons.push_back(std::move(text));
}

void Reader::watch_clock(const BoundCondition &condition) {
    result_.turns = turns(condition, scope_, memory_);
    if (result_.turns.empty() && result_.comparisons.empty())
        return;
    // Members of other segments are taken as they are: of a stay that must still be open, the clock moves the time that it has been.
    if (condition.kind == ConditionKind::negation)
        return watch_part(*static_cast<const BoundNegation &>(condition).operand, true);
    watch_part(condition, false);
}

void Reader::watch_part(const BoundCondition &condition, bool negated) {
    const BoundCondition *part = &condition;
    if (condition.kind == ConditionKind::conjunction)
        for (const BoundCondition *operand : static_cast<const BoundJunction &>(condition).operands)
            if (operand->kind == ConditionKind::stay)
                part = operand;
    const BoundNegation negation{{ConditionKind::negation}, part};
    result_.by_clock = at("clock.at", negated ? negation : *part);
}

}  // namespace

Reading reading(const BoundCondition &condition, const Scope &scope, std::uint32_t first_clock, std::pmr::memory_resource *memory) {
    Reader reader(scope, first_clock, memory);
    reader.read(condition);
    reader.watch_clock(condition);
    return reader.finish();
}

}  // namespace segment::definition
