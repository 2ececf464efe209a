// What the parser says when a text does not fit: what was expected, what was found instead, and a hint where the intention
// can be guessed.
#include <string>
#include <utility>

#include "core/definition/duration.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/nearest.hpp"
#include "core/definition/parse_state.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

using Words = std::initializer_list<Word>;

// Words that follow a value.
constexpr Words followers = {Word::above, Word::below, Word::between, Word::contains, Word::ends, Word::fell, Word::from, Word::ilike,
                             Word::in, Word::includes, Word::is, Word::like, Word::matches, Word::more, Word::not_, Word::rose,
                             Word::since, Word::starts, Word::today, Word::within, Word::and_, Word::or_};

// Words that continue `did 'login'`.
constexpr Words did_followers = {Word::at, Word::between, Word::exactly, Word::fewer, Word::for_, Word::from, Word::in, Word::more,
                                 Word::on, Word::since, Word::then, Word::today, Word::where, Word::within, Word::and_, Word::or_};

constexpr Words joiners = {Word::and_, Word::or_};

constexpr Words functions = {Word::age, Word::anniversary, Word::avg, Word::bucket, Word::hour, Word::max, Word::median, Word::min,
                             Word::now, Word::sum, Word::weekday};

std::string_view nearest_of(std::string_view word, Words words) {
    Nearest search(word);
    for (Word known : words)
        search.offer(spelling(known));
    return search.best();
}

std::string_view nearest_opener(std::string_view word) {
    Nearest search(word);
    for (std::size_t i = 1; i < word_count; ++i)
        if (opens_form(static_cast<Word>(i)))
            search.offer(spelling(static_cast<Word>(i)));
    return search.best();
}

std::string did_you_mean(std::string_view word) {
    return word.empty() ? std::string() : "Did you mean \"" + std::string(word) + "\"?";
}

// Other languages' words for what is written with a sign or in another way here.
std::string_view translation(std::string_view word) {
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {"equals", "Write \"=\"."},
        {"equal", "Write \"=\"."},
        {"eq", "Write \"=\"."},
        {"ne", "Write \"!=\"."},
        {"gt", "Write \">\"."},
        {"gte", "Write \">=\"."},
        {"lt", "Write \"<\"."},
        {"lte", "Write \"<=\"."},
        {"greater", "Write \">\" or \">=\"."},
        {"less", "Write \"<\" or \"<=\"; \"fewer than\" for a number of times."},
        {"at", "Write \">=\" for \"at least\" and \"<=\" for \"at most\"."},
        {"atleast", "Write \"at least\"."},
        {"atmost", "Write \"at most\"."},
        {"once", "Write \"exactly 1 time\" or \"at least 1 time\"."},
        {"twice", "Write \"exactly 2 times\" or \"at least 2 times\"."},
        {"exceeds", "Write \">\"."},
        {"has", "Write \"includes\" for arrays and \"contains\" for texts."},
        {"containing", "Write \"contains\"."},
        {"startswith", "Write \"starts with\"."},
        {"endswith", "Write \"ends with\"."},
        {"exists", "Write \"is set\"."},
        {"regexp", "Write \"matches\"."},
        {"rlike", "Write \"matches\"."},
        {"similar", "Write \"matches\" with a regular expression."},
        {"before", "Write \"<\" for times, or \"more than 30 days ago\"."},
        {"after", "Write \">\" for times, or \"since '2025-01-01'\"."},
        {"yesterday", "Write \"in last day\"."},
    };
    for (const auto &[foreign, hint] : known)
        if (foreign == word)
            return hint;
    return {};
}

bool speaks_of_events(const Node *value) {
    return value->kind == Kind::aggregate || value->kind == Kind::share || value->kind == Kind::pick;
}

}  // namespace

void Parser::fail_at(std::uint32_t position, std::string message, std::string_view hint) const {
    throw Error(ErrorCode::syntax_error, std::move(message), position, {}, std::string(hint));
}

void Parser::fail(std::string message, std::string_view hint) const {
    fail_at(token_.begin, std::move(message), hint);
}

void Parser::limit_exceeded(std::string message, std::uint32_t position) const {
    throw Error(ErrorCode::program_limit_exceeded, "the " + std::string(subject_) + " " + message, position);
}

