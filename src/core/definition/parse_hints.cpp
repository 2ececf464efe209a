// Other languages' words for what is written with a sign, or in another way, here.
#include <utility>

#include "core/definition/ascii.hpp"
#include "core/definition/parse_state.hpp"

namespace segment::definition {

std::string_view Parser::translation(std::string_view word) {
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {"after", "Write \">\" for times, or \"since '2025-01-01'\"."},
        {"ago", "Write \"within 30 days\" or \"more than 30 days ago\"."},
        {"at", "Write \">=\" for \"at least\" and \"<=\" for \"at most\"."},
        {"atleast", "Write \"at least\"."},
        {"atmost", "Write \"at most\"."},
        {"before", "Write \"<\" for times, or \"more than 30 days ago\"."},
        {"containing", "Write \"contains\"."},
        {"distinct", "Write \"=\" or \"!=\"."},
        {"endswith", "Write \"ends with\"."},
        {"eq", "Write \"=\"."},
        {"equal", "Write \"=\"."},
        {"equals", "Write \"=\"."},
        {"exceeds", "Write \">\"."},
        {"exists", "Write \"is set\"."},
        {"greater", "Write \">\" or \">=\"."},
        {"gt", "Write \">\"."},
        {"gte", "Write \">=\"."},
        {"has", "Write \"includes\" for arrays and \"contains\" for texts."},
        {"ignore", "Write \"ignoring case\"."},
        {"less", "Write \"<\" or \"<=\"; a number of times is \"fewer than 5 times\"."},
        {"lt", "Write \"<\"."},
        {"lte", "Write \"<=\"."},
        {"ne", "Write \"!=\"."},
        {"newer", "Write \"within 30 days\"."},
        {"older", "Write \"more than 30 days ago\"."},
        {"once", "Write \"exactly 1 time\" or \"at least 1 time\"."},
        {"over", "Write \">\"."},
        {"regexp", "Write \"matches\"."},
        {"rlike", "Write \"matches\"."},
        {"similar", "Write \"matches\" with a regular expression."},
        {"smaller", "Write \"<\" or \"<=\"."},
        {"startswith", "Write \"starts with\"."},
        {"the", "Write \"for the first time\", \"within 30 days\" or \"in last month\"."},
        {"tomorrow", "Write \"within next 1 day\"."},
        {"twice", "Write \"exactly 2 times\" or \"at least 2 times\"."},
        {"under", "Write \"<\"."},
        {"yesterday", "Write \"in last day\"."},
    };
    for (const auto &[foreign, hint] : known)
        if (ascii::equal_folded(word, foreign))
            return hint;
    return {};
}

}  // namespace segment::definition
