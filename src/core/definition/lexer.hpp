// Cuts a definition's text into tokens. A token is a kind and a range of bytes; nothing is copied. What cannot be read
// becomes an `invalid` token, so that looking ahead never throws: the parser raises it when it gets there.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/definition/keywords.hpp"

namespace segment::definition {

// clang-format off
enum class TokenKind : std::uint8_t {
    end, name, quoted_name, text, number,
    equal, not_equal, less, less_equal, greater, greater_equal,
    matches, imatches, not_matches, not_imatches,
    plus, minus, star, slash, open, close, open_bracket, close_bracket, comma, dot, cast,
    invalid,
};

// Why a token is invalid.
enum class Problem : std::uint8_t {
    none, nul_byte, control_character, unterminated_text, unterminated_name, empty_name, junk_after_number, hexadecimal, comment,
    typographic_quote, typographic_sign, no_break_space, zero_width_space, unknown_operator, unknown_character,
};
// clang-format on

struct Token {
    TokenKind kind = TokenKind::end;
    Word word = Word::none;           // of a `name` that is a word of the language
    Problem problem = Problem::none;  // of an `invalid` token
    std::uint32_t begin = 0, end = 0;
};

class Lexer {
public:
    // `text` is at most limits::text_bytes long and outlives the lexer. Copying a lexer is cheap: a copy looks ahead.
    explicit Lexer(std::string_view text) : text_(text) {}

    // The next token; after the last one, `end` for ever.
    Token next() noexcept;

    std::string_view text() const { return text_; }
    std::string_view slice(const Token &token) const { return text_.substr(token.begin, token.end - token.begin); }

    // Throws the error that an invalid token stands for, at its first byte.
    [[noreturn]] void raise(const Token &invalid) const;

private:
    char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
    Token token(TokenKind kind, std::size_t length) noexcept;
    Token invalid(Problem problem, std::size_t length) noexcept;
    Token name() noexcept;
    Token number() noexcept;
    Token quoted(char quote) noexcept;
    Token symbol() noexcept;
    Token foreign_operator() noexcept;

    std::string_view text_;
    std::size_t offset_ = 0;
};

// Whether the lexer reads `name` as one unquoted name and folding leaves it as it is.
bool is_plain_name(std::string_view name) noexcept;

}  // namespace segment::definition
