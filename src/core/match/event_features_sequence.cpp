// Sequences: which lists their steps and the links between them read.
#include <algorithm>
#include <deque>
#include <utility>

#include "core/behaviour/sequence.hpp"
#include "core/definition/bound_rows.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/match/event_features.hpp"
#include "core/match/event_types.hpp"

namespace segment::match {

using namespace definition;

namespace {

using behaviour::LinkForm;
using behaviour::LinkId;
using behaviour::LinkKind;

// How passes compare values of the two types, if they can.
std::optional<LinkForm> link_form(const Type &left, const Type &right, Comparison op) {
    const bool alike = left.type_class == right.type_class;
    if (alike && is_integer_inside(left))
        return LinkForm::integer;
    if (is_exact(left) && is_exact(right))
        return LinkForm::number;
    const bool named = left.type_class == TypeClass::enumeration;
    if (op == Comparison::equal && alike && has_identity(left) && has_identity(right) && (!named || left.sql_name == right.sql_name))
        return LinkForm::identity;
    return {};
}

ColumnForm column_form(LinkForm form) {
    return form == LinkForm::integer ? ColumnForm::integer : form == LinkForm::number ? ColumnForm::number : ColumnForm::identity;
}

// A step's events without what it says of the steps before, which is left to its link.
struct OwnEvents {
    OwnEvents(const BoundStep &step, std::pmr::memory_resource *memory)
        : part(step.events.parts.front()), own(memory), linked(memory), filter{{ConditionKind::conjunction}, {}}, link(filter) {
        if (!step.refers)
            return;
        const BoundCondition *const whole[] = {part.filter};
        for (const BoundCondition *operand : part.filter->kind == ConditionKind::conjunction
                                                 ? static_cast<const BoundJunction &>(*part.filter).operands
                                                 : std::span<const BoundCondition *const>(whole)) {
            const RowsRead rows = only_row(*operand);
            (!rows.several && (!rows.row || *rows.row == event_row) ? own : linked).push_back(operand);
        }
        filter.operands = own;
        link.operands = linked;
        part.filter = own.empty() ? nullptr : own.size() == 1 ? own.front() : &filter;
    }
    OwnEvents(const OwnEvents &) = delete;

    BoundEventPart part;
    std::pmr::vector<const BoundCondition *> own, linked;
    BoundJunction filter, link;
};

}  // namespace

// The link of one step: the part of its filter that reads other steps, as a tree over columns of the steps.
class EventFeatures::StepLinks {
public:
    StepLinks(EventFeatures &events, const Scope &scope, std::uint32_t step, EventFeature &feature)
        : events_(events), scope_(scope), step_(step), feature_(feature) {}

    std::optional<LinkId> link(const BoundCondition &condition) {
        if (const std::optional<std::uint32_t> step = step_of(only_row(condition)))
            return flag(condition, *step);
        switch (condition.kind) {
            case ConditionKind::conjunction:
            case ConditionKind::disjunction: {
                const LinkKind kind = condition.kind == ConditionKind::conjunction ? LinkKind::both : LinkKind::either;
                std::optional<LinkId> all;
                for (const BoundCondition *operand : static_cast<const BoundJunction &>(condition).operands) {
                    const std::optional<LinkId> next = link(*operand);
                    if (!next)
                        return {};
                    all = all ? add({kind, LinkForm::integer, *all, *next}) : *next;
                }
                return all;
            }
            case ConditionKind::negation: {
                const std::optional<LinkId> operand = link(*static_cast<const BoundNegation &>(condition).operand);
                return operand ? std::optional(add({LinkKind::negation, LinkForm::integer, *operand, 0})) : std::nullopt;
            }
            case ConditionKind::compare:
                return compare(static_cast<const BoundCompare &>(condition));
            default:
                return {};
        }
    }

private:
    // The step that a row is of; nothing for rows of members or for more than one.
    std::optional<std::uint32_t> step_of(const RowsRead &rows) const {
        if (rows.several || !rows.row || *rows.row == member_row)
            return {};
        return *rows.row == event_row ? step_ : *rows.row - step_row(1);
    }

    LinkId add(const behaviour::Link &link) {
        feature_.links.push_back(link);
        return static_cast<LinkId>(feature_.links.size() - 1);
    }

    // A column over the step's events; nothing if there are too many.
    std::optional<std::uint32_t> column(std::uint32_t step, std::pmr::string sql, ColumnForm form) {
        EventTerm term = feature_.terms[feature_.steps[step].events];
        if (events_.streams_[term.stream].columns.size() >= most_columns)
            return {};
        term.number = events_.column(term.stream, std::move(sql), form);
        feature_.columns.push_back({step, static_cast<std::uint32_t>(feature_.terms.size())});
        feature_.terms.push_back(std::move(term));
        return static_cast<std::uint32_t>(feature_.columns.size() - 1);
    }

