#include "core/definition/ascii.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/print_state.hpp"

namespace segment::definition {
namespace {

// `subscription`, `event` and `step1`, `step2`, … have a role of their own where they are not quoted.
bool has_role(std::string_view name) {
    if (name == "subscription" || name == "event")
        return true;
    if (!name.starts_with("step") || name.size() == 4)
        return false;
    for (char c : name.substr(4))
        if (!ascii::is_digit(c))
            return false;
    return true;
}

}  // namespace

// Behind a word such as `last`, a word that could follow a value would make a trait of `last`.
void Printer::name(const Name &name, bool after_opener) {
    bool first = true;
    for (const Name::Part &part : name.parts) {
        if (part.index >= 0) {
            put("[");
            put(static_cast<std::uint64_t>(part.index));
            put("]");
            continue;
        }
        if (!first)
            put(".");
        const Word word = find_word(part.name);
        const bool is_ambiguous = is_reserved(word) || opens_form(word) || (after_opener && follows_value(word));
        identifier(part.name, first && (is_ambiguous || (part.quoted && has_role(part.name))));
        first = false;
    }
    if (!name.cast.empty()) {
        put("::");
        identifier(name.cast);
    }
}

void Printer::duration(const Duration &duration) {
    bool first = true;
    for (const Duration::Term &term : duration.terms) {
        if (!first)
            put(" ");
        first = false;
        put(term.digits);
        put(" ");
        put(unit_name(term.unit, term.digits != "1"));
    }
}

// All operators group from the left, so a right operand of the same precedence needs parentheses.
void Printer::arithmetic(const Arithmetic &node) {
    switch (node.op) {
        case ArithmeticOperator::add:
        case ArithmeticOperator::subtract:
            this->node(*node.left, Precedence::sum);
            put(node.op == ArithmeticOperator::add ? " + " : " - ");
            this->node(*node.right, Precedence::product);
            break;
        case ArithmeticOperator::multiply:
        case ArithmeticOperator::divide:
            this->node(*node.left, Precedence::product);
            put(node.op == ArithmeticOperator::multiply ? " * " : " / ");
            this->node(*node.right, Precedence::unary);
            break;
    }
}

void Printer::call(const Call &node) {
    switch (node.function) {
        case Function::age:
            put("age(");
            break;
        case Function::hour:
            put("hour(");
            break;
        case Function::weekday:
            put("weekday(");
            break;
        case Function::anniversary:
            put("anniversary(");
            break;
    }
    this->node(*node.argument, Precedence::sum);
    put(")");
}

void Printer::aggregate(const Aggregate &node) {
    switch (node.function) {
        case AggregateFunction::count:
            put("count");
            break;
        case AggregateFunction::count_distinct:
            put("count distinct ");
            break;
        case AggregateFunction::sum:
            put("sum(");
            break;
        case AggregateFunction::avg:
            put("avg(");
            break;
        case AggregateFunction::min:
            put("min(");
            break;
        case AggregateFunction::max:
            put("max(");
            break;
        case AggregateFunction::median:
            put("median(");
            break;
        case AggregateFunction::most_frequent:
            put("most frequent ");
            break;
    }
    if (node.argument != nullptr)
        name(*node.argument);
    const bool is_called = node.function >= AggregateFunction::sum && node.function <= AggregateFunction::median;
    put(is_called ? ") of " : " of ");
    events(*node.events);
    optional_window(node.window);
}

void Printer::pick(const Pick &node) {
    put(node.first ? "first " : "last ");
    name(*node.column, true);
    put(" of ");
    events(*node.events);
    optional_window(node.window);
}

}  // namespace segment::definition
