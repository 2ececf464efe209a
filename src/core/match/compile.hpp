// From a checked definition to nodes of the shared plan.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <unordered_map>

#include "core/definition/sql.hpp"
#include "core/match/event_features.hpp"
#include "core/match/plan.hpp"

namespace segment::match {

// The node of each segment of this population by its id.
using SegmentNodes = std::pmr::unordered_map<std::int32_t, NodeId>;

// Adds the definition to the plan and returns its node, which is not intersected with the base: roots are, by Plan::base.
// `scope.base` is needed by rank forms, whose thresholds are cuts with a scalar subquery over the base's members.
//
// A comparison of a value with constants becomes a leaf of that value's feature, with cuts cast to the feature's type;
// whatever else is a boolean SQL expression becomes a feature of its own with the single cut `true`.
//
// What passes over the sources of events can tell becomes a feature of `events`, if there is one.
//
// `segments` must hold each segment that the definition uses as current; a missing one is an internal error.
NodeId compile(const definition::Checked &definition, const definition::Scope &scope, const SegmentNodes &segments, Plan &plan,
               std::pmr::memory_resource *memory, EventFeatures *events = nullptr);

}  // namespace segment::match
