#include "core/match/event_features.hpp"

#include <algorithm>
#include <utility>

#include "core/definition/sql_writer.hpp"

namespace segment::match {

using namespace definition;

namespace {

constexpr std::size_t most_filters = 1'000;  // of a stream: a query's target list has 1,664 columns

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
    : readable_(readable), plan_(plan), memory_(memory), streams_(memory), features_(memory), constants_(memory), constant_ids_(memory) {}

std::optional<FeatureId> EventFeatures::take(const BoundEventValue &value, const Scope &scope) {
    switch (value.function) {
        case EventFunction::count:
        case EventFunction::first_time:
        case EventFunction::last_time:
            break;
        default:
            return {};
    }
    std::pmr::vector<Draft> drafts(memory_);
    if (!add_drafts(value.events, 1, value.function, scope, drafts))
        return {};
    std::pmr::string sql(memory_);
    SqlWriter(scope, sql).value(value, Binding::disjunction);
    return add(sql, value.function, drafts, scope);
}

std::optional<FeatureId> EventFeatures::take_sum(std::span<const WeightedEvents> operands, const Scope &scope) {
    std::pmr::vector<Draft> drafts(memory_);
    std::pmr::string sql(memory_);
    for (const auto &[events, weight] : operands) {
        if (!add_drafts(events, weight, EventFunction::count, scope, drafts))
            return {};
        sql += sql.empty() ? "" : " + ";
        if (weight != 1)
            sql += std::to_string(weight) + " * ";
        SqlWriter(scope, sql)
            .value(BoundEventValue{{ValueKind::events, false, 0, &bigint_type}, EventFunction::count, events}, Binding::product);
    }
    return add(sql, EventFunction::count, drafts, scope);
}

FeatureId EventFeatures::add(std::string_view sql, EventFunction function, std::span<const Draft> drafts, const Scope &scope) {
    const FeatureId id = plan_.feature(sql);
    if (!plan_.features()[id].is_measured) {
        plan_.measure(id);
        EventFeature feature{id, function, std::pmr::vector<EventTerm>(memory_)};
        for (const Draft &draft : drafts)
            feature.terms.push_back(term(draft, scope));
        features_.push_back(std::move(feature));
    }
    return id;
}

bool EventFeatures::add_drafts(const BoundEvents &events, std::int64_t weight, EventFunction function, const Scope &scope,
                               std::pmr::vector<Draft> &drafts) const {
    return std::ranges::all_of(events.parts, [&](const BoundEventPart &part) {
        const auto sources = scope.vocabulary.events;
        const auto source = std::ranges::find(sources, part.source->name, &EventSource::name);
        if (source == sources.end() || &*source != part.source || !readable_[static_cast<std::size_t>(source - sources.begin())])
            return false;
        Draft draft{&part,
                    weight,
                    static_cast<std::uint32_t>(source - sources.begin()),
                    std::pmr::string(memory_),
                    std::pmr::vector<DraftBound>(memory_),
                    std::pmr::vector<DraftBound>(memory_)};
        if (!part.time || !add_bounds(*part.time, scope, draft))
            return false;
        if (function != EventFunction::count) {
            std::pmr::string at(memory_);
            SqlWriter(scope, at).value(*part.at, Binding::disjunction);
            if (at != draft.time_sql)
                return false;
        }
        const auto known = stream(draft);
        if (part.filter && known != streams_.end() && known->filters.size() >= most_filters)
            return false;
        drafts.push_back(std::move(draft));
        return true;
    });
}

EventTerm EventFeatures::term(const Draft &draft, const Scope &scope) {
    const auto known = stream(draft);
    EventTerm term{static_cast<behaviour::StreamId>(known - streams_.begin()),
                   std::pmr::vector<std::uint32_t>(memory_),
                   behaviour::no_flag,
                   bounds(draft.lows),
                   bounds(draft.highs),
                   draft.weight};
    if (known == streams_.end())
        streams_.push_back(
            {draft.source, draft.time_sql, std::pmr::vector<std::pmr::string>(memory_), std::pmr::vector<std::pmr::string>(memory_)});
    choose(*draft.part, scope, term);
    return term;
}

// The bounds of a condition that is nothing but bounds of one value, whose SQL becomes the draft's.
bool EventFeatures::add_bounds(const BoundCondition &time, const Scope &scope, Draft &draft) const {
    const auto is_subject = [&](const BoundValue &value) {
        const TypeClass type_class = value.type->type_class;
        if (value.constant || (type_class != TypeClass::date && type_class != TypeClass::timestamp && type_class != TypeClass::timestamptz))
            return false;
        std::pmr::string sql(memory_);
        SqlWriter(scope, sql).value(value, Binding::disjunction);
        if (draft.time_sql.empty())
            draft.time_sql = sql;
        return draft.time_sql == sql;
    };
    switch (time.kind) {
        case ConditionKind::conjunction:
            return std::ranges::all_of(static_cast<const BoundJunction &>(time).operands,
                                       [&](const BoundCondition *operand) { return add_bounds(*operand, scope, draft); });
        case ConditionKind::range: {
            const auto &range = static_cast<const BoundRange &>(time);
            const Type &type = *range.value->type;
            return is_subject(*range.value) && (!range.low || add_bound(*range.low, range.low_inclusive, type, scope, draft.lows)) &&
                   (!range.high || add_bound(*range.high, range.high_inclusive, type, scope, draft.highs));
        }
        case ConditionKind::compare: {
            const auto &comparison = static_cast<const BoundCompare &>(time);
            const bool low = comparison.op == Comparison::greater || comparison.op == Comparison::greater_equal;
            const bool high = comparison.op == Comparison::less || comparison.op == Comparison::less_equal;
            const bool inclusive = comparison.op == Comparison::greater_equal || comparison.op == Comparison::less_equal;
            return (low || high) && is_subject(*comparison.left) &&
                   add_bound(*comparison.right, inclusive, *comparison.left->type, scope, low ? draft.lows : draft.highs);
        }
        default:
            return false;
    }
}

bool EventFeatures::add_bound(const BoundValue &constant, bool inclusive, const Type &type, const Scope &scope,
                              std::pmr::vector<DraftBound> &bounds) const {
    if (!constant.constant)
        return false;
    std::pmr::string sql(memory_);
    SqlWriter(scope, sql).typed_constant(constant, type);
    bounds.push_back({std::move(sql), inclusive});
    return true;
}

std::pmr::vector<TimeBound> EventFeatures::bounds(std::span<const DraftBound> drafts) {
    std::pmr::vector<TimeBound> bounds(memory_);
    for (const auto &[sql, inclusive] : drafts) {
        const auto [found, is_new] = constant_ids_.try_emplace(sql, static_cast<ConstantId>(constants_.size()));
        if (is_new)
            constants_.push_back(found->first);
        bounds.push_back({found->second, inclusive});
    }
    return bounds;
}

std::pmr::vector<EventStream>::const_iterator EventFeatures::stream(const Draft &draft) const {
    return std::ranges::find_if(streams_,
                                [&](const EventStream &known) { return known.source == draft.source && known.time_sql == draft.time_sql; });
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
