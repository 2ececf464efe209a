// Quoting for SQL text.
#pragma once

#include <string>
#include <string_view>

namespace segment::definition {

// A string literal that means the same whatever standard_conforming_strings says.
template <class String>
void append_literal(String &out, std::string_view text) {
    const bool escapes = text.find('\\') != std::string_view::npos;
    out += escapes ? "E'" : "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\')
            out += c;
        out += c;
    }
    out += '\'';
}

inline std::string quote_literal(std::string_view text) {
    std::string literal;
    append_literal(literal, text);
    return literal;
}

// An identifier, always in double quotes.
template <class String>
void append_identifier(String &out, std::string_view name) {
    out += '"';
    for (const char c : name) {
        if (c == '"')
            out += c;
        out += c;
    }
    out += '"';
}

}  // namespace segment::definition
