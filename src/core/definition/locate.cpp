#include "core/definition/locate.hpp"

#include <algorithm>

#include "core/definition/excerpt.hpp"

namespace segment::definition {
namespace {

constexpr std::size_t bytes_before = 50, bytes_after = 25;  // of the caret
constexpr std::string_view ellipsis = "...";

std::size_t count_characters(std::string_view text, bool utf8) {
    if (!utf8)
        return text.size();
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Like safe_prefix, from the other end.
std::string_view safe_suffix(std::string_view text, std::size_t limit, bool utf8) {
    if (text.size() <= limit)
        return text;
    for (std::size_t cut = text.size() - limit; cut < text.size(); ++cut)
        if (is_boundary(text, cut, utf8))
            return text.substr(cut);
    return {};
}

void append_printable(std::string_view text, std::pmr::string &out) {
    for (char c : text)
        out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c);
}

}  // namespace

Location locate(std::string_view text, std::size_t position, bool utf8) {
    const std::string_view before = text.substr(0, std::min(position, text.size()));
    const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    Location location;
    location.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    location.character += count_characters(before, utf8);
    location.column += count_characters(before.substr(line_begin), utf8);
    return location;
}

void caret_snippet(std::string_view text, std::size_t position, bool utf8, std::pmr::string &out) {
    position = std::min(position, text.size());
    const std::size_t begin = text.substr(0, position).rfind('\n') + 1;
    const std::size_t end = std::min(text.find('\n', position), text.size());
    const std::string_view before = text.substr(begin, position - begin), after = text.substr(position, end - position);
    const std::string_view shown_before = safe_suffix(before, bytes_before, utf8), shown_after = safe_prefix(after, bytes_after, utf8);

    const bool cut_before = shown_before.size() < before.size();
    if (cut_before)
        out.append(ellipsis);
    append_printable(shown_before, out);
    append_printable(shown_after, out);
    if (shown_after.size() < after.size())
        out.append(ellipsis);
    out.push_back('\n');
    out.append((cut_before ? ellipsis.size() : 0) + count_characters(shown_before, utf8), ' ');
    out.push_back('^');
}

}  // namespace segment::definition
