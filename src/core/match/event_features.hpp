// Features that no query over the members computes, but a pass over each source of events for all definitions together: what is asked of
// the events, collected while the definitions are compiled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/behaviour/links.hpp"
#include "core/behaviour/tracks.hpp"
#include "core/definition/bound_events.hpp"
#include "core/definition/sql.hpp"
#include "core/match/plan.hpp"

namespace segment::match {

using ConstantId = std::uint32_t;  // of EventFeatures::constants

// A constant that times are compared with.
struct TimeBound {
    ConstantId constant;
    bool inclusive;
};

// How a column of a stream is read.
enum class ColumnForm : std::uint8_t {
    number,    // an exact number, in millionths (behaviour/arithmetic.hpp)
    identity,  // any number that is equal where values are
    order,     // a code among the cuts of the features that read the column
    integer,   // a time, a day or an integer as it is
};

struct EventColumn {
    std::pmr::string sql;
    ColumnForm form;
    std::uint32_t pool;  // columns of one pool have values that are compared with one another
};

inline constexpr std::uint32_t no_column = UINT32_MAX;
inline constexpr std::uint32_t row_column = UINT32_MAX - 1;  // in place of a code: a number of the row

// Of a stream, so that a query's target list, which has 1,664 columns at most, holds them.
inline constexpr std::size_t most_filters = 1'000, most_columns = 300;

inline constexpr std::uint32_t members_source = UINT32_MAX;

// A query over one source, read once: for each row its key and time, the name, whether each of the filters holds, and the columns. SQL
// is over the source under the alias `e`. The stream of `members_source` has a row for each member, its SQL is over the members.
struct EventStream {
    std::uint32_t source;  // index into Vocabulary::events, or members_source
    std::pmr::string time_sql;
    std::pmr::vector<std::pmr::string> names;    // constants of the type of the source's names
    std::pmr::vector<std::pmr::string> texts;    // names as they are written
    std::pmr::vector<std::pmr::string> filters;  // conditions, true or else
    std::pmr::vector<EventColumn> columns;
};

// A time of each member's own that times are compared with: a column of the members' stream. Times of members without one are not within.
struct MemberBound {
    behaviour::StreamId stream;
    std::uint32_t column;
    bool inclusive;
};

// Some of a stream's events, those whose times lie between all of the bounds.
struct EventTerm {
    behaviour::StreamId stream;
    std::pmr::vector<std::uint32_t> names;  // indexes into the stream's; none: all events
    std::uint32_t filter;                   // index into the stream's, or behaviour::no_flag
    std::pmr::vector<TimeBound> lows, highs;
    std::int64_t weight;  // of a sum of counts
    // Of the stream's columns, those that are read of each event, or no_column: for its number and its code (behaviour/event_lists.hpp).
    std::uint32_t number = no_column, code = no_column;
    std::optional<MemberBound> member_low = {}, member_high = {};
};

// A step of a sequence (behaviour/sequence.hpp), its lists as indexes of terms.
struct EventStep {
    std::uint32_t events;
    std::uint32_t deadlines;  // or no_column
    std::uint32_t source;     // of the vocabulary, or behaviour::SequenceStep::no_source
    bool negated;
    behaviour::LinkId link = behaviour::no_link;
};

// A column of a step that links read, its list as an index of terms.
struct EventStepColumn {
    std::uint32_t step, term;
};

// One quantity of events against another: the first `left_terms` terms are of the left one.
struct EventComparison {
    behaviour::Relation relation;
    behaviour::Aggregate left, right;
    std::uint32_t left_terms;
};

enum class EventForm : std::uint8_t { value, resumed, sequence, comparison };  // the latter are 1 or 0

// What the events of all terms together come to: a function's value, or whether something is so. Times of all terms are of one type, but
// where their order does not matter.
struct EventFeature {
    FeatureId feature;
    EventForm form;
    definition::EventFunction function;  // of a value
    std::pmr::vector<EventTerm> terms;
    std::pmr::vector<EventStep> steps = {};        // of a sequence
    std::pmr::vector<behaviour::Link> links = {};  // between these, over `columns`
    std::pmr::vector<EventStepColumn> columns = {};
    std::optional<EventComparison> comparison = {};
    definition::Unit unit = definition::Unit::day;  // of a streak
    std::optional<ConstantId> edge = {};            // a streak's last period; the time after which something has resumed

    // Whether sums of counts by time tell it; all else needs the events themselves.
    bool is_counted() const {
        using enum definition::EventFunction;
        return form == EventForm::value && (function == count || function == first_time || function == last_time) &&
               std::ranges::none_of(terms, [](const EventTerm &term) { return term.member_low || term.member_high; });
    }
    // Whether it depends on when events happened, beyond the bounds of their times.
    bool is_ordered() const {
        using enum definition::EventFunction;
        return form == EventForm::resumed || form == EventForm::sequence || function == first_time || function == last_time ||
               function == first_value || function == last_value;
    }
    // Whether it is a whole number, and never missing.
    bool is_whole() const {
        using enum definition::EventFunction;
        return form != EventForm::value || function == count || function == count_distinct || function == distinct_periods ||
               function == streak;
    }
};

// As operands of a sum of counts.
struct WeightedEvents {
    definition::BoundEvents events;
    std::int64_t weight;
};

class EventFeatures {
public:
    // Bit i of `readable` tells whether passes can read the i-th source of the vocabulary. Arguments must outlive it.
    EventFeatures(const std::pmr::vector<bool> &readable, Plan &plan, std::pmr::memory_resource *memory);

