// The words that stand for enumerators in JSON. They are a contract: renaming one breaks stored JSON.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/definition/ast.hpp"

namespace segment::definition::json {

// Per enumeration its words in the order of the enumerators; an empty one stands for an enumerator that JSON never names.

constexpr auto words(Kind) {
    return std::to_array<std::string_view>({
        "number",     "text",           "boolean", "duration", "now",    "trait",      "arithmetic", "negate",   "call",      "bucket",
        "days",       "aggregate",      "share",   "property", "streak", "last_event", "everyone",   "and",      "or",        "not",
        "truth",      "compare",        "between", "in",       "is_set", "is_boolean", "text_match", "includes", "in_window", "rank",
        "in_segment", "segment_change", "in_list", "is_label", "did",    "recency",    "trend",      "stopped",  "resumed",   "sequence",
        "related",    "had_movement",   "",        "",  // which events and which window says their own `kind`
    });
}
constexpr auto words(ArithmeticOperator) {
    return std::to_array<std::string_view>({"+", "-", "*", "/"});
}
constexpr auto words(Function) {
    return std::to_array<std::string_view>({"age", "hour", "weekday", "anniversary"});
}
constexpr auto words(EventChoice) {
    return std::to_array<std::string_view>({"named", "any", "like", "any_of"});
}
constexpr auto words(WindowForm) {
    return std::to_array<std::string_view>(
        {"within", "more_than_ago", "between_ago", "within_next", "since", "from_to", "within_of", "today", "in_this", "in_last"});
}
constexpr auto words(AggregateFunction) {
    return std::to_array<std::string_view>({"count", "count_distinct", "sum", "avg", "min", "max", "median", "most_frequent"});
}
constexpr auto words(Comparison) {
    return std::to_array<std::string_view>({"=", "!=", "<", "<=", ">", ">="});
}
constexpr auto words(TextOperator) {
    return std::to_array<std::string_view>({"contains", "starts_with", "ends_with", "like", "ilike", "matches", "imatches"});
}
constexpr auto words(Quantity) {
    return std::to_array<std::string_view>({"one", "any", "all", "none"});
}
constexpr auto words(RankForm) {
    return std::to_array<std::string_view>({"top", "bottom", "above_median", "below_median", "smallest_set"});
}
constexpr auto words(CountForm) {
    return std::to_array<std::string_view>({"", "at_least", "at_most", "exactly", "fewer_than", "more_than", "between"});
}
constexpr auto words(DidForm) {
    return std::to_array<std::string_view>({"times", "distinct_periods", "first_time", "periods_of_last"});
}
constexpr auto words(Quantifier) {
    return std::to_array<std::string_view>({"any", "all", "no", "count"});
}

constexpr auto words(Unit) {
    return std::to_array<std::string_view>(
        {"microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"});
}

template <class Enum>
inline constexpr auto words_of = words(Enum());
static_assert(words_of<Kind>.size() == static_cast<std::size_t>(Kind::window) + 1);
static_assert(words_of<Unit>.size() == static_cast<std::size_t>(Unit::year) + 1);

template <class Enum>
constexpr std::string_view word_of(Enum value) {
    return words_of<Enum>[static_cast<std::size_t>(value)];
}

}  // namespace segment::definition::json
