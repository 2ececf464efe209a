#include "core/definition/references.hpp"

#include "core/definition/ascii.hpp"
#include "core/definition/lexer.hpp"
#include "core/definition/limits.hpp"
#include "core/error.hpp"

namespace segment::definition {
namespace {

// In quotes, with those within doubled.
std::pmr::string enclosed(std::string_view text, char quote, std::pmr::memory_resource &memory) {
    std::pmr::string quoted(1, quote, &memory);
    for (const char c : text)
        quoted.append(c == quote ? 2 : 1, c);
    return quoted += quote;
}

// As a definition writes it.
std::pmr::string literal(std::string_view text, std::pmr::memory_resource &memory) {
    return enclosed(text, '\'', memory);
}

std::pmr::string content(std::string_view literal, std::pmr::memory_resource &memory) {
    std::pmr::string text(&memory);
    for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
        text += literal[i];
        i += literal[i] == '\'';
    }
    return text;
}

// Calls `found(word, token)` for every text with the word before it.
template <class Found>
void for_each_text(std::string_view definition, Found found) {
    Lexer lexer(definition);
    Token before;
    for (Token token = lexer.next(); token.kind != TokenKind::end; before = token, token = lexer.next()) {
        if (token.kind == TokenKind::invalid)
            lexer.raise(token);
        if (token.kind == TokenKind::text && before.kind == TokenKind::name)
            found(before.word, token);
    }
}

// Calls `found(token)` for every reference to `name`.
template <class Found>
void for_each_reference(std::string_view definition, Word what, std::string_view name, std::pmr::memory_resource &memory, Found found) {
    const std::pmr::string wanted = literal(name, memory);
    for_each_text(definition, [&](Word before, const Token &token) {
        if (before == what && definition.substr(token.begin, token.end - token.begin) == wanted)
            found(token);
    });
}

}  // namespace

bool refers_to(std::string_view definition, Word what, std::string_view name, std::pmr::memory_resource &memory) {
    bool refers = false;
    for_each_reference(definition, what, name, memory, [&](const Token &) { refers = true; });
    return refers;
}

bool names(std::string_view definition, std::string_view name, std::pmr::memory_resource &memory) {
    const std::pmr::string quoted = enclosed(name, '"', memory);
    Lexer lexer(definition);
    TokenKind before = TokenKind::end;
    for (Token token = lexer.next(); token.kind != TokenKind::end; before = token.kind, token = lexer.next()) {
        if (token.kind == TokenKind::invalid)
            lexer.raise(token);
        const std::string_view written = lexer.slice(token);
        const bool same =
            token.kind == TokenKind::name ? ascii::equal_folded(written, name) : token.kind == TokenKind::quoted_name && written == quoted;
        if (same && before != TokenKind::dot)
            return true;
    }
    return false;
}

SegmentReferences segment_references(std::string_view definition, std::pmr::memory_resource &memory) {
    SegmentReferences references{std::pmr::vector<std::pmr::string>(&memory)};
    for_each_text(definition, [&](Word before, const Token &token) {
        if (before == Word::segment)
            references.names.push_back(content(definition.substr(token.begin, token.end - token.begin), memory));
        references.labels = references.labels || before == Word::is || before == Word::not_;
    });
    return references;
}

std::pmr::string with_renamed(std::string_view definition, Word what, std::string_view name, std::string_view new_name,
                              std::pmr::memory_resource &memory) {
    const std::pmr::string replacement = literal(new_name, memory);
    std::pmr::string renamed(&memory);
    std::uint32_t copied = 0;
    for_each_reference(definition, what, name, memory, [&](const Token &token) {
        renamed.append(definition.substr(copied, token.begin - copied)).append(replacement);
        copied = token.end;
    });
    renamed.append(definition.substr(copied));
    if (renamed.size() > limits::text_bytes)
        throw Error(ErrorCode::program_limit_exceeded, "definition would be longer than " + std::to_string(limits::text_bytes) + " bytes");
    return renamed;
}

}  // namespace segment::definition
