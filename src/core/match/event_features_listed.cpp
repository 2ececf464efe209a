// Features that need the events themselves: which numbers of each event they read.
#include <algorithm>
#include <utility>

#include "core/behaviour/sequence.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/match/event_features.hpp"

namespace segment::match {

using namespace definition;

namespace {

// Types of exact numbers. Sums of floating point numbers depend on the order in which they are added up, which is PostgreSQL's.
bool is_exact(const Type &type) {
    return type.type_class == TypeClass::integer || type.type_class == TypeClass::numeric;
}

// Types whose values are equal if, and only if, their bytes are, or that the glue brings into such a form.
bool has_identity(const Type &type) {
    switch (type.type_class) {
        case TypeClass::boolean:
        case TypeClass::integer:
        case TypeClass::numeric:
        case TypeClass::date:
        case TypeClass::timestamp:
        case TypeClass::timestamptz:
        case TypeClass::time:
        case TypeClass::enumeration:
        case TypeClass::uuid:
            return true;
        case TypeClass::text:
            return type.deterministic && !type.case_insensitive && !is_blank_padded(type) && has_plain_operators(type) &&
                   type.sql_name != "name";
        default:
            return false;
    }
}

// Types that are integers inside, in their order.
bool is_integer_inside(const Type &type) {
    switch (type.type_class) {
        case TypeClass::integer:
        case TypeClass::date:
        case TypeClass::timestamp:
        case TypeClass::timestamptz:
            return true;
        default:
            return false;
    }
}

const Trait *tie_break(const EventSource &source) {
    return source.tie_break < 0 ? nullptr : &source.columns[static_cast<std::size_t>(source.tie_break)];
}

// Moments that SQL computes with in the same way wherever they stand.
bool is_plain_moment(const BoundValue &at) {
    return at.kind == ValueKind::trait && (at.type->type_class == TypeClass::timestamptz || at.type->type_class == TypeClass::date);
}

}  // namespace

std::uint32_t EventFeatures::column(behaviour::StreamId stream, std::pmr::string sql, ColumnForm form) {
    auto &columns = streams_[stream].columns;
    const auto found = std::ranges::find_if(columns, [&](const EventColumn &known) { return known.form == form && known.sql == sql; });
    const auto index = static_cast<std::uint32_t>(found - columns.begin());
    if (found == columns.end())
        columns.push_back({std::move(sql), form});
    return index;
}

std::uint32_t EventFeatures::value_column(const EventTerm &term, const BoundValue &value, const Scope &scope, ColumnForm form) {
    std::pmr::string sql(memory_);
    SqlWriter(scope, sql).value(value, Binding::disjunction);
    return column(term.stream, std::move(sql), form);
}

bool EventFeatures::add_list(const BoundEventValue &value, const Scope &scope, EventFeature &feature) {
    const auto parts = value.events.parts;
    // Codes and identities of different sources' values cannot be told apart or sorted together.
    const bool alone = parts.size() == 1;
    switch (value.function) {
        case EventFunction::sum:
        case EventFunction::avg:
        case EventFunction::median:
            if (!std::ranges::all_of(parts, [](const BoundEventPart &part) { return is_exact(*part.value->type); }))
                return false;
            break;
        case EventFunction::count_distinct:
            if (!alone || !has_identity(*parts.front().value->type))
                return false;
            break;
        case EventFunction::most_frequent:
            if (!alone || !has_identity(*parts.front().value->type) || !parts.front().value->type->ordered)
                return false;
            break;
        case EventFunction::min:
        case EventFunction::max:
        case EventFunction::first_value:
        case EventFunction::last_value:
            if (!alone || !parts.front().value->type->ordered)
                return false;
            break;
        case EventFunction::distinct_periods:
        case EventFunction::streak:
            break;
        default:
            return false;
    }
    for (const BoundEventPart &part : parts) {
        const Trait *const tie = tie_break(*part.source);
        const bool picks = value.function == EventFunction::first_value || value.function == EventFunction::last_value;
        if (picks && tie && !is_integer_inside(tie->type))
            return false;
        if (!add_term(part, 1, scope, feature))
            return false;
        EventTerm &term = feature.terms.back();
        if (streams_[term.stream].columns.size() >= most_columns)
            return false;
        switch (value.function) {
            case EventFunction::sum:
            case EventFunction::avg:
            case EventFunction::median:
                term.number = value_column(term, *part.value, scope, ColumnForm::number);
                break;
            case EventFunction::most_frequent:
                term.code = value_column(term, *part.value, scope, ColumnForm::order);
                [[fallthrough]];
            case EventFunction::count_distinct:
                term.number = value_column(term, *part.value, scope, ColumnForm::identity);
                break;
            case EventFunction::distinct_periods:
            case EventFunction::streak: {
                std::pmr::string period(memory_);
                SqlWriter(scope, period).period(*part.at, value.unit, Binding::disjunction);
                term.number = column(term.stream, std::move(period), ColumnForm::integer);
                break;
            }
            default:
                term.code = value_column(term, *part.value, scope, ColumnForm::order);
                if (picks && tie)
                    term.number = column(term.stream, std::pmr::string("e.", memory_).append(tie->sql), ColumnForm::integer);
                break;
        }
    }
    feature.unit = value.unit;
    if (value.function == EventFunction::streak) {
        std::pmr::string current(memory_);
        SqlWriter(scope, current).period(BoundAsOf{{ValueKind::as_of, true, 0, &timestamptz_type}}, value.unit, Binding::disjunction);
        feature.edge = constant_id(std::move(current));
    }
    return true;
}

std::optional<std::uint32_t> EventFeatures::take_number(const BoundValue &value, const Scope &scope) {
    if (value.kind != ValueKind::events)
        return {};
    const auto &events = static_cast<const BoundEventValue &>(value);
    switch (events.function) {
        case EventFunction::count:
        case EventFunction::count_distinct:
        case EventFunction::sum:
        case EventFunction::avg:
        case EventFunction::median:
        case EventFunction::distinct_periods:
        case EventFunction::streak:
            break;
        default:
            return {};
    }
    const std::optional<FeatureId> feature = take(events, scope);
    if (!feature)
        return {};
    return static_cast<std::uint32_t>(std::ranges::find(features_, *feature, &EventFeature::feature) - features_.begin());
}

// A term whose number is the time that lies so long after the event's, or before it.
bool EventFeatures::add_shifted(const BoundEventPart &part, const Span &span, const Scope &scope, EventFeature &feature) {
    if (!is_plain_moment(*part.at) || !add_term(part, 1, scope, feature))
        return false;
    EventTerm &term = feature.terms.back();
    if (streams_[term.stream].columns.size() >= most_columns)
        return false;
    const BoundShift shifted{{ValueKind::shift, false, part.at->position, part.at->type}, part.at, {&span, 1}};
    term.number = value_column(term, shifted, scope, ColumnForm::integer);
    return true;
}

FeatureId EventFeatures::add_condition(const BoundCondition &condition, const Scope &scope, EventFeature feature) {
    std::pmr::string sql("(", memory_);
    SqlWriter(scope, sql).condition(condition, Binding::disjunction);
    sql += ")::int";
    return add(sql, std::move(feature));
}

std::optional<FeatureId> EventFeatures::take(const BoundResumed &resumed, const Scope &scope) {
    EventFeature feature = make_feature(EventForm::resumed, EventFunction::count);
    for (const BoundEventPart &part : resumed.events.parts)
        if (!add_shifted(part, resumed.back, scope, feature))
            return {};
    std::pmr::vector<TimeBound> edge(memory_);
    if (!add_bound(*resumed.edge, false, *resumed.events.parts.front().at->type, scope, edge))
        return {};
    feature.edge = edge.front().constant;
    return add_condition(resumed, scope, std::move(feature));
}

// A term for a step's events, in their order.
bool EventFeatures::add_step(const BoundEventPart &part, const Scope &scope, EventFeature &feature) {
    if (!add_term(part, 1, scope, feature))
        return false;
    EventTerm &term = feature.terms.back();
    if (streams_[term.stream].columns.size() >= most_columns)
        return false;
    if (const Trait *const tie = tie_break(*part.source))
        term.number = column(term.stream, std::pmr::string("e.", memory_).append(tie->sql), ColumnForm::integer);
    return true;
}

std::optional<FeatureId> EventFeatures::take(const BoundSequence &sequence, const Scope &scope) {
    const auto is_simple = [](const BoundStep &step) {
        if (step.events.parts.size() != 1 || step.refers || !is_plain_moment(*step.events.parts.front().at))
            return false;
        const Trait *const tie = tie_break(*step.events.parts.front().source);
        return !tie || is_integer_inside(tie->type);
    };
    if (!std::ranges::all_of(sequence.steps, is_simple))
        return {};
    EventFeature feature = make_feature(EventForm::sequence, EventFunction::count);
    const BoundEventPart *previous = nullptr;
    for (const BoundStep &step : sequence.steps) {
        const BoundEventPart &part = step.events.parts.front();
        EventStep &added = feature.steps.emplace_back(
            EventStep{static_cast<std::uint32_t>(feature.terms.size()), no_column, behaviour::SequenceStep::no_source, step.negated});
        if (!add_step(part, scope, feature))
            return {};
        if (tie_break(*part.source))
            added.source = streams_[feature.terms.back().stream].source;
        if (step.within) {
            added.deadlines = static_cast<std::uint32_t>(feature.terms.size());
            if (!add_shifted(*previous, *step.within, scope, feature))
                return {};
        }
        if (!step.negated)
            previous = &part;
    }
    return add_condition(sequence, scope, std::move(feature));
}

}  // namespace segment::match
