// What counts for a segment besides its definition: overrides, and the other rules of its scheme.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>

#include "core/definition/bound.hpp"
#include "core/definition/check.hpp"
#include "core/definition/vocabulary.hpp"

namespace segment::definition {

struct Amendments {
    std::int32_t segment;                       // whose overrides count
    bool includes, excludes;                    // it has such
    std::span<const SegmentName> before = {};   // the rules of its scheme that come first
    std::span<const std::int32_t> rivals = {};  // the other rules of its scheme that have includes
};

// Notes that the definition needs a segment evaluated in the same run, if it does not do so already.
void use_segment(Checked &checked, std::int32_t segment);

// `((definition and in none of those before) or included) and not excluded and not included elsewhere`, without the parts that
// there is nothing for. Rules amended so exclude each other as long as nobody is included in two of them.
const BoundCondition *amended(const BoundCondition *definition, const Amendments &amendments, const Vocabulary &vocabulary,
                              std::pmr::memory_resource &arena);

}  // namespace segment::definition
