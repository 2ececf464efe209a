// Conditions on what members did: events, their number and order, and related rows.
#include <string>

#include "core/definition/decimal.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/parse_state.hpp"

namespace segment::definition {

const Node *Parser::did() {
    Did result{{Kind::did, token_.begin}, false, false, DidForm::times};
    result.never = accept(Word::never);
    expect(Word::did, "Write \"never did 'purchase'\".");
    if (at(Word::never))
        fail("unexpected \"never\"", "Write \"never did 'purchase'\" or \"did not 'purchase'\".");
    result.negated = !result.never && accept(Word::not_);
    if (at(TokenKind::open))
        return enclosed_sequence(result);
    result.events = events();
    if (at(Word::then)) {
        if (result.negated || result.never)
            fail("a negated sequence is written in parentheses", "Write \"did not ('visit' then 'signup')\".");
        return open_sequence(result.position, result.events);
    }
    did_form(result);
    if (result.form != DidForm::periods_of_last)
        result.window = optional_window(WindowUse::event);
    refuse_after_did(result);
    return add_leaf(result);
}

// What may stand between the event and the window.
void Parser::did_form(Did &result) {
    switch (token_.word) {
        case Word::on:
            advance();
            result.form = DidForm::distinct_periods;
            result.count = count("a number of days, as in \"on at least 5 distinct days\"");
            expect(Word::distinct, "Write \"on at least 5 distinct days\".");
            result.unit = period("a period such as \"days\"");
            return;
        case Word::for_:
            advance();
            expect(Word::the, "Write \"for the first time\".");
            expect(Word::first);
            expect(Word::time);
            result.form = DidForm::first_time;
            return;
        case Word::in:
            if (next_.word != Word::last && next_.word != Word::this_)
                periods_of_last(result);
            return;
        default:
            if (!at_count() || at_window_of_duration())
                return;
            if (at(Word::between) && unit_of(peek(4).word))
                fail("both ends of \"between ... ago\" are durations", "Write \"between 30 days and 10 days ago\".");
            result.count = count("a number of times");
            if (!accept(Word::times) && !accept(Word::time))
                expected("\"times\"", {Word::times});
    }
}

// `in at least 4 of the last 6 months`.
void Parser::periods_of_last(Did &result) {
    advance();
    if (at(Word::the) || (at(TokenKind::number) && unit_of(next_.word)))
        fail("expected \"last\", \"this\" or a number of periods after \"in\", found " + found(),
             "The 30 days up to now are written \"within 30 days\".");
    result.form = DidForm::periods_of_last;
    const std::uint32_t position = token_.begin;
    result.count = count("a number of periods, as in \"in at least 4 of the last 6 months\"");
    constexpr std::string_view hint = "Write \"in at least 4 of the last 6 months\".";
    expect(Word::of, hint);
    expect(Word::the, hint);
    expect(Word::last, hint);
    const std::uint32_t number = token_.begin;
    const std::uint64_t periods = take_whole_number("a number of periods");
    if (periods == 0 || periods > limits::calendar_periods)
        fail_at(number, "the number of periods must be between 1 and " + std::to_string(limits::calendar_periods));
    if (result.count.low > periods || result.count.high > periods)
        fail_at(position, "there are only " + std::to_string(periods) + " periods to count");
    result.of_last = static_cast<std::uint32_t>(periods);
    result.unit = period("a period such as \"months\"");
}

// Gives a reason for what does not fit behind a complete `did`, where its order is the likely mistake.
void Parser::refuse_after_did(const Did &result) const {
    const bool is_plain = result.form == DidForm::times && result.count.form == CountForm::unlimited && result.window == nullptr;
    if (at(Word::where))
        fail("\"where\" comes directly after the event",
             "The order is event, where, count, window: did 'login' where (...) at least 5 times within 30 days.");
    if (at(Word::then))
        fail("the first step of a sequence has no count and no window",
             "A window of the whole sequence is written \"did ('visit' then 'signup' within 7 days) within 30 days\".");
    if (!is_plain && (at_count() || at(Word::on) || at(Word::for_)))
        fail(result.window != nullptr ? "the count comes before the window" : "there is a count already",
             "The order is event, where, count, window: did 'login' where (...) at least 5 times within 30 days.");
    if (!is_plain && at_window())
        fail("there is a window already");
    if (is_plain && at(TokenKind::number))
        fail("expected a count such as \"at least 5 times\", found " + found(),
             "Write \"exactly " + found() + " times\" or \"at least " + found() + " times\".");
}

// Whether a count begins here. `more than 14 days ago` and `between 14 days and 7 days ago` are windows: see below.
bool Parser::at_count() const {
    switch (token_.word) {
        case Word::at:
        case Word::exactly:
            return true;
        case Word::fewer:
        case Word::more:
            return next_.word == Word::than;
        case Word::between:
            return next_.kind == TokenKind::number;
        default:
            return false;
    }
}

bool Parser::at_window_of_duration() const {
    if (at(Word::more))
        return peek(2).word == Word::interval || unit_of(peek(3).word).has_value();
    return at(Word::between) && at_ago_range();
}

Count Parser::count(std::string_view what) {
    Count result;
    const auto number = [&] { return take_whole_number("a whole number"); };
    switch (token_.word) {
        case Word::at:
            advance();
            if (!at(Word::least) && !at(Word::most))
                expected("\"least\" or \"most\"", {Word::least, Word::most});
            result.form = at(Word::least) ? CountForm::at_least : CountForm::at_most;
            advance();
            result.low = number();
            return result;
        case Word::exactly:
            advance();
            result.form = CountForm::exactly;
            result.low = number();
            return result;
        case Word::fewer:
        case Word::more:
            result.form = at(Word::fewer) ? CountForm::fewer_than : CountForm::more_than;
            advance();
            expect(Word::than);
            result.low = number();
            return result;
        case Word::between: {
            advance();
            const std::uint32_t position = token_.begin;
            result.form = CountForm::between;
            result.low = number();
            expect(Word::and_);
            result.high = number();
            if (result.low > result.high)
                fail_at(position, "the smaller number comes first");
            return result;
        }
        default:
            expected(what, {Word::at, Word::exactly, Word::fewer, Word::more, Word::between},
                     at(TokenKind::number) ? "Say \"at least\", \"at most\" or \"exactly\" before the number." : "");
    }
}

// ------------------------------------------------------------------------------------------------------------ sequences

const Node *Parser::open_sequence(std::uint32_t position, const Events *first) {
    Sequence result{{Kind::sequence, position}, false, false, {}};
    result.steps = steps(first);
    if (at(Word::within))  // the last step has its own already
        result.window = window(WindowUse::event);
    else if (at_window())
        fail("a window of the whole sequence follows parentheses", "Write \"did ('visit' then 'signup') in last month\".");
    return add_leaf(result);
}

const Node *Parser::enclosed_sequence(const Did &start) {
    Sequence result{{Kind::sequence, start.position}, start.negated, start.never, {}};
    const std::uint32_t parenthesis = open();
    if (at(Word::not_))
        fail("a sequence begins with an event that happened", "For events that did not happen write \"did not 'visit'\".");
    const Events *first = events();
    if (at(TokenKind::close) || at(TokenKind::comma))
        fail("expected \"then\", found " + found(), at(TokenKind::comma)
                                                        ? "Any of several events is written \"did any of ('login', 'open')\"."
                                                        : "A single event needs no parentheses.");
    if (at_window())
        fail("the first step of a sequence has no window",
             "A window of the whole sequence follows the parentheses: did ('visit' then 'signup' within 7 days) within 30 days.");
    if (!at(Word::then))
        expected("\"then\"", {Word::then});
    result.steps = steps(first);
    if (at_window())
        fail(at(Word::within) ? "this step has a window already" : "a step is bounded by \"within\" only",
             "A window of the whole sequence follows the parentheses: did ('visit' then 'signup' within 7 days) within 30 days.");
    close(parenthesis);
    result.window = optional_window(WindowUse::event);
    return add_leaf(result);
}

// At the first `then`.
std::span<const Step> Parser::steps(const Events *first) {
    const std::size_t begin = steps_.size();
    steps_.push_back({first});
    while (accept(Word::then)) {
        if (steps_.back().negated && steps_.back().within != nullptr)
            fail_at(steps_.back().events->position, "\"not ... within\" is possible in the last step only",
                    "Between two steps, \"not\" covers all the time between them.");
        Step step;
        step.negated = accept(Word::not_);
        step.events = events();
        if (at_count() && !at_window_of_duration())
            fail("a step of a sequence has no count");
        if (at(Word::within)) {
            advance();
            step.within = duration();
            if (at(Word::of))
                fail("a step's \"within\" counts from the previous step", "A window of the whole sequence follows parentheses.");
        }
        count_leaf(step.events->position);
        steps_.push_back(step);
    }
    const auto result = arena_.copy(std::span<const Step>(steps_).subspan(begin));
    steps_.resize(begin);
    return result;
}

// ---------------------------------------------------------------------------------------- recency, stopped, resumed, trend

// After `last`.
const Node *Parser::recency(std::uint32_t position) {
    Recency result{{Kind::recency, position}, events(), nullptr};
    if (!at_window())
        expected("\"within\" or \"more than ... ago\" after the event", {Word::within, Word::more},
                 "Write \"last 'login' within 14 days\" or \"last 'login' more than 14 days ago\".");
    const std::uint32_t at_window_position = token_.begin;
    result.window = window(WindowUse::event);
    if (result.window->form != WindowForm::within && result.window->form != WindowForm::more_than_ago)
        fail_at(at_window_position, "after \"last\" and an event only \"within\" and \"more than ... ago\" are possible",
                "With other windows write \"did 'login'\", or compare \"days since last 'login'\".");
    return add_leaf(result);
}

const Node *Parser::stopped() {
    Stopped result{{Kind::stopped, token_.begin}};
    advance();
    result.events = events();
    expect(Word::for_, "Write \"stopped 'login' for 14 days\".");
    result.duration = duration();
    return add_leaf(result);
}

const Node *Parser::resumed() {
    Resumed result{{Kind::resumed, token_.begin}};
    constexpr std::string_view hint = "Write \"resumed 'login' after 30 days within 7 days\".";
    advance();
    result.events = events();
    expect(Word::after, hint);
    result.after = duration();
    expect(Word::within, hint);
    result.within = duration();
    return add_leaf(result);
}

// `fell by P within W [from at least N]` after an aggregate or a score.
const Node *Parser::trend(const Node *left) {
    constexpr std::string_view hint = "Write \"count of 'login' fell by 50 percent within 4 weeks\".";
    const auto *aggregate = left->kind == Kind::aggregate ? static_cast<const Aggregate *>(left) : nullptr;
    if (aggregate == nullptr && left->kind != Kind::name)
        fail("only aggregates of events and scores have a trend", hint);
    if (aggregate != nullptr && aggregate->window != nullptr)
        fail_at(aggregate->window->position, "the window of a trend comes at its end", hint);
    Trend result{{Kind::trend, left->position}, at(Word::fell), left, {}, false, nullptr, {}};
    advance();
    expect(Word::by, hint);
    const std::uint32_t position = token_.begin;
    result.amount = take_decimal("a number or percentage");
    result.percent = accept(Word::percent);
    if (result.fell && result.percent && compare_decimals(result.amount, "100") > 0)
        fail_at(position, "nothing falls by more than 100 percent");
    expect(Word::within, hint);
    result.within = duration();
    if (accept(Word::from)) {
        expect(Word::at, "The least earlier value is written \"from at least 10\".");
        expect(Word::least);
        result.from_at_least = take_decimal("a number");
    }
    return add_leaf(result);
}

// --------------------------------------------------------------------------------------------------------- related rows

const Node *Parser::related() {
    Related result{{Kind::related, token_.begin}, Quantifier::count, {}, {}};
    switch (token_.word) {
        case Word::any:
            result.quantifier = Quantifier::any;
            break;
        case Word::all:
            result.quantifier = Quantifier::all;
            break;
        case Word::no:
            result.quantifier = Quantifier::no;
            break;
        default:
            break;
    }
    if (result.quantifier == Quantifier::count) {
        result.count = count("a count");
        expect(Word::of, at(Word::times) || at(Word::time) ? "The number of times follows the event: did 'login' at least 5 times."
                                                           : "Related rows are counted with \"at least 3 of contact\".");
    } else {
        advance();
        if (at(Word::event) || at(Word::of))
            fail("expected a relation's name, found " + found(),
                 "Events are written with \"did\" before them: did any event, did any of ('login', 'open').");
    }
    if (at(TokenKind::name) && is_reserved(token_.word))
        expected("a relation's name", {}, "Related rows are written \"any contact where (...)\".");
    result.relation = take_identifier("a relation's name");
    result.where = where();
    if (result.quantifier == Quantifier::all && result.where == nullptr)
        expected("\"where\"", {Word::where}, "Write \"all contact where (active)\".");
    return add_leaf(result);
}

}  // namespace segment::definition
