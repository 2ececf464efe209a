// The abstract syntax of the definition language.
//
// Nodes are immutable, live in an arena (a std::pmr::memory_resource that outlives them) and are never destroyed one by
// one; every pointer, span and string_view below points into the same arena. One struct per form of the language, tagged
// by `Kind`. Optional children are null pointers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace segment::definition {

enum class Kind : std::uint8_t {
    // values
    number,
    text,
    boolean,
    duration,
    now,
    name,
    arithmetic,
    negate,
    call,
    bucket,
    days,
    aggregate,
    share,
    pick,
    streak,
    last_event,
    // conditions
    everyone,
    conjunction,
    disjunction,
    negation,
    truth,
    compare,
    between,
    in_list,
    is_set,
    is_true,
    text_match,
    includes,
    in_window,
    rank,
    in_segment,
    segment_change,
    in_manual_list,
    is_label,
    did,
    recency,
    trend,
    stopped,
    resumed,
    sequence,
    related,
    had_movement,
    // parts
    events,
    window,
};

// Whether a node of this kind is true or false for a member; the others are values or parts.
constexpr bool is_condition(Kind kind) {
    return kind >= Kind::everyone && kind <= Kind::had_movement;
}

struct Node {
    Kind kind;
    std::uint32_t position = 0;  // byte offset of the form's first character in the text it was read from
};

using Nodes = std::span<const Node *const>;

enum class Unit : std::uint8_t { microsecond, millisecond, second, minute, hour, day, week, month, quarter, year };

// ---------------------------------------------------------------------------------------------------------------- values

// A numeric literal: canonical decimal text without sign (`100`, `7.5`, `1e6` is written out); `percent` means n/100.
struct Number : Node {
    std::string_view digits;
    bool percent = false;
};

// A quoted literal; what it means (text, instant, enum label, uuid …) follows from what it is compared with.
struct Text : Node {
    std::string_view value;
};

struct Boolean : Node {
    bool value;
};

// `30 days`, `1 year 6 months`: terms from the longest unit to the shortest, each unit once at most, one term at least.
struct Duration : Node {
    struct Term {
        std::string_view digits;
        Unit unit;
    };
    std::span<const Term> terms;
};

struct Now : Node {};

// `plan`, `account.plan`, `properties.address."first-name"`, `items[0]`, `properties.at::timestamptz`.
struct Name : Node {
    struct Part {
        std::string_view name;    // folded to lower case unless quoted; empty when `index` counts
        std::int32_t index = -1;  // array subscript, or -1
        bool quoted = false;
    };
    std::span<const Part> parts;
    std::string_view cast;  // type name after `::`, or empty
};

enum class ArithmeticOperator : std::uint8_t { add, subtract, multiply, divide };

struct Arithmetic : Node {
    ArithmeticOperator op;
    const Node *left, *right;
};

struct Negate : Node {
    const Node *operand;
};

enum class Function : std::uint8_t { age, hour, weekday, anniversary };

struct Call : Node {
    Function function;
    const Node *argument;
};

struct Bucket : Node {
    std::string_view salt;
};

// `days since X` and `days until X`; X is a value or a LastEvent.
struct Days : Node {
    bool until;
    const Node *operand;
};

// ---------------------------------------------------------------------------------------------------------- parts of them

// `'login'`, `'login' of 'activity'`, `any event of 'activity'`, `event like 'page%'`, `any of ('login', 'open')`,
// a sequence's later step may be written alike.
enum class EventChoice : std::uint8_t { named, any, like, any_of };

struct Events : Node {
    EventChoice choice;
    std::span<const std::string_view> names;  // one name or pattern, the list of any_of, none for `any`
    std::string_view source;                  // after `of`, or empty
    const Node *where = nullptr;              // the condition in `where (…)`, or null
};

enum class WindowForm : std::uint8_t {
    within,         // within W                  duration
    more_than_ago,  // more than W ago           duration
    between_ago,    // between A and B ago       duration, duration2 (A the longer)
    within_next,    // within next W             duration
    since,          // since T                   from
    from_to,        // from A to B               from, to
    within_of,      // within W of T             duration, from
    today,          // today
    in_this,        // in this month             unit
    in_last,        // in last month; in last 3 calendar months   unit, count (1 unless written)
};

struct Window : Node {
    WindowForm form;
    const Duration *duration = nullptr;
    const Duration *duration2 = nullptr;
    const Node *from = nullptr;
    const Node *to = nullptr;
    Unit unit = Unit::day;
    std::uint32_t count = 1;
};

// ------------------------------------------------------------------------------------------------------ values of sources

enum class AggregateFunction : std::uint8_t { count, count_distinct, sum, avg, min, max, median, most_frequent };

// `count of 'login' within 30 days`, `sum(amount) of 'purchase' where (…)`.
struct Aggregate : Node {
    AggregateFunction function;
    const Name *argument = nullptr;  // null for count
    const Events *events = nullptr;
    const Window *window = nullptr;
};

// `share of 'purchase' where (discount > 0) within 90 days`: the events' condition is the numerator's.
struct Share : Node {
    const Events *events = nullptr;
    const Window *window = nullptr;
};

// `last score of 'survey' where (…) within 90 days`, `first channel of 'visit'`.
struct Pick : Node {
    bool first;
    const Name *column = nullptr;
    const Events *events = nullptr;
    const Window *window = nullptr;
};

// `streak of 'login' by day`.
struct Streak : Node {
    const Events *events = nullptr;
    Unit unit = Unit::day;
};

// `last 'login'` inside `days since`.
struct LastEvent : Node {
    const Events *events = nullptr;
};

// ------------------------------------------------------------------------------------------------------------- conditions

