// Membership in other segments and lists, and movements of revenue.
#include <string>

#include "core/definition/parse_state.hpp"

namespace segment::definition {

const Node *Parser::membership() {
    const std::uint32_t position = token_.begin;
    const bool ever = accept(Word::ever);
    expect(Word::in, "Write \"ever in segment 'x'\".");
    if (accept(Word::list))
        return add_leaf(InManualList{{Kind::in_manual_list, position}, false, take_text("a list's name")});
    if (!at(Word::segment))
        expected("\"segment\" or \"list\" after \"in\"", at(Word::none) ? Words{Word::segment, Word::list} : Words{},
                 at(TokenKind::open)                 ? "The trait to look up in the list comes before \"in\"."
                 : at(Word::last) || at(Word::this_) ? "A window of time follows a trait or an event: signup_at in last month."
                                                     : "");
    advance();
    InSegment result{{Kind::in_segment, position}, false, ever, take_text("a segment's name")};
    if (accept(Word::for_)) {
        constexpr std::string_view hint = "Write \"in segment 'x' for at least 1 year\".";
        expect(Word::at, hint);
        expect(Word::least, hint);
        result.for_at_least = duration();
    }
    return add_leaf(result);
}

const Node *Parser::segment_change() {
    const std::uint32_t position = token_.begin;
    const bool entered = at(Word::entered);
    advance();
    expect(Word::segment, "The name of the segment comes after the word: entered segment 'x'.");
    const std::string_view name = take_text("a segment's name");
    return add_leaf(SegmentChange{{Kind::segment_change, position}, entered, name, optional_window(WindowUse::event)});
}

const Node *Parser::had_movement() {
    const std::uint32_t position = token_.begin;
    advance();
    const std::string_view movement = take_text("a movement such as 'contraction'");
    return add_leaf(HadMovement{{Kind::had_movement, position}, movement, optional_window(WindowUse::event)});
}

}  // namespace segment::definition
