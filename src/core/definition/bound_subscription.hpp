// What definitions ask of a member's subscriptions, in the bound tree.
#pragma once

#include <string>

#include "core/definition/bound.hpp"

namespace segment::definition {

enum class SubscriptionField : std::uint8_t {
    mrr,         // the sum of the active lines, not below 0
    arr,         // twelve times that
    quantity,    // the sum of the active lines'
    plan,        // of the active line with the highest mrr
    status,      // 'active', 'trial', 'churned', 'never'
    started_at,  // since when there has been MRR without a break
    churned_at,  // when MRR ended, while there is none
    renews_at,   // the earliest of the active lines'
};

// Sums are 0 without an active line, everything else but the status is missing.
struct BoundSubscription : BoundValue {
    SubscriptionField field;
};

// As definitions write it: `subscription.mrr`.
std::string label(const BoundSubscription &value);

}  // namespace segment::definition
