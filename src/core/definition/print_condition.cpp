#include "core/definition/print_state.hpp"

namespace segment::definition {
namespace {

constexpr std::string_view not_if(bool negated) {
    return negated ? " not" : "";
}

// Whether a window written after this value would be read as the window of the events at its end.
bool takes_window(const Node &value) {
    switch (value.kind) {
        case Kind::aggregate:
            return static_cast<const Aggregate &>(value).window == nullptr;
        case Kind::share:
            return static_cast<const Share &>(value).window == nullptr;
        case Kind::pick:
            return static_cast<const Pick &>(value).window == nullptr;
        case Kind::negate:
            return takes_window(*static_cast<const Negate &>(value).operand);
        case Kind::days:
            return takes_window(*static_cast<const Days &>(value).operand);
        case Kind::arithmetic:
            return takes_window(*static_cast<const Arithmetic &>(value).right);
        default:
            return false;
    }
}

}  // namespace

void Printer::compare(const Compare &node) {
    this->node(*node.left, Precedence::sum);
    switch (node.op) {
        case Comparison::equal:
            put(" = ");
            break;
        case Comparison::not_equal:
            put(" != ");
            break;
        case Comparison::less:
            put(" < ");
            break;
        case Comparison::less_equal:
            put(" <= ");
            break;
        case Comparison::greater:
            put(" > ");
            break;
        case Comparison::greater_equal:
            put(" >= ");
            break;
    }
    this->node(*node.right, Precedence::sum);
}

void Printer::between(const Between &node) {
    this->node(*node.value, Precedence::sum);
    put(not_if(node.negated));
    put(" between ");
    this->node(*node.low, Precedence::sum);
    put(" and ");
    this->node(*node.high, Precedence::sum);
}

void Printer::in_list(const InList &node) {
    this->node(*node.value, Precedence::sum);
    put(not_if(node.negated));
    put(" in ");
    list(node.items);
}

void Printer::is_form(const Node &value, bool negated, std::string_view what) {
    node(value, Precedence::sum);
    put(" is");
    put(not_if(negated));
    put(" ");
    put(what);
}

void Printer::text_match(const TextMatch &node) {
    this->node(*node.value, Precedence::sum);
    put(not_if(node.negated));
    switch (node.op) {
        case TextOperator::contains:
            put(" contains ");
            break;
        case TextOperator::starts_with:
            put(" starts with ");
            break;
        case TextOperator::ends_with:
            put(" ends with ");
            break;
        case TextOperator::like:
            put(" like ");
            break;
        case TextOperator::ilike:
            put(" ilike ");
            break;
        case TextOperator::matches:
        case TextOperator::imatches:
            put(" matches ");
            break;
    }
    text(node.pattern);
    if (node.ignoring_case || node.op == TextOperator::imatches)
        put(" ignoring case");
}

void Printer::includes(const Includes &node) {
    this->node(*node.value, Precedence::sum);
    put(" includes ");
    switch (node.quantity) {
        case Quantity::one:
            this->node(*node.items[0], Precedence::sum);
            return;
        case Quantity::any:
            put("any ");
            break;
        case Quantity::all:
            put("all ");
            break;
        case Quantity::none:
            put("none ");
            break;
    }
    list(node.items);
}

void Printer::in_window(const InWindow &node) {
    if (takes_window(*node.value))
        in_parentheses(*node.value);
    else
        this->node(*node.value, Precedence::sum);
    put(" ");
    window(*node.window);
}

void Printer::rank(const Rank &node) {
    this->node(*node.value, Precedence::sum);
    put(not_if(node.negated));
    switch (node.form) {
        case RankForm::top:
            put(" in top ");
            break;
        case RankForm::bottom:
            put(" in bottom ");
            break;
        case RankForm::above_median:
            put(" above median");
            break;
        case RankForm::below_median:
            put(" below median");
            break;
        case RankForm::smallest_set:
            put(" in smallest set holding ");
            break;
    }
    put(node.amount);
    if (node.percent)
        put(" percent");
    if (node.per != nullptr) {
        put(" per ");
        name(*node.per);
    }
}

void Printer::in_segment(const InSegment &node) {
    put(node.negated ? "not " : "");
    put(node.ever ? "ever in segment " : "in segment ");
    text(node.segment);
    if (node.for_at_least != nullptr) {
        put(" for at least ");
        duration(*node.for_at_least);
    }
}

void Printer::segment_change(const SegmentChange &node) {
    put(node.entered ? "entered segment " : "exited segment ");
    text(node.segment);
    optional_window(node.window);
}

}  // namespace segment::definition
