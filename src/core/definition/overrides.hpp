// Overrides: who is in or out of a segment whatever its definition says.
#pragma once

#include <cstdint>
#include <memory_resource>

#include "core/definition/bound.hpp"
#include "core/definition/vocabulary.hpp"

namespace segment::definition {

// Which kinds of overrides a segment has.
struct Overrides {
    std::int32_t segment;
    bool includes, excludes;
};

// `(definition or included) and not excluded`, without the parts that there are no overrides for.
const BoundCondition *with_overrides(const BoundCondition *definition, const Overrides &overrides, const Vocabulary &vocabulary,
                                     std::pmr::memory_resource &arena);

}  // namespace segment::definition
