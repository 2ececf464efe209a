#include "pg/run.hpp"

#include "pg/boundary.hpp"

namespace segment::pg {

Run *begin_run(const Population *population, const Segments *segments, const int32 *wanted, int32 wanted_count, TimestampTz as_of,
               Progress *progress, const Addition *addition) {
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment run", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    auto *run = static_cast<Run *>(palloc0(sizeof(Run)));
    run->context = context;
    run->population = population;
    run->binding = bind(population, segments);
    run->compilation = compile(context, population, &run->binding, segments, wanted, wanted_count, instant_sql(as_of));

    if (addition != nullptr) {
        boundary::core([&] { addition->add(addition->state, run->compilation); });
    }

    // The codes are needed until the members are known, and no longer.
    MemoryContext codes = AllocSetContextCreate(context, "segment codes", ALLOCSET_DEFAULT_SIZES);
    MemoryContextSwitchTo(codes);
    Scan scan{population, &run->binding, run->compilation, context, codes, nullptr, nullptr};
    run_scan(&scan, progress);
    run->keys = scan.keys;
    boundary::core([&] {
        BackendInterrupts interrupts;
        auto *memory = make_in_context<ContextResource>(context, context);
        run->result = make_in_context<match::Result>(context, match::evaluate(run->compilation->plan, *scan.staging, interrupts, memory));
    });
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(codes);
    return run;
}

void end_run(Run *run) {
    MemoryContextDelete(run->context);
}

}  // namespace segment::pg
