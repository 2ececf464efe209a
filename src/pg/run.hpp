// One run over a population: compile, scan, evaluate. What refresh stores and preview reports.
#pragma once

#include "core/match/evaluate.hpp"
#include "pg/compilation.hpp"
#include "pg/scan.hpp"

namespace segment::pg {

struct Run {
    MemoryContext context;  // owns everything below; deleted by end_run, or by its parent after an error
    const Population *population;
    Binding binding;
    Compilation *compilation;
    MemberKeys *keys;
    match::Result *result;
};

// As the current user, with the active snapshot, inside begin_identity. `wanted` are indexes into `segments`.
Run *begin_run(const Population *population, const Segments *segments, const int32 *wanted, int32 wanted_count, TimestampTz as_of,
               Progress *progress);
void end_run(Run *run);

}  // namespace segment::pg