// How a message names the current token.
std::string Parser::found() const {
    switch (token_.kind) {
    case TokenKind::end: return "the end of the " + std::string(subject_);
    case TokenKind::number:
    case TokenKind::quoted_name:
    case TokenKind::text: return excerpt(source(token_));
    default: return "\"" + excerpt(source(token_)) + "\"";
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
    case Word::null: hint = "Whether a value is missing is asked with \"is set\" and \"is not set\"."; break;
    case Word::where: hint = "A definition is the condition alone, without \"where\" before it."; break;
    case Word::then: hint = "A sequence begins with \"did\", as in \"did 'visit' then 'signup'\"."; break;
    default: break;
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
    const std::string_view written = lexer_.text().substr(value->position, previous_end_ - value->position);
    const bool is_plain_name = value->kind == Kind::name && !written.ends_with(')');
    if (subject_ == "formula")
        expected(parentheses_ > 0 ? "an operator or \")\"" : "an operator or the end of the formula");

    std::string hint;
    if (at(TokenKind::name)) {
        hint = translation(source(token_));
        if (hint.empty() && at(Word::none))
            hint = did_you_mean(nearest_of(source(token_), followers));
    }
    if (hint.empty() && is_plain_name && find_word(written) == Word::none) {
        const std::string_view opener = nearest_opener(written);
        if (!opener.empty())
            hint = "Did you mean \"" + std::string(opener) + "\" instead of \"" + excerpt(written) + "\"?";
    }
    if (hint.empty())
        switch (value->kind) {
        case Kind::text: hint = "An event is written with \"did\" before it: did " + excerpt(written) + "."; break;
        case Kind::boolean: hint = "A definition that holds for every member is \"everyone\"."; break;
        case Kind::aggregate: hint = "Compare the value with another, as in \"count of 'login' within 30 days > 5\"."; break;
        default: hint = "Comparisons are = != < <= > >=, between, in, is set, contains, starts with, like, matches, includes, within and others.";
        }
    expected(is_plain_name || value->kind == Kind::text ? "a comparison after " + named(written) : "a comparison", {}, hint);
}

void Parser::unexpected_after_condition(const Node *condition) const {
    const auto *compare = condition->kind == Kind::compare ? static_cast<const Compare *>(condition) : nullptr;
    if (token_.kind >= TokenKind::equal && token_.kind <= TokenKind::greater_equal)
        fail("a condition cannot be compared", compare != nullptr ? "A range is written \"mrr between 10 and 20\"." : "");
    const bool is_of_events = compare != nullptr && (speaks_of_events(compare->left) || speaks_of_events(compare->right));
    if (is_of_events && at_window())
        fail("the window comes before the comparison", "Write it after the event, as in \"count of 'login' within 30 days > 5\".");
    if (is_of_events && at(Word::where))
        fail("\"where\" comes directly after the event", "Write \"count of 'login' where (...) > 5\".");

    std::string_view hint;
    if (at(TokenKind::comma) && compare != nullptr)
        hint = "Several values are written as a list: in ('a', 'b').";
    else if (compare != nullptr && compare->right->kind == Kind::name && (at(TokenKind::name) || at(TokenKind::number)))
        hint = "A text of several words stands in single quotes.";
    else if (at(Word::then))
        hint = "A sequence begins with \"did\", as in \"did 'visit' then 'signup'\".";
    else if (at(Word::where))
        hint = "\"where\" comes directly after an event or a relation.";
    else if (const auto own = translation(source(token_)); !own.empty())
        hint = own;
    else if (at(TokenKind::name) || at(TokenKind::quoted_name))
        hint = "Conditions are joined with \"and\" or \"or\".";
    expected(parentheses_ > 0 ? "\"and\", \"or\" or \")\"" : "\"and\", \"or\" or the end of the definition",
             condition->kind == Kind::did ? did_followers : joiners, hint);
}

void Parser::unknown_function() const {
    const std::string_view written = source(token_);
    std::string hint = did_you_mean(nearest_of(written, functions));
    if (at(Word::count))
        hint = "The number of events is written \"count of 'login'\".";
    else if (written == "lower" || written == "upper")
        hint = "To compare texts without regard to case write \"title contains 'vp' ignoring case\".";
    else if (hint.empty())
        hint = "The functions are age, anniversary, bucket, hour, now and weekday; avg, max, median, min and sum take a column of an event.";
    fail("there is no function \"" + excerpt(written) + "\"", hint);
}

}  // namespace segment::definition
