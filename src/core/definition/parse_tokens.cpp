// The parser's view of the tokens: moving on, looking ahead, taking literals.
#include <string>

#include "core/definition/ascii.hpp"
#include "core/definition/decimal.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/parse_state.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

constexpr std::string_view in_digits = "Numbers are written in digits.";

}  // namespace

void Parser::advance() {
    previous_ = token_;
    token_ = next_;
    if (token_.kind == TokenKind::invalid)
        lexer_.raise(token_);
    next_ = lexer_.next();
}

Token Parser::peek(unsigned distance) const {
    Token token = next_;
    for (Lexer ahead = lexer_; distance > 1; --distance)
        token = ahead.next();
    return token;
}

bool Parser::ends_condition(const Token &token) {
    return token.kind == TokenKind::end || token.kind == TokenKind::close || token.word == Word::and_ || token.word == Word::or_;
}

bool Parser::follows_value(const Token &token) {
    switch (token.kind) {
        case TokenKind::quoted_name:
        case TokenKind::text:
        case TokenKind::number:
        case TokenKind::open:
            return false;
        case TokenKind::name:
            break;
        default:
            return true;
    }
    return definition::follows_value(token.word);
}

bool Parser::accept(Word word) {
    if (!at(word))
        return false;
    advance();
    return true;
}

bool Parser::accept(TokenKind kind) {
    if (!at(kind))
        return false;
    advance();
    return true;
}

void Parser::expect(Word word, std::string_view hint) {
    if (!accept(word))
        expected("\"" + std::string(spelling(word)) + "\"", {word}, hint);
}

void Parser::expect(TokenKind kind, std::string_view what, std::string_view hint) {
    if (!at(kind))
        expected(what, {}, hint);
    advance();
}

// The content of a quoted token, where a doubled quote stands for one.
std::string_view Parser::unquoted(const Token &token) {
    const std::string_view quoted = source(token);
    const char quote = quoted[0];
    const std::string_view inside = quoted.substr(1, quoted.size() - 2);
    if (inside.find(quote) == std::string_view::npos)
        return arena_.copy(inside);
    char *const result = arena_.characters(inside.size());
    std::size_t length = 0;
    for (std::size_t i = 0; i < inside.size(); ++i) {
        result[length++] = inside[i];
        if (inside[i] == quote)
            ++i;
    }
    return {result, length};
}

std::string_view Parser::take_text(std::string_view what) {
    if (!at(TokenKind::text)) {
        std::string hint;
        const std::string_view written = source(token_);
        if (at(TokenKind::quoted_name))
            hint = "Write '" + excerpt(written.substr(1, written.size() - 2)) + "'.";
        else if (at(TokenKind::name) && at(Word::none))
            hint = "Write '" + excerpt(written) + "'.";
        expected(std::string(what) + " in single quotes", {}, hint);
    }
    const std::string_view value = unquoted(token_);
    advance();
    return value;
}

std::string_view Parser::take_identifier(std::string_view what) {
    if (!at_name())
        expected(what, {}, at(TokenKind::text) ? "Names are written without quotes or in double quotes; single quotes are for texts." : "");
    std::string_view result;
    if (at(TokenKind::quoted_name)) {
        result = unquoted(token_);
    } else {
        const std::string_view written = source(token_);
        char *const folded = arena_.characters(written.size());
        for (std::size_t i = 0; i < written.size(); ++i)
            folded[i] = ascii::lower(written[i]);
        result = {folded, written.size()};
    }
    advance();
    return result;
}

std::string_view Parser::decimal(const Token &number) {
    const auto digits = canonical_decimal(source(number), arena_);
    if (!digits)
        throw Error(ErrorCode::numeric_out_of_range, "the number " + excerpt(source(number)) + " has too many digits", number.begin,
                    "Numbers have at most " + std::to_string(limits::number_digits) + " digits before and after the decimal point.");
    return *digits;
}

std::string_view Parser::take_decimal(std::string_view what) {
    if (!at(TokenKind::number))
        expected(what, {}, at(TokenKind::name) ? in_digits : "");
    const std::string_view digits = decimal(token_);
    advance();
    return digits;
}

std::uint64_t Parser::take_whole_number(std::string_view what) {
    if (!at(TokenKind::number))
        expected(what, {}, at(TokenKind::name) ? in_digits : "");
    const std::string_view digits = decimal(token_);
    const auto value = whole_number(digits);
    if (!value && digits.find('.') != std::string_view::npos)
        expected(std::string(what) + " without a fraction");
    if (!value)
        throw Error(ErrorCode::numeric_out_of_range, "the number " + excerpt(source(token_)) + " is too large here", token_.begin);
    advance();
    return static_cast<std::uint64_t>(*value);
}

}  // namespace segment::definition
