// One run over a population: compile, scan, evaluate. What refresh stores and preview reports.
#pragma once

#include "core/match/evaluate.hpp"
#include "core/members/bit_set.hpp"
#include "pg/compilation.hpp"
#include "pg/event_names.hpp"
#include "pg/event_passes.hpp"
#include "pg/ignored_rows.hpp"
#include "pg/scan.hpp"

namespace segment::pg {

struct Run {
    MemoryContext context;  // owns everything below; deleted by end_run, or by its parent after an error
    const Population *population;
    Binding binding;
    Compilation *compilation;
    Scan *scan;
    EventPasses *events;         // null if no condition asks for them
    match::LeafVectors *leaves;  // of what no scan reads; null if there are none
    MemberNumbering *numbering;
    const MemberNumbering *former;  // the direct one that this run has replaced, or null
    Pass pass;
    IgnoredRows *ignored;  // rows of sources that did not count
    EventNames *names;     // that the passes meet; null unless numbers are kept
};

// What is added to the plan of a run between its compilation and its scan, inside boundary::core.
struct Addition {
    void (*add)(void *state, Compilation *compilation);
    void *state;
    bool one_member = false;  // it narrows the scan to a few members
};

// What has been done before a run, for its scores: with which numbering, and how much of the run's memory still holds what they are.
struct Before {
    RunNumbering numbering;
    uint64 memory;
    IgnoredRows *ignored;  // rows of sources that did not count so far
};

// Whether members keep their ordinals from run to run; if not, they are numbered from 0 on as the scan delivers them.
enum class Keep : bool { no, yes };

// As the current user, with the active snapshot, inside begin_identity. `wanted` are indexes into `segments`. Reads the
// population for the first time, so that all members are numbered.
Run *begin_run(const Population *population, const Segments *segments, const int32 *wanted, int32 wanted_count, TimestampTz as_of,
               Progress *progress, Keep keep, const Addition *addition = nullptr, const Before *before = nullptr);

// Called with each chunk of members, in no particular order; the evaluation holds its sets. Outside of boundary::core.
using TakeChunk = void (*)(void *state, uint32 chunk, const match::Evaluation *evaluation, const match::Staging *staging);

// Evaluates everybody, in further passes if the memory asks for them.
void evaluate_run(Run *run, TakeChunk take, void *state);

void end_run(Run *run);

}  // namespace segment::pg
