#include "core/definition/lexer.hpp"

#include <string>

#include "core/definition/ascii.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/excerpt.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

constexpr std::string_view operator_characters = "=<>~!@#%^&|?";

constexpr bool is_operator_character(char c) {
    return operator_characters.find(c) != std::string_view::npos;
}

// Signs beyond ASCII that word processors put in place of ASCII ones. As bytes they would pass for letters of a name.
struct ForeignSign {
    std::string_view bytes, meant;
    Problem problem;
};
constexpr ForeignSign foreign_signs[] = {
    {"\xE2\x80\x98", "'", Problem::typographic_quote},  {"\xE2\x80\x99", "'", Problem::typographic_quote},
    {"\xE2\x80\x9A", "'", Problem::typographic_quote},  {"\xE2\x80\x9C", "\"", Problem::typographic_quote},
    {"\xE2\x80\x9D", "\"", Problem::typographic_quote}, {"\xE2\x80\x9E", "\"", Problem::typographic_quote},
    {"\xE2\x80\x93", "-", Problem::typographic_sign},   {"\xE2\x88\x92", "-", Problem::typographic_sign},
    {"\xE2\x89\xA0", "!=", Problem::typographic_sign},  {"\xE2\x89\xA4", "<=", Problem::typographic_sign},
    {"\xE2\x89\xA5", ">=", Problem::typographic_sign},  {"\xC2\xA0", " ", Problem::no_break_space},
    {"\xE2\x80\xAF", " ", Problem::no_break_space},     {"\xE2\x80\x8B", "", Problem::zero_width_space},
};

const ForeignSign *foreign_sign(std::string_view text) {
    if (text.empty() || (text[0] != '\xE2' && text[0] != '\xC2'))
        return nullptr;
    for (const ForeignSign &sign : foreign_signs)
        if (text.starts_with(sign.bytes))
            return &sign;
    return nullptr;
}

struct ForeignOperator {
    std::string_view symbol, hint;
};
constexpr ForeignOperator foreign_operators[] = {
    {"==", "Equality is written \"=\"."},
    {"===", "Equality is written \"=\"."},
    {"=~", "Regular expressions are written \"matches '^vp'\" or \"~ '^vp'\"."},
    {"!==", "Inequality is written \"!=\"."},
    {"=<", "Write \"<=\"."},
    {"=>", "Write \">=\"."},
    {"!", "Write \"not\"."},
    {"&", "Write \"and\"."},
    {"&&", "Write \"and\"."},
    {"|", "Write \"or\"."},
    {"||", "Write \"or\"."},
    {"%", "A percentage is written \"50 percent\"; the pattern of \"like\" is written in single quotes."},
    {"~~", "Write \"like\"."},
    {"~~*", "Write \"ilike\"."},
    {"!~~", "Write \"not like\"."},
    {"->", "A path into a jsonb value is written with dots: properties.plan."},
    {"->>", "A path into a jsonb value is written with dots: properties.plan."},
    {"@>", "Write \"includes\", as in \"tags includes 'vip'\"."},
    {"^", "The arithmetic operators are + - * and /."},
};

std::string_view hint_for(std::string_view symbol) {
    for (const ForeignOperator &known : foreign_operators)
        if (known.symbol == symbol)
            return known.hint;
    return "The operators are = != <> < <= > >= + - * / ~ and ~*.";
}

// `30days`, or `1_000`.
std::string junk_hint(std::string_view source) {
    std::size_t digits = 0;
    while (digits < source.size() && !ascii::starts_name(source[digits]))
        ++digits;
    if (unit_of(find_word(source.substr(digits))))
        return "Write \"" + std::string(source.substr(0, digits)) + " " + std::string(source.substr(digits)) + "\".";
    return "A number consists of digits and at most one decimal point; a name that starts with a digit is written in double quotes.";
}

}  // namespace

Token Lexer::token(TokenKind kind, std::size_t length) noexcept {
    Token result;
    result.kind = kind;
    result.begin = static_cast<std::uint32_t>(offset_);
    offset_ += length;
    result.end = static_cast<std::uint32_t>(offset_);
    return result;
}

