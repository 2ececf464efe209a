#include "core/match/event_features.hpp"

#include <algorithm>
#include <utility>

#include "core/definition/sql_writer.hpp"

namespace segment::match {

using namespace definition;

namespace {

bool is_name_of(const BoundValue &value, const EventSource &source) {
    if (value.kind != ValueKind::trait || source.event_name < 0)
        return false;
    const auto &column = static_cast<const BoundTrait &>(value);
    return column.row == event_row && column.trait == &source.columns[static_cast<std::size_t>(source.event_name)];
}

// The names that the condition asks for, empty if it is about something else.
std::span<const BoundValue *const> names_in(const BoundCondition &condition, const EventSource &source) {
    if (condition.kind == ConditionKind::compare) {
        const auto &comparison = static_cast<const BoundCompare &>(condition);
        if (comparison.op == Comparison::equal && is_name_of(*comparison.left, source) && comparison.right->constant)
            return {&comparison.right, 1};
    } else if (condition.kind == ConditionKind::list) {
        const auto &list = static_cast<const BoundList &>(condition);
        if (is_name_of(*list.value, source))
            return list.items;
    }
    return {};
}

std::uint32_t index_of(std::pmr::vector<std::pmr::string> &items, std::pmr::string item) {
    const auto index = static_cast<std::uint32_t>(std::ranges::find(items, item) - items.begin());
    if (index == items.size())
        items.push_back(std::move(item));
    return index;
}

}  // namespace

EventFeatures::EventFeatures(const std::pmr::vector<bool> &readable, Plan &plan, std::pmr::memory_resource *memory)
    : readable_(readable),
      plan_(plan),
      memory_(memory),
      streams_(memory),
      features_(memory),
      constants_(memory),
      constant_ids_(memory),
      member_joins_(memory) {}

std::optional<FeatureId> EventFeatures::take(const BoundEventValue &value, const Scope &scope) {
    EventFeature feature = make_feature(EventForm::value, value.function);
    if (!feature.is_counted()) {
        if (!add_list(value, scope, feature))
            return {};
    } else {
        for (const BoundEventPart &part : value.events.parts)
            if (!add_term(part, 1, scope, feature))
                return {};
        if (!feature.is_counted() && feature.function != EventFunction::count)
            return {};
    }
    std::pmr::string sql(memory_);
    SqlWriter(scope, sql).value(value, Binding::disjunction);
    return add(sql, std::move(feature));
}

std::optional<FeatureId> EventFeatures::take_sum(std::span<const WeightedEvents> operands, const Scope &scope) {
    EventFeature feature = make_feature(EventForm::value, EventFunction::count);
    std::pmr::string sql(memory_);
    for (const auto &[events, weight] : operands) {
        for (const BoundEventPart &part : events.parts)
            if (!add_term(part, weight, scope, feature))
                return {};
        sql += sql.empty() ? "" : " + ";
        if (weight != 1)
            sql += std::to_string(weight) + " * ";
        SqlWriter(scope, sql)
            .value(BoundEventValue{{ValueKind::events, false, 0, &bigint_type}, EventFunction::count, events}, Binding::product);
    }
    return add(sql, std::move(feature));
}

EventFeature EventFeatures::make_feature(EventForm form, EventFunction function) const {
    return {0,
            form,
            function,
            std::pmr::vector<EventTerm>(memory_),
            std::pmr::vector<EventStep>(memory_),
            std::pmr::vector<behaviour::Link>(memory_),
            std::pmr::vector<EventStepColumn>(memory_),
            std::nullopt};
}

FeatureId EventFeatures::add(std::string_view sql, EventFeature feature) {
    const FeatureId id = plan_.feature(sql);
    if (!plan_.features()[id].is_measured) {
        plan_.measure(id);
        feature.feature = id;
        features_.push_back(std::move(feature));
    }
    return id;
}

bool EventFeatures::add_term(const BoundEventPart &part, std::int64_t weight, const Scope &scope, EventFeature &feature) {
    const auto events = scope.vocabulary.events;
    const auto source = std::ranges::find(events, part.source->name, &EventSource::name);
    if (source == events.end() || &*source != part.source || !readable_[static_cast<std::size_t>(source - events.begin())])
        return false;
    EventTerm term{0,
                   std::pmr::vector<std::uint32_t>(memory_),
                   behaviour::no_flag,
                   std::pmr::vector<TimeBound>(memory_),
                   std::pmr::vector<TimeBound>(memory_),
                   weight};
    std::pmr::string subject(memory_), at(memory_);
    if (!part.time || !add_bounds(*part.time, scope, subject, term))
        return false;
    if (feature.is_ordered()) {
        SqlWriter(scope, at).value(*part.at, Binding::disjunction);
        if (at != subject)
            return false;
    }
    term.stream = stream(static_cast<std::uint32_t>(source - events.begin()), std::move(subject));
    if (part.filter && streams_[term.stream].filters.size() >= most_filters)
        return false;
    choose(part, scope, term);
    feature.terms.push_back(std::move(term));
    return true;
}

// The bounds of a condition that is nothing but bounds of one value; `subject` becomes that value's SQL.
bool EventFeatures::add_bounds(const BoundCondition &time, const Scope &scope, std::pmr::string &subject, EventTerm &term) {
    const auto is_subject = [&](const BoundValue &value) {
        const TypeClass type_class = value.type->type_class;
        if (value.constant || (type_class != TypeClass::date && type_class != TypeClass::timestamp && type_class != TypeClass::timestamptz))
            return false;
        std::pmr::string sql(memory_);
        SqlWriter(scope, sql).value(value, Binding::disjunction);
        if (subject.empty())
            subject = sql;
        return subject == sql;
    };
    switch (time.kind) {
        case ConditionKind::conjunction:
            return std::ranges::all_of(static_cast<const BoundJunction &>(time).operands,
                                       [&](const BoundCondition *operand) { return add_bounds(*operand, scope, subject, term); });
        case ConditionKind::range: {
            const auto &range = static_cast<const BoundRange &>(time);
            const Type &type = *range.value->type;
            return is_subject(*range.value) && (!range.low || add_bound(*range.low, range.low_inclusive, type, scope, term.lows)) &&
                   (!range.high || add_bound(*range.high, range.high_inclusive, type, scope, term.highs));
        }
        case ConditionKind::compare: {
            const auto &comparison = static_cast<const BoundCompare &>(time);
            const bool low = comparison.op == Comparison::greater || comparison.op == Comparison::greater_equal;
            const bool high = comparison.op == Comparison::less || comparison.op == Comparison::less_equal;
            const bool inclusive = comparison.op == Comparison::greater_equal || comparison.op == Comparison::less_equal;
            if ((!low && !high) || !is_subject(*comparison.left))
                return false;
            const Type &type = *comparison.left->type;
            return comparison.right->constant
                       ? add_bound(*comparison.right, inclusive, type, scope, low ? term.lows : term.highs)
                       : add_member_bound(*comparison.right, inclusive, type, scope, low ? term.member_low : term.member_high);
        }
        default:
            return false;
    }
}

bool EventFeatures::add_bound(const BoundValue &constant, bool inclusive, const Type &type, const Scope &scope,
                              std::pmr::vector<TimeBound> &bounds) {
    if (!constant.constant)
        return false;
    std::pmr::string sql(memory_);
    SqlWriter(scope, sql).typed_constant(constant, type);
    bounds.push_back({constant_id(std::move(sql)), inclusive});
    return true;
}

bool EventFeatures::add_member_bound(const BoundValue &bound, bool inclusive, const Type &type, const Scope &scope,
                                     std::optional<MemberBound> &known) {
    if (known || bound.type->type_class != type.type_class)
        return false;
    const behaviour::StreamId members = members_stream(scope);
    if (streams_[members].columns.size() >= most_columns)
        return false;
    std::pmr::string sql(memory_);
    SqlWriter(scope, sql).value(bound, Binding::disjunction);
    known = {members, column(members, std::move(sql), ColumnForm::integer), inclusive};
    return true;
}

ConstantId EventFeatures::constant_id(std::pmr::string sql) {
    const auto [found, is_new] = constant_ids_.try_emplace(std::move(sql), static_cast<ConstantId>(constants_.size()));
    if (is_new)
        constants_.push_back(found->first);
    return found->second;
}

behaviour::StreamId EventFeatures::stream(std::uint32_t source, std::pmr::string time_sql) {
    const auto found =
        std::ranges::find_if(streams_, [&](const EventStream &known) { return known.source == source && known.time_sql == time_sql; });
    const auto id = static_cast<behaviour::StreamId>(found - streams_.begin());
    if (found == streams_.end())
        streams_.push_back({source, std::move(time_sql), std::pmr::vector<std::pmr::string>(memory_),
                            std::pmr::vector<std::pmr::string>(memory_), std::pmr::vector<std::pmr::string>(memory_),
                            std::pmr::vector<EventColumn>(memory_)});
    return id;
}

bool EventFeatures::asks_for(std::uint32_t source, std::string_view name) const {
    return std::ranges::any_of(streams_, [&](const EventStream &stream) {
        return stream.source == source && std::ranges::find(stream.texts, name) != stream.texts.end();
    });
}

// Its rows have a time that is always in the past.
behaviour::StreamId EventFeatures::members_stream(const Scope &scope) {
    for (const std::uint32_t join : scope.joins)
        if (const auto place = std::ranges::lower_bound(member_joins_, join); place == member_joins_.end() || *place != join)
            member_joins_.insert(place, join);
    return stream(members_source, std::pmr::string(scope.as_of_sql, memory_));
}

// Names are told apart before anything else is looked at; all the rest of a filter is left to PostgreSQL.
void EventFeatures::choose(const BoundEventPart &part, const Scope &scope, EventTerm &term) {
    if (!part.filter)
        return;
    EventStream &stream = streams_[term.stream];
    const BoundCondition *const whole[] = {part.filter};
    const std::span<const BoundCondition *const> operands =
        part.filter->kind == ConditionKind::conjunction ? static_cast<const BoundJunction &>(*part.filter).operands : whole;
    bool more = false;
    for (const BoundCondition *operand : operands) {
        const auto names = term.names.empty() ? names_in(*operand, *part.source) : std::span<const BoundValue *const>();
        for (const BoundValue *name : names) {
            std::pmr::string sql(memory_);
            SqlWriter(scope, sql).typed_constant(*name, part.source->columns[static_cast<std::size_t>(part.source->event_name)].type);
            term.names.push_back(index_of(stream.names, std::move(sql)));
            if (name->kind == ValueKind::text)
                index_of(stream.texts, std::pmr::string(static_cast<const BoundText &>(*name).value, memory_));
        }
        more = more || names.empty();
    }
    if (more) {
        std::pmr::string sql(memory_);
        SqlWriter(scope, sql).condition(*part.filter, Binding::disjunction);
        term.filter = index_of(stream.filters, std::move(sql));
    }
}

}  // namespace segment::match
