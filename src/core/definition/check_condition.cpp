// Conditions other than comparisons and windows.
#include <algorithm>

#include "core/definition/check_binder.hpp"
#include "core/definition/nearest.hpp"
#include "core/definition/sql_quote.hpp"
#include "core/definition/value_number.hpp"

namespace segment::definition {

const BoundCondition *Binder::condition(const Node &node) {
    if (row_)
        refuse_in_row(node);
    switch (node.kind) {
        case Kind::everyone:
            return add(BoundCondition{ConditionKind::everyone});
        case Kind::conjunction:
            return junction(ConditionKind::conjunction, static_cast<const Conjunction &>(node).operands);
        case Kind::disjunction:
            return junction(ConditionKind::disjunction, static_cast<const Disjunction &>(node).operands);
        case Kind::negation:
            return negated_if(true, condition(*static_cast<const Negation &>(node).operand));
        case Kind::truth:
            return truth(value(*static_cast<const Truth &>(node).value), true);
        case Kind::compare:
            return compare(static_cast<const Compare &>(node));
        case Kind::between:
            return between(static_cast<const Between &>(node));
        case Kind::in_list:
            return in_list(static_cast<const InList &>(node));
        case Kind::is_set:
            return is_set(static_cast<const IsSet &>(node));
        case Kind::is_true:
            return is_true(static_cast<const IsTrue &>(node));
        case Kind::text_match:
            return text_match(static_cast<const TextMatch &>(node));
        case Kind::includes:
            return includes(static_cast<const Includes &>(node));
        case Kind::in_window:
            return in_window(static_cast<const InWindow &>(node));
        case Kind::rank:
            return rank(static_cast<const Rank &>(node));
        case Kind::in_segment:
            return in_segment(static_cast<const InSegment &>(node));
        case Kind::segment_change:
            return segment_change(static_cast<const SegmentChange &>(node));
        case Kind::did:
            return did(static_cast<const Did &>(node));
        case Kind::recency:
            return recency(static_cast<const Recency &>(node));
        case Kind::trend:
            return trend(static_cast<const Trend &>(node));
        case Kind::stopped:
            return stopped(static_cast<const Stopped &>(node));
        case Kind::resumed:
            return resumed(static_cast<const Resumed &>(node));
        case Kind::sequence:
            return sequence(static_cast<const Sequence &>(node));
        case Kind::had_movement:
            return had_movement(static_cast<const HadMovement &>(node));
        case Kind::in_manual_list:
            return in_manual_list(static_cast<const InManualList &>(node));
        case Kind::is_label:
            return is_label(static_cast<const IsLabel &>(node));
        case Kind::related:
            missing_part(node);
        default:
            mismatch(node.position, "a value cannot be used as a condition");
    }
}

const BoundCondition *Binder::negated_if(bool negated, const BoundCondition *condition) {
    if (!negated)
        return condition;
    if (condition->kind == ConditionKind::negation)
        return static_cast<const BoundNegation *>(condition)->operand;
    return add(BoundNegation{{ConditionKind::negation}, condition});
}

const BoundCondition *Binder::both(const BoundCondition *left, const BoundCondition *right) {
    const BoundCondition *const operands[] = {left, right};
    return add(BoundJunction{{ConditionKind::conjunction}, arena_.copy(std::span<const BoundCondition *const>(operands))});
}

const BoundCondition *Binder::junction(ConditionKind kind, Nodes operands) {
    std::pmr::vector<const BoundCondition *> bound(&arena_.memory());
    bound.reserve(operands.size());
    for (const Node *operand : operands)
        bound.push_back(condition(*operand));
    return add(BoundJunction{{kind}, arena_.copy(std::span<const BoundCondition *const>(bound))});
}

const BoundCondition *Binder::is_set(const IsSet &node) {
    const BoundText text{{ValueKind::text, true, node.position, &text_type}, {}};
    const BoundValue *subject = read_path(value(*node.value), &text);  // a JSON null is no text either
    if (subject->kind == ValueKind::elapsed) {
        const auto &elapsed = static_cast<const BoundElapsed &>(*subject);
        return negated_if(node.negated,
                          both(add(BoundSet{{ConditionKind::set}, elapsed.left}), add(BoundSet{{ConditionKind::set}, elapsed.right})));
    }
    return negated_if(node.negated, add(BoundSet{{ConditionKind::set}, subject}));
}

const BoundCondition *Binder::is_true(const IsTrue &node) {
    return negated_if(node.negated, truth(value(*node.value), node.expected));
}

const BoundCondition *Binder::text_match(const TextMatch &node) {
    const BoundText partner{{ValueKind::text, true, node.position, &text_type}, node.pattern};
    return negated_if(node.negated,
                      text_match(read_path(value(*node.value), &partner), node.op, node.ignoring_case, node.pattern, node.position));
}

const BoundCondition *Binder::text_match(const BoundValue *subject, TextOperator written, bool ignoring, std::string_view pattern,
                                         std::uint32_t position) {
    const Type &type = *subject->type;
    if (type.type_class != TypeClass::text)
        mismatch(subject->position, what(*subject) + ", expected text",
                 type.type_class == TypeClass::array ? "Use includes to look into an array." : std::string());
    if (!type.deterministic)
        throw Error(ErrorCode::feature_not_supported, label(*subject) + " has a nondeterministic collation, which patterns do not support",
                    subject->position, {}, "Compare it with = or in, or add a column with another collation.");
    const bool regular_expression = written == TextOperator::matches || written == TextOperator::imatches;
    const bool ignoring_case = ignoring || type.case_insensitive || written == TextOperator::ilike || written == TextOperator::imatches;
    TextOperator op = regular_expression ? TextOperator::matches : written == TextOperator::ilike ? TextOperator::like : written;
    if (regular_expression)
        probe(position, "('' " + std::string(ignoring_case ? "~* " : "~ ") + quote_literal(pattern) + ") IS NULL");
    if (op == TextOperator::like) {
        std::size_t backslashes = 0;
        while (backslashes < pattern.size() && pattern[pattern.size() - 1 - backslashes] == '\\')
            ++backslashes;
        if (backslashes % 2 == 1)
            throw Error(ErrorCode::invalid_parameter, "pattern ends with a backslash that escapes nothing", position, {},
                        "Write two backslashes for one that is meant.");
    }
    return add(BoundTextMatch{{ConditionKind::text_match}, op, ignoring_case, subject, pattern});
}

const BoundCondition *Binder::includes(const Includes &node) {
    const BoundValue *subject = value(*node.value);
    const TypeClass type_class = subject->type->type_class;
    if (type_class != TypeClass::array && (!is_untyped(*subject) || subject->kind != ValueKind::path))
        mismatch(subject->position, what(*subject) + ", expected an array",
                 type_class == TypeClass::text ? "Use contains to look into a text." : "");
    std::pmr::vector<const BoundValue *> items(&arena_.memory());
    items.reserve(node.items.size());
    const Type *element = type_class != TypeClass::array
                              ? nullptr
                              : add(Type{.type_class = subject->type->element_class, .sql_name = subject->type->element_sql_name});
    for (const Node *item : node.items)
        items.push_back(this->element(value(*item), element, *subject));
    const Quantity quantity = node.quantity == Quantity::one ? Quantity::any : node.quantity;
    return add(BoundIncludes{{ConditionKind::includes}, quantity, subject, arena_.copy(BoundValues(items))});
}

// A literal as an element of an array; a null type is for JSON arrays, whose elements are texts, numbers and booleans.
const BoundValue *Binder::element(const BoundValue *item, const Type *type, const BoundValue &array) {
    const auto same_class = [&] { return item->type->type_class == type->type_class || (is_number(*item->type) && is_number(*type)); };
    const bool quoted = item->kind == ValueKind::text && type && type->type_class != TypeClass::boolean && !is_number(*type);
    if (quoted)
        item = literal(static_cast<const BoundText &>(*item), *type, array);
    const bool plain = item->kind == ValueKind::text || item->kind == ValueKind::number || item->kind == ValueKind::boolean;
    if (type ? !quoted && !same_class() : !plain)
        mismatch(item->position, "the elements of " + label(array) + " cannot be compared with " + label(*item));
    if (type && type->type_class == TypeClass::timestamp)
        return add(BoundLocal{{ValueKind::local, true, item->position, &timestamp_type}, item});
    return item;
}

const BoundCondition *Binder::rank(const Rank &node) {
    if (role_ == Role::base)
        throw Error(ErrorCode::invalid_parameter, "a base cannot rank", node.position, "Ranks are taken among the members of the base.");
    const BoundValue *subject = value(*node.value);
    if (is_untyped(*subject))
        subject = as_number(subject);
    const Type &type = *subject->type;
    if (node.form == RankForm::smallest_set)
        subject = as_number(subject);
    else if (subject->kind == ValueKind::elapsed || !type.ordered ||
             (!is_number(type) && !is_moment(type) && type.type_class != TypeClass::interval && type.type_class != TypeClass::time))
        mismatch(subject->position, what(*subject) + " and cannot be ranked", "Ranks are taken of numbers and times.");
    subject = comparison_form(subject, subject->type->type_class == TypeClass::timestamp);
    const std::string_view amount = node.percent ? arena_.copy(percent_number(node.amount)) : node.amount;
    const BoundValue *per = node.per ? value(*node.per) : nullptr;
    if (per && is_untyped(*per)) {
        const BoundText text{{ValueKind::text, true, per->position, &text_type}, {}};
        per = read_path(per, &text);
    }
    if (per && !per->type->ordered)
        mismatch(per->position, what(*per) + " and cannot be grouped by");
    ranks = true;
    return negated_if(node.negated, add(BoundRank{{ConditionKind::rank}, node.form, subject, amount, node.percent, per}));
}

// A segment whose past conditions can ask for.
const SegmentName &Binder::past_segment(std::string_view name, std::uint32_t position, bool current) {
    const SegmentName &found = segment(name, position, current);
    if (!found.keeps_history)
        throw Error(ErrorCode::object_not_ready, "segment \"" + std::string(found.name) + "\" keeps no history", position,
                    "It is materialized as a set.", "Segments with materialize => 'rows' do.");
    return found;
}

const BoundCondition *Binder::in_segment(const InSegment &node) {
    const bool past = node.ever || node.for_at_least;
    const SegmentName &segment =
        past ? past_segment(node.segment, node.position, !node.ever) : this->segment(node.segment, node.position, true);
    if (node.ever)
        return negated_if(node.negated, add(BoundStay{{ConditionKind::stay}, StayForm::ever, segment.id, nullptr, nullptr, true, true}));
    const BoundCondition *member = add(BoundInSegment{{ConditionKind::in_segment}, segment.id, segment.name});
    if (node.for_at_least) {
        const Duration &duration = *node.for_at_least;
        const BoundValue *latest = shift(as_of(node.position), negated(read_duration(duration)), duration.position);
        member = both(member, add(BoundStay{{ConditionKind::stay}, StayForm::open, segment.id, nullptr, latest, true, true}));
    }
    return negated_if(node.negated, member);
}

const BoundCondition *Binder::is_band(const IsLabel &node, const ScoreName &score) {
    if (std::ranges::find(score.bands, node.label) == score.bands.end()) {
        const std::string_view near = nearest(node.label, score.bands);
        throw Error(ErrorCode::undefined_object, "score \"" + std::string(score.name) + "\" has no band \"" + std::string(node.label) + '"',
                    node.position, {},
                    near.empty() ? "The view segment.score shows the bands." : "Did you mean '" + std::string(near) + "'?");
    }
    join(score.band);
    const BoundValue *band = add(BoundTrait{{ValueKind::trait, false, node.position, &score.band.type}, &score.band});
    const BoundValue *label = add(BoundText{{ValueKind::text, true, node.position, &text_type}, node.label});
    return negated_if(node.negated, compare(Comparison::equal, band, label));
}

const BoundCondition *Binder::is_label(const IsLabel &node) {
    const std::string scheme = display(node.subject->parts);
    if (const ScoreName *score = find_score(scheme, node.position))
        return is_band(node, *score);
    if (std::ranges::find(vocabulary_.schemes, scheme) == vocabulary_.schemes.end())
        missing_part(node);
    const SegmentName &rule = segment(scheme + '.' + std::string(node.label), node.position, true);
    return negated_if(node.negated, add(BoundInSegment{{ConditionKind::in_segment}, rule.id, rule.name}));
}

const BoundCondition *Binder::in_manual_list(const InManualList &node) {
    if (std::ranges::find(vocabulary_.lists, node.list) == vocabulary_.lists.end())
        missing_part(node);
    const std::string rows = "listed.list = " + quote_literal(node.list);
    return negated_if(node.negated, add(BoundListed{{ConditionKind::listed}, vocabulary_.list_sql, arena_.copy(std::string_view(rows))}));
}

const BoundCondition *Binder::segment_change(const SegmentChange &node) {
    const std::int32_t id = past_segment(node.segment, node.position, false).id;
    Edges found;
    if (node.window) {
        found = edges(*node.window, timestamptz_type);
        if (node.window->form == WindowForm::within_next)
            mismatch(node.window->position, "entries and exits lie in the past", "Write within instead of within next.");
        const BoundAsOf partner{{ValueKind::as_of, true, node.position, &timestamptz_type}};
        for (const BoundValue **edge : {&found.low, &found.high})
            if (*edge)
                *edge = comparable(&partner, *edge).right;
    }
    return add(BoundStay{{ConditionKind::stay},
                         node.entered ? StayForm::entered : StayForm::exited,
                         id,
                         found.low,
                         found.high,
                         found.low_inclusive,
                         found.high_inclusive});
}

}  // namespace segment::definition
