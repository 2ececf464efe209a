#include "core/definition/printer.hpp"

#include <charconv>

#include "core/definition/duration.hpp"
#include "core/definition/lexer.hpp"
#include "core/definition/print_state.hpp"

namespace segment::definition {
namespace {

Precedence precedence_of(const Node &node) {
    switch (node.kind) {
        case Kind::disjunction:
            return Precedence::disjunction;
        case Kind::conjunction:
            return Precedence::conjunction;
        case Kind::arithmetic: {
            const ArithmeticOperator op = static_cast<const Arithmetic &>(node).op;
            return op == ArithmeticOperator::add || op == ArithmeticOperator::subtract ? Precedence::sum : Precedence::product;
        }
        default:
            return is_condition(node.kind) ? Precedence::condition : Precedence::unary;
    }
}

}  // namespace

void print(const Node &node, std::pmr::string &out) {
    Printer(out).node(node, Precedence::disjunction);
}

void Printer::node(const Node &node, Precedence minimum) {
    if (precedence_of(node) < minimum)
        in_parentheses(node);
    else
        bare(node);
}

void Printer::in_parentheses(const Node &node) {
    put("(");
    bare(node);
    put(")");
}

void Printer::bare(const Node &node) {
    switch (node.kind) {
        case Kind::number: {
            const auto &number = static_cast<const Number &>(node);
            put(number.digits);
            if (number.percent)
                put(" percent");
            break;
        }
        case Kind::text:
            text(static_cast<const Text &>(node).value);
            break;
        case Kind::boolean:
            put(static_cast<const Boolean &>(node).value ? "true" : "false");
            break;
        case Kind::duration:
            duration(static_cast<const Duration &>(node));
            break;
        case Kind::now:
            put("now()");
            break;
        case Kind::name:
            name(static_cast<const Name &>(node));
            break;
        case Kind::arithmetic:
            arithmetic(static_cast<const Arithmetic &>(node));
            break;
        case Kind::negate: {
            const Node &operand = *static_cast<const Negate &>(node).operand;
            put(operand.kind == Kind::negate ? "- " : "-");  // two minus signs in a row would start a comment
            this->node(operand, Precedence::unary);
            break;
        }
        case Kind::call:
            call(static_cast<const Call &>(node));
            break;
        case Kind::bucket:
            put("bucket(");
            text(static_cast<const Bucket &>(node).salt);
            put(")");
            break;
        case Kind::days:
            put(static_cast<const Days &>(node).until ? "days until " : "days since ");
            this->node(*static_cast<const Days &>(node).operand, Precedence::unary);
            break;
        case Kind::aggregate:
            aggregate(static_cast<const Aggregate &>(node));
            break;
        case Kind::share:
            put("share of ");
            events(*static_cast<const Share &>(node).events);
            optional_window(static_cast<const Share &>(node).window);
            break;
        case Kind::pick:
            pick(static_cast<const Pick &>(node));
            break;
        case Kind::streak:
            put("streak of ");
            events(*static_cast<const Streak &>(node).events);
            put(" by ");
            put(unit_name(static_cast<const Streak &>(node).unit, false));
            break;
        case Kind::last_event:
            put("last ");
            events(*static_cast<const LastEvent &>(node).events);
            break;
        case Kind::everyone:
            put("everyone");
            break;
        case Kind::conjunction:
            chain(static_cast<const Conjunction &>(node).operands, " and ", Precedence::conjunction);
            break;
        case Kind::disjunction:
            chain(static_cast<const Disjunction &>(node).operands, " or ", Precedence::disjunction);
            break;
        case Kind::negation:
            put("not ");
            this->node(*static_cast<const Negation &>(node).operand, Precedence::condition);
            break;
        case Kind::truth:
            this->node(*static_cast<const Truth &>(node).value, Precedence::sum);
            break;
        case Kind::compare:
            compare(static_cast<const Compare &>(node));
            break;
        case Kind::between:
            between(static_cast<const Between &>(node));
            break;
        case Kind::in_list:
            in_list(static_cast<const InList &>(node));
            break;
        case Kind::is_set: {
            const auto &form = static_cast<const IsSet &>(node);
            is_form(*form.value, form.negated, "set");
            break;
        }
        case Kind::is_true: {
            const auto &form = static_cast<const IsTrue &>(node);
            is_form(*form.value, form.negated, form.expected ? "true" : "false");
            break;
        }
        case Kind::is_label: {
            const auto &form = static_cast<const IsLabel &>(node);
            is_form(*form.subject, form.negated, {});
            text(form.label);
            break;
        }
        case Kind::text_match:
            text_match(static_cast<const TextMatch &>(node));
            break;
        case Kind::includes:
            includes(static_cast<const Includes &>(node));
            break;
        case Kind::in_window:
            in_window(static_cast<const InWindow &>(node));
            break;
        case Kind::rank:
            rank(static_cast<const Rank &>(node));
            break;
        case Kind::in_segment:
            in_segment(static_cast<const InSegment &>(node));
            break;
        case Kind::segment_change:
            segment_change(static_cast<const SegmentChange &>(node));
            break;
        case Kind::in_manual_list:
            put(static_cast<const InManualList &>(node).negated ? "not in list " : "in list ");
            text(static_cast<const InManualList &>(node).list);
            break;
        case Kind::did:
            did(static_cast<const Did &>(node));
            break;
        case Kind::recency:
            recency(static_cast<const Recency &>(node));
            break;
        case Kind::trend:
            trend(static_cast<const Trend &>(node));
            break;
        case Kind::stopped:
            put("stopped ");
            events(*static_cast<const Stopped &>(node).events);
            put(" for ");
            duration(*static_cast<const Stopped &>(node).duration);
            break;
        case Kind::resumed:
            put("resumed ");
            events(*static_cast<const Resumed &>(node).events);
            put(" after ");
            duration(*static_cast<const Resumed &>(node).after);
            put(" within ");
            duration(*static_cast<const Resumed &>(node).within);
            break;
        case Kind::sequence:
            sequence(static_cast<const Sequence &>(node));
            break;
        case Kind::related:
            related(static_cast<const Related &>(node));
            break;
        case Kind::had_movement:
            put("had ");
            text(static_cast<const HadMovement &>(node).movement);
            optional_window(static_cast<const HadMovement &>(node).window);
            break;
        case Kind::events:
            events(static_cast<const Events &>(node));
            break;
        case Kind::window:
            window(static_cast<const Window &>(node));
            break;
    }
}

// An operand of the same kind, which a tree from elsewhere than the parser may have, needs no parentheses either.
void Printer::chain(Nodes operands, std::string_view word, Precedence own) {
    bool first = true;
    for (const Node *operand : operands) {
        if (!first)
            put(word);
        first = false;
        node(*operand, own);
    }
}

void Printer::put(std::uint64_t number) {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    out_.append(digits, end);
}

void Printer::text(std::string_view value) {
    put("'");
    for (std::size_t quote; (quote = value.find('\'')) != std::string_view::npos; value.remove_prefix(quote + 1)) {
        put(value.substr(0, quote));
        put("''");
    }
    put(value);
    put("'");
}

void Printer::identifier(std::string_view name, bool force_quotes) {
    if (!force_quotes && is_plain_name(name)) {
        put(name);
        return;
    }
    put("\"");
    for (char c : name) {
        if (c == '"')
            out_.push_back(c);
        out_.push_back(c);
    }
    put("\"");
}

void Printer::list(Nodes items) {
    put("(");
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0)
            put(", ");
        node(*items[i], Precedence::sum);
    }
    put(")");
}

}  // namespace segment::definition
