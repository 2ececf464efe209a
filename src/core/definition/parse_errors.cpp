// What the parser says when a text does not fit: what was expected, what was found instead, and a hint where the intention
// can be guessed.
#include <string>

#include "core/definition/duration.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/nearest.hpp"
#include "core/definition/parse_state.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

constexpr std::string_view whole_conditions =
    "Each side of \"and\" and \"or\" is a whole condition: plan = 'a' or plan = 'b', did 'a' or did 'b'.";

using Words = std::initializer_list<Word>;

// Words that follow a value.
constexpr Words followers = {Word::above, Word::below,    Word::between, Word::contains, Word::ends,    Word::fell, Word::from, Word::ilike,
                             Word::in,    Word::includes, Word::is,      Word::like,     Word::matches, Word::more, Word::not_, Word::rose,
                             Word::since, Word::starts,   Word::today,   Word::within,   Word::and_,    Word::or_};

// Words that continue `did 'login'`.
constexpr Words did_followers = {Word::at, Word::between, Word::exactly, Word::fewer, Word::for_,  Word::from,   Word::in,   Word::more,
                                 Word::on, Word::since,   Word::then,    Word::today, Word::where, Word::within, Word::and_, Word::or_};

constexpr Words joiners = {Word::and_, Word::or_};

constexpr Words units = {Word::seconds, Word::minutes, Word::hours, Word::days, Word::weeks, Word::months, Word::quarters, Word::years};

constexpr Words functions = {Word::age,    Word::anniversary, Word::avg, Word::bucket, Word::hour,   Word::max,
                             Word::median, Word::min,         Word::now, Word::sum,    Word::weekday};

std::string_view nearest_of(std::string_view word, Words words) {
    Nearest search(word);
    for (Word known : words)
        search.offer(spelling(known));
    return search.best();
}

std::string did_you_mean(std::string_view word) {
    return word.empty() ? std::string() : "Did you mean \"" + std::string(word) + "\"?";
}

// For a name that nothing fits behind: it was meant to begin a form.
std::string opener_hint(std::string_view name) {
    switch (find_word(name)) {
        case Word::days:
            return "Write \"days since signup_at\" or \"days until renewal_at\".";
        case Word::segment:
        case Word::list:
            return "Membership is written \"in segment 'x'\" or \"in list 'x'\".";
        case Word::top:
        case Word::bottom:
            return "Ranks are written \"mrr in top 10 percent\".";
        case Word::avg:
        case Word::max:
        case Word::median:
        case Word::min:
        case Word::sum:
            return "Aggregates of events are written \"sum(amount) of 'purchase'\".";
        case Word::more:
        case Word::since:
        case Word::within:
            return "A window of time follows a trait or an event: signup_at within 30 days.";
        case Word::age:
        case Word::anniversary:
        case Word::hour:
        case Word::weekday:
            return "Its argument is written in parentheses: " + std::string(name) + "(birthday).";
        case Word::none:
            break;
        default:
            return {};
    }
    Nearest search(name, 2);  // more than a single letter would be a guess: a trait may have any name
    for (std::size_t i = 1; i < word_count; ++i)
        if (opens_form(static_cast<Word>(i)))
            search.offer(spelling(static_cast<Word>(i)));
    return search.best().empty() ? std::string()
                                 : "Did you mean \"" + std::string(search.best()) + "\" instead of \"" + excerpt(name) + "\"?";
}

bool speaks_of_events(const Node *value) {
    return value->kind == Kind::aggregate || value->kind == Kind::share || value->kind == Kind::pick;
}

}  // namespace

void Parser::fail_at(std::uint32_t position, std::string_view message, std::string_view hint) const {
    throw Error(ErrorCode::syntax_error, std::string(message), position, {}, std::string(hint));
}

void Parser::fail(std::string_view message, std::string_view hint) const {
    fail_at(token_.begin, message, hint);
}

void Parser::limit_exceeded(std::string_view message, std::uint32_t position) const {
    throw Error(ErrorCode::program_limit_exceeded, "the " + std::string(subject_) + " " + std::string(message), position);
}

