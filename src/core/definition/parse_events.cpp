// Which events a form speaks of, and the values taken from them: aggregates, shares, properties of the last event, streaks.
#include <string>

#include "core/definition/excerpt.hpp"
#include "core/definition/parse_state.hpp"

namespace segment::definition {

// Whether a choice of events begins at `token`; what follows `event` or `any` tells it from a column of that name.
bool Parser::begins_events(const Token &token, const Token &after) {
    return token.kind == TokenKind::text || (token.word == Word::any && (after.word == Word::event || after.word == Word::of)) ||
           (token.word == Word::event && after.word == Word::like);
}

const Events *Parser::events() {
    Events result{{Kind::events, token_.begin}, EventChoice::named, {}, {}};
    const auto single = [&](std::string_view name) { result.names = arena_.copy(std::span<const std::string_view>(&name, 1)); };
    if (accept(Word::any)) {
        if (accept(Word::event)) {
            result.choice = EventChoice::any;
        } else {
            if (!at(Word::of))
                expected("\"event\" or \"of\" after \"any\"", {Word::event, Word::of},
                         "Write \"any event\" or \"any of ('login', 'open')\".");
            advance();
            result.choice = EventChoice::any_of;
            result.names = event_names();
        }
    } else if (accept(Word::event)) {
        result.choice = EventChoice::like;
        expect(Word::like, "Event names by pattern are written \"event like 'page%'\".");
        single(take_text("a pattern"));
    } else {
        single(take_text("an event name"));
    }
    if (accept(Word::of))
        result.source = take_text("a source's name");
    result.where = where();
    return add(result);
}

std::span<const std::string_view> Parser::event_names() {
    if (!at(TokenKind::open))
        expected("\"(\" after \"any of\"", {}, "Write \"any of ('login', 'open')\".");
    const std::uint32_t parenthesis = open();
    names_.clear();
    do {
        if (names_.size() == limits::list_items)
            limit_exceeded("has a list of more than " + std::to_string(limits::list_items) + " items", parenthesis);
        names_.push_back(take_text("an event name"));
    } while (accept(TokenKind::comma));
    if (!at(TokenKind::close) && !at(TokenKind::end))
        expected("\",\" or \")\"");
    close(parenthesis);
    return arena_.copy(std::span<const std::string_view>(names_));
}

// `count of …`, `count distinct sku of …`, `most frequent platform of …`.
const Node *Parser::count_of() {
    Aggregate result{{Kind::aggregate, token_.begin}, AggregateFunction::count};
    if (accept(Word::most)) {
        expect(Word::frequent);
        result.function = AggregateFunction::most_frequent;
        result.argument = name("a column after \"most frequent\"");
    } else {
        advance();
        if (accept(Word::distinct)) {
            result.function = AggregateFunction::count_distinct;
            result.argument = name("a column after \"distinct\"");
        }
    }
    expect(Word::of, result.function == AggregateFunction::count            ? "The number of events is written \"count of 'login'\"."
                     : result.function == AggregateFunction::count_distinct ? "Write \"count distinct sku of 'purchase'\"."
                                                                            : "Write \"most frequent platform of 'login'\".");
    return aggregate(result);
}

// `sum(amount) of …` and its like.
const Node *Parser::aggregate_call() {
    Aggregate result{{Kind::aggregate, token_.begin}, AggregateFunction::sum};
    switch (token_.word) {
        case Word::avg:
            result.function = AggregateFunction::avg;
            break;
        case Word::min:
            result.function = AggregateFunction::min;
            break;
        case Word::max:
            result.function = AggregateFunction::max;
            break;
        case Word::median:
            result.function = AggregateFunction::median;
            break;
        default:
            break;
    }
    result.argument = aggregate_argument();
    return aggregate(result);
}

// `sum(amount) of`.
const Name *Parser::aggregate_argument() {
    const std::string word(spelling(token_.word));
    advance();
    const std::uint32_t parenthesis = open();
    const Name *column = name("a column");
    if (!at(TokenKind::close) && !at(TokenKind::end))
        expected("\")\"", {}, "\"" + word + "\" takes one column of the event: " + word + "(amount) of 'purchase'.");
    close(parenthesis);
    expect(Word::of, "\"" + word + "\" goes over events: " + word + "(amount) of 'purchase'.");
    return column;
}

const Node *Parser::aggregate(Aggregate &result) {
    result.events = events();
    result.window = optional_window(WindowUse::event);
    return add(result);
}

const Node *Parser::share_of() {
    Share result{{Kind::share, token_.begin}};
    advance();
    expect(Word::of);
    result.events = events();
    if (result.events->where == nullptr)
        expected("\"where\"", {Word::where}, "The condition tells which part: share of 'purchase' where (discount > 0).");
    result.window = optional_window(WindowUse::event);
    return add(result);
}

const Node *Parser::streak_of() {
    Streak result{{Kind::streak, token_.begin}};
    advance();
    expect(Word::of);
    result.events = events();
    expect(Word::by, "A streak counts days, weeks or months: streak of 'login' by day.");
    if (!at(Word::day) && !at(Word::week) && !at(Word::month))
        expected("\"day\", \"week\" or \"month\"", {Word::day, Word::week, Word::month});
    result.unit = period("\"day\", \"week\" or \"month\"");
    return add(result);
}

// `last 'login' within 14 days` is a condition, `last score of 'survey'` a value.
const Node *Parser::last_or_first() {
    const std::uint32_t position = token_.begin;
    const bool first = at(Word::first);
    const bool is_recency = begins_events(next_, peek(2));
    advance();
    if (is_recency && first)
        fail("expected a column after \"first\", found " + found(),
             "A property is written \"first channel of 'visit'\", the first time \"did 'visit' for the first time\".");
    return is_recency ? recency(position) : pick(position, first);
}

const Node *Parser::pick(std::uint32_t position, bool first) {
    Pick result{{Kind::pick, position}, first};
    result.column = picked_column(first ? "first" : "last");
    result.events = events();
    result.window = optional_window(WindowUse::event);
    return add(result);
}

// `score of`, after `last` or `first`.
const Name *Parser::picked_column(const std::string &word) {
    const Token begin = token_;
    const Name *column = name("an event name in single quotes, or a column, after \"" + word + "\"");
    if (!at(Word::of)) {
        const std::string property = excerpt(column->parts[0].name);
        fail_at(begin.begin, "expected \"of\" after the column " + named(source(begin)),
                at(TokenKind::text) ? "Write \"" + word + " " + property + " of " + excerpt(source(token_)) + "\"."
                                    : "An event name is written in single quotes: " + word + " '" + property + "'.");
    }
    advance();
    return column;
}

}  // namespace segment::definition
