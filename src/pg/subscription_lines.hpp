// Reading the lines of a population's subscriptions into a ledger whose members are the ordinals of a run.
#pragma once

#include "core/members/bit_set.hpp"
#include "core/revenue/collector.hpp"
#include "pg/run.hpp"

namespace segment::pg {

struct SubscriptionLedger {
    const std::pmr::vector<std::byte> *bytes;
    int scale;
};

// One scan of the lines, as the current user inside begin_identity, with those of the `wanted` members, who are some of the `known` ones.
// What is ignored is told in a NOTICE; lines in several currencies are an error. In the current context.
SubscriptionLedger read_subscriptions(const Run *run, const members::BitSet *wanted, const members::BitSet *known);

}  // namespace segment::pg
