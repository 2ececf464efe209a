// The rows of the member tables: what a run writes for those who entered and exited.
#pragma once

#include "pg/run.hpp"

namespace segment::pg {

struct MemberRows;

// Why somebody entered or exited, as the member, stay and change tables say it.
enum class Reason : uint8 {
    first,       // the segment's first refresh
    refresh,     // the data or the time
    definition,  // another version of the definition
    deleted,     // no member of the population any more
    base,        // no member of the base any more
};

// One member's change of membership.
struct MemberChange {
    const Segment *segment;
    Datum key;
    Reason reason;
};

// As the current user, the owner, inside begin_identity; in the current context.
MemberRows *begin_member_rows(const Run *run, TimestampTz as_of);
// Whether rows go into indexes one by one, so that it pays to enter neighbours one after the other; otherwise indexes are built at the end.
bool are_indexed_at_once(MemberRows *rows);
// The keys must stay where they are until end_member_rows.
void enter_member(MemberRows *rows, const MemberChange &change);
void exit_member(MemberRows *rows, const MemberChange &change);
void end_member_rows(MemberRows *rows);

// Mends the names that stand beside the members.
void write_names(const Run *run);

}  // namespace segment::pg
