#include "core/match/event_evaluators.hpp"

#include <new>
#include <utility>

#include "core/behaviour/comparison.hpp"
#include "core/behaviour/count.hpp"
#include "core/behaviour/distinct.hpp"
#include "core/behaviour/linked_sequence.hpp"
#include "core/behaviour/pick.hpp"
#include "core/behaviour/resumed.hpp"
#include "core/behaviour/sequence.hpp"
#include "core/behaviour/streak.hpp"
#include "core/error.hpp"

namespace segment::match {

using behaviour::Aggregate;
using definition::EventFunction;

namespace {

behaviour::Period period_of(definition::Unit unit) {
    return unit == definition::Unit::week    ? behaviour::Period::week
           : unit == definition::Unit::month ? behaviour::Period::month
                                             : behaviour::Period::day;
}

}  // namespace

behaviour::Evaluator *make_evaluator(const EventFeature &feature, const EvaluatorInput &input, behaviour::WideValues &wide,
                                     Interrupts &interrupts, std::pmr::memory_resource *arena, std::pmr::memory_resource *memory) {
    const auto make = [&]<class Kind, class... Arguments>(std::in_place_type_t<Kind>, Arguments &&...arguments) -> behaviour::Evaluator * {
        return new (arena->allocate(sizeof(Kind), alignof(Kind))) Kind(std::forward<Arguments>(arguments)..., memory);
    };
    const auto arithmetic = [&](Aggregate aggregate) {
        return make(std::in_place_type<behaviour::Arithmetic>, aggregate, input.index, input.terms, input.bounds, wide);
    };
    const auto pick = [&](behaviour::Choice choice) { return make(std::in_place_type<behaviour::Pick>, choice, input.terms); };
    if (feature.form == EventForm::resumed)
        return make(std::in_place_type<behaviour::Resumed>, input.edge, input.terms);
    if (feature.form == EventForm::sequence) {
        std::pmr::vector<behaviour::SequenceStep> steps(memory);
        for (const EventStep &step : feature.steps)
            steps.push_back({input.terms[step.events], step.source, step.negated,
                             step.deadlines == no_column ? behaviour::SequenceStep::no_deadline : input.terms[step.deadlines].list});
        if (!feature.links.empty()) {
            std::pmr::vector<behaviour::LinkedStep> linked(memory);
            for (std::size_t i = 0; i < steps.size(); ++i)
                linked.push_back({steps[i], feature.steps[i].link});
            std::pmr::vector<behaviour::StepColumn> columns(memory);
            for (const EventStepColumn &column : feature.columns)
                columns.push_back({column.step, input.terms[column.term].list});
            return make(std::in_place_type<behaviour::LinkedSequence>, std::span<const behaviour::LinkedStep>(linked),
                        behaviour::Links(columns, feature.links, wide, memory), interrupts);
        }
        return make(std::in_place_type<behaviour::Sequence>, std::span<const behaviour::SequenceStep>(steps), interrupts);
    }
    if (feature.form == EventForm::comparison) {
        const auto &[relation, left, right, left_terms] = *feature.comparison;
        const auto quantity = [&](behaviour::Aggregate kind, std::span<const behaviour::ListTerm> terms) {
            return behaviour::Quantity{kind, std::pmr::vector<behaviour::ListTerm>(terms.begin(), terms.end(), memory)};
        };
        return make(std::in_place_type<behaviour::Comparison>, relation, quantity(left, input.terms.first(left_terms)),
                    quantity(right, input.terms.subspan(left_terms)), wide);
    }
    const bool has_codes = feature.terms.front().code != no_column;
    switch (feature.function) {
        case EventFunction::count: {
            std::pmr::vector<behaviour::WeightedTerm> terms(memory);
            for (std::size_t i = 0; i < input.terms.size(); ++i)
                terms.push_back({input.terms[i], feature.terms[i].weight});
            return make(std::in_place_type<behaviour::Count>, std::span<const behaviour::WeightedTerm>(terms));
        }
        case EventFunction::sum:
            return arithmetic(Aggregate::sum);
        case EventFunction::avg:
            return arithmetic(Aggregate::average);
        case EventFunction::median:
            return arithmetic(Aggregate::median);
        case EventFunction::min:
            return has_codes ? pick(behaviour::Choice::least) : arithmetic(Aggregate::least);
        case EventFunction::max:
            return has_codes ? pick(behaviour::Choice::greatest) : arithmetic(Aggregate::greatest);
        case EventFunction::first_value:
            return pick(behaviour::Choice::first);
        case EventFunction::last_value:
            return pick(behaviour::Choice::last);
        case EventFunction::count_distinct:
        case EventFunction::distinct_periods:
            return make(std::in_place_type<behaviour::DistinctCount>, input.index, input.terms, wide);
        case EventFunction::most_frequent:
            return make(std::in_place_type<behaviour::MostFrequent>, input.index, input.terms, wide);
        case EventFunction::streak:
            return make(std::in_place_type<behaviour::Streak>, period_of(feature.unit), input.edge, input.terms);
        default:
            throw Error(ErrorCode::internal_error, "no evaluator computes the function");
    }
}

}  // namespace segment::match
