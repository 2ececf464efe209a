// Conditions on events that are comparisons of counts, or of times, once they are written otherwise: one count with another, shares,
// trends, and days since the last event.
#pragma once

#include <optional>

#include "core/definition/bound_events.hpp"
#include "core/match/event_features.hpp"
#include "core/match/plan.hpp"

namespace segment::match {

// The values that compare so with a cut; never not_equal.
CutRange range_of(definition::Comparison op, CutId cut);

// Nodes for conditions that passes can tell; nothing for all others.
std::optional<NodeId> event_comparison(const definition::BoundCompare &comparison, const definition::Scope &scope, Plan &plan,
                                       EventFeatures &events);
std::optional<NodeId> event_trend(const definition::BoundTrend &trend, const definition::Scope &scope, Plan &plan, EventFeatures &events);

}  // namespace segment::match
