#include "pg/interrupts.hpp"

#include <cstdio>

#include "pg/boundary.hpp"

namespace segment {

void BackendInterrupts::poll() {
    if (!INTERRUPTS_PENDING_CONDITION()) {
        return;
    }
    if (INTERRUPTS_CAN_BE_PROCESSED() && (QueryCancelPending || ProcDiePending)) {
        throw Interrupted();
    }
    boundary::backend<&ProcessInterrupts>();
}

struct Progress {
    MemoryContext context;
    MemoryContextCallback end;
    int percent;
    Phase phase;
    char subject[NAMEDATALEN];
};

Progress *begin_progress(std::string_view subject) {
    // A context of its own, because its deletion is the one thing that happens both at the end and after an error.
    MemoryContext context = AllocSetContextCreate(CurTransactionContext, "segment progress", ALLOCSET_SMALL_SIZES);
    auto *progress = static_cast<Progress *>(MemoryContextAllocZero(context, sizeof(Progress)));
    progress->context = context;
    progress->percent = -1;
    const int length = static_cast<int>(subject.size() < NAMEDATALEN ? subject.size() : NAMEDATALEN - 1);
    subject.copy(progress->subject, static_cast<std::size_t>(pg_mbcliplen(subject.data(), length, length)));
    progress->end.func = [](void *) { pgstat_report_appname(application_name); };
    MemoryContextRegisterResetCallback(context, &progress->end);
    report_progress(progress, 0);
    return progress;
}

void report_progress(Progress *progress, int percent, Phase phase) noexcept {
    if (percent == progress->percent && phase == progress->phase) {
        return;
    }
    progress->percent = percent;
    progress->phase = phase;
    char name[2 * NAMEDATALEN];
    std::snprintf(name, sizeof name, "segment: %s%s %d %%", progress->subject, phase == Phase::events ? " events" : "", percent);
    pgstat_report_appname(name);
}

void end_progress(Progress *progress) {
    MemoryContextDelete(progress->context);
}

}  // namespace segment
