#include "core/match/compile.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/definition/sql_writer.hpp"
#include "core/definition/value_number.hpp"
#include "core/error.hpp"
#include "core/match/event_conditions.hpp"

namespace segment::match {
namespace {

using namespace definition;

class Compiler {
public:
    Compiler(const Scope &scope, const SegmentNodes &segments, Plan &plan, std::pmr::memory_resource *memory, EventFeatures *events)
        : scope_(scope), segments_(segments), plan_(plan), memory_(memory), events_(events) {}

    NodeId node(const BoundCondition &condition);

private:
    NodeId junction(const BoundJunction &junction);
    NodeId compare(const BoundCompare &comparison);
    NodeId range(const BoundRange &range);
    NodeId list(const BoundList &list);
    NodeId set(const BoundSet &set);
    NodeId truth(const BoundTruth &truth);
    NodeId rank(const BoundRank &rank);
    NodeId in_segment(const BoundInSegment &member);
    NodeId includes(const BoundIncludes &includes);
    NodeId occurs(const BoundOccurs &occurs);
    NodeId trend(const BoundTrend &trend);
    template <class Condition>
    NodeId chain(const Condition &condition);
    NodeId expression(const BoundCondition &condition);

    // The value as a feature that can hold all of the constants exactly, and its type.
    struct Subject {
        FeatureId feature;
        const Type *type;
    };
    Subject subject(const BoundValue &value, BoundValues constants);
    CutId cut(const Subject &subject, const BoundValue &constant);
    const BoundNumber *next_whole(const BoundValue &fraction, bool above);

    NodeId leaf(FeatureId feature, CutRange range) { return plan_.leaf(feature, {&range, 1}); }

