// What a report is divided by: the values of a trait, or the segments of a scheme; and who was in a segment when.
#pragma once

#include "core/members/bit_set.hpp"
#include "core/revenue/report.hpp"
#include "pg/run.hpp"

namespace segment::pg {

// Stays in segments that exclude each other, by member and time.
struct Stays {
    struct Stay {
        members::Ordinal member;
        revenue::Spell spell;
    };
    Stay *items;
    Size count, capacity;
    TimestampTz known_from;  // of the first stay; `never` if there are none
};

// The first group is that of members without a value, or of everybody in a report that is not divided.
struct Groups {
    revenue::Group count;
    char **values;          // of the first one null
    revenue::Group *order;  // in which they are shown
    bool divided;

    revenue::Group **of_members;  // of a trait, by chunk, then ordinal within it; null: all are in the first group
    const Stays *stays;           // of a scheme
};

Groups single_group();

// The members by a trait's value as text, or by a scheme's segments. Reads the population, or its history, as the current user. Raises
// when there is neither of that name, and for more groups than a report can have.
Groups groups_by(const Run *run, const char *by, const members::BitSet *members, const Segments *segments);

// Of the segments; the group of segment i is i + 1.
const Stays *read_stays(const Run *run, const int32 *segment_ids, int count);

}  // namespace segment::pg
