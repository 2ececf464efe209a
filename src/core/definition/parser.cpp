// Operators, parentheses and the entry points.
#include "core/definition/parser.hpp"

#include <algorithm>
#include <string>

#include "core/definition/ascii.hpp"
#include "core/definition/parse_state.hpp"
#include "core/error.hpp"

namespace segment::definition {

const Node &parse_definition(std::string_view text, std::pmr::memory_resource &arena) {
    return Parser(text, arena, "definition").definition();
}

const Node &parse_formula(std::string_view text, std::pmr::memory_resource &arena) {
    return Parser(text, arena, "formula").formula();
}

const Node &parse_trait_formula(std::string_view text, std::pmr::memory_resource &arena) {
    return Parser(text, arena, "formula of a trait", limits::trait_depth).formula();
}

Parser::Parser(std::string_view text, std::pmr::memory_resource &memory, std::string_view subject, std::uint32_t depth_limit)
    : subject_(subject),
      depth_limit_(depth_limit),
      arena_(memory),
      lexer_(text),
      pending_(&memory),
      steps_(&memory),
      parts_(&memory),
      names_(&memory) {
    if (text.size() > limits::text_bytes)
        throw Error(ErrorCode::program_limit_exceeded, "the " + std::string(subject) + " is too long", Error::no_position,
                    "It has " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(limits::text_bytes) + ".");
    next_ = lexer_.next();
    advance();
}

const Node &Parser::definition() {
    if (at(TokenKind::end))
        fail("the definition is empty", "A definition that holds for every member is \"everyone\".");
    if (ascii::equal_folded(source(token_), "select") && (next_.kind == TokenKind::star || next_.kind == TokenKind::name))
        fail("a definition is a condition, not a query", "Write what would follow WHERE in a query.");
    const Node *condition = as_condition(expression(Precedence::disjunction));
    if (!at(TokenKind::end))
        unexpected_after(condition);
    return *condition;
}

const Node &Parser::formula() {
    if (at(TokenKind::end))
        fail("the formula is empty");
    const Node *value = expression(Precedence::disjunction);
    if (is_condition(value->kind))
        fail_at(value->position, "a formula is a value, not a condition");
    if (!at(TokenKind::end))
        unexpected_after(value);
    return *value;
}

Parser::Level::Level(Parser &parser) : parser_(parser), outer_deepest_(parser.deepest_) {
    parser_.deepest_ = ++parser_.depth_;
    check();
}

Parser::Level::~Level() {
    --parser_.depth_;
    parser_.deepest_ = std::max(parser_.deepest_, outer_deepest_);
}

void Parser::Level::deepen() {
    ++parser_.deepest_;
    check();
}

void Parser::Level::check() const {
    if (parser_.deepest_ > parser_.depth_limit_)
        parser_.limit_exceeded("is nested more than " + std::to_string(parser_.depth_limit_) + " levels deep", parser_.token_.begin);
}

void Parser::count_leaf(std::uint32_t position) {
    if (++leaves_ > limits::leaves)
        limit_exceeded("has more than " + std::to_string(limits::leaves) + " conditions", position);
}

const Node *Parser::expression(Precedence minimum) {
    Level level(*this);
    const Node *left = operand(minimum);
    for (;;) {
        switch (token_.kind) {
            case TokenKind::plus:
            case TokenKind::minus:
                if (minimum > Precedence::sum)
                    return left;
                level.deepen();
                left = arithmetic(at(TokenKind::plus) ? ArithmeticOperator::add : ArithmeticOperator::subtract, Precedence::product, left);
                break;
            case TokenKind::star:
            case TokenKind::slash:
                if (minimum > Precedence::product)
                    return left;
                level.deepen();
                left = arithmetic(at(TokenKind::star) ? ArithmeticOperator::multiply : ArithmeticOperator::divide, Precedence::unary, left);
                break;
            default:
                if (at(Word::and_) && minimum <= Precedence::conjunction) {
                    level.deepen();
                    left = chain<Conjunction>(Kind::conjunction, Word::and_, Precedence::condition, left);
                } else if (at(Word::or_) && minimum == Precedence::disjunction) {
                    level.deepen();
                    left = chain<Disjunction>(Kind::disjunction, Word::or_, Precedence::conjunction, left);
                } else if (minimum <= Precedence::condition && at_predicate()) {
                    level.deepen();
                    left = predicate(left);
                } else {
                    return left;
                }
        }
    }
}

const Node *Parser::arithmetic(ArithmeticOperator op, Precedence right, const Node *left) {
    require_value(left);
    if (++operators_ > limits::operators)
        limit_exceeded("has more than " + std::to_string(limits::operators) + " arithmetic operators", token_.begin);
    advance();
    return add(Arithmetic{{Kind::arithmetic, left->position}, op, left, require_value(expression(right))});
}

// Reads `and …` or `or …` as often as it follows and gives all operands to one node, also those of a nested node of the same
// kind that stood in parentheses.
template <class Chain>
const Node *Parser::chain(Kind kind, Word word, Precedence tighter, const Node *first) {
    const std::size_t begin = pending_.size();
    const auto keep = [&](const Node *operand) {
        if (operand->kind != kind)
            pending_.push_back(operand);
        else
            for (const Node *inner : static_cast<const Chain *>(operand)->operands)
                pending_.push_back(inner);
    };
    keep(as_condition(first));
    while (accept(word))
        keep(as_condition(expression(tighter)));
    const Nodes operands = arena_.copy(Nodes(pending_).subspan(begin));
    pending_.resize(begin);
    return add(Chain{{kind, first->position}, operands});
}

const Node *Parser::operand(Precedence minimum) {
    switch (token_.kind) {
        case TokenKind::name:
            return at(Word::not_) ? negation() : word_operand(minimum);
        case TokenKind::quoted_name:
            return name_operand();
        case TokenKind::number:
            return number_or_duration();
        case TokenKind::text:
            return text_operand();
        case TokenKind::minus: {
            const std::uint32_t position = token_.begin;
            advance();
            return add(Negate{{Kind::negate, position}, require_value(expression(Precedence::unary))});
        }
        case TokenKind::open: {
            const std::uint32_t position = open();
            const Node *inside = expression(Precedence::disjunction);
            close_after(position, inside);
            return inside;
        }
        default:
            expected_operand(minimum);
    }
}

// `not in segment 'x'` is a form of its own, so that it reads as written; every other `not` is a node.
const Node *Parser::negation() {
    const std::uint32_t position = token_.begin;
    advance();
    const Node *operand = as_condition(expression(Precedence::condition));
    if (operand->kind == Kind::in_segment && !static_cast<const InSegment *>(operand)->negated) {
        InSegment form = *static_cast<const InSegment *>(operand);
        form.position = position;
        form.negated = true;
        return add(form);
    }
    if (operand->kind == Kind::in_manual_list && !static_cast<const InManualList *>(operand)->negated) {
        InManualList form = *static_cast<const InManualList *>(operand);
        form.position = position;
        form.negated = true;
        return add(form);
    }
    return add(Negation{{Kind::negation, position}, operand});
}

// A value that may be boolean counts as a condition where nothing more follows.
const Node *Parser::as_condition(const Node *node) {
    if (is_condition(node->kind))
        return node;
    const bool may_be_boolean =
        node->kind == Kind::name || node->kind == Kind::pick ||
        (node->kind == Kind::aggregate && static_cast<const Aggregate *>(node)->function == AggregateFunction::most_frequent);
    if (!ends_condition(token_))
        unexpected_after_value(node);
    if (!may_be_boolean)
        value_is_no_condition(node);
    return add_leaf(Truth{{Kind::truth, node->position}, node});
}

const Node *Parser::require_value(const Node *node) const {
    if (is_condition(node->kind))
        fail_at(node->position, "expected a value, found a condition");
    return node;
}

std::uint32_t Parser::open() {
    const std::uint32_t position = token_.begin;
    expect(TokenKind::open, "\"(\"");
    ++parentheses_;
    return position;
}

void Parser::close(std::uint32_t open) {
    if (at(TokenKind::end))
        fail_at(open, "this \"(\" has no closing \")\"");
    expect(TokenKind::close, "\")\"");
    --parentheses_;
}

void Parser::close_after(std::uint32_t open, const Node *last) {
    if (!at(TokenKind::close) && !at(TokenKind::end))
        unexpected_after(last);
    close(open);
}

const Node *Parser::where() {
    if (!accept(Word::where))
        return nullptr;
    if (!at(TokenKind::open))
        expected("\"(\" after \"where\"", {}, "The condition of \"where\" is written in parentheses.");
    const std::uint32_t position = open();
    ++where_depth_;
    const Node *condition = as_condition(expression(Precedence::disjunction));
    --where_depth_;
    close_after(position, condition);
    return condition;
}

}  // namespace segment::definition
