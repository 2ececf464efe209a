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

// What is added to the plan of a run between its compilation and its scan, inside boundary::core.
struct Addition {
    void (*add)(void *state, Compilation *compilation);
    void *state;
};

// As the current user, with the active snapshot, inside begin_identity. `wanted` are indexes into `segments`.
Run *begin_run(const Population *population, const Segments *segments, const int32 *wanted, int32 wanted_count, TimestampTz as_of,
               Progress *progress, const Addition *addition = nullptr);
void end_run(Run *run);

}  // namespace segment::pg
