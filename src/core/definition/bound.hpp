// The bound tree: a definition with its names resolved, its types known and its forms reduced to few. It is what the SQL
// writer and the plan's compiler read. Nodes are immutable and live in the arena, as those of the syntax tree.
//
// Every condition is two-valued: what compares a missing value is false, and `negation` is true exactly where its operand
// is not. So `!=`, `not in` and the like are negations here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/definition/ast.hpp"
#include "core/definition/type.hpp"
#include "core/definition/value_time.hpp"

namespace segment::definition {

// ---------------------------------------------------------------------------------------------------------------- values

enum class ValueKind : std::uint8_t {
    trait,
    path,
    cast,
    number,
    text,
    boolean,
    time,
    interval,
    as_of,
    arithmetic,
    negate,
    shift,
    move,
    period_start,
    instant,
    local,
    day,
    elapsed,
    call,
    bucket,
    events,
    subscription,
};

// The row that a column is read from: the member's, the one that a `where (…)` looks at, or that of a sequence's k-th step.
using Row = std::uint32_t;
inline constexpr Row member_row = 0, event_row = 1;
constexpr Row step_row(std::size_t k) {
    return static_cast<Row>(k + 1);
}

struct BoundValue {
    ValueKind kind;
    bool constant;  // the same for all members
    std::uint32_t position;
    const Type *type;
};

using BoundValues = std::span<const BoundValue *const>;

struct BoundTrait : BoundValue {
    const Trait *trait;
    Row row = member_row;
};

// What lies in a jsonb trait. Its type tells how it is read: jsonb as it is, text as by ->>, numeric and boolean only if the
// JSON value is one; everything else is missing.
struct BoundPath : BoundValue {
    const Trait *trait;
    std::span<const Name::Part> steps;  // none: the trait itself
    Row row = member_row;
};

// A text read as another type; missing where it does not read.
struct BoundCast : BoundValue {
    const BoundValue *operand;
};

// Canonical decimal text.
struct BoundNumber : BoundValue {
    std::string_view digits;
};

// A literal of any type that is written in quotes.
struct BoundText : BoundValue {
    std::string_view value;
};

struct BoundBoolean : BoundValue {
    bool value;
};

// A literal date or instant; an instant without zone is local time of the population.
struct BoundTime : BoundValue {
    IsoTime time;
};

struct BoundInterval : BoundValue {
    Span span;
};

struct BoundAsOf : BoundValue {};

struct BoundArithmetic : BoundValue {
    ArithmeticOperator op;
    const BoundValue *left, *right;
};

struct BoundNegate : BoundValue {
    const BoundValue *operand;
};

// An instant or a date moved by durations, one after the other: calendar parts in the population's zone, clock parts exactly.
struct BoundShift : BoundValue {
    const BoundValue *base;
    std::span<const Span> steps;
};

// An instant or a date moved by an interval that differs between members, forth or back; the result is an instant.
struct BoundMove : BoundValue {
    const BoundValue *base, *interval;
    bool back;
};

// The start of the calendar period that as_of lies in, as an instant or a date.
struct BoundPeriodStart : BoundValue {
    Unit unit;  // day or longer
};

// The instant of a timestamp (local time of the population). Its own local time is another one where clocks skip the timestamp's;
// that counts if the definition casts, and not where an instant is just what is compared.
struct BoundInstant : BoundValue {
    const BoundValue *operand;
    bool cast = false;
};

// An instant as a timestamp, in populations whose zone is UTC: there the two are the same, and timestamps need no conversion
// to be compared.
struct BoundLocal : BoundValue {
    const BoundValue *operand;
};

// The date of an instant or a timestamp in the population's zone.
struct BoundDay : BoundValue {
    const BoundValue *operand;
};

// left − right of two moments; comparisons with durations are rewritten to compare moments, nothing else takes it.
struct BoundElapsed : BoundValue {
    const BoundValue *left, *right;
};

enum class BoundFunction : std::uint8_t { age, hour, weekday, days_since, days_until };

struct BoundCall : BoundValue {
    BoundFunction function;
    const BoundValue *operand;
};

struct BoundBucket : BoundValue {
    std::string_view salt;
};

// ------------------------------------------------------------------------------------------------------------- conditions

enum class ConditionKind : std::uint8_t {
    everyone,
    conjunction,
    disjunction,
    negation,
    compare,
    range,
    list,
    set,
    truth,
    text_match,
    includes,
    anniversary,
    rank,
    in_segment,
    stay,
    listed,
    occurs,
    trend,
    resumed,
    sequence,
    score_trend,
};

struct BoundCondition {
    ConditionKind kind;
};

struct BoundJunction : BoundCondition {  // conjunction and disjunction
    std::span<const BoundCondition *const> operands;
};

struct BoundNegation : BoundCondition {
    const BoundCondition *operand;
};

// Both sides have comparable types; never not_equal.
struct BoundCompare : BoundCondition {
    Comparison op;
    const BoundValue *left, *right;
};

// low ≤ value ≤ high, with < where an end is not inclusive; both ends are constants.
struct BoundRange : BoundCondition {
    const BoundValue *value;
    const BoundValue *low, *high;
    bool low_inclusive, high_inclusive;
};

struct BoundList : BoundCondition {
    const BoundValue *value;
    BoundValues items;  // constants of the value's type
};

struct BoundSet : BoundCondition {
    const BoundValue *value;
};

struct BoundTruth : BoundCondition {
    bool expected;
    const BoundValue *value;
};

struct BoundTextMatch : BoundCondition {
    TextOperator op;  // never ilike or imatches: these are like and matches that ignore case
    bool ignoring_case;
    const BoundValue *value;
    std::string_view pattern;
};

// On an array or a JSON array; Quantity::one is `any` of one item.
struct BoundIncludes : BoundCondition {
    Quantity quantity;
    const BoundValue *value;
    BoundValues items;
};

// Some anniversary of the date lies in [from, until).
struct BoundAnniversary : BoundCondition {
    const BoundValue *date, *from, *until;
};

struct BoundRank : BoundCondition {
    RankForm form;
    const BoundValue *value;
    std::string_view amount;  // canonical number: how many, or with `percent` n/100
    bool percent;
    const BoundValue *per;  // or null
};

struct BoundInSegment : BoundCondition {
    std::int32_t segment;
    std::string_view name;
};

enum class StayForm : std::uint8_t { ever, entered, exited, open };

// What the stays in a segment tell.
struct BoundStay : BoundCondition {
    StayForm form;
    std::int32_t segment;
    const BoundValue *low, *high;  // of the entry, or of the exit for `exited`; null ends are open
    bool low_inclusive, high_inclusive;
};

// What a score is against what it was at an instant.
struct BoundScoreTrend : BoundCondition {
    const ScoreName *score;
    const BoundValue *then;
    bool fell;
    std::string_view amount;  // canonical number
    bool relative;            // amount is a part of the earlier score
    std::string_view from_at_least;
};

// The member's key is in a table of keys with a column `until`, in one of the rows that `rows` chooses and that are in force.
struct BoundListed : BoundCondition {
    std::string_view table;  // qualified
    std::string_view rows;   // a condition on the columns of `listed`, which binds as a conjunction's operand
};

}  // namespace segment::definition
