// The bridges of a report's groups.
#pragma once

#include "core/revenue/report.hpp"
#include "pg/periods.hpp"
#include "pg/report.hpp"
#include "pg/subscription_lines.hpp"

namespace segment::pg {

struct BridgeQuestion {
    const PeriodEdges *periods;
    revenue::MovementRules rules;
    revenue::Membership membership;
};

// In the current context. Of members outside of the segment, who are the group after the last, only transfers are told.
revenue::GroupedBridges *add_up(const revenue::Collector *lines, const BridgeQuestion *question, const Report *report);

// How many of the groups are shown, in their order: members without a value only if there is something to show.
revenue::Group shown_groups(const Groups *groups, const revenue::GroupedBridges *bridges);

}  // namespace segment::pg