Token Lexer::invalid(Problem problem, std::size_t length) noexcept {
    Token result = token(TokenKind::invalid, length);
    result.problem = problem;
    return result;
}

Token Lexer::next() noexcept {
    while (offset_ < text_.size() && ascii::is_space(text_[offset_]))
        ++offset_;
    if (offset_ == text_.size())
        return token(TokenKind::end, 0);
    const char c = text_[offset_];
    if (ascii::starts_name(c))
        return name();
    if (ascii::is_digit(c) || (c == '.' && ascii::is_digit(at(offset_ + 1))))
        return number();
    if (c == '\'' || c == '"')
        return quoted(c);
    return symbol();
}

Token Lexer::name() noexcept {
    std::size_t end = offset_;
    for (; end < text_.size() && ascii::continues_name(text_[end]); ++end) {
        const ForeignSign *sign = ascii::is_beyond(text_[end]) ? foreign_sign(text_.substr(end)) : nullptr;
        if (sign != nullptr && end == offset_)
            return invalid(sign->problem, sign->bytes.size());
        if (sign != nullptr)  // the name before it is a token of its own
            break;
    }
    Token result = token(TokenKind::name, end - offset_);
    result.word = find_word(slice(result));
    return result;
}

Token Lexer::number() noexcept {
    std::size_t end = offset_;
    const auto digits = [&] {
        while (ascii::is_digit(at(end)))
            ++end;
    };
    digits();
    if (at(end) == '.') {
        ++end;
        digits();
    }
    if (ascii::lower(at(end)) == 'e') {
        const std::size_t sign = at(end + 1) == '+' || at(end + 1) == '-' ? 1 : 0;
        if (ascii::is_digit(at(end + 1 + sign))) {
            end += 1 + sign;
            digits();
        }
    }
    const std::size_t well_formed = end;
    while (end < text_.size() && (ascii::continues_name(text_[end]) || text_[end] == '.') && !foreign_sign(text_.substr(end)))
        ++end;
    if (end == well_formed)
        return token(TokenKind::number, end - offset_);
    const char base = ascii::lower(at(offset_ + 1));
    const bool has_prefix = text_[offset_] == '0' && (base == 'x' || base == 'o' || base == 'b');
    return invalid(has_prefix ? Problem::hexadecimal : Problem::junk_after_number, end - offset_);
}

Token Lexer::quoted(char quote) noexcept {
    const bool is_text = quote == '\'';
    std::size_t end = offset_ + 1;
    for (;; ++end) {
        if (end >= text_.size())
            return invalid(is_text ? Problem::unterminated_text : Problem::unterminated_name, text_.size() - offset_);
        if (text_[end] == '\0') {
            offset_ = end;
            return invalid(Problem::nul_byte, 1);
        }
        if (text_[end] == quote) {
            if (at(end + 1) != quote)
                break;
            ++end;
        }
    }
    const std::size_t length = end + 1 - offset_;
    if (!is_text && length == 2)
        return invalid(Problem::empty_name, length);
    return token(is_text ? TokenKind::text : TokenKind::quoted_name, length);
}

