// Sequences: events one after the other, and events that must not have happened in between.
#include <algorithm>

#include "core/definition/check_binder.hpp"

namespace segment::definition {
namespace {

// Orders the events of one source and one instant.
struct TieBreak {
    const EventSource *source;
    const BoundValue *value;
    const BoundCondition *applies;  // whether the event is of that source; null if it always is
};

}  // namespace

// A step on its way to its bound form. Its time and tie-breakers are as conditions of other steps see them.
struct Binder::PendingStep {
    EventParts parts;
    bool refers;
    const BoundValue *time = nullptr;
    std::vector<TieBreak> ties = {};
};

const BoundCondition *Binder::sequence(const Sequence &node) {
    std::vector<PendingStep> steps;
    std::vector<const EventSource *> sources;
    EventParts all;
    for (const Step &step : node.steps) {
        refers_to_step_ = false;
        EventParts parts = event_parts(*step.events, node, StepSources(sources));
        within_window(parts, step.negated ? nullptr : node.window);
        sources.push_back(!step.negated && parts.size() == 1 ? parts.front().source : nullptr);
        all.insert(all.end(), parts.begin(), parts.end());
        steps.push_back({std::move(parts), refers_to_step_});
    }
    // All steps' times must be alike, so they are aligned as if they were parts of one step.
    align_times(all);
    auto aligned = all.begin();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (BoundEventPart &part : steps[i].parts)
            part = *aligned++;
        see_from_within(steps[i], i + 1);
    }

    std::vector<BoundStep> result;
    std::size_t previous = 0;  // the step before that is not negated
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step &written = node.steps[i];
        BoundStep step{bound(steps[i].parts), written.negated, nullptr, nullptr, std::nullopt, steps[i].refers};
        if (i > 0) {
            step.link = later(steps[i], steps[previous]);
            const auto following = std::find_if(node.steps.begin() + static_cast<std::ptrdiff_t>(i), node.steps.end(),
                                                [](const Step &candidate) { return !candidate.negated; });
            if (written.within) {
                const Span span = whole_days(*written.within, *steps[previous].time->type);
                step.within = span;
                const BoundValue *end = shift(steps[previous].time, span, written.within->position);
                step.link = both(step.link, compare(Comparison::less_equal, steps[i].time, end));
                if (written.negated)
                    step.due = compare(Comparison::less_equal, end, as_of(written.within->position));
            } else if (written.negated && following != node.steps.end()) {
                step.link = both(step.link, later(steps[static_cast<std::size_t>(following - node.steps.begin())], steps[i]));
            }
        }
        if (!written.negated)
            previous = i;
        result.push_back(step);
    }
    return negated_if(node.negated || node.never,
                      add(BoundSequence{{ConditionKind::sequence}, arena_.copy(std::span<const BoundStep>(result))}));
}

// A column of a step's event, for conditions of other steps.
const BoundValue *Binder::step_column(std::string_view name, const Type &type, std::size_t step) {
    const Trait *column = add(Trait{{}, name, name, type});
    return add(BoundTrait{{ValueKind::trait, false, 0, &column->type}, column, step_row(step)});
}

void Binder::see_from_within(PendingStep &step, std::size_t number) {
    const BoundValue *at = step.parts.front().at;
    const bool several = step.parts.size() > 1;
    if (several) {
        step.time = step_column(event_time_name, *at->type, number);
    } else {
        const bool converted = at->kind == ValueKind::instant;
        const auto &trait = static_cast<const BoundTrait &>(converted ? *static_cast<const BoundInstant &>(*at).operand : *at);
        step.time = add(BoundTrait{trait, trait.trait, step_row(number)});
        if (converted)
            step.time = add(BoundInstant{{ValueKind::instant, false, at->position, at->type}, step.time});
    }
    for (std::size_t i = 0; i < step.parts.size(); ++i) {
        const EventSource &source = *step.parts[i].source;
        if (source.tie_break < 0)
            continue;
        const Trait &tie = source.columns[static_cast<std::size_t>(source.tie_break)];
        if (!several) {
            step.ties.push_back({&source, add(BoundTrait{{ValueKind::trait, false, 0, &tie.type}, &tie, step_row(number)}), nullptr});
            continue;
        }
        const std::string_view name = arena_.copy(tie_name(i));
        const BoundValue *place = number_literal(arena_.copy(std::to_string(i + 1)), 0);
        step.ties.push_back({&source, step_column(name, tie.type, number),
                             compare(Comparison::equal, step_column(event_source_name, bigint_type, number), place)});
    }
}

// At a later instant, or of the same source and instant with a greater tie-breaker; any is greater than none.
const BoundCondition *Binder::later(const PendingStep &step, const PendingStep &than) {
    std::vector<const BoundCondition *> ways{compare(Comparison::greater, step.time, than.time)};
    for (const TieBreak &tie : step.ties) {
        const auto other = std::ranges::find(than.ties, tie.source, &TieBreak::source);
        if (other == than.ties.end())
            continue;
        const BoundCondition *first =
            both(negated_if(true, add(BoundSet{{ConditionKind::set}, other->value})), add(BoundSet{{ConditionKind::set}, tie.value}));
        const BoundCondition *way =
            both(compare(Comparison::equal, step.time, than.time), either({compare(Comparison::greater, tie.value, other->value), first}));
        for (const BoundCondition *applies : {tie.applies, other->applies})
            way = applies ? both(way, applies) : way;
        ways.push_back(way);
    }
    return ways.size() == 1 ? ways.front() : either(ways);
}

const BoundCondition *Binder::either(const std::vector<const BoundCondition *> &ways) {
    return add(BoundJunction{{ConditionKind::disjunction}, arena_.copy(std::span<const BoundCondition *const>(ways))});
}

}  // namespace segment::definition
