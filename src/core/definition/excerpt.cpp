#include "core/definition/excerpt.hpp"

#include "core/definition/ascii.hpp"

namespace segment::definition {

std::string_view safe_prefix(std::string_view text, std::size_t limit, bool utf8) {
    if (text.size() <= limit)
        return text;
    const auto is_safe = [&](std::size_t cut) {
        const auto next = static_cast<unsigned char>(text[cut]);
        return utf8 ? (next & 0xC0) != 0x80 : next < 0x80 || !ascii::is_beyond(text[cut - 1]);
    };
    std::size_t cut = limit;
    while (cut > 0 && !is_safe(cut))
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

}  // namespace segment::definition
