// Why subscription lines do not count, in words, and how many of each source do not.
#pragma once

#include "core/revenue/ledger.hpp"
#include "pg/ignored_rows.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

// A sentence without a period.
const char *reason_of(revenue::Fault fault);

struct LineFaults {
    const char *source;
    uint64 unknown_members;  // lines of keys that are no members
    revenue::FaultCounts counts;
};

void tell_faults(const LineFaults *faults, int32 sources);                        // as a NOTICE, if there are any
void note_faults(const LineFaults *faults, int32 sources, IgnoredRows *ignored);  // for the refresh's record

}  // namespace segment::pg
