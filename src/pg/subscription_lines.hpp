// Reading the lines of a population's subscriptions, with the ordinals that a run gives to members.
#pragma once

#include <optional>

#include "core/members/bit_set.hpp"
#include "core/revenue/collector.hpp"
#include "pg/line_faults.hpp"
#include "pg/run.hpp"

namespace segment::pg {

// A line as it was read.
struct SubscriptionLine {
    int32 source;
    std::optional<revenue::Fault> fault;  // of a line without a member or of an unknown one, that is the only thing known
    members::Ordinal member;              // no_ordinal if there is none of that key
    TimestampTz from, ends_at;            // it counts in [from, ends_at), which a trial that did not become a subscription leaves empty
    revenue::Amount mrr, quantity;
    bool out_of_range;     // the core cannot hold the amount
    const text *currency;  // or null

    bool counts() const { return ends_at > from; }
};

// The amount of a line without a fault. Throws numeric_out_of_range.
revenue::Amount amount_of(const SubscriptionLine &line);

using TakeLine = void (*)(void *state, const SubscriptionLine &line);

enum class Quantities : bool { no, yes };

// One scan of the lines, as the current user inside begin_identity. Returns the sources with nothing counted in them yet, which is for
// `take` to do: `faults` points to them before the first line comes.
struct LineSources {
    int32 count;
    LineFaults *faults;
};
void scan_lines(const Run *run, Quantities quantities, LineSources *sources, TakeLine take, void *state);

// Null: there is none, and no other one.
struct Currency {
    const text *first, *other;
};
[[noreturn]] void refuse_currencies(const Currency *currency);

// Lines whose members are the run's ordinals.
struct CollectedLines {
    const revenue::Collector *mrr;
    const revenue::Collector *quantity;  // null if quantities were not asked for, or no source has them
};

// The lines of the `wanted` members, who are some of the `known` ones, in the current context. What is ignored is told in a NOTICE;
// lines of wanted members in several currencies are an error.
CollectedLines read_subscriptions(const Run *run, const members::BitSet *wanted, const members::BitSet *known, Quantities quantities);

}  // namespace segment::pg