Token Lexer::symbol() noexcept {
    const char c = text_[offset_], second = at(offset_ + 1);
    switch (c) {
        case '(':
            return token(TokenKind::open, 1);
        case ')':
            return token(TokenKind::close, 1);
        case '[':
            return token(TokenKind::open_bracket, 1);
        case ']':
            return token(TokenKind::close_bracket, 1);
        case ',':
            return token(TokenKind::comma, 1);
        case '.':
            return token(TokenKind::dot, 1);
        case '+':
            return token(TokenKind::plus, 1);
        case '*':
            return token(TokenKind::star, 1);
        case '/':
            return second == '*' ? invalid(Problem::comment, 2) : token(TokenKind::slash, 1);
        case '-':
            if (second == '-')
                return invalid(Problem::comment, 2);
            return second == '>' ? foreign_operator() : token(TokenKind::minus, 1);
        case ':':
            return second == ':' ? token(TokenKind::cast, 2) : invalid(Problem::unknown_character, 1);
        case '\0':
            return invalid(Problem::nul_byte, 1);
        default:
            break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
        return invalid(Problem::control_character, 1);
    if (!is_operator_character(c))
        return invalid(Problem::unknown_character, 1);

    struct Operator {
        std::string_view symbol;
        TokenKind kind;
    };
    static constexpr Operator operators[] = {
        {"!~*", TokenKind::not_imatches}, {"!~", TokenKind::not_matches}, {"~*", TokenKind::imatches},      {"<>", TokenKind::not_equal},
        {"!=", TokenKind::not_equal},     {"<=", TokenKind::less_equal},  {">=", TokenKind::greater_equal}, {"=", TokenKind::equal},
        {"<", TokenKind::less},           {">", TokenKind::greater},      {"~", TokenKind::matches},
    };
    const std::string_view rest = text_.substr(offset_);
    for (const Operator &known : operators)
        if (rest.starts_with(known.symbol) && !is_operator_character(at(offset_ + known.symbol.size())))
            return token(known.kind, known.symbol.size());
    return foreign_operator();
}

Token Lexer::foreign_operator() noexcept {
    std::size_t end = offset_ + 1;
    while (is_operator_character(at(end)))
        ++end;
    return invalid(Problem::unknown_operator, end - offset_);
}

bool is_plain_name(std::string_view name) noexcept {
    if (name.empty() || !ascii::starts_name(name[0]))  // leading spaces are none of the name
        return false;
    for (char c : name)
        if (ascii::is_upper(c))
            return false;
    const Token token = Lexer(name).next();
    return token.kind == TokenKind::name && token.end == name.size();
}

void Lexer::raise(const Token &invalid) const {
    const std::string_view source = slice(invalid);
    std::string message, hint;
    switch (invalid.problem) {
        case Problem::nul_byte:
            message = "a definition cannot contain a NUL byte";
            break;
        case Problem::control_character: {
            constexpr std::string_view hex = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(source[0]);
            message = std::string("unexpected control character 0x") + hex[byte >> 4] + hex[byte & 15];
            break;
        }
        case Problem::unterminated_text:
            message = "the text that starts here has no closing quote";
            hint = "A single quote inside a text is written twice: 'it''s'.";
            break;
        case Problem::unterminated_name:
            message = "the name that starts here has no closing double quote";
            hint = "Names may be written in double quotes, texts are written in single quotes.";
            break;
        case Problem::empty_name:
            message = "a name cannot be empty";
            hint = "An empty text is written in single quotes: ''.";
            break;
        case Problem::junk_after_number:
            message = "\"" + excerpt(source) + "\" is not a number";
            hint = junk_hint(source);
            break;
        case Problem::hexadecimal:
            message = "\"" + excerpt(source) + "\" is not a number";
            hint = "Numbers are decimal.";
            break;
        case Problem::comment:
            message = "a definition cannot contain comments";
            if (source == "--" && ascii::continues_name(at(invalid.end)))
                hint = "To subtract a negative number, put a space between the minus signs.";
            break;
        case Problem::typographic_quote:
        case Problem::typographic_sign:
            message = "unexpected typographic sign \"" + std::string(source) + "\"";
            hint = "Write " + std::string(foreign_sign(source)->meant) + " instead.";
            break;
        case Problem::no_break_space:
            message = "unexpected no-break space";
            hint = "Write an ordinary space instead.";
            break;
        case Problem::zero_width_space:
            message = "unexpected zero-width space";
            hint = "Remove it, or write an ordinary space.";
            break;
        case Problem::unknown_operator:
            message = "unknown operator \"" + excerpt(source) + "\"";
            hint = hint_for(source);
            break;
        case Problem::unknown_character:
        case Problem::none:
            message = "unexpected \"" + excerpt(source) + "\"";
            if (source == ";")
                hint = "A definition is one condition, without a semicolon.";
            break;
    }
    throw Error(ErrorCode::syntax_error, std::move(message), invalid.begin, {}, std::move(hint));
}

}  // namespace segment::definition
