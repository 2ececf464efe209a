#include "pg/line_faults.hpp"

namespace segment::pg {

namespace {

constexpr const char *unknown_member = "member is unknown";
constexpr const char *reasons[] = {"member is null", "starts_at is null", "mrr is null or not a finite number",
                                   "ends_at is not after starts_at"};
static_assert(lengthof(reasons) == revenue::faults);

void append(StringInfo detail, uint64 *total, const char *reason, uint64 lines) {
    if (lines > 0) {
        *total += lines;
        appendStringInfo(detail, "%s%s (" UINT64_FORMAT ")", detail->len > 0 ? ", " : "", reason, lines);
    }
}

}  // namespace

const char *reason_of(revenue::Fault fault) {
    return reasons[static_cast<std::size_t>(fault)];
}

void tell_faults(const LineFaults *faults, int32 sources) {
    LineFaults all{};
    for (int32 i = 0; i < sources; i++) {
        all.unknown_members += faults[i].unknown_members;
        for (std::size_t fault = 0; fault < revenue::faults; fault++) {
            all.counts[fault] += faults[i].counts[fault];
        }
    }
    uint64 total = 0;
    StringInfoData detail;
    initStringInfo(&detail);
    append(&detail, &total, unknown_member, all.unknown_members);
    for (std::size_t fault = 0; fault < revenue::faults; fault++) {
        append(&detail, &total, reasons[fault], all.counts[fault]);
    }
    if (total > 0) {
        ereport(NOTICE, (errmsg_plural(UINT64_FORMAT " line of subscriptions is ignored",
                                       UINT64_FORMAT " lines of subscriptions are ignored", total, total),
                         errdetail_internal("%s", detail.data)));
    }
}

void note_faults(const LineFaults *faults, int32 sources, IgnoredRows *ignored) {
    for (int32 i = 0; i < sources; i++) {
        ignore_rows(ignored, faults[i].source, unknown_member, faults[i].unknown_members);
        for (std::size_t fault = 0; fault < revenue::faults; fault++) {
            ignore_rows(ignored, faults[i].source, reasons[fault], faults[i].counts[fault]);
        }
    }
}

}  // namespace segment::pg