    // The value as a feature that is computed by passes; nothing if only SQL can tell it. This is the one place that decides.
    std::optional<FeatureId> take(const definition::BoundEventValue &value, const definition::Scope &scope);
    // The same for a sum of counts.
    std::optional<FeatureId> take_sum(std::span<const WeightedEvents> operands, const definition::Scope &scope);
    // The same for what is so or not: features that are 1 or 0.
    std::optional<FeatureId> take(const definition::BoundResumed &resumed, const definition::Scope &scope);
    std::optional<FeatureId> take(const definition::BoundSequence &sequence, const definition::Scope &scope);

    // The same for a relation between two quantities; `condition` says the same.
    std::optional<FeatureId> take(const behaviour::Relation &relation, const definition::BoundEventValue &left,
                                  const definition::BoundEventValue &right, const definition::BoundCondition &condition,
                                  const definition::Scope &scope);

    // The value of a formula as a feature whose number passes can tell, without cuts: its index among `features`; nothing if only SQL can.
    std::optional<std::uint32_t> take_number(const definition::BoundValue &value, const definition::Scope &scope);

    const std::pmr::vector<EventStream> &streams() const { return streams_; }
    const std::pmr::vector<EventFeature> &features() const { return features_; }
    // SQL of the times that bounds refer to.
    const std::pmr::vector<std::pmr::string> &constants() const { return constants_; }
    // Pools of columns have smaller numbers.
    std::uint32_t pools() const { return pools_; }
    // Whether some feature looks for events of the name.
    bool asks_for(std::uint32_t source, std::string_view name) const;
    // Of Vocabulary::joins, those that the members' stream reads, sorted.
    const std::pmr::vector<std::uint32_t> &member_joins() const { return member_joins_; }

private:
    EventFeature make_feature(EventForm form, definition::EventFunction function) const;
    bool add_term(const definition::BoundEventPart &part, std::int64_t weight, const definition::Scope &scope, EventFeature &feature);
    // event_features_listed.cpp: features that need the events themselves
    bool add_list(const definition::BoundEventValue &value, const definition::Scope &scope, EventFeature &feature);
    // event_features_sequence.cpp
    class StepLinks;
    bool add_step(const definition::BoundEventPart &part, bool is_linked, const definition::Scope &scope, EventFeature &feature);
    bool add_shifted(const definition::BoundEventPart &part, const definition::Span &span, const definition::Scope &scope,
                     EventFeature &feature);
    std::uint32_t column(behaviour::StreamId stream, std::pmr::string sql, ColumnForm form);
    void compare_columns(behaviour::StreamId left_stream, std::uint32_t left, behaviour::StreamId right_stream, std::uint32_t right);
    std::uint32_t value_column(const EventTerm &term, const definition::BoundValue &value, const definition::Scope &scope, ColumnForm form);
    std::optional<behaviour::Aggregate> add_exact_terms(const definition::BoundEventValue &value, const definition::Scope &scope,
                                                        EventFeature &feature);
    std::optional<std::uint32_t> take_extreme(const definition::BoundEventValue &value, const definition::Scope &scope);
    FeatureId add_condition(const definition::BoundCondition &condition, const definition::Scope &scope, EventFeature feature);
    ConstantId constant_id(std::pmr::string sql);
    FeatureId add(std::string_view sql, EventFeature feature);
    bool add_bounds(const definition::BoundCondition &time, const definition::Scope &scope, std::pmr::string &subject, EventTerm &term);
    bool add_bound(const definition::BoundValue &constant, bool inclusive, const definition::Type &type, const definition::Scope &scope,
                   std::pmr::vector<TimeBound> &bounds);
    bool add_member_bound(const definition::BoundValue &bound, bool inclusive, const definition::Type &type, const definition::Scope &scope,
                          std::optional<MemberBound> &known);
    behaviour::StreamId stream(std::uint32_t source, std::pmr::string time_sql);
    behaviour::StreamId members_stream(const definition::Scope &scope);
    void choose(const definition::BoundEventPart &part, const definition::Scope &scope, EventTerm &term);

    const std::pmr::vector<bool> &readable_;
    Plan &plan_;
    std::pmr::memory_resource *memory_;
    std::pmr::vector<EventStream> streams_;
    std::pmr::vector<EventFeature> features_;
    std::pmr::vector<std::pmr::string> constants_;
    std::pmr::unordered_map<std::pmr::string, ConstantId> constant_ids_;
    std::pmr::vector<std::uint32_t> member_joins_;
    std::uint32_t pools_ = 0;
};

}  // namespace segment::match
