#include "core/definition/excerpt.hpp"

#include "core/definition/ascii.hpp"

namespace segment::definition {

bool is_boundary(std::string_view text, std::size_t cut, bool utf8) {
    if (cut == 0 || cut >= text.size())
        return true;
    const auto next = static_cast<unsigned char>(text[cut]);
    return utf8 ? (next & 0xC0) != 0x80 : next < 0x80 || !ascii::is_beyond(text[cut - 1]);
}

std::string_view safe_prefix(std::string_view text, std::size_t limit, bool utf8) {
    if (text.size() <= limit)
        return text;
    std::size_t cut = limit;
    while (!is_boundary(text, cut, utf8))
        --cut;
    return text.substr(0, cut);
}

std::string excerpt(std::string_view text, std::size_t limit) {
    const std::string_view shown = safe_prefix(text, limit);
    std::string result(shown);
    for (char &c : result)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            c = ' ';
    if (shown.size() < text.size())
        result += "...";
    return result;
}

std::string named(std::string_view text) {
    const bool has_quotes = text.starts_with('\'') || text.starts_with('"');
    return has_quotes ? excerpt(text) : "\"" + excerpt(text) + "\"";
}

}  // namespace segment::definition
