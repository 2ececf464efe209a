// Features that no query over the members computes, but a pass over each source of events for all definitions together: what is asked of
// the events, collected while the definitions are compiled.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

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

// A query over one source, read once: for each row its key and time, the name, and whether each of the filters holds. SQL is over the
// source under the alias `e`.
struct EventStream {
    std::uint32_t source;  // index into Vocabulary::events
    std::pmr::string time_sql;
    std::pmr::vector<std::pmr::string> names;    // constants of the type of the source's names
    std::pmr::vector<std::pmr::string> filters;  // conditions, true or else
};

// Some of a stream's events, those whose times lie between all of the bounds.
struct EventTerm {
    behaviour::StreamId stream;
    std::pmr::vector<std::uint32_t> names;  // indexes into the stream's; none: all events
    std::uint32_t filter;                   // index into the stream's, or behaviour::no_flag
    std::pmr::vector<TimeBound> lows, highs;
    std::int64_t weight;  // of a sum of counts
};

// A sum of counts, or the first or last time, of the events of all terms together. Times of all terms are of one type.
struct EventFeature {
    FeatureId feature;
    definition::EventFunction function;
    std::pmr::vector<EventTerm> terms;
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

    const std::pmr::vector<EventStream> &streams() const { return streams_; }
    const std::pmr::vector<EventFeature> &features() const { return features_; }
    // SQL of the times that bounds refer to.
    const std::pmr::vector<std::pmr::string> &constants() const { return constants_; }

private:
    // A term to be: nothing is asked for before all terms of a feature are known to be possible.
    struct DraftBound {
        std::pmr::string sql;
        bool inclusive;
    };
    struct Draft {
        const definition::BoundEventPart *part;
        std::int64_t weight;
        std::uint32_t source;
        std::pmr::string time_sql;
        std::pmr::vector<DraftBound> lows, highs;
    };

    bool add_drafts(const definition::BoundEvents &events, std::int64_t weight, definition::EventFunction function,
                    const definition::Scope &scope, std::pmr::vector<Draft> &drafts) const;
    bool add_bounds(const definition::BoundCondition &time, const definition::Scope &scope, Draft &draft) const;
    bool add_bound(const definition::BoundValue &constant, bool inclusive, const definition::Type &type, const definition::Scope &scope,
                   std::pmr::vector<DraftBound> &bounds) const;
    FeatureId add(std::string_view sql, definition::EventFunction function, std::span<const Draft> drafts, const definition::Scope &scope);
    EventTerm term(const Draft &draft, const definition::Scope &scope);
    std::pmr::vector<TimeBound> bounds(std::span<const DraftBound> drafts);
    std::pmr::vector<EventStream>::const_iterator stream(const Draft &draft) const;
    void choose(const definition::BoundEventPart &part, const definition::Scope &scope, EventTerm &term);

    const std::pmr::vector<bool> &readable_;
    Plan &plan_;
    std::pmr::memory_resource *memory_;
    std::pmr::vector<EventStream> streams_;
    std::pmr::vector<EventFeature> features_;
    std::pmr::vector<std::pmr::string> constants_;
    std::pmr::unordered_map<std::pmr::string, ConstantId> constant_ids_;
};

}  // namespace segment::match
