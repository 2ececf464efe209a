#include "core/definition/duration.hpp"
#include "core/definition/keywords.hpp"
#include "core/definition/print_state.hpp"

namespace segment::definition {

void Printer::events(const Events &events) {
    switch (events.choice) {
        case EventChoice::named:
            text(events.names[0]);
            break;
        case EventChoice::any:
            put("any event");
            break;
        case EventChoice::like:
            put("event like ");
            text(events.names[0]);
            break;
        case EventChoice::any_of:
            put("any of (");
            for (std::size_t i = 0; i < events.names.size(); ++i) {
                if (i > 0)
                    put(", ");
                text(events.names[i]);
            }
            put(")");
            break;
    }
    if (!events.source.empty()) {
        put(" of ");
        text(events.source);
    }
    where(events.where);
}

void Printer::where(const Node *condition) {
    if (condition == nullptr)
        return;
    put(" where ");
    in_parentheses(*condition);
}

void Printer::optional_window(const Window *window) {
    if (window == nullptr)
        return;
    put(" ");
    this->window(*window);
}

void Printer::window(const Window &window) {
    switch (window.form) {
        case WindowForm::within:
            put("within ");
            duration(*window.duration);
            break;
        case WindowForm::more_than_ago:
            put("more than ");
            duration(*window.duration);
            put(" ago");
            break;
        case WindowForm::between_ago:
            put("between ");
            duration(*window.duration);
            put(" and ");
            duration(*window.duration2);
            put(" ago");
            break;
        case WindowForm::within_next:
            put("within next ");
            duration(*window.duration);
            break;
        case WindowForm::since:
            put("since ");
            instant(*window.from);
            break;
        case WindowForm::from_to:
            put("from ");
            instant(*window.from);
            put(" to ");
            instant(*window.to);
            break;
        case WindowForm::within_of:
            put("within ");
            duration(*window.duration);
            put(" of ");
            instant(*window.from);
            break;
        case WindowForm::today:
            put("today");
            break;
        case WindowForm::in_this:
            put("in this ");
            put(unit_name(window.unit, false));
            break;
        case WindowForm::in_last:
            put("in last ");
            if (window.count != 1) {
                put(static_cast<std::uint64_t>(window.count));
                put(" calendar ");
            }
            put(unit_name(window.unit, window.count != 1));
            break;
    }
}

// What a window may name without parentheses.
void Printer::instant(const Node &value) {
    const bool holds_together = value.kind == Kind::name || value.kind == Kind::text || value.kind == Kind::now ||
                                (value.kind == Kind::call && static_cast<const Call &>(value).function == Function::anniversary);
    if (holds_together)
        bare(value);
    else
        in_parentheses(value);
}

void Printer::count(const Count &count) {
    switch (count.form) {
        case CountForm::unlimited:
            return;
        case CountForm::at_least:
            put("at least ");
            break;
        case CountForm::at_most:
            put("at most ");
            break;
        case CountForm::exactly:
            put("exactly ");
            break;
        case CountForm::fewer_than:
            put("fewer than ");
            break;
        case CountForm::more_than:
            put("more than ");
            break;
        case CountForm::between:
            put("between ");
            break;
    }
    put(count.low);
    if (count.form == CountForm::between) {
        put(" and ");
        put(count.high);
    }
}

void Printer::did(const Did &node) {
    put(node.never ? "never did " : node.negated ? "did not " : "did ");
    events(*node.events);
    did_form(node);
    optional_window(node.window);
}

void Printer::did_form(const Did &node) {
    const bool is_plural = (node.count.form == CountForm::between ? node.count.high : node.count.low) != 1;
    switch (node.form) {
        case DidForm::times:
            if (node.count.form == CountForm::unlimited)
                return;
            put(" ");
            count(node.count);
            put(is_plural ? " times" : " time");
            return;
        case DidForm::distinct_periods:
            put(" on ");
            count(node.count);
            put(" distinct ");
            put(unit_name(node.unit, is_plural));
            return;
        case DidForm::first_time:
            put(" for the first time");
            return;
        case DidForm::periods_of_last:
            put(" in ");
            count(node.count);
            put(" of the last ");
            put(static_cast<std::uint64_t>(node.of_last));
            put(" ");
            put(unit_name(node.unit, node.of_last != 1));
            return;
    }
}

void Printer::recency(const Recency &node) {
    put("last ");
    events(*node.events);
    put(" ");
    window(*node.window);
}

void Printer::trend(const Trend &node) {
    this->node(*node.value, Precedence::sum);
    put(node.fell ? " fell by " : " rose by ");
    put(node.amount);
    if (node.percent)
        put(" percent");
    put(" within ");
    duration(*node.within);
    if (!node.from_at_least.empty()) {
        put(" from at least ");
        put(node.from_at_least);
    }
}

// Parentheses hold the chain together where something applies to it as a whole.
void Printer::sequence(const Sequence &node) {
    put(node.never ? "never did " : node.negated ? "did not " : "did ");
    const bool applies_to_chain = node.never || node.negated || node.window != nullptr;
    if (applies_to_chain)
        put("(");
    for (std::size_t i = 0; i < node.steps.size(); ++i) {
        const Step &step = node.steps[i];
        if (i > 0)
            put(" then ");
        if (step.negated)
            put("not ");
        events(*step.events);
        if (step.within != nullptr) {
            put(" within ");
            duration(*step.within);
        }
    }
    if (applies_to_chain)
        put(")");
    optional_window(node.window);
}

void Printer::related(const Related &node) {
    switch (node.quantifier) {
        case Quantifier::any:
            put("any ");
            break;
        case Quantifier::all:
            put("all ");
            break;
        case Quantifier::no:
            put("no ");
            break;
        case Quantifier::count:
            count(node.count);
            put(" of ");
            break;
    }
    identifier(node.relation, find_word(node.relation) != Word::none);
    where(node.where);
}

}  // namespace segment::definition
