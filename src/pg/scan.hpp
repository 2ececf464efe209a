// The scan over a population: PostgreSQL's executor computes the features, each row is reduced to codes at once.
#pragma once

#include "core/match/plan.hpp"
#include "core/match/staging.hpp"
#include "pg/interrupts.hpp"
#include "pg/member_keys.hpp"
#include "pg/compilation.hpp"

namespace segment::pg {

struct Scan {
    const Population *population;
    const Binding *binding;
    Compilation *compilation;     // its plan's features are ranked on the way
    MemoryContext keys_context;   // where the keys are kept
    MemoryContext codes_context;  // where the codes are kept

    MemberKeys *keys;         // result
    match::Staging *staging;  // result
};

// Evaluates all cuts, then reads the population with as many passes as its features need. As the current user, with the
// active snapshot. Raises when a key is NULL or occurs twice, with three of them.
void run_scan(Scan *scan, Progress *progress);

// Evaluates all cuts and plans the scan without running it: what a definition can be wrong about, at its creation.
void plan_scan(const Binding *binding, Compilation *compilation);

}  // namespace segment::pg