// How a message names the current token.
std::string Parser::found() const {
    switch (token_.kind) {
        case TokenKind::end:
            return "the end of the " + std::string(subject_);
        case TokenKind::number:
        case TokenKind::quoted_name:
        case TokenKind::text:
            return excerpt(source(token_));
        default:
            return "\"" + excerpt(source(token_)) + "\"";
    }
}

// A hint of the caller's goes behind a mistyped word that is near to one of `words`.
void Parser::expected(std::string_view what, Words words, std::string_view hint) const {
    std::string guess;
    if (at(TokenKind::name))
        guess = did_you_mean(nearest_of(source(token_), words));
    fail("expected " + std::string(what) + ", found " + found(), guess.empty() ? hint : guess);
}

void Parser::expected_operand(Precedence minimum) const {
    std::string_view hint;
    switch (token_.word) {
        case Word::null:
            hint = "Whether a value is missing is asked with \"is set\" and \"is not set\".";
            break;
        case Word::where:
            hint = "A definition is the condition alone, without \"where\" before it.";
            break;
        case Word::then:
            hint = "A sequence begins with \"did\", as in \"did 'visit' then 'signup'\".";
            break;
        default:
            if (token_.kind >= TokenKind::equal && token_.kind <= TokenKind::not_imatches)
                hint = whole_conditions;
    }
    expected(minimum <= Precedence::condition ? "a condition" : "a value", {}, hint);
}

void Parser::unexpected_after(const Node *node) const {
    if (at(TokenKind::close) && parentheses_ == 0)
        fail("this \")\" has no opening \"(\"");
    if (is_condition(node->kind))
        unexpected_after_condition(node);
    unexpected_after_value(node);
}

void Parser::unexpected_after_value(const Node *value) const {
    if (subject_ == "formula")
        expected(parentheses_ > 0 ? "an operator or \")\"" : "an operator or the end of the formula");
    if (at(TokenKind::close) && parentheses_ == 0)
        fail("this \")\" has no opening \"(\"");
    if (at(Word::where) && speaks_of_events(value))
        fail("\"where\" comes directly after the event", "Write \"count of 'login' where (...) within 30 days\".");

    const std::string_view written = lexer_.text().substr(value->position, previous_.end - value->position);
    const bool is_plain_name = value->kind == Kind::name && !written.ends_with(')');
    std::string hint;
    if (at(TokenKind::name)) {
        hint = translation(source(token_));
        if (hint.empty() && at(Word::none))
            hint = did_you_mean(nearest_of(source(token_), followers));
    }
    if (hint.empty() && at(Word::not_))
        hint = "After a value, \"not\" goes with in, between, like, contains and others; otherwise write \"!=\" or \"is not set\".";
    if (hint.empty() && at(Word::where))
        hint = "Related rows are written \"any contact where (...)\".";
    if (hint.empty() && is_plain_name)
        hint = opener_hint(written);
    if (hint.empty())
        hint = "Comparisons are = != < <= > >=, between, in, is set, contains, starts with, like, matches, includes, within and others.";
    expected(is_plain_name || value->kind == Kind::text ? "a comparison after " + named(written) : "a comparison", {}, hint);
}

// Where a value stands alone.
void Parser::value_is_no_condition(const Node *value) const {
    const std::string_view written = lexer_.text().substr(value->position, previous_.end - value->position);
    const bool is_literal = value->kind == Kind::text || value->kind == Kind::number || value->kind == Kind::boolean;
    std::string hint;
    if (value->kind == Kind::text)
        hint = whole_conditions;
    else if (value->kind == Kind::boolean)
        hint = "A definition that holds for every member is \"everyone\", one that holds for none \"not everyone\".";
    else if (speaks_of_events(value))
        hint = "Compare it with another value, as in \"count of 'login' within 30 days > 5\".";
    else
        hint = "Compare it with another value, as in \"mrr > 100\".";
    fail_at(value->position, (is_literal && !written.ends_with(')') ? excerpt(written) : "a value") + " alone is not a condition", hint);
}

