// Who would enter and exit a segment if its definition were another one.
#include "core/members/words.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/definition_type.hpp"
#include "pg/reading.hpp"
#include "pg/run.hpp"

namespace segment::pg {

namespace {

struct Output {
    ReturnSetInfo *result;
    const Run *run;
    match::RootId before, after;
    FmgrInfo key_output;
};

void put(Output *output, members::Ordinal ordinal, const char *change) {
    CHECK_FOR_INTERRUPTS();
    char *key = OutputFunctionCall(&output->key_output, output->run->numbering->keys->key(ordinal));
    Datum values[] = {CStringGetTextDatum(key), CStringGetTextDatum(change)};
    bool nulls[lengthof(values)] = {};
    tuplestore_putvalues(output->result->setResult, output->result->setDesc, values, nulls);
    pfree(key);
}

void take_chunk(void *state, uint32 chunk, const match::Evaluation *evaluation, const match::Staging *) {
    auto *output = static_cast<Output *>(state);
    members::ChunkWords before = evaluation->members(output->before), after = evaluation->members(output->after);
    members::Ordinal first = chunk * members::chunk_size;
    members::for_each_bit_and_not(after, before, first, [&](members::Ordinal ordinal) { put(output, ordinal, "entered"); });
    members::for_each_bit_and_not(before, after, first, [&](members::Ordinal ordinal) { put(output, ordinal, "exited"); });
}

match::RootId root_of(const Run *run, const Segment *segment) {
    for (const CompiledSegment &compiled : run->compilation->segments) {
        if (compiled.segment == segment) {
            return compiled.root;
        }
    }
    elog(ERROR, "segment \"%s\" was not compiled", segment->name);
}

void diff(FunctionCallInfo fcinfo, const char *definition) {
    const char *name = required_text(fcinfo, 0, "name");
    TimestampTz as_of = as_of_argument(fcinfo, 2);
    InitMaterializedSRF(fcinfo, 0);
    SegmentReference reference = get_segment(name, Lock::none);
    Identity caller = begin_reading(reference.population);
    Segments segments = with_definition(segments_of(reference.population), canonical_definition(definition));
    int32 wanted[] = {index_of(&segments, reference.segment.id), segments.count - 1};
    Segment *current = &segments.items[wanted[0]], *changed = &segments.items[wanted[1]];
    changed->override_id = current->id;
    changed->includes = current->includes;
    changed->excludes = current->excludes;
    changed->scheme_id = current->scheme_id;
    changed->scheme_position = current->scheme_position;

    Progress *progress = begin_progress(reference.population->name);
    Run *run = begin_run(reference.population, &segments, wanted, lengthof(wanted), as_of, progress, Keep::no);
    Output output{reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo), run, root_of(run, current), root_of(run, changed), {}};
    Oid key_output;
    bool is_varlena;
    getTypeOutputInfo(run->binding.key->type, &key_output, &is_varlena);
    fmgr_info(key_output, &output.key_output);
    evaluate_run(run, take_chunk, &output);
    end_run(run);
    end_progress(progress);
    end_identity(caller);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_diff) {
    diff(fcinfo, required_text(fcinfo, 1, "definition"));
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_diff_definition) {
    diff(fcinfo, required_definition(fcinfo, 1));
    return static_cast<Datum>(0);
}
