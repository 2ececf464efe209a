// Whether a definition holds for one key now: the refresh's pipeline with a single row.
#include "core/members/words.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/key_argument.hpp"
#include "pg/reading.hpp"
#include "pg/run.hpp"

namespace segment::pg {

namespace {

struct Match {
    const Run *run;
    bool holds;
};

void take_chunk(void *state, uint32, const match::Evaluation *evaluation, const match::Staging *) {
    auto *match = static_cast<Match *>(state);
    match->holds = members::count(evaluation->members(match->run->compilation->segments.back().root)) > 0;
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_matches) {
    SegmentReference reference = get_segment(required_text(fcinfo, 0, "name"), Lock::none);
    TimestampTz as_of = as_of_argument(fcinfo, 2);
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment match", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(context);
    segment::spi::Argument key = key_argument(fcinfo, 1, key_column(reference.population));
    Segments segments = segments_of(reference.population);
    int32 index = index_of(&segments, reference.segment.id);
    segment::Identity caller = begin_reading(reference.population);
    Run *run = begin_run(reference.population, &segments, &index, 1, as_of, nullptr, Keep::no, nullptr, &key);
    Match match{run, false};
    evaluate_run(run, take_chunk, &match);
    end_run(run);
    segment::end_identity(caller);
    MemoryContextSwitchTo(before);
    MemoryContextDelete(context);
    PG_RETURN_BOOL(match.holds);
}
