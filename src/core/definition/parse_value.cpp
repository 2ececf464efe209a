// Values: literals, names, durations, functions of the language.
#include <limits>
#include <string>

#include "core/definition/ascii.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/parse_state.hpp"
#include "core/error.hpp"

namespace segment::definition {
// A word begins a form if what follows it cannot follow a trait; otherwise it is the trait of that name.
const Node *Parser::word_operand(Precedence minimum) {
    const std::uint32_t position = token_.begin;
    switch (token_.word) {
        case Word::none:
            break;
        case Word::true_:
        case Word::false_: {
            const bool value = at(Word::true_);
            advance();
            return add(Boolean{{Kind::boolean, position}, value});
        }
        case Word::now:
            if (next_.kind != TokenKind::open)
                break;
            advance();
            close(open());
            return add(Now{{Kind::now, position}});
        case Word::age:
        case Word::anniversary:
        case Word::bucket:
        case Word::hour:
        case Word::weekday:
            if (next_.kind == TokenKind::open)
                return call();
            break;
        case Word::avg:
        case Word::max:
        case Word::median:
        case Word::min:
        case Word::sum:
            if (next_.kind == TokenKind::open)
                return aggregate_call();
            break;
        case Word::interval:
            if (next_.kind == TokenKind::text)
                return interval();
            break;
        case Word::days:
            if (next_.word == Word::since || next_.word == Word::until)
                return days();
            break;
        case Word::everyone:
            if (!ends_condition(next_) && follows_value(next_))
                break;
            advance();
            return add_leaf(Everyone{{Kind::everyone, position}});
        case Word::in:
            return membership();
        case Word::ever:
            if (!follows_value(next_) || (next_.word == Word::in && peek(2).word == Word::segment))
                return membership();
            break;
        case Word::between:
            if (at_count())
                return related();
            break;
        default:
            if (opens_form(token_.word) && (!follows_value(next_) || negates_did()))
                return form();
            break;
    }
    if (is_reserved(token_.word))
        expected_operand(minimum);
    return name_operand();
}

// `did not 'login'`, unlike `did not in (…)` of a trait.
bool Parser::negates_did() const {
    return at(Word::did) && next_.word == Word::not_ && !is_negatable(peek(2).word);
}

// The forms that one word opens.
const Node *Parser::form() {
    switch (token_.word) {
        case Word::count:
        case Word::most:
            return count_of();
        case Word::did:
        case Word::never:
            return did();
        case Word::entered:
        case Word::exited:
            return segment_change();
        case Word::first:
        case Word::last:
            return last_or_first();
        case Word::had:
            return had_movement();
        case Word::resumed:
            return resumed();
        case Word::share:
            return share_of();
        case Word::stopped:
            return stopped();
        case Word::streak:
            return streak_of();
        default:
            return related();
    }
}

const Node *Parser::number_or_duration() {
    if (unit_of(next_.word))
        return duration_terms();
    Number number{{Kind::number, token_.begin}, decimal(token_)};
    advance();
    number.percent = accept(Word::percent);
    return add(number);
}

const Node *Parser::text_operand() {
    const Text text{{Kind::text, token_.begin}, unquoted(token_)};
    advance();
    if (at(TokenKind::cast))
        fail("a text has no cast", "A text takes the type of what it is compared with; leave out the cast.");
    return add(text);
}

// One item of a list: a literal.
const Node *Parser::literal(std::string_view place) {
    const std::uint32_t position = token_.begin;
    switch (token_.kind) {
        case TokenKind::text:
            return text_operand();
        case TokenKind::number:
            return number_or_duration();
        case TokenKind::minus:
            advance();
            if (!at(TokenKind::number))
                expected("a number");
            return add(Negate{{Kind::negate, position}, number_or_duration()});
        default:
            break;
    }
    if (at(Word::true_) || at(Word::false_) || (at(Word::interval) && next_.kind == TokenKind::text))
        return word_operand(Precedence::sum);
    std::string hint;
    if (at(Word::null))
        hint = "Whether a value is missing is asked with \"is set\" and \"is not set\".";
    else if (ascii::equal_folded(source(token_), "select"))
        hint = "A list holds literals; a definition cannot contain queries.";
    else if (at_name())
        hint = "A list holds literals; texts are written in single quotes: '" + excerpt(source(token_)) + "'.";
    expected("a literal " + std::string(place), {}, hint);
}

const Name *Parser::name(std::string_view what) {
    if (at(TokenKind::name) && is_reserved(token_.word))
        expected(what, {}, "A name that is a word of the language is written in double quotes.");
    Name result{{Kind::name, token_.begin}, {}, {}};
    parts_.clear();
    const auto take_part = [&](std::string_view expected_what) {
        Name::Part part;
        part.quoted = at(TokenKind::quoted_name);
        part.name = take_identifier(expected_what);
        parts_.push_back(part);
    };
    take_part(what);
    for (;;) {
        if (at(TokenKind::dot)) {
            advance();
            take_part("a name after the dot");
        } else if (at(TokenKind::open_bracket)) {
            advance();
            if (at(TokenKind::text))
                expected("a position such as 0", {}, "A field of a jsonb value is written with a dot: properties.\"first-name\".");
            const std::uint32_t position = token_.begin;
            const std::uint64_t index = take_whole_number("a position such as 0");
            if (index > std::numeric_limits<std::int32_t>::max())
                fail_at(position, "the position is too large");
            Name::Part part;
            part.index = static_cast<std::int32_t>(index);
            parts_.push_back(part);
            expect(TokenKind::close_bracket, "\"]\"");
        } else {
            break;
        }
    }
    if (at(TokenKind::cast)) {
        advance();
        result.cast = take_identifier("a type after \"::\"");
    }
    result.parts = arena_.copy(std::span<const Name::Part>(parts_));
    return add(result);
}

const Node *Parser::name_operand() {
    if (next_.kind == TokenKind::open && at(TokenKind::name))
        unknown_function();
    const Name *result = name("a trait");
    if (at(TokenKind::text) && result->parts.size() == 1) {
        const std::string_view type = result->parts[0].name;
        if (type == "date" || type == "timestamp" || type == "timestamptz" || type == "time")
            fail_at(result->position, "a time is written as a text alone", "Write " + excerpt(source(token_)) + ".");
    }
    return result;
}

const Node *Parser::call() {
    const std::uint32_t position = token_.begin;
    const Word word = token_.word;
    advance();
    const std::uint32_t parenthesis = open();
    if (word == Word::bucket) {
        const std::string_view salt = take_text("a salt");
        close(parenthesis);
        return add(Bucket{{Kind::bucket, position}, salt});
    }
    const Node *argument = require_value(expression(Precedence::sum));
    close(parenthesis);
    const Function function = word == Word::age       ? Function::age
                              : word == Word::hour    ? Function::hour
                              : word == Word::weekday ? Function::weekday
                                                      : Function::anniversary;
    return add(Call{{Kind::call, position}, function, argument});
}

// `days since X`, `days until X`.
const Node *Parser::days() {
    const std::uint32_t position = token_.begin;
    advance();
    const bool until = at(Word::until);
    advance();
    const Node *value;
    if (at(Word::last) && begins_events(next_, peek(2))) {
        if (until)
            fail("events lie in the past, \"days until\" looks ahead", "Write \"days since last 'login'\".");
        const std::uint32_t last = token_.begin;
        advance();
        value = add(LastEvent{{Kind::last_event, last}, events()});
    } else {
        value = require_value(expression(Precedence::unary));
    }
    return add(Days{{Kind::days, position}, until, value});
}

}  // namespace segment::definition