struct Everyone : Node {};

struct Conjunction : Node {
    Nodes operands;  // two or more, none of them a Conjunction
};

struct Disjunction : Node {
    Nodes operands;  // two or more, none of them a Disjunction
};

struct Negation : Node {
    const Node *operand;
};

// A bare boolean value: `has_admin`.
struct Truth : Node {
    const Node *value;
};

enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

// What a comparison is with its sides exchanged.
constexpr Comparison mirrored(Comparison op) {
    switch (op) {
        case Comparison::less:
            return Comparison::greater;
        case Comparison::less_equal:
            return Comparison::greater_equal;
        case Comparison::greater:
            return Comparison::less;
        case Comparison::greater_equal:
            return Comparison::less_equal;
        case Comparison::equal:
        case Comparison::not_equal:
            break;
    }
    return op;
}

struct Compare : Node {
    Comparison op;
    const Node *left, *right;
};

struct Between : Node {
    bool negated;
    const Node *value, *low, *high;
};

struct InList : Node {
    bool negated;
    const Node *value;
    Nodes items;  // literals
};

// `is set` (also `is not null`); negated: `is not set` (also `is null`).
struct IsSet : Node {
    bool negated;
    const Node *value;
};

struct IsTrue : Node {
    bool negated;   // `is not`
    bool expected;  // `is true` or `is false`
    const Node *value;
};

enum class TextOperator : std::uint8_t { contains, starts_with, ends_with, like, ilike, matches, imatches };

struct TextMatch : Node {
    bool negated;
    TextOperator op;
    bool ignoring_case;
    const Node *value;
    std::string_view pattern;
};

enum class Quantity : std::uint8_t { one, any, all, none };

// `tags includes 'vip'`, `tags includes any ('a', 'b')`; `not includes` is a Negation.
struct Includes : Node {
    Quantity quantity;
    const Node *value;
    Nodes items;
};

// `signup_at within 30 days`, `anniversary(birthday) within next 7 days`; `not within` is a Negation.
struct InWindow : Node {
    const Node *value;
    const Window *window;
};

enum class RankForm : std::uint8_t { top, bottom, above_median, below_median, smallest_set };

// `mrr in top 10 percent per country`, `mrr above median`, `mrr in smallest set holding 80 percent`.
struct Rank : Node {
    bool negated;
    RankForm form;
    const Node *value;
    std::string_view amount;  // decimal digits, empty for the median forms
    bool percent = false;
    const Name *per = nullptr;
};

// `in segment 'x'`, `ever in segment 'x'`, `in segment 'x' for at least 1 year`.
struct InSegment : Node {
    bool negated;
    bool ever = false;
    std::string_view segment;
    const Duration *for_at_least = nullptr;
};

// `entered segment 'x' within 7 days`, `exited segment 'x' within 7 days`.
struct SegmentChange : Node {
    bool entered;
    std::string_view segment;
    const Window *window = nullptr;
};

// `in list 'beta'`.
struct InManualList : Node {
    bool negated;
    std::string_view list;
};

// `lifecycle is 'onboarding'`, `health is 'poor'`: the segment of a scheme, the band of a score.
struct IsLabel : Node {
    bool negated;
    const Name *subject;
    std::string_view label;
};

enum class CountForm : std::uint8_t { unlimited, at_least, at_most, exactly, fewer_than, more_than, between };

struct Count {
    CountForm form = CountForm::unlimited;
    std::uint64_t low = 0, high = 0;  // `high` for between only
};

// `did 'login' where (…) at least 5 times within 30 days`, `did not`, `never did`, `for the first time within`,
// `on at least 5 distinct days within 7 days`, `in at least 4 of the last 6 months`.
enum class DidForm : std::uint8_t { times, distinct_periods, first_time, periods_of_last };

struct Did : Node {
    bool negated;  // did not
    bool never;    // never did
    DidForm form;
    const Events *events = nullptr;
    Count count = {};
    Unit unit = Unit::day;      // distinct_periods and periods_of_last
    std::uint32_t of_last = 0;  // periods_of_last: n
    const Window *window = nullptr;
};

// `last 'login' more than 14 days ago`, `last 'login' within 14 days`.
struct Recency : Node {
    const Events *events = nullptr;
    const Window *window = nullptr;  // within or more_than_ago
};

// `count of 'login' fell by 50 percent within 4 weeks from at least 10`, `health fell by 20 within 14 days`.
struct Trend : Node {
    bool fell;          // else rose
    const Node *value;  // Aggregate, or the Name of a score
    std::string_view amount;
    bool percent;
    const Duration *within;
    std::string_view from_at_least;  // digits, or empty
};

struct Stopped : Node {
    const Events *events = nullptr;
    const Duration *duration = nullptr;
};

struct Resumed : Node {
    const Events *events = nullptr;
    const Duration *after = nullptr;
    const Duration *within = nullptr;
};

struct Step {
    const Events *events = nullptr;
    bool negated = false;
    const Duration *within = nullptr;  // bounds the time since the previous step
};

struct Sequence : Node {
    bool negated;
    bool never;
    std::span<const Step> steps;     // two or more
    const Window *window = nullptr;  // the total window
};

enum class Quantifier : std::uint8_t { any, all, no, count };

// `any contact where (…)`, `at least 3 of contact where (…)`.
struct Related : Node {
    Quantifier quantifier;
    Count count = {};  // for Quantifier::count
    std::string_view relation;
    const Node *where = nullptr;
};

// `had 'contraction' within 90 days`.
struct HadMovement : Node {
    std::string_view movement;
    const Window *window = nullptr;
};

}  // namespace segment::definition
