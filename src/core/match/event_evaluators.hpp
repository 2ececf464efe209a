// From a feature that needs the events themselves to what evaluates it for a member.
#pragma once

#include <memory_resource>
#include <span>

#include "core/behaviour/arithmetic.hpp"
#include "core/behaviour/evaluator.hpp"
#include "core/match/event_features.hpp"

namespace segment::match {

struct EvaluatorInput {
    std::uint32_t index;                                // of the feature among EventFeatures::features
    std::span<const behaviour::ListTerm> terms;         // the feature's
    std::int64_t edge;                                  // the feature's, if it has one
    std::span<const behaviour::HalfMillionths> bounds;  // of an aggregate of numbers; it outlives the evaluator
};

// Lives in `arena`, which does not call its destructor.
behaviour::Evaluator *make_evaluator(const EventFeature &feature, const EvaluatorInput &input, behaviour::WideValues &wide,
                                     Interrupts &interrupts, std::pmr::memory_resource *arena, std::pmr::memory_resource *memory);

}  // namespace segment::match
