#include "core/definition/check.hpp"

#include "core/definition/check_binder.hpp"

namespace segment::definition {

Checked check(const Node &definition, const Vocabulary &vocabulary, std::pmr::memory_resource &arena, Role role) {
    Binder binder(vocabulary, arena, role);
    const BoundCondition *condition = binder.condition(definition);
    return {condition,
            std::move(binder.segments),
            std::move(binder.probes),
            binder.ranks,
            std::move(binder.joins),
            std::move(binder.traits),
            std::move(binder.events),
            binder.subscriptions,
            std::move(binder.derived),
            std::move(binder.scores),
            std::move(binder.event_names)};
}

namespace {

CheckedFormula checked_formula(const BoundValue *value, Binder &binder) {
    std::pmr::vector<const BoundValue *> evidence = binder.evidence();
    return {value,
            std::move(binder.probes),
            std::move(binder.joins),
            std::move(binder.traits),
            std::move(binder.events),
            binder.subscriptions,
            std::move(binder.derived),
            std::move(binder.scores),
            std::move(evidence)};
}

}  // namespace

CheckedFormula check_formula(const Node &formula, const Vocabulary &vocabulary, std::pmr::memory_resource &arena) {
    Binder binder(vocabulary, arena, Role::segment);
    const BoundValue *value = binder.number(formula);
    return checked_formula(value, binder);
}

CheckedFormula check_derived(const DerivedTrait &trait, const Vocabulary &vocabulary, std::pmr::memory_resource &arena) {
    Binder binder(vocabulary, arena, Role::segment);
    const BoundValue *value = binder.derived_value(trait);
    return checked_formula(value, binder);
}

}  // namespace segment::definition
