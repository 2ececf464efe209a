// Writes bound values and conditions as SQL; shared by the files sql_*.cpp, which hold one concern each, and by the compiler
// of plans.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <string>
#include <string_view>

#include "core/definition/bound_events.hpp"
#include "core/definition/bound_subscription.hpp"
#include "core/definition/sql.hpp"

namespace segment::definition {

// How tightly an expression holds together, as in PostgreSQL's grammar, except that AT TIME ZONE and the jsonb arrows count
// as loose operators wherever they are operands: most readers do not know how tightly they bind.
enum class Binding : std::uint8_t { disjunction, conjunction, negation, test, comparison, loose, sum, product, sign, cast, primary };

// What a form needs to know of each event, and which of them an aggregate looks at.
enum class EventColumn : std::uint8_t { at, value, tie, period, mark, ties };
enum class EventSide : std::uint8_t { all, marked, unmarked };

class SqlWriter {
public:
    SqlWriter(const Scope &scope, std::pmr::string &out) : scope_(scope), out_(out) {}

    // Columns of that row are written as those of the event.
    void read_as_event(Row row) { event_row_ = row; }

    // Puts parentheses around what binds less tightly than `least`.
    void value(const BoundValue &value, Binding least);

    // True where the condition holds, false or NULL elsewhere.
    void condition(const BoundCondition &condition, Binding least);

    // A constant that is exactly of the type.
    void typed_constant(const BoundValue &value, const Type &type);

    // The threshold of a rank form, with `per` that of the member's group: a scalar subquery over the base's members, NULL if there
    // are none.
    void rank_threshold(const BoundRank &rank);

    // The array of `includes`, and one of its items, of the type in which they are compared.
    void included_array(const BoundIncludes &includes);
    void included_element(const BoundIncludes &includes, const BoundValue &item);

    // The day, as a date, or the start of the longer period of the population's zone that the moment lies in, as local time.
    void period(const BoundValue &moment, Unit unit, Binding least);

    // Whether the moment may be missing only because it cannot be told in, or by, the zone's local time.
    static bool can_leave_range(const BoundValue &moment, const Vocabulary &vocabulary);

    // Where that is not so.
    void within_range(const BoundValue &moment);

    // How a value compares with the threshold of its rank form.
    static Comparison rank_comparison(RankForm form);

private:
    friend class EvidenceWriter;  // evidence.cpp
    friend class TurnWriter;      // turns.cpp

    // Begins and ends an expression that binds as `own`; what `open` returns is for `close`.
    bool open(Binding own, Binding least) {
        if (own < least)
            out_ += '(';
        return own < least;
    }
    void close(bool opened) {
        if (opened)
            out_ += ')';
    }

    // sql_value.cpp
    void column(const Trait &trait, Row row);
    void path(const BoundPath &path, Binding least);
    void path_text(const BoundPath &path);
    void path_guard(const BoundPath &path);
    void typed_path(const BoundPath &path);
    void path_json(const BoundPath &path, Binding least);
    void cast(const BoundCast &cast, Binding least);
    void number(const BoundNumber &number, Binding least);
    void arithmetic(const BoundValue &expression, Binding least);
    void factor(const BoundValue &operand, Binding least);
    void call(const BoundCall &call, Binding least);
    void bucket(const BoundBucket &bucket, Binding least);

    // sql_moment.cpp
    void time(const BoundTime &literal, Binding least);
    void interval(const Span &span, Binding least);
    void shift(const BoundShift &shift, Binding least);
    void move(const BoundMove &move, Binding least);
    void moved(const BoundShift &shift, std::size_t count, Binding least);
    void moved_local(const BoundShift &shift, std::size_t count, Binding least);
    void moved_date(const BoundShift &shift, std::size_t count, Binding least);
    void period_start(const BoundPeriodStart &start, Binding least);
    void local_period_start(Unit unit, Binding least);
    void local_period_start(Unit unit, const BoundValue &moment, Binding least);
    void local(const BoundValue &moment, Binding least);  // local time of an instant in the population's zone
    void converted(const BoundValue &moment, Binding least);
    void today();
    void at_zone();               // ` AT TIME ZONE 'zone'`
    void plus(const Span &span);  // ` + interval '…'` or ` - interval '…'`
    void years_1_to_9999(const BoundValue &moment);

