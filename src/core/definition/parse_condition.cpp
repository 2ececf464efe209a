// Conditions that begin with a value: comparisons, lists, texts, windows and ranks.
#include <string>

#include "core/definition/decimal.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/parse_state.hpp"

namespace segment::definition {

// Words that `not` may stand before, after a value.
bool Parser::is_negatable(Word word) {
    switch (word) {
        case Word::above:
        case Word::below:
        case Word::between:
        case Word::contains:
        case Word::ends:
        case Word::from:
        case Word::ilike:
        case Word::in:
        case Word::includes:
        case Word::last:
        case Word::like:
        case Word::matches:
        case Word::more:
        case Word::since:
        case Word::starts:
        case Word::this_:
        case Word::today:
        case Word::within:
            return true;
        default:
            return false;
    }
}

bool Parser::at_predicate() const {
    if (token_.kind >= TokenKind::equal && token_.kind <= TokenKind::not_imatches)
        return true;
    switch (token_.word) {
        case Word::none:
            return false;
        case Word::is:
        case Word::fell:
        case Word::rose:
            return true;
        case Word::not_:
            return is_negatable(next_.word);
        case Word::this_:
        case Word::last:
            return at_window();
        default:
            return is_negatable(token_.word);
    }
}

const Node *Parser::predicate(const Node *left) {
    if (is_condition(left->kind))
        unexpected_after_condition(left);
    switch (token_.kind) {
        case TokenKind::equal:
            return comparison(left, Comparison::equal);
        case TokenKind::not_equal:
            return comparison(left, Comparison::not_equal);
        case TokenKind::less:
            return comparison(left, Comparison::less);
        case TokenKind::less_equal:
            return comparison(left, Comparison::less_equal);
        case TokenKind::greater:
            return comparison(left, Comparison::greater);
        case TokenKind::greater_equal:
            return comparison(left, Comparison::greater_equal);
        case TokenKind::matches:
            return text_match(left, false, TextOperator::matches);
        case TokenKind::imatches:
            return text_match(left, false, TextOperator::imatches);
        case TokenKind::not_matches:
            return text_match(left, true, TextOperator::matches);
        case TokenKind::not_imatches:
            return text_match(left, true, TextOperator::imatches);
        default:
            break;
    }
    const bool negated = accept(Word::not_);
    if (at_window())
        return negate_if(negated, value_in_window(left));
    switch (token_.word) {
        case Word::this_:
        case Word::last:
            return negate_if(negated, value_in_window(left));
        case Word::is:
            return is_form(left);
        case Word::in:
            return in_form(left, negated);
        case Word::between:
            return range(left, negated);
        case Word::contains:
            return text_match(left, negated, TextOperator::contains);
        case Word::starts:
            return text_match(left, negated, TextOperator::starts_with);
        case Word::ends:
            return text_match(left, negated, TextOperator::ends_with);
        case Word::like:
            return text_match(left, negated, TextOperator::like);
        case Word::ilike:
            return text_match(left, negated, TextOperator::ilike);
        case Word::matches:
            return text_match(left, negated, TextOperator::matches);
        case Word::includes:
            return negate_if(negated, inclusion(left));
        case Word::above:
            return rank(left, negated, RankForm::above_median);
        case Word::below:
            return rank(left, negated, RankForm::below_median);
        case Word::more:
            advance();
            expected("\"than\"", {Word::than}, "To compare a number write \">\".");
        default:
            return trend(left);
    }
}

const Node *Parser::negate_if(bool negated, const Node *condition) {
    return negated ? add(Negation{{Kind::negation, condition->position}, condition}) : condition;
}

const Node *Parser::value_in_window(const Node *left) {
    const Window *when = window(WindowUse::trait);
    return add_leaf(InWindow{{Kind::in_window, left->position}, left, when});
}

const Node *Parser::comparison(const Node *left, Comparison op) {
    advance();
    if (at(Word::null))
        fail("nothing compares with null", "Whether a value is missing is asked with \"is set\" and \"is not set\".");
    const Node *right = require_value(expression(Precedence::sum));
    return add_leaf(Compare{{Kind::compare, left->position}, op, left, right});
}

const Node *Parser::range(const Node *left, bool negated) {
    advance();
    const Node *low = require_value(expression(Precedence::sum));
    expect(Word::and_, at(Word::ago) ? "Write \"between 30 days and 10 days ago\"." : "A range is written \"between 20 and 29\".");
    const Node *high = require_value(expression(Precedence::sum));
    if (at(Word::ago))
        fail_at(low->position, "both ends of \"between ... ago\" are durations", "Write \"between 30 days and 10 days ago\".");
    return add_leaf(Between{{Kind::between, left->position}, negated, left, low, high});
}

const Node *Parser::is_form(const Node *left) {
    advance();
    const bool negated = accept(Word::not_);
    switch (token_.word) {
        case Word::set:
        case Word::null: {
            const bool asks_for_missing = at(Word::null) != negated;
            advance();
            return add_leaf(IsSet{{Kind::is_set, left->position}, asks_for_missing, left});
        }
        case Word::true_:
        case Word::false_: {
            const bool expects = at(Word::true_);
            advance();
            return add_leaf(IsTrue{{Kind::is_true, left->position}, negated, expects, left});
        }
        default:
            break;
    }
    if (!at(TokenKind::text)) {
        std::string hint = "To compare with a value write \"=\" or \"!=\".";
        if (at(Word::in) || is_negatable(token_.word))
            hint = "Leave out \"is\".";
        else if (const auto own = translation(source(token_)); !own.empty())
            hint = own;
        else if (at(TokenKind::name))
            hint = "A label is written in single quotes: '" + excerpt(source(token_)) + "'.";
        expected("\"set\", \"null\", \"true\", \"false\" or a label in single quotes after \"is\"",
                 {Word::set, Word::null, Word::true_, Word::false_, Word::not_}, hint);
    }
    if (left->kind != Kind::name)
        fail("only schemes and scores have labels", "To compare with a text write \"=\".");
    const std::string_view label = take_text("a label");
    return add_leaf(IsLabel{{Kind::is_label, left->position}, negated, static_cast<const Name *>(left), label});
}

const Node *Parser::in_form(const Node *left, bool negated) {
    advance();
    switch (token_.word) {
        case Word::top:
            return rank(left, negated, RankForm::top);
        case Word::bottom:
            return rank(left, negated, RankForm::bottom);
        case Word::smallest:
            return rank(left, negated, RankForm::smallest_set);
        case Word::segment:
        case Word::list:
            fail("\"in " + std::string(spelling(token_.word)) + "\" has nothing before it",
                 "It speaks of the member itself: in " + std::string(spelling(token_.word)) + " 'name'.");
        case Word::the: {
            const Word after = next_.word;
            fail("unexpected \"the\"",
                 after == Word::last ? "The 30 days up to now are written \"within 30 days\", whole months \"in last 3 calendar months\"."
                                     : "Write \"in top 10 percent\" without \"the\".");
        }
        default:
            break;
    }
    if (!at(TokenKind::open)) {
        std::string_view hint;
        if (unit_of(token_.word))
            hint = "Write \"in this month\" or \"in last month\".";
        else if (at(Word::next))
            hint = "The 30 days ahead are written \"within next 30 days\".";
        else if (at(TokenKind::text))
            hint = "A list is written in parentheses: in ('a', 'b').";
        else if (at(TokenKind::number))
            hint = "A list is written in parentheses, as in \"in (1, 2)\"; a window of time is written \"within 30 days\".";
        expected("a list in parentheses, \"top\", \"bottom\", \"smallest set\", \"last\" or \"this\" after \"in\"",
                 {Word::top, Word::bottom, Word::smallest, Word::last, Word::this_}, hint);
    }
    const Nodes items = literals("in the list");
    return add_leaf(InList{{Kind::in_list, left->position}, negated, left, items});
}

// At the opening parenthesis of a list of literals.
Nodes Parser::literals(std::string_view place) {
    const std::uint32_t parenthesis = open();
    const std::size_t begin = pending_.size();
    do {
        if (pending_.size() - begin == limits::list_items)
            limit_exceeded("has a list of more than " + std::to_string(limits::list_items) + " items", parenthesis);
        pending_.push_back(literal(place));
    } while (accept(TokenKind::comma));
    if (!at(TokenKind::close) && !at(TokenKind::end))
        expected("\",\" or \")\"");
    close(parenthesis);
    const Nodes items = arena_.copy(Nodes(pending_).subspan(begin));
    pending_.resize(begin);
    return items;
}

const Node *Parser::text_match(const Node *left, bool negated, TextOperator op) {
    const bool takes_with = at(Word::starts) || at(Word::ends);
    advance();
    if (takes_with)
        expect(Word::with);
    if (at(Word::any) || at(Word::all) || at(TokenKind::open))
        fail("expected a text in single quotes, found " + found(),
             "Write \"title contains 'a' or title contains 'b'\", or \"title matches 'a|b'\".");
    TextMatch match{{Kind::text_match, left->position}, negated, op, false, left, take_text("a text")};
    if (accept(Word::ignoring)) {
        expect(Word::case_);
        if (op == TextOperator::like || op == TextOperator::ilike)
            match.op = TextOperator::ilike;
        else if (op == TextOperator::matches || op == TextOperator::imatches)
            match.op = TextOperator::imatches;
        else
            match.ignoring_case = true;
    }
    return add_leaf(match);
}

const Node *Parser::inclusion(const Node *left) {
    advance();
    Includes result{{Kind::includes, left->position}, Quantity::one, left, {}};
    if (accept(Word::any))
        result.quantity = Quantity::any;
    else if (accept(Word::all))
        result.quantity = Quantity::all;
    else if (accept(Word::none_))
        result.quantity = Quantity::none;
    if (result.quantity == Quantity::one) {
        if (at(TokenKind::open))
            fail("expected \"any\", \"all\" or \"none\" before the list", "Write \"includes any ('a', 'b')\".");
        const Node *const item = literal("after \"includes\"");
        result.items = arena_.copy(Nodes(&item, 1));
    } else {
        result.items = literals("in the list");
    }
    return add_leaf(result);
}

const Node *Parser::rank(const Node *left, bool negated, RankForm form) {
    if (where_depth_ > 0)
        fail("a rank cannot stand inside \"where\"", "Ranks compare a member with all others.");
    advance();
    Rank result{{Kind::rank, left->position}, negated, form, left, {}};
    switch (form) {
        case RankForm::above_median:
        case RankForm::below_median:
            expect(Word::median,
                   form == RankForm::above_median ? "To compare with a number write \">\"." : "To compare with a number write \"<\".");
            break;
        case RankForm::smallest_set:
            expect(Word::set);
            expect(Word::holding);
            break;
        default:
            break;
    }
    if (form != RankForm::above_median && form != RankForm::below_median) {
        const Token number = token_;
        result.amount = take_decimal("a number");
        if (form == RankForm::smallest_set && !at(Word::percent))
            expected("\"percent\"", {Word::percent});
        result.percent = accept(Word::percent);
        if (result.percent ? result.amount == "0" || compare_decimals(result.amount, "100") > 0
                           : !whole_number(result.amount) || result.amount == "0")
            fail_at(number.begin, result.percent ? "a share must be above 0 and at most 100 percent"
                                                 : "a number of members must be a whole number above 0");
    }
    if ((form == RankForm::top || form == RankForm::bottom) && accept(Word::per))
        result.per = name("a trait after \"per\"");
    return add_leaf(result);
}

}  // namespace segment::definition
