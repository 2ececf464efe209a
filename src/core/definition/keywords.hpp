// The words of the language. Few of them are reserved: the parser asks for a word only where the grammar expects it.
#pragma once

#include <cstdint>
#include <string_view>

namespace segment::definition {

// clang-format off
enum class Word : std::uint8_t {
    none,
    above, after, age, ago, all, and_, anniversary, any, at, avg, below, between, bottom, bucket, by, calendar, case_, contains,
    count, day, days, did, distinct, ends, entered, event, ever, everyone, exactly, exited, false_, fell, fewer, first, for_,
    frequent, from, had, holding, hour, hours, ignoring, ilike, in, includes, interval, is, last, least, like, list, matches, max,
    median, microsecond, microseconds, millisecond, milliseconds, min, minute, minutes, month, months, more, most, never, next,
    no, none_, not_, now, null, of, on, or_, per, percent, quarter, quarters, resumed, rose, second, seconds, segment, set, share,
    since, smallest, starts, stopped, streak, sum, than, the, then, this_, time, times, to, today, top, true_, until, week,
    weekday, weeks, where, with, within, year, years,
};
// clang-format on

inline constexpr std::size_t word_count = static_cast<std::size_t>(Word::years) + 1;

// The word that `name` spells in any case, or Word::none.
Word find_word(std::string_view name) noexcept;

// A word's text in lower case; empty for Word::none.
std::string_view spelling(Word word) noexcept;

// Whether the word is never a trait's name unless it stands in double quotes.
bool is_reserved(Word word) noexcept;

// Whether the word begins a form without a parenthesis after it, as `last` does in `last 'login' …`. It is a trait's name where
// what follows does not fit the form; a printed definition leaves no doubt and puts the name in double quotes.
bool opens_form(Word word) noexcept;

// Whether the word may come directly after a value, and so behind a trait whose name opens a form.
bool follows_value(Word word) noexcept;

}  // namespace segment::definition
