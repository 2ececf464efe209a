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
            std::move(binder.scores)};
}

CheckedFormula check_formula(const Node &formula, const Vocabulary &vocabulary, std::pmr::memory_resource &arena) {
    Binder binder(vocabulary, arena, Role::segment);
    const BoundValue *value = binder.number(formula);
    std::pmr::vector<const BoundValue *> evidence = binder.evidence();
    return {value,
            std::move(binder.probes),
            std::move(binder.joins),
            std::move(binder.events),
            binder.subscriptions,
            std::move(binder.scores),
            !binder.traits.empty(),
            std::move(evidence)};
}

}  // namespace segment::definition
