// What each condition of a definition takes away or lets in: nodes of a plan that count it, evaluated in one scan.
#pragma once

#include <functional>
#include <memory_resource>
#include <vector>

#include "core/definition/outline.hpp"
#include "core/match/plan.hpp"

namespace segment::match {

struct AttritionStep {
    RootId remaining;   // within what comes before it: what the operands up to this one leave (and) or let in (or)
    RootId without_it;  // the whole definition, were this condition not written
};

// One step for each item of the outline, whose negations are closed. `leaf` gives the node of an item without operands.
// `conjunction` tells what joins the items at the top; one alone is joined by nothing, and without it is everyone.
std::pmr::vector<AttritionStep> attrition(const std::pmr::vector<definition::OutlineItem> &outline, bool conjunction,
                                          const std::function<NodeId(const definition::Node &)> &leaf, Plan &plan,
                                          std::pmr::memory_resource *memory);

}  // namespace segment::match
