// Tests on single bytes that no locale can change. Bytes from 0x80 up belong to characters beyond ASCII and count as letters,
// as in SQL's identifiers.
#pragma once

#include <cstddef>
#include <string_view>

namespace segment::definition::ascii {

constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_beyond(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}
constexpr char lower(char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool starts_name(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || is_beyond(c);
}
constexpr bool continues_name(char c) {
    return starts_name(c) || is_digit(c) || c == '$';
}

// Whether `text` is `lower_case` in any case.
constexpr bool equal_folded(std::string_view text, std::string_view lower_case) {
    if (text.size() != lower_case.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (lower(text[i]) != lower_case[i])
            return false;
    return true;
}

}  // namespace segment::definition::ascii
