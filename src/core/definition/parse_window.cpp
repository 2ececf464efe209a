// Windows of time: `within 30 days`, `more than 30 days ago`, `in last 3 calendar months` and the others.
#include <string>

#include "core/definition/duration.hpp"
#include "core/definition/parse_state.hpp"

namespace segment::definition {

bool Parser::at_window() const {
    switch (token_.word) {
        case Word::within:
        case Word::since:
        case Word::from:
        case Word::today:
            return true;
        case Word::more:
            return next_.word == Word::than;
        case Word::this_:
            return unit_of(next_.word).has_value();
        case Word::last:
            return unit_of(next_.word).has_value() || next_.kind == TokenKind::number;
        case Word::in:
            return next_.word == Word::last || next_.word == Word::this_;
        case Word::between:
            return at_ago_range();
        default:
            return false;
    }
}

// Whether `between` starts `between A and B ago`: only the far end tells. A duration has few terms, so this looks at few tokens.
bool Parser::at_ago_range() const {
    Lexer ahead = lexer_;
    Token token = next_;
    const auto skip = [&] { token = ahead.next(); };
    const auto skip_duration = [&] {
        if (token.word == Word::interval) {
            skip();
            const bool found = token.kind == TokenKind::text;
            skip();
            return found;
        }
        int terms = 0;
        while (token.kind == TokenKind::number && terms <= 10) {
            skip();
            if (!unit_of(token.word))
                return false;
            skip();
            ++terms;
        }
        return terms > 0;
    };
    if (!skip_duration() || token.word != Word::and_)
        return false;
    skip();
    return skip_duration() && token.word == Word::ago;
}

const Window *Parser::window(WindowUse use) {
    Window result{{Kind::window, token_.begin}, WindowForm::today};
    switch (token_.word) {
        case Word::within:
            window_within(result, use);
            break;
        case Word::more:
            result.form = WindowForm::more_than_ago;
            advance();
            expect(Word::than);
            result.duration = duration("To compare a number write \">\"; for the time before write \"more than 30 days ago\".");
            expect(Word::ago, "The time before 30 days ago is written \"more than 30 days ago\".");
            break;
        case Word::between:
            window_ago_range(result);
            break;
        case Word::since:
            result.form = WindowForm::since;
            advance();
            result.from = instant("The time from 30 days ago up to now is written \"within 30 days\".");
            break;
        case Word::from:
            result.form = WindowForm::from_to;
            advance();
            result.from = instant();
            expect(Word::to, use == WindowUse::event
                                 ? "A span of time is written \"from '2025-01-01' to '2025-02-01'\"; a source is named with \"of\"."
                                 : "A span of time is written \"from '2025-01-01' to '2025-02-01'\".");
            result.to = instant();
            break;
        case Word::today:
            advance();
            break;
        default:
            window_calendar(result);
            break;
    }
    return add(result);
}

void Parser::window_within(Window &result, WindowUse use) {
    result.form = WindowForm::within;
    advance();
    if (at(Word::next)) {
        if (use == WindowUse::event)
            fail("events lie in the past, \"within next\" looks ahead",
                 "Write \"within 30 days\", or use \"within next\" on a time trait.");
        result.form = WindowForm::within_next;
        advance();
    }
    result.duration = duration();
    if (result.form == WindowForm::within && accept(Word::of)) {
        result.form = WindowForm::within_of;
        result.from = instant();
    }
}

void Parser::window_ago_range(Window &result) {
    result.form = WindowForm::between_ago;
    advance();
    result.duration = duration();
    expect(Word::and_);
    result.duration2 = duration();
    expect(Word::ago);
    const auto longer = at_least_as_long(*span_of(*result.duration2), *span_of(*result.duration));
    if (longer.value_or(false))
        fail_at(result.duration->position, "the longer duration comes first",
                "Write the earlier end first, as in \"between 30 days and 10 days ago\".");
}

// `in this month`, `in last month`, `in last 3 calendar months`; also without `in`.
void Parser::window_calendar(Window &result) {
    accept(Word::in);
    if (accept(Word::this_)) {
        result.form = WindowForm::in_this;
        result.unit = period("a period such as \"month\"");
        if (result.unit == Unit::day)
            result.form = WindowForm::today;
        return;
    }
    result.form = WindowForm::in_last;
    expect(Word::last);
    if (!at(TokenKind::number)) {
        result.unit = period("a period such as \"month\"");
        return;
    }
    const std::uint32_t position = token_.begin;
    const std::string written(source(token_));
    const std::uint64_t count = take_whole_number("a number of periods");
    if (count == 0 || count > limits::calendar_periods)
        fail_at(position, "the number of periods must be between 1 and " + std::to_string(limits::calendar_periods));
    if (!at(Word::calendar)) {
        std::string hint;
        if (const auto unit = unit_of(token_.word)) {
            hint = "Write \"within " + written + " " + std::string(unit_name(*unit, count != 1)) + "\" for the time up to now";
            if (is_calendar_unit(*unit))
                hint += ", or \"in last " + written + " calendar " + std::string(unit_name(*unit, count != 1)) +
                        "\" for whole periods before the current one";
            hint += ".";
        }
        expected("\"calendar\"", {Word::calendar}, hint);
    }
    advance();
    result.count = static_cast<std::uint32_t>(count);
    result.unit = period("a period such as \"months\"");
}

Unit Parser::period(std::string_view what) {
    const auto unit = unit_of(token_.word);
    if (!unit)
        expected(what, {Word::day, Word::week, Word::month, Word::quarter, Word::year});
    if (!is_calendar_unit(*unit))
        fail("calendar periods are days, weeks, months, quarters and years");
    advance();
    return *unit;
}

// The T of `since T`: a trait, a literal or a parenthesis, so that it is clear where the window ends.
const Node *Parser::instant(std::string_view hint) {
    switch (token_.kind) {
        case TokenKind::text:
            return text_operand();
        case TokenKind::quoted_name:
            return name("a time");
        case TokenKind::open:
            return require_value(expression(Precedence::unary));
        case TokenKind::name:
            if ((at(Word::now) || at(Word::anniversary)) && next_.kind == TokenKind::open)
                return word_operand(Precedence::sum);
            return name("a time");
        default:
            expected("a time: a trait, a literal in single quotes or a parenthesis", {}, hint);
    }
}

}  // namespace segment::definition
