#include "pg/run.hpp"

#include "pg/boundary.hpp"
#include "pg/settings.hpp"

namespace segment::pg {

namespace {

constexpr uint64 share_of_events = 4;  // of the memory that codes and events share, events get one part of so many

// What the evaluation takes beside the codes: a chunk's bits for each root and measured leaf, a window's for each node.
uint64 evaluation_memory(const match::Plan &plan) {
    return plan.roots().size() * members::words_per_chunk * sizeof(uint64) + match::EventLeaves::memory(plan) +
           plan.nodes().size() * match::words_per_window * sizeof(uint64);
}

}  // namespace

Run *begin_run(const Population *population, const Segments *segments, const int32 *wanted, int32 wanted_count, TimestampTz as_of,
               Progress *progress, Keep keep, const Addition *addition, const Before *before) {
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment run", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    auto *run = static_cast<Run *>(palloc0(sizeof(Run)));
    run->context = context;
    run->population = population;
    run->ignored = before != nullptr ? before->ignored : begin_ignored_rows();
    run->binding = bind(population, segments);
    // For single members subqueries are cheaper than passes over all events.
    bool few = addition != nullptr && addition->one_member;
    run->compilation = compile(context, population, &run->binding, segments, wanted, wanted_count, instant_sql(as_of),
                               few ? EventReading::by_member : EventReading::in_passes);
    if (addition != nullptr) {
        boundary::core([&] { addition->add(addition->state, run->compilation); });
    }
    uint64 memory = refresh_memory(), fixed = evaluation_memory(run->compilation->plan) + (before != nullptr ? before->memory : 0);
    uint64 variable = memory > fixed ? memory - fixed : 0;
    uint64 for_events = run->compilation->events.features().empty() ? 0 : variable / share_of_events;
    run->scan = begin_scan(population, &run->binding, run->compilation, progress, variable - for_events);
    Oid type = scan_key_type(run->scan), collation = scan_key_collation(run->scan);
    if (before != nullptr && before->numbering.numbering != nullptr) {
        run->numbering = before->numbering.numbering;
        run->former = before->numbering.former;
    } else {
        run->numbering = keep == Keep::yes ? load_numbering(population, type, collation) : make_numbering(population, type, collation, few);
    }
    run->pass = run_pass(run->scan, run->numbering->keys);
    if (run->pass == Pass::sparse) {
        run->former = run->numbering;
        run->numbering = renumber(run->former);
        restart_scan(run->scan);
        run->pass = run_pass(run->scan, run->numbering->keys);
    }
    run->names = keep == Keep::yes ? begin_event_names(&run->binding, as_of) : nullptr;
    run->events = run_event_passes(&run->binding, &run->compilation->events, &run->compilation->plan, run->numbering->keys,
                                   scanned_members(run->scan), for_events, run->ignored, run->names, progress);
    run->leaves = leaf_vectors(run->events);
    MemoryContextSwitchTo(caller);
    return run;
}

void evaluate_run(Run *run, TakeChunk take, void *state) {
    const match::Staging *staging = staged(run->scan);
    match::Evaluation *evaluation = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(run->context, run->context);
        return make_in_context<match::Evaluation>(run->context, run->compilation->plan, *staging, run->leaves, memory);
    });
    for (;; run->pass = run_pass(run->scan, run->numbering->keys)) {
        for (uint32 chunk = 0; chunk < staging->chunks(); chunk++) {
            if (staging->holds(chunk)) {
                boundary::core([&] {
                    BackendInterrupts interrupts;
                    evaluation->run(chunk, interrupts);
                });
                take(state, chunk, evaluation, staging);
            }
        }
        if (run->pass == Pass::last) {
            return;
        }
    }
}

void end_run(Run *run) {
    end_event_passes(run->events);
    end_scan(run->scan);
    MemoryContextDelete(run->context);
}

}  // namespace segment::pg
