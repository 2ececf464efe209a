// Features that need the events themselves: which numbers of each event they read.
#include <algorithm>
#include <utility>

#include "core/definition/sql_writer.hpp"
#include "core/match/event_features.hpp"
#include "core/match/event_types.hpp"

namespace segment::match {

using namespace definition;

std::uint32_t EventFeatures::column(behaviour::StreamId stream, std::pmr::string sql, ColumnForm form) {
    auto &columns = streams_[stream].columns;
    const auto found = std::ranges::find_if(columns, [&](const EventColumn &known) { return known.form == form && known.sql == sql; });
    const auto index = static_cast<std::uint32_t>(found - columns.begin());
    if (found == columns.end())
        columns.push_back({std::move(sql), form, pools_++});
    return index;
}

// Brings the columns into one pool.
void EventFeatures::compare_columns(behaviour::StreamId left_stream, std::uint32_t left, behaviour::StreamId right_stream,
                                    std::uint32_t right) {
    const std::uint32_t from = streams_[right_stream].columns[right].pool, to = streams_[left_stream].columns[left].pool;
    for (EventStream &stream : streams_)
        for (EventColumn &column : stream.columns)
            if (column.pool == from)
                column.pool = to;
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

// The least or the greatest of exact numbers as itself, which codes do not tell.
std::optional<std::uint32_t> EventFeatures::take_extreme(const BoundEventValue &value, const Scope &scope) {
    EventFeature feature = make_feature(EventForm::value, value.function);
    if (!add_exact_terms(value, scope, feature))
        return {};
    std::pmr::string sql(memory_);
    SqlWriter(scope, sql).value(value, Binding::cast);
    sql += "::double precision";  // another feature than the one that is compared
    const FeatureId id = add(sql, std::move(feature));
    return static_cast<std::uint32_t>(std::ranges::find(features_, id, &EventFeature::feature) - features_.begin());
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
        case EventFunction::min:
        case EventFunction::max:
            return take_extreme(events, scope);
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

// Terms for what is counted, or whose exact numbers are put together.
std::optional<behaviour::Aggregate> EventFeatures::add_exact_terms(const BoundEventValue &value, const Scope &scope,
                                                                   EventFeature &feature) {
    using behaviour::Aggregate;
    std::optional<Aggregate> kind;
    switch (value.function) {
        case EventFunction::count:
            kind = Aggregate::count;
            break;
        case EventFunction::sum:
            kind = Aggregate::sum;
            break;
        case EventFunction::avg:
            kind = Aggregate::average;
            break;
        case EventFunction::median:
            kind = Aggregate::median;
            break;
        case EventFunction::min:
            kind = Aggregate::least;
            break;
        case EventFunction::max:
            kind = Aggregate::greatest;
            break;
        default:
            return {};
    }
    for (const BoundEventPart &part : value.events.parts) {
        if ((part.value && !is_exact(*part.value->type)) || !add_term(part, 1, scope, feature))
            return {};
        EventTerm &term = feature.terms.back();
        if (streams_[term.stream].columns.size() >= most_columns)
            return {};
        if (part.value)
            term.number = value_column(term, *part.value, scope, ColumnForm::number);
    }
    return kind;
}

std::optional<FeatureId> EventFeatures::take(const behaviour::Relation &relation, const BoundEventValue &left, const BoundEventValue &right,
                                             const BoundCondition &condition, const Scope &scope) {
    EventFeature feature = make_feature(EventForm::comparison, EventFunction::count);
    const auto left_kind = add_exact_terms(left, scope, feature);
    const auto left_terms = static_cast<std::uint32_t>(feature.terms.size());
    const auto right_kind = left_kind ? add_exact_terms(right, scope, feature) : std::nullopt;
    if (!right_kind)
        return {};
    feature.comparison = {relation, *left_kind, *right_kind, left_terms};
    return add_condition(condition, scope, std::move(feature));
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

}  // namespace segment::match
