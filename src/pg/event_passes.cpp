#include "pg/event_passes.hpp"

#include <algorithm>

#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/event_arithmetic.hpp"
#include "pg/event_bounds.hpp"
#include "pg/event_pass.hpp"
#include "pg/event_rows.hpp"
#include "pg/interrupts.hpp"
#include "pg/key_density.hpp"
#include "pg/memory.hpp"
#include "pg/spi.hpp"
#include "pg/temporary_file.hpp"

namespace segment::pg {

namespace {

using behaviour::NameId;
using behaviour::Time;

// Of the memory of events, what is kept of the different values of a column takes one part of so many at most.
constexpr uint64 share_of_values = 8;

}  // namespace

struct EventPasses {
    MemoryContext context;
    const Binding *binding;
    const match::EventFeatures *asked;
    match::Plan *plan;
    Progress *progress;  // or null
    uint32 count;
    EventPass *passes;
    EventNames *names;
    TemporaryFile *overflow;
    BackendInterrupts *interrupts;
    match::EventLeaves *leaves;
    EventColumns *columns;

    // The pass that is running.
    const EventPass *pass;
    double expected_rows;
};

namespace {

void make_leaves(EventPasses *passes, uint64 memory) {
    auto *time_types = allocate<Oid>(passes->count);
    for (uint32 i = 0; i < passes->count; i++) {
        time_types[i] = passes->passes[i].time_type;
    }
    const EventBounds bounds = read_event_bounds(passes->asked, passes->plan, time_types, passes->columns);
    auto *names = allocate<std::span<const NameId>>(passes->count);
    for (uint32 i = 0; i < passes->count; i++) {
        names[i] = {passes->passes[i].names, passes->passes[i].stream->names.size()};
    }
    boundary::core([&] {
        const match::EventFeatures &asked = *passes->asked;
        const size_t features = asked.features().size();
        auto *resource = make_in_context<ContextResource>(passes->context, passes->context);
        passes->interrupts = make_in_context<BackendInterrupts>(passes->context);
        auto *arithmetic = make_in_context<EventArithmetic>(passes->context, passes->columns);
        const match::EventConstants constants{
            {bounds.times, asked.constants().size()}, {bounds.cuts, features}, {names, passes->count}, {bounds.numbers, features}};
        passes->leaves = make_in_context<match::EventLeaves>(passes->context, *passes->plan, asked, constants, memory, passes->overflow,
                                                             *arithmetic, *passes->interrupts, resource);
    });
}

// A pass that is served by an index reads less than is expected.
void report(void *state) {
    const auto *passes = static_cast<const EventPasses *>(state);
    if (passes->progress != nullptr) {
        double part = std::min(0.99, static_cast<double>(passes->pass->rows) / std::max(passes->expected_rows, 1.0));
        report_progress(passes->progress, static_cast<int>(100 * (passes->pass->id + part) / passes->count), Phase::events);
    }
}

// Without their names, the events of a source that has names tell nothing of these.
void count_names_of_pass(EventPasses *passes, EventPass *pass, bool from_beginning, Time latest) {
    if (pass->source != nullptr && (pass->name_column >= 0 || pass->source->event_name < 0)) {
        pass->counter = count_names(passes->names, pass->stream->source, pass->name_column < 0 ? InvalidOid : pass->name_type,
                                    pass->name_length, pass->name_by_value, pass->time_type, from_beginning, latest);
    }
}

void run_pass(EventPasses *passes, EventRows *rows, uint32 id) {
    EventPass *pass = &passes->passes[id];
    Time earliest = passes->leaves->earliest(id), latest = passes->leaves->latest(id);
    if (earliest >= latest && earliest != behaviour::beginning_of_time) {
        return;
    }
    passes->pass = pass;
    passes->expected_rows = expected_rows(pass->relation);
    count_names_of_pass(passes, pass, earliest == behaviour::beginning_of_time, latest);
    report(passes);
    receive_event_rows(rows, pass, report, passes);
}

// However many of the passes read a source, its rows count once: as the one tells that has met most of them.
void note_ignored(const EventPasses *passes, IgnoredRows *ignored) {
    for (uint32 i = 0; i < passes->count; i++) {
        const EventPass *pass = &passes->passes[i];
        if (pass->source != nullptr) {
            const char *name = to_cstring(pass->source->name);
            ignore_at_least(ignored, name, "member is null", pass->without_key);
            ignore_at_least(ignored, name, "member is unknown", pass->of_unknown_key);
        }
    }
}

}  // namespace

EventPasses *run_event_passes(const Binding *binding, const match::EventFeatures *asked, match::Plan *plan, const MemberKeys *keys,
                              const members::BitSet *members, uint64 memory, IgnoredRows *ignored, EventNames *names, Progress *progress) {
    if (asked->features().empty()) {
        return nullptr;
    }
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment events", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    auto *passes = allocate<EventPasses>(1);
    passes->context = context;
    passes->binding = binding;
    passes->asked = asked;
    passes->plan = plan;
    passes->names = names;
    passes->progress = progress;
    passes->count = static_cast<uint32>(asked->streams().size());
    passes->passes = allocate<EventPass>(passes->count);
    passes->overflow = boundary::core([&] { return make_in_context<TemporaryFile>(context, context); });
    passes->columns = begin_event_columns(asked, plan, passes->overflow, memory / share_of_values);
    for (uint32 i = 0; i < passes->count; i++) {
        passes->passes[i] = begin_event_pass(binding, asked, i, passes->columns);
    }
    make_leaves(passes, memory);
    EventRows *rows = begin_event_rows(keys, members, passes->columns, passes->leaves);
    for (uint32 i = 0; i < passes->count; i++) {
        run_pass(passes, rows, i);
    }
    note_ignored(passes, ignored);
    MemoryContextSwitchTo(caller);
    return passes;
}

match::EventLeaves *event_leaves(EventPasses *passes) {
    return passes == nullptr ? nullptr : passes->leaves;
}

match::LeafVectors *leaf_vectors(EventPasses *passes) {
    return passes == nullptr ? nullptr : passes->leaves;
}

void end_event_passes(EventPasses *passes) {
    if (passes != nullptr) {
        passes->overflow->close();
        MemoryContextDelete(passes->context);
    }
}

}  // namespace segment::pg