    const Scope &scope_;
    const SegmentNodes &segments_;
    Plan &plan_;
    std::pmr::memory_resource *memory_;
    EventFeatures *events_;
    std::deque<std::string> digits_;  // of numbers made here
    std::deque<BoundNumber> numbers_;
};

// Whether a whole number is asked of events: a bound that is not whole is then as good as the next one that is.
bool is_whole(const BoundValue &value) {
    return value.kind == ValueKind::events && value.type->type_class == TypeClass::integer;
}

// A number that is not whole, and not so large that its neighbours are no counts.
bool is_fraction(const BoundValue &constant) {
    constexpr std::size_t most_digits = 18;
    if (constant.kind != ValueKind::number)
        return false;
    const std::string_view digits = static_cast<const BoundNumber &>(constant).digits;
    return !is_integral(digits) && digits.find('.') <= most_digits;
}

// Whether the integer type can hold the constant; what it cannot hold is compared as numeric.
bool holds(const Type &type, const BoundValue &constant) {
    if (constant.kind != ValueKind::number)
        return false;
    const std::string_view digits = static_cast<const BoundNumber &>(constant).digits;
    return is_integral(digits) && fits_integer(digits, integer_width(type));
}

NodeId Compiler::node(const BoundCondition &condition) {
    switch (condition.kind) {
        case ConditionKind::everyone:
            return plan_.everyone();
        case ConditionKind::conjunction:
        case ConditionKind::disjunction:
            return junction(static_cast<const BoundJunction &>(condition));
        case ConditionKind::negation:
            return plan_.negation(node(*static_cast<const BoundNegation &>(condition).operand));
        case ConditionKind::compare:
            return compare(static_cast<const BoundCompare &>(condition));
        case ConditionKind::range:
            return range(static_cast<const BoundRange &>(condition));
        case ConditionKind::list:
            return list(static_cast<const BoundList &>(condition));
        case ConditionKind::set:
            return set(static_cast<const BoundSet &>(condition));
        case ConditionKind::truth:
            return truth(static_cast<const BoundTruth &>(condition));
        case ConditionKind::rank:
            return rank(static_cast<const BoundRank &>(condition));
        case ConditionKind::in_segment:
            return in_segment(static_cast<const BoundInSegment &>(condition));
        case ConditionKind::includes:
            return includes(static_cast<const BoundIncludes &>(condition));
        case ConditionKind::occurs:
            return occurs(static_cast<const BoundOccurs &>(condition));
        case ConditionKind::trend:
            return trend(static_cast<const BoundTrend &>(condition));
        case ConditionKind::resumed:
            return chain(static_cast<const BoundResumed &>(condition));
        case ConditionKind::sequence:
            return chain(static_cast<const BoundSequence &>(condition));
        case ConditionKind::text_match:
        case ConditionKind::anniversary:
        case ConditionKind::stay:
        case ConditionKind::listed:
        case ConditionKind::score_trend:
            return expression(condition);
    }
    throw Error(ErrorCode::internal_error, "unknown kind of a condition");
}

NodeId Compiler::junction(const BoundJunction &junction) {
    std::pmr::vector<NodeId> operands(memory_);
    operands.reserve(junction.operands.size());
    for (const BoundCondition *operand : junction.operands)
        operands.push_back(node(*operand));
    return junction.kind == ConditionKind::conjunction ? plan_.conjunction(operands) : plan_.disjunction(operands);
}

Compiler::Subject Compiler::subject(const BoundValue &value, BoundValues constants) {
    std::pmr::string sql(memory_);
    SqlWriter writer(scope_, sql);
    const bool integer = value.type->type_class == TypeClass::integer;
    if (integer && !std::all_of(constants.begin(), constants.end(), [&](const BoundValue *c) { return holds(*value.type, *c); })) {
        writer.value(value, Binding::cast);
        sql += "::numeric";
        return {plan_.feature(sql), &numeric_type};
    }
    if (value.kind == ValueKind::events && events_) {
        if (const auto feature = events_->take(static_cast<const BoundEventValue &>(value), scope_))
            return {*feature, value.type};
    }
    writer.value(value, Binding::disjunction);
    return {plan_.feature(sql), value.type};
}

CutId Compiler::cut(const Subject &subject, const BoundValue &constant) {
    std::pmr::string sql(memory_);
    SqlWriter(scope_, sql).typed_constant(constant, *subject.type);
    return plan_.cut(subject.feature, sql);
}

// The next whole number above or below.
const BoundNumber *Compiler::next_whole(const BoundValue &fraction, bool above) {
    const auto &number = static_cast<const BoundNumber &>(fraction);
    const bool negative = number.digits.starts_with('-');
    std::string towards_zero(number.digits.substr(0, number.digits.find('.')));
    if (towards_zero == "-0")
        towards_zero = "0";
    digits_.push_back(above == negative ? std::move(towards_zero)
                                        : *fold_numbers(above ? ArithmeticOperator::add : ArithmeticOperator::subtract, towards_zero, "1"));
    BoundNumber whole = number;
    whole.digits = digits_.back();
    return &numbers_.emplace_back(whole);
}

NodeId Compiler::compare(const BoundCompare &comparison) {
    if (const auto node = events_ ? event_comparison(comparison, scope_, plan_, *events_) : std::nullopt)
        return *node;
    if (comparison.left->constant || !comparison.right->constant)
        return expression(comparison);
    if (is_whole(*comparison.left) && is_fraction(*comparison.right)) {
        if (comparison.op == Comparison::equal)
            return plan_.negation(plan_.everyone());
        const bool above = comparison.op == Comparison::greater || comparison.op == Comparison::greater_equal;
        return compare({{ConditionKind::compare},
                        above ? Comparison::greater_equal : Comparison::less_equal,
                        comparison.left,
                        next_whole(*comparison.right, above)});
    }
    const BoundValue *const constants[] = {comparison.right};
    const Subject value = subject(*comparison.left, constants);
    return leaf(value.feature, range_of(comparison.op, cut(value, *comparison.right)));
}

NodeId Compiler::range(const BoundRange &range) {
    if (range.value->constant)
        return expression(range);
    if (is_whole(*range.value) && (is_fraction(*range.low) || is_fraction(*range.high))) {
        BoundRange whole = range;
        if (is_fraction(*range.low))
            whole.low = next_whole(*range.low, true), whole.low_inclusive = true;
        if (is_fraction(*range.high))
            whole.high = next_whole(*range.high, false), whole.high_inclusive = true;
        return this->range(whole);
    }
    const BoundValue *const constants[] = {range.low, range.high};
    const Subject value = subject(*range.value, constants);
    const CutId low = cut(value, *range.low), high = cut(value, *range.high);
    return leaf(value.feature, {low, high, range.low_inclusive, range.high_inclusive});
}

NodeId Compiler::list(const BoundList &list) {
    if (list.value->constant)
        return expression(list);
    std::pmr::vector<const BoundValue *> items(list.items.begin(), list.items.end(), memory_);
    if (is_whole(*list.value))
        std::erase_if(items, [](const BoundValue *item) { return is_fraction(*item); });
    if (items.empty())
        return plan_.negation(plan_.everyone());
    const Subject value = subject(*list.value, items);
    std::pmr::vector<CutRange> ranges(memory_);
    ranges.reserve(items.size());
    for (const BoundValue *item : items)
        ranges.push_back(range_of(Comparison::equal, cut(value, *item)));
    return plan_.leaf(value.feature, ranges);
}

NodeId Compiler::set(const BoundSet &set) {
    const BoundValue &value = *set.value;
    // What cannot be sorted is not brought into the plan as a value: its presence is a boolean.
    if (!value.type->ordered || value.type->type_class == TypeClass::array || value.constant)
        return expression(set);
    return leaf(subject(value, {}).feature, {});
}

NodeId Compiler::truth(const BoundTruth &truth) {
    if (truth.value->constant)
        return expression(truth);
    const Subject value = subject(*truth.value, {});
    return leaf(value.feature, range_of(Comparison::equal, plan_.cut(value.feature, truth.expected ? "true" : "false")));
}

NodeId Compiler::rank(const BoundRank &rank) {
    if (rank.per)
        return expression(rank);
    const Subject value = subject(*rank.value, {});
    std::pmr::string threshold(memory_);
    SqlWriter(scope_, threshold).rank_threshold(rank);
    return leaf(value.feature, range_of(SqlWriter::rank_comparison(rank.form), plan_.threshold(value.feature, threshold)));
}

NodeId Compiler::in_segment(const BoundInSegment &member) {
    const auto found = segments_.find(member.segment);
    if (found == segments_.end())
        throw Error(ErrorCode::internal_error, "segment " + std::to_string(member.segment) + " is not in the plan");
    return found->second;
}

// Each element is a leaf of its own, so that definitions share them whatever they ask for together.
NodeId Compiler::includes(const BoundIncludes &includes) {
    if (includes.value->type->type_class != TypeClass::array || includes.value->constant)
        return expression(includes);
    std::pmr::string array(memory_);
    SqlWriter(scope_, array).included_array(includes);
    std::pmr::vector<NodeId> leaves(memory_);
    leaves.reserve(includes.items.size());
    for (const BoundValue *item : includes.items) {
        std::pmr::string element(memory_);
        SqlWriter(scope_, element).included_element(includes, *item);
        const Comparison op = includes.quantity == Quantity::none ? Comparison::less : Comparison::equal;
        leaves.push_back(leaf(plan_.element(array, element), range_of(op, 0)));
    }
    return includes.quantity == Quantity::any ? plan_.disjunction(leaves) : plan_.conjunction(leaves);
}

// An event that occurs is a count that is not 0, which counts of the same events share.
NodeId Compiler::occurs(const BoundOccurs &occurs) {
    const BoundEventValue count{{ValueKind::events, false, 0, &bigint_type}, EventFunction::count, occurs.events};
    const auto feature = events_ ? events_->take(count, scope_) : std::nullopt;
    return feature ? leaf(*feature, range_of(Comparison::greater_equal, plan_.cut(*feature, "1::bigint"))) : expression(occurs);
}

NodeId Compiler::trend(const BoundTrend &trend) {
    const auto node = events_ ? event_trend(trend, scope_, plan_, *events_) : std::nullopt;
    return node ? *node : expression(trend);
}

// Events that follow one another.
template <class Condition>
NodeId Compiler::chain(const Condition &condition) {
    const auto feature = events_ ? events_->take(condition, scope_) : std::nullopt;
    return feature ? leaf(*feature, range_of(Comparison::equal, plan_.cut(*feature, "1::bigint"))) : expression(condition);
}

// Whatever only SQL can tell: a boolean feature, of which `true` is asked.
NodeId Compiler::expression(const BoundCondition &condition) {
    std::pmr::string sql(memory_);
    SqlWriter(scope_, sql).condition(condition, Binding::disjunction);
    const FeatureId feature = plan_.feature(sql);
    return leaf(feature, range_of(Comparison::equal, plan_.cut(feature, "true")));
}

}  // namespace

NodeId compile(const Checked &definition, const Scope &scope, const SegmentNodes &segments, Plan &plan, std::pmr::memory_resource *memory,
               EventFeatures *events) {
    return Compiler(scope, segments, plan, memory, events).node(*definition.condition);
}

}  // namespace segment::match
