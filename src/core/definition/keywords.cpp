#include "core/definition/keywords.hpp"

#include <array>
#include <cstddef>

#include "core/definition/ascii.hpp"

namespace segment::definition {
namespace {

// clang-format off
// In the order of the enumeration, which is alphabetical.
constexpr std::array<std::string_view, word_count> spellings = {
    "",
    "above", "after", "age", "ago", "all", "and", "anniversary", "any", "at", "avg", "below", "between", "bottom", "bucket", "by",
    "calendar", "case", "contains", "count", "day", "days", "did", "distinct", "ends", "entered", "event", "ever", "everyone",
    "exactly", "exited", "false", "fell", "fewer", "first", "for", "frequent", "from", "had", "holding", "hour", "hours",
    "ignoring", "ilike", "in", "includes", "interval", "is", "last", "least", "like", "list", "matches", "max", "median",
    "microsecond", "microseconds", "millisecond", "milliseconds", "min", "minute", "minutes", "month", "months", "more", "most",
    "never", "next", "no", "none", "not", "now", "null", "of", "on", "or", "per", "percent", "quarter", "quarters", "resumed",
    "rose", "second", "seconds", "segment", "set", "share", "since", "smallest", "starts", "stopped", "streak", "sum", "than",
    "the", "then", "this", "time", "times", "to", "today", "top", "true", "until", "week", "weekday", "weeks", "where", "with",
    "within", "year", "years",
};
// clang-format on

constexpr std::size_t longest_word = 12;
constexpr std::size_t slots = 512;  // about four per word: most words are found, and most others ruled out, at the first probe

// Length and three letters tell most words apart.
constexpr std::size_t hash(std::string_view name) {
    std::uint32_t value = static_cast<std::uint32_t>(name.size());
    for (char c : {name.front(), name[name.size() / 2], name.back()})
        value = (value ^ static_cast<unsigned char>(ascii::lower(c))) * 16777619u;
    return (value ^ (value >> 15)) % slots;
}

consteval std::array<Word, slots> make_table() {
    std::array<Word, slots> table{};
    for (std::size_t word = 1; word < word_count; ++word) {
        std::size_t slot = hash(spellings[word]);
        while (table[slot] != Word::none)
            slot = (slot + 1) % slots;
        table[slot] = static_cast<Word>(word);
    }
    return table;
}

consteval bool is_well_formed() {
    for (std::size_t word = 1; word < word_count; ++word)
        if (spellings[word].size() > longest_word || (word > 1 && spellings[word - 1] >= spellings[word]))
            return false;
    return true;
}
static_assert(is_well_formed(), "the words are in alphabetical order and not longer than longest_word");

constexpr auto table = make_table();

}  // namespace

Word find_word(std::string_view name) noexcept {
    if (name.empty() || name.size() > longest_word)
        return Word::none;
    for (std::size_t slot = hash(name); table[slot] != Word::none; slot = (slot + 1) % slots)
        if (ascii::equal_folded(name, spelling(table[slot])))
            return table[slot];
    return Word::none;
}

std::string_view spelling(Word word) noexcept {
    return spellings[static_cast<std::size_t>(word)];
}

bool is_reserved(Word word) noexcept {
    switch (word) {
        case Word::and_:
        case Word::between:
        case Word::false_:
        case Word::ilike:
        case Word::in:
        case Word::is:
        case Word::like:
        case Word::not_:
        case Word::null:
        case Word::or_:
        case Word::then:
        case Word::true_:
        case Word::where:
            return true;
        default:
            return false;
    }
}

bool opens_form(Word word) noexcept {
    switch (word) {
        case Word::all:
        case Word::any:
        case Word::at:
        case Word::count:
        case Word::days:
        case Word::did:
        case Word::entered:
        case Word::ever:
        case Word::everyone:
        case Word::exactly:
        case Word::exited:
        case Word::fewer:
        case Word::first:
        case Word::had:
        case Word::interval:
        case Word::last:
        case Word::more:
        case Word::most:
        case Word::never:
        case Word::no:
        case Word::resumed:
        case Word::share:
        case Word::stopped:
        case Word::streak:
            return true;
        default:
            return false;
    }
}

bool follows_value(Word word) noexcept {
    switch (word) {
        case Word::above:
        case Word::ago:
        case Word::and_:
        case Word::below:
        case Word::between:
        case Word::contains:
        case Word::ends:
        case Word::fell:
        case Word::from:
        case Word::ilike:
        case Word::in:
        case Word::includes:
        case Word::is:
        case Word::like:
        case Word::matches:
        case Word::more:
        case Word::not_:
        case Word::or_:
        case Word::per:
        case Word::rose:
        case Word::since:
        case Word::starts:
        case Word::then:
        case Word::this_:
        case Word::to:
        case Word::today:
        case Word::where:
        case Word::within:
            return true;
        default:
            return false;
    }
}

}  // namespace segment::definition
