// The scan over a population: PostgreSQL's executor computes the features, each row is reduced to codes at once.
#pragma once

#include "core/match/plan.hpp"
#include "core/match/staging.hpp"
#include "core/members/bit_set.hpp"
#include "pg/compilation.hpp"
#include "pg/interrupts.hpp"
#include "pg/numbering.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

struct Scan;

enum class Pass : uint8 {
    last,    // everybody has been staged, in this pass or an earlier one
    more,    // there was no room for some chunks
    sparse,  // the numbering is direct, but keys do not lie densely: begin again with a dictionary
};

// Evaluates all cuts, ranks the features and plans the scan. As the current user, with the active snapshot, inside
// begin_identity; until end_scan. The codes of a pass take no more than `memory` bytes, or the room of one chunk.
Scan *begin_scan(const Population *population, const Binding *binding, Compilation *compilation, Progress *progress, uint64 memory);

// The type and collation of the member's key.
Oid scan_key_type(const Scan *scan);
Oid scan_key_collation(const Scan *scan);

// Stages the chunks that no earlier pass has staged, as many as there is room for; the first call after begin_scan or
// restart_scan begins with nothing staged. Keys get their ordinals from `keys`. Raises when a key is NULL or occurs twice,
// with three of them.
Pass run_pass(Scan *scan, MemberKeys *keys);
void restart_scan(Scan *scan);

const match::Staging *staged(const Scan *scan);
// Those whom the first pass has met; null if the compilation asks for no events.
const members::BitSet *scanned_members(const Scan *scan);
// Rows read by the first pass, that is, members.
uint64 scanned_rows(const Scan *scan);

void end_scan(Scan *scan);

// Evaluates the constants and plans the scan without running it: what a definition can be wrong about, at its creation. Nobody's rows
// are read, whatever their number.
void plan_scan(const Binding *binding, Compilation *compilation);

}  // namespace segment::pg