    // sql_condition.cpp
    void junction(const BoundJunction &junction, Binding least);
    void negation(const BoundCondition &operand, Binding least);
    void compare(const BoundValue &left, Comparison op, const BoundValue &right, Binding least);
    void range(const BoundRange &range, Binding least);
    void list(const BoundList &list, Binding least);
    void text_match(const BoundTextMatch &match, Binding least);
    void anniversary(const BoundAnniversary &anniversary, Binding least);
    void anniversary_in_year(const BoundValue &date, const BoundValue &day, int years_later);
    void operand(const BoundValue &value, const Type &partner, Binding least);
    void within_double(const BoundValue &value);

    // sql_includes.cpp
    void includes(const BoundIncludes &includes, Binding least);
    void includes_looked_up(const BoundIncludes &includes, Binding least);
    void json_includes(const BoundIncludes &includes, Binding least);

    // sql_rank.cpp
    void rank(const BoundRank &rank, bool negated, Binding least);
    enum class RankRows : std::uint8_t { members, thresholds };
    void rank_rows(const BoundRank &rank, RankRows rows);
    void same_part(const BoundValue &part);

    // sql_segment.cpp
    void in_segment(const BoundInSegment &member, bool negated, Binding least);
    void stay(const BoundStay &stay, bool negated, Binding least);
    void key_in_select();
    void equals_key();
    void listed(const BoundListed &listed, bool negated, Binding least);

    // sql_events.cpp
    using EventColumns = std::initializer_list<EventColumn>;
    void event_value(const BoundEventValue &value);
    void event_expression(const BoundEventPart &part, EventColumn column, Unit unit, Binding least);
    void event_column(const BoundEvents &events, EventColumn column, Unit unit, Binding least);
    void event_rows(const BoundEvents &events, EventColumns columns, Unit unit = Unit::day, std::string_view alias = "e");
    void part_rows(const BoundEventPart &part);
    void tie_columns(const BoundEvents &events, const BoundEventPart &part);
    void picked(const BoundEventValue &value);
    void picked_event(const BoundEventValue &value);
    void most_frequent(const BoundEventValue &value);
    void streak(const BoundEventValue &value);
    void occurs(const BoundOccurs &occurs, bool negated, Binding least);
    void resumed(const BoundResumed &resumed, bool negated, Binding least);

    // sql_aggregate.cpp
    void event_aggregate(EventFunction function, const BoundEvents &events, EventSide side);
    void floating_operand(const BoundEvents &events);
    void trend(const BoundTrend &trend);

    // sql_subscription.cpp
    void subscription(const BoundSubscription &value);
    void subscription_lines();
    void running_lines(std::string_view start);
    void movements();

    // sql_score.cpp
    void score_trend(const BoundScoreTrend &trend);

    // sql_sequence.cpp
    void sequence(const BoundSequence &sequence, bool negated, Binding least);
    void step(std::span<const BoundStep> steps, std::size_t previous, std::size_t index);
    void missing_step(bool &where, const BoundStep &step, std::size_t index);
    bool step_rows(const BoundStep &step, std::size_t index);
    void and_condition(bool &where, const BoundCondition &condition);

    const Scope &scope_;
    std::pmr::string &out_;
    std::string_view event_alias_ = "e";  // of the row that columns of the event are read from
    Row event_row_ = event_row;
    // Within arithmetic: the decimal exponent that bounds floating point operands; 0 outside, −1 where it is exact.
    int bound_ = 0;
    // Within what holds only for times that are far from the ends of PostgreSQL's range.
    bool within_years_ = false;
};

// The name of the common table expression with a segment's keys.
void append_segment_table(std::pmr::string &out, std::int32_t id, std::string_view name);

}  // namespace segment::definition
