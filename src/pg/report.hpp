// What reports on the members of a population have in common: whom they are about, and which group each of them is in.
#pragma once

#include "pg/identity.hpp"
#include "pg/report_groups.hpp"

namespace segment::pg {

inline constexpr std::size_t members_between_polls = 16384;

// What a report asks for; each may be null.
struct ReportArguments {
    const char *segment;  // its members only
    const char *by;       // a trait or a scheme that divides them
    const char *filter;   // a definition
};

// Arguments that follow each other, in this order.
ReportArguments report_arguments(FunctionCallInfo fcinfo, int first);

// Its members are found as the user who asks, or as the population's owner where he has that role.
struct Report {
    Identity caller;
    Run *run;
    members::BitSet *members;  // whom the filter lets through, of the base
    members::BitSet *known;    // all who have a row
    Groups groups;
    const Stays *segment;  // null: everybody, or the segment's members are known without their history and the others filtered away
};

// Raises for unknown names and wrong definitions. What follows runs as another user until end_identity(report.caller).
Report begin_report(const Population *population, const ReportArguments *arguments);
void end_report(const Report *report);

// Raises if there would be too many rows; `cells` are those of one group.
void check_size(const Report *report, uint64 cells);

// Which groups each member of a report is in and was in. To be used inside boundary::core.
class Placement {
public:
    Placement(const Report *report, std::pmr::memory_resource *memory);

    // Of members that are not in the report's segment: the group after all others.
    revenue::Group outside() const { return report_->groups.count; }
    // From when on groups of the past are known; `never` if they are not.
    revenue::Instant known_from() const;

    // Of a member above all those before it. Valid until the next call.
    revenue::Spells of(members::Ordinal member);

private:
    // The stays of one member after the other.
    struct Reader {
        const Stays *stays;
        std::pmr::vector<revenue::Spell> spells;
        Size at = 0;

        void read(members::Ordinal member);
    };
    revenue::Spells of_segment(revenue::Group group);

    const Report *report_;
    Reader segment_, scheme_;
    std::pmr::vector<revenue::Spell> both_;
};

}  // namespace segment::pg