    SqlWriter writer(std::uint32_t step, std::pmr::string &sql) const {
        SqlWriter writer(scope_, sql);
        if (step != step_)
            writer.read_as_event(step_row(step + 1));
        return writer;
    }

    std::optional<LinkId> flag(const BoundCondition &condition, std::uint32_t step) {
        std::pmr::string sql("(", events_.memory_);
        writer(step, sql).condition(condition, Binding::disjunction);
        sql += ")::int";
        const auto column = this->column(step, std::move(sql), ColumnForm::integer);
        return column ? std::optional(add({LinkKind::holds, LinkForm::integer, *column, 0})) : std::nullopt;
    }

    std::optional<LinkId> compare(const BoundCompare &comparison) {
        const auto left_step = step_of(only_row(*comparison.left)), right_step = step_of(only_row(*comparison.right));
        const auto form = link_form(*comparison.left->type, *comparison.right->type, comparison.op);
        if (!left_step || !right_step || !form)
            return {};
        const auto side = [&](const BoundValue &value, std::uint32_t step) {
            std::pmr::string sql(events_.memory_);
            writer(step, sql).value(value, Binding::disjunction);
            return column(step, std::move(sql), column_form(*form));
        };
        const auto left = side(*comparison.left, *left_step), right = side(*comparison.right, *right_step);
        if (!left || !right)
            return {};
        const auto term = [&](std::uint32_t column) -> const EventTerm & { return feature_.terms[feature_.columns[column].term]; };
        events_.compare_columns(term(*left).stream, term(*left).number, term(*right).stream, term(*right).number);
        switch (comparison.op) {
            case Comparison::less:
                return add({LinkKind::less, *form, *left, *right});
            case Comparison::less_equal:
                return add({LinkKind::less_equal, *form, *left, *right});
            case Comparison::greater:
                return add({LinkKind::less, *form, *right, *left});
            case Comparison::greater_equal:
                return add({LinkKind::less_equal, *form, *right, *left});
            default:
                return add({LinkKind::equal, *form, *left, *right});
        }
    }

    EventFeatures &events_;
    const Scope &scope_;
    std::uint32_t step_;
    EventFeature &feature_;
};

// A term for a step's events, in their order.
bool EventFeatures::add_step(const BoundEventPart &part, bool is_linked, const Scope &scope, EventFeature &feature) {
    if (!add_term(part, 1, scope, feature))
        return false;
    EventTerm &term = feature.terms.back();
    if (streams_[term.stream].columns.size() >= most_columns)
        return false;
    if (const Trait *const tie = tie_break(*part.source))
        term.number = column(term.stream, std::pmr::string("e.", memory_).append(tie->sql), ColumnForm::integer);
    if (is_linked)
        term.code = row_column;
    return true;
}

std::optional<FeatureId> EventFeatures::take(const BoundSequence &sequence, const Scope &scope) {
    const auto is_simple = [](const BoundStep &step) {
        if (step.events.parts.size() != 1 || !is_plain_moment(*step.events.parts.front().at))
            return false;
        const Trait *const tie = tie_break(*step.events.parts.front().source);
        return !tie || is_integer_inside(tie->type);
    };
    if (!std::ranges::all_of(sequence.steps, is_simple))
        return {};
    EventFeature feature = make_feature(EventForm::sequence, EventFunction::count);
    const bool is_linked = std::ranges::any_of(sequence.steps, &BoundStep::refers);
    std::pmr::deque<OwnEvents> own(memory_);
    const BoundEventPart *previous = nullptr;
    for (const BoundStep &step : sequence.steps) {
        const OwnEvents &events = own.emplace_back(step, memory_);
        const BoundEventPart &part = events.part;
        const auto index = static_cast<std::uint32_t>(feature.steps.size());
        feature.steps.push_back(
            {static_cast<std::uint32_t>(feature.terms.size()), no_column, behaviour::SequenceStep::no_source, step.negated});
        if (!add_step(part, is_linked, scope, feature))
            return {};
        if (tie_break(*part.source))
            feature.steps[index].source = streams_[feature.terms.back().stream].source;
        if (!events.link.operands.empty()) {
            const auto found = StepLinks(*this, scope, index, feature).link(events.link);
            if (!found)
                return {};
            feature.steps[index].link = *found;
        }
        if (step.within) {
            feature.steps[index].deadlines = static_cast<std::uint32_t>(feature.terms.size());
            if (!add_shifted(*previous, *step.within, scope, feature))
                return {};
        }
        if (!step.negated)
            previous = &part;
    }
    return add_condition(sequence, scope, std::move(feature));
}

}  // namespace segment::match
