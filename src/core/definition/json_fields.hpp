// The fields of every form in JSON, told once for all who walk over them: the writer, the reader, and whoever looks for a node's
// children. A walker has a function per type of field, each of which takes the field's key and the member of the node.
#pragma once

#include <concepts>
#include <type_traits>

#include "core/definition/ast.hpp"
#include "core/error.hpp"

namespace segment::definition::json {

// A node that is being written is constant, one that is being read is not.
template <class Node, class Form>
concept Is = std::same_as<std::remove_const_t<Node>, Form>;

// ---------------------------------------------------------------------------------------------------------------- values

void fields(auto &walk, Is<Number> auto &node) {
    walk.decimal("value", node.digits);
    walk.flag("percent", node.percent);
}

void fields(auto &walk, Is<Text> auto &node) {
    walk.text("value", node.value);
}

void fields(auto &walk, Is<Boolean> auto &node) {
    walk.boolean("value", node.value);
}

void fields(auto &walk, Is<Duration> auto &node) {
    walk.terms(node.terms);
}

void fields(auto &, Is<Now> auto &) {}

void fields(auto &walk, Is<Name> auto &node) {
    walk.name("name", "quoted", node.parts);
    walk.optional_text("cast", node.cast);
}

void fields(auto &walk, Is<Arithmetic> auto &node) {
    walk.word("op", node.op);
    walk.value("left", node.left);
    walk.value("right", node.right);
}

void fields(auto &walk, Is<Negate> auto &node) {
    walk.value("operand", node.operand);
}

void fields(auto &walk, Is<Call> auto &node) {
    walk.word("function", node.function);
    walk.value("argument", node.argument);
}

void fields(auto &walk, Is<Bucket> auto &node) {
    walk.text("salt", node.salt);
}

void fields(auto &walk, Is<Days> auto &node) {
    walk.either("direction", node.until, "since", "until");
    walk.value_or_event("operand", node.operand);
}

// ---------------------------------------------------------------------------------------------------------- parts of them

void fields(auto &walk, Is<Events> auto &node) {
    walk.word("kind", node.choice);
    switch (node.choice) {
        case EventChoice::named:
            walk.only_text("name", node.names);
            break;
        case EventChoice::any:
            break;
        case EventChoice::like:
            walk.only_text("pattern", node.names);
            break;
        case EventChoice::any_of:
            walk.texts("names", node.names);
            break;
    }
    walk.optional_text("source", node.source);
    walk.optional_condition("where", node.where);
}

void fields(auto &walk, Is<Window> auto &node) {
    walk.word("kind", node.form);
    switch (node.form) {
        case WindowForm::within:
        case WindowForm::more_than_ago:
        case WindowForm::within_next:
            walk.part("duration", node.duration);
            break;
        case WindowForm::between_ago:
            walk.part("from", node.duration);
            walk.part("to", node.duration2);
            break;
        case WindowForm::since:
            walk.value("from", node.from);
            break;
        case WindowForm::from_to:
            walk.value("from", node.from);
            walk.value("to", node.to);
            break;
        case WindowForm::within_of:
            walk.part("duration", node.duration);
            walk.value("of", node.from);
            break;
        case WindowForm::today:
            break;
        case WindowForm::in_this:
            walk.word("unit", node.unit);
            break;
        case WindowForm::in_last:
            walk.optional_whole("count", node.count, 1);
            walk.word("unit", node.unit);
            break;
    }
}

void fields(auto &walk, Is<Count> auto &count) {
    walk.word("kind", count.form);
    if (count.form == CountForm::between) {
        walk.whole("low", count.low);
        walk.whole("high", count.high);
    } else {
        walk.whole("number", count.low);
    }
}

void fields(auto &walk, Is<Step> auto &step) {
    walk.flag("negated", step.negated);
    walk.part("events", step.events);
    walk.optional_part("within", step.within);
}

// ------------------------------------------------------------------------------------------------------ values of sources

void fields(auto &walk, Is<Aggregate> auto &node) {
    walk.word("function", node.function);
    if (node.function != AggregateFunction::count)
        walk.part("column", node.argument);
    walk.part("events", node.events);
    walk.optional_part("window", node.window);
}

void fields(auto &walk, Is<Share> auto &node) {
    walk.part("events", node.events);
    walk.optional_part("window", node.window);
}

void fields(auto &walk, Is<Pick> auto &node) {
    walk.either("which", node.first, "last", "first");
    walk.part("column", node.column);
    walk.part("events", node.events);
    walk.optional_part("window", node.window);
}

void fields(auto &walk, Is<Streak> auto &node) {
    walk.part("events", node.events);
    walk.word("by", node.unit);
}

void fields(auto &walk, Is<LastEvent> auto &node) {
    walk.part("events", node.events);
}

// ------------------------------------------------------------------------------------------------------------- conditions

void fields(auto &, Is<Everyone> auto &) {}

void fields(auto &walk, Is<Conjunction> auto &node) {
    walk.conditions("conditions", node.operands);
}

void fields(auto &walk, Is<Disjunction> auto &node) {
    walk.conditions("conditions", node.operands);
}

void fields(auto &walk, Is<Negation> auto &node) {
    walk.condition("condition", node.operand);
}

void fields(auto &walk, Is<Truth> auto &node) {
    walk.value("value", node.value);
}

void fields(auto &walk, Is<Compare> auto &node) {
    walk.word("op", node.op);
    walk.value("left", node.left);
    walk.value("right", node.right);
}

void fields(auto &walk, Is<Between> auto &node) {
    walk.flag("negated", node.negated);
    walk.value("value", node.value);
    walk.value("low", node.low);
    walk.value("high", node.high);
}

void fields(auto &walk, Is<InList> auto &node) {
    walk.flag("negated", node.negated);
    walk.value("value", node.value);
    walk.literals("items", node.items);
}

void fields(auto &walk, Is<IsSet> auto &node) {
    walk.flag("negated", node.negated);
    walk.value("value", node.value);
}

void fields(auto &walk, Is<IsTrue> auto &node) {
    walk.flag("negated", node.negated);
    walk.value("value", node.value);
    walk.boolean("expected", node.expected);
}

void fields(auto &walk, Is<TextMatch> auto &node) {
    walk.flag("negated", node.negated);
    walk.word("op", node.op);
    walk.value("value", node.value);
    walk.text("pattern", node.pattern);
    if (node.op <= TextOperator::ends_with)  // the others have an operator of their own for it
        walk.flag("ignoring_case", node.ignoring_case);
}

void fields(auto &walk, Is<Includes> auto &node) {
    walk.word("quantity", node.quantity);
    walk.value("value", node.value);
    if (node.quantity == Quantity::one)
        walk.only_literal("item", node.items);
    else
        walk.literals("items", node.items);
}

void fields(auto &walk, Is<InWindow> auto &node) {
    walk.value("value", node.value);
    walk.part("window", node.window);
}

void fields(auto &walk, Is<Rank> auto &node) {
    walk.flag("negated", node.negated);
    walk.word("form", node.form);
    walk.value("value", node.value);
    switch (node.form) {
        case RankForm::top:
        case RankForm::bottom:
            walk.decimal("amount", node.amount);
            walk.flag("percent", node.percent);
            walk.optional_part("per", node.per);
            break;
        case RankForm::smallest_set:
            walk.decimal("amount", node.amount);
            walk.flag("percent", node.percent);
            break;
        case RankForm::above_median:
        case RankForm::below_median:
            break;
    }
}

void fields(auto &walk, Is<InSegment> auto &node) {
    walk.flag("negated", node.negated);
    walk.flag("ever", node.ever);
    walk.text("segment", node.segment);
    walk.optional_part("for_at_least", node.for_at_least);
}

void fields(auto &walk, Is<SegmentChange> auto &node) {
    walk.either("change", node.entered, "exited", "entered");
    walk.text("segment", node.segment);
    walk.optional_part("window", node.window);
}

void fields(auto &walk, Is<InManualList> auto &node) {
    walk.flag("negated", node.negated);
    walk.text("list", node.list);
}

void fields(auto &walk, Is<IsLabel> auto &node) {
    walk.flag("negated", node.negated);
    walk.part("subject", node.subject);
    walk.text("label", node.label);
}

void fields(auto &walk, Is<Did> auto &node) {
    walk.flag("negated", node.negated);
    walk.flag("never", node.never);
    walk.optional_word("form", node.form, DidForm::times);
    walk.part("events", node.events);
    switch (node.form) {
        case DidForm::times:
            walk.optional_count("count", node.count);
            break;
        case DidForm::distinct_periods:
            walk.record("count", node.count);
            walk.word("unit", node.unit);
            break;
        case DidForm::first_time:
            break;
        case DidForm::periods_of_last:
            walk.record("count", node.count);
            walk.whole("of_last", node.of_last);
            walk.word("unit", node.unit);
            return;  // they are the window
    }
    walk.optional_part("window", node.window);
}

void fields(auto &walk, Is<Recency> auto &node) {
    walk.part("events", node.events);
    walk.part("window", node.window);
}

void fields(auto &walk, Is<Trend> auto &node) {
    walk.either("direction", node.fell, "rose", "fell");
    walk.value("value", node.value);
    walk.decimal("by", node.amount);
    walk.flag("percent", node.percent);
    walk.part("within", node.within);
    walk.optional_decimal("from_at_least", node.from_at_least);
}

void fields(auto &walk, Is<Stopped> auto &node) {
    walk.part("events", node.events);
    walk.part("for", node.duration);
}

void fields(auto &walk, Is<Resumed> auto &node) {
    walk.part("events", node.events);
    walk.part("after", node.after);
    walk.part("within", node.within);
}

void fields(auto &walk, Is<Sequence> auto &node) {
    walk.flag("negated", node.negated);
    walk.flag("never", node.never);
    walk.records("steps", node.steps);
    walk.optional_part("window", node.window);
}

void fields(auto &walk, Is<Related> auto &node) {
    walk.word("quantifier", node.quantifier);
    if (node.quantifier == Quantifier::count)
        walk.record("count", node.count);
    walk.text("relation", node.relation);
    walk.optional_condition("where", node.where);
}

void fields(auto &walk, Is<HadMovement> auto &node) {
    walk.text("movement", node.movement);
    walk.optional_part("window", node.window);
}

// ------------------------------------------------------------------------------------------------------------ from `Kind`

// Calls `function` with a std::type_identity of the struct for `kind`.
template <class Function>
decltype(auto) with_form(Kind kind, Function function) {
    switch (kind) {
        case Kind::number:
            return function(std::type_identity<Number>());
        case Kind::text:
            return function(std::type_identity<Text>());
        case Kind::boolean:
            return function(std::type_identity<Boolean>());
        case Kind::duration:
            return function(std::type_identity<Duration>());
        case Kind::now:
            return function(std::type_identity<Now>());
        case Kind::name:
            return function(std::type_identity<Name>());
        case Kind::arithmetic:
            return function(std::type_identity<Arithmetic>());
        case Kind::negate:
            return function(std::type_identity<Negate>());
        case Kind::call:
            return function(std::type_identity<Call>());
        case Kind::bucket:
            return function(std::type_identity<Bucket>());
        case Kind::days:
            return function(std::type_identity<Days>());
        case Kind::aggregate:
            return function(std::type_identity<Aggregate>());
        case Kind::share:
            return function(std::type_identity<Share>());
        case Kind::pick:
            return function(std::type_identity<Pick>());
        case Kind::streak:
            return function(std::type_identity<Streak>());
        case Kind::last_event:
            return function(std::type_identity<LastEvent>());
        case Kind::everyone:
            return function(std::type_identity<Everyone>());
        case Kind::conjunction:
            return function(std::type_identity<Conjunction>());
        case Kind::disjunction:
            return function(std::type_identity<Disjunction>());
        case Kind::negation:
            return function(std::type_identity<Negation>());
        case Kind::truth:
            return function(std::type_identity<Truth>());
        case Kind::compare:
            return function(std::type_identity<Compare>());
        case Kind::between:
            return function(std::type_identity<Between>());
        case Kind::in_list:
            return function(std::type_identity<InList>());
        case Kind::is_set:
            return function(std::type_identity<IsSet>());
        case Kind::is_true:
            return function(std::type_identity<IsTrue>());
        case Kind::text_match:
            return function(std::type_identity<TextMatch>());
        case Kind::includes:
            return function(std::type_identity<Includes>());
        case Kind::in_window:
            return function(std::type_identity<InWindow>());
        case Kind::rank:
            return function(std::type_identity<Rank>());
        case Kind::in_segment:
            return function(std::type_identity<InSegment>());
        case Kind::segment_change:
            return function(std::type_identity<SegmentChange>());
        case Kind::in_manual_list:
            return function(std::type_identity<InManualList>());
        case Kind::is_label:
            return function(std::type_identity<IsLabel>());
        case Kind::did:
            return function(std::type_identity<Did>());
        case Kind::recency:
            return function(std::type_identity<Recency>());
        case Kind::trend:
            return function(std::type_identity<Trend>());
        case Kind::stopped:
            return function(std::type_identity<Stopped>());
        case Kind::resumed:
            return function(std::type_identity<Resumed>());
        case Kind::sequence:
            return function(std::type_identity<Sequence>());
        case Kind::related:
            return function(std::type_identity<Related>());
        case Kind::had_movement:
            return function(std::type_identity<HadMovement>());
        case Kind::events:
            return function(std::type_identity<Events>());
        case Kind::window:
            return function(std::type_identity<Window>());
    }
    throw Error(ErrorCode::internal_error, "unknown kind of node");
}

}  // namespace segment::definition::json
