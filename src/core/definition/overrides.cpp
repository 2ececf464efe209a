#include "core/definition/overrides.hpp"

#include <string>

#include "core/definition/arena.hpp"

namespace segment::definition {
namespace {

const BoundCondition *overridden(const Overrides &overrides, std::string_view how, const Vocabulary &vocabulary, Arena &arena) {
    const std::string rows =
        "listed.segment_id = " + std::to_string(overrides.segment) + " AND listed.override = '" + std::string(how) + "'";
    return arena.add(BoundListed{{ConditionKind::listed}, vocabulary.override_sql, arena.copy(std::string_view(rows))});
}

const BoundCondition *joined(ConditionKind kind, const BoundCondition *left, const BoundCondition *right, Arena &arena) {
    const BoundCondition *const operands[] = {left, right};
    return arena.add(BoundJunction{{kind}, arena.copy(std::span<const BoundCondition *const>(operands))});
}

}  // namespace

const BoundCondition *with_overrides(const BoundCondition *definition, const Overrides &overrides, const Vocabulary &vocabulary,
                                     std::pmr::memory_resource &memory) {
    Arena arena(memory);
    const BoundCondition *result = definition;
    if (overrides.includes)
        result = joined(ConditionKind::disjunction, result, overridden(overrides, "include", vocabulary, arena), arena);
    if (overrides.excludes) {
        const BoundCondition *excluded = overridden(overrides, "exclude", vocabulary, arena);
        result = joined(ConditionKind::conjunction, result, arena.add(BoundNegation{{ConditionKind::negation}, excluded}), arena);
    }
    return result;
}

}  // namespace segment::definition
