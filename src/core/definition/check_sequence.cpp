// Sequences: events one after the other, and events that must not have happened in between.
#include <algorithm>

#include "core/definition/check_binder.hpp"

namespace segment::definition {
namespace {

// A step on its way to its bound form. Its time and tie-breaker as the steps nested within it see them.
struct PendingStep {
    std::vector<BoundEventPart> parts;
    const BoundValue *time = nullptr;
    const BoundValue *tie = nullptr;  // null if none orders the events of one instant
};

}  // namespace

const BoundCondition *Binder::sequence(const Sequence &node) {
    std::vector<PendingStep> steps;
    std::vector<const EventSource *> sources;
    for (const Step &step : node.steps) {
        if (step.negated && step.within)
            read_duration(*step.within);
        EventParts parts = event_parts(*step.events, node, StepSources(sources));
        within_window(parts, step.negated ? nullptr : node.window);
        sources.push_back(!step.negated && parts.size() == 1 ? parts.front().source : nullptr);
        steps.push_back({std::move(parts)});
    }
    // All steps' times must be alike, so they are aligned as if they were parts of one step.
    EventParts all;
    for (const PendingStep &step : steps)
        all.insert(all.end(), step.parts.begin(), step.parts.end());
    align_times(all);
    std::size_t next = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        PendingStep &step = steps[i];
        for (BoundEventPart &part : step.parts)
            part.at = all[next++].at;
        step.time = seen_from_within(step.parts, i + 1);
        step.tie = step.parts.size() == 1 ? tie_break(*step.parts.front().source, i + 1) : nullptr;
    }

    const auto later = [&](const PendingStep &step, const PendingStep &than) {
        const BoundCondition *after = compare(Comparison::greater, step.time, than.time);
        if (!step.tie || !than.tie || step.parts.front().source != than.parts.front().source)
            return after;
        // Of one instant, the greater tie-breaker is later, and any is later than none.
        const BoundCondition *const broken[] = {
            compare(Comparison::greater, step.tie, than.tie),
            both(negated_if(true, add(BoundSet{{ConditionKind::set}, than.tie})), add(BoundSet{{ConditionKind::set}, step.tie}))};
        const BoundCondition *const either[] = {
            after, both(compare(Comparison::equal, step.time, than.time),
                        add(BoundJunction{{ConditionKind::disjunction}, arena_.copy(std::span<const BoundCondition *const>(broken))}))};
        const BoundCondition *order =
            add(BoundJunction{{ConditionKind::disjunction}, arena_.copy(std::span<const BoundCondition *const>(either))});
        return order;
    };
    std::vector<BoundStep> result;
    std::size_t previous = 0;  // the step before that is not negated
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step &written = node.steps[i];
        BoundStep step{bound(steps[i].parts), written.negated, nullptr, nullptr};
        if (i > 0) {
            step.link = later(steps[i], steps[previous]);
            const auto following = std::find_if(node.steps.begin() + static_cast<std::ptrdiff_t>(i), node.steps.end(),
                                                [](const Step &candidate) { return !candidate.negated; });
            if (written.within) {
                const Span span = whole_days(*written.within, *steps[previous].time->type);
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
    return negated_if(node.negated || node.never, add(BoundSequence{{ConditionKind::sequence}, arena_.copy(std::span<const BoundStep>(result))}));
}

// The time of a step's event, for conditions of other steps.
const BoundValue *Binder::seen_from_within(const EventParts &parts, std::size_t step) {
    const BoundValue *at = parts.front().at;
    const Row row = step_row(step);
    if (parts.size() > 1) {
        const Trait *column = add(Trait{{}, event_time_name, event_time_name, *at->type});
        return add(BoundTrait{{ValueKind::trait, false, at->position, &column->type}, column, row});
    }
    const bool converted = at->kind == ValueKind::instant;
    const auto &trait = static_cast<const BoundTrait &>(converted ? *static_cast<const BoundInstant &>(*at).operand : *at);
    const BoundValue *column = add(BoundTrait{trait, trait.trait, row});
    return converted ? add(BoundInstant{{ValueKind::instant, false, at->position, at->type}, column}) : column;
}

const BoundValue *Binder::tie_break(const EventSource &source, std::size_t step) {
    if (source.tie_break < 0)
        return nullptr;
    const Trait &column = source.columns[static_cast<std::size_t>(source.tie_break)];
    return add(BoundTrait{{ValueKind::trait, false, 0, &column.type}, &column, step_row(step)});
}

}  // namespace segment::definition