void Parser::unexpected_after_condition(const Node *condition) const {
    const auto *compare = condition->kind == Kind::compare ? static_cast<const Compare *>(condition) : nullptr;
    const bool is_did = condition->kind == Kind::did;
    if (at(TokenKind::equal) || at(TokenKind::not_equal))
        fail("a condition cannot be compared", "A condition is complete by itself; its opposite has \"not\" before it.");
    if (token_.kind >= TokenKind::less && token_.kind <= TokenKind::greater_equal)
        fail("a condition cannot be compared", is_did ? "How often something was done is written \"did 'login' at least 5 times\"."
                                                      : "A range is written \"mrr between 10 and 20\".");
    const bool is_of_events = compare != nullptr && (speaks_of_events(compare->left) || speaks_of_events(compare->right));
    if (is_of_events && at_window())
        fail("the window comes before the comparison", "Write it after the event, as in \"count of 'login' within 30 days > 5\".");
    if (is_of_events && at(Word::where))
        fail("\"where\" comes directly after the event", "Write \"count of 'login' where (...) > 5\".");

    const bool is_bare_did = is_did && static_cast<const Did *>(condition)->window == nullptr;
    expected(std::string(is_bare_did ? "a count, a window, " : "") + "\"and\", \"or\" or " +
                 (parentheses_ > 0 ? "\")\"" : "the end of the definition"),
             !at(Word::none)                       ? Words{}
             : previous_.kind == TokenKind::number ? units
             : is_did                              ? did_followers
                                                   : joiners,
             hint_after_condition(condition));
}

std::string_view Parser::hint_after_condition(const Node *condition) const {
    const auto *compare = condition->kind == Kind::compare ? static_cast<const Compare *>(condition) : nullptr;
    if (at(TokenKind::comma)) {
        if (condition->kind == Kind::did)
            return "Any of several events is written \"did any of ('login', 'open')\".";
        if (compare != nullptr && compare->right->kind == Kind::number)
            return "A number has no thousands separators; several values are written as a list: in (1, 2).";
        return "Several values are written as a list: in ('a', 'b').";
    }
    if (previous_.word == Word::interval)
        return "Write \"30 days\" or \"interval '30 days'\".";
    if (compare != nullptr && compare->right->kind == Kind::name && (at(TokenKind::name) || at(TokenKind::number)))
        return "A text of several words is written in single quotes.";
    if (condition->kind == Kind::in_segment && at_window())
        return "Who came in or left is asked with \"entered segment 'x' within 7 days\" and \"exited segment 'x' within 7 days\".";
    if (condition->kind == Kind::rank && at(Word::by))
        return "Ranks within groups are written \"in top 10 per country\".";
    if (at(Word::in) && next_.kind == TokenKind::number)
        return "The 30 days up to now are written \"within 30 days\".";
    if (at(Word::then))
        return "A sequence begins with \"did\", as in \"did 'visit' then 'signup'\".";
    if (at(Word::where))
        return "\"where\" comes directly after an event or a relation.";
    if (const auto own = translation(source(token_)); !own.empty())
        return own;
    if (at(TokenKind::name) || at(TokenKind::quoted_name))
        return "Conditions are joined with \"and\" or \"or\".";
    return {};
}

void Parser::unknown_function() const {
    const std::string_view written = source(token_);
    std::string hint = did_you_mean(nearest_of(written, functions));
    if (at(Word::count))
        hint = "The number of events is written \"count of 'login'\".";
    else if (written == "lower" || written == "upper")
        hint = "To compare texts without regard to case write \"title contains 'vp' ignoring case\".";
    else if (hint.empty())
        hint =
            "The functions are age, anniversary, bucket, hour, now and weekday; avg, max, median, min and sum take a column of an event.";
    fail("there is no function \"" + excerpt(written) + "\"", hint);
}

}  // namespace segment::definition
