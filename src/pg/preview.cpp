// What a definition would give, without storing anything.
#include <algorithm>

#include "core/members/words.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/definition_type.hpp"
#include "pg/needed_segments.hpp"
#include "pg/reading.hpp"
#include "pg/run.hpp"

namespace segment::pg {

namespace {

constexpr int32 sample_max = 10000;

// The first keys of a set, in the order of their type.
struct Sample {
    FmgrInfo *compare;
    Oid collation;
    int32 wanted, count;
    Datum *keys;
};

void consider(Sample *sample, Datum key) {
    auto less = [&](Datum a, Datum b) { return DatumGetInt32(FunctionCall2Coll(sample->compare, sample->collation, a, b)) < 0; };
    if (sample->count == sample->wanted) {
        if (sample->wanted == 0 || !less(key, sample->keys[0])) {
            return;
        }
        std::pop_heap(sample->keys, sample->keys + sample->count--, less);
    }
    sample->keys[sample->count++] = key;
    std::push_heap(sample->keys, sample->keys + sample->count, less);
}

Datum sample_texts(const Sample *sample, Oid type) {
    std::sort_heap(sample->keys, sample->keys + sample->count,
                   [&](Datum a, Datum b) { return DatumGetInt32(FunctionCall2Coll(sample->compare, sample->collation, a, b)) < 0; });
    Oid output;
    bool is_varlena;
    getTypeOutputInfo(type, &output, &is_varlena);
    for (int32 i = 0; i < sample->count; i++) {
        sample->keys[i] = CStringGetTextDatum(OidOutputFunctionCall(output, sample->keys[i]));
    }
    return PointerGetDatum(construct_array(sample->keys, sample->count, TEXTOID, -1, false, TYPALIGN_INT));
}

struct Preview {
    const Run *run;
    int64 members, base;
    Sample sample;
};

void take_chunk(void *state, uint32 chunk, const match::Evaluation *evaluation, const match::Staging *) {
    auto *preview = static_cast<Preview *>(state);
    const Run *run = preview->run;
    members::ChunkWords members = evaluation->members(run->compilation->segments.back().root);
    preview->members += members::count(members);
    preview->base += members::count(evaluation->base_members());
    members::for_each_bit(members, chunk * members::chunk_size,
                          [&](members::Ordinal ordinal) { consider(&preview->sample, run->numbering->keys->key(ordinal)); });
}

Datum preview(FunctionCallInfo fcinfo, const char *definition) {
    const char *population_name = required_text(fcinfo, 0, "population");
    int32 wanted = required_int32(fcinfo, 2, "sample");
    TimestampTz as_of = as_of_argument(fcinfo, 3);
    if (wanted < 0 || wanted > sample_max) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("sample must be between 0 and %d, not %d", sample_max, wanted)));
    }
    TupleDesc description;
    if (get_call_result_type(fcinfo, nullptr, &description) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "preview must return a row");
    }
    Population *population = get_population(population_name, Lock::none);
    Identity caller = begin_reading(population);
    Segments segments = needed_segments(population, canonical_definition(definition));
    int32 last = segments.count - 1;

    Progress *progress = begin_progress(population->name);
    Run *run = begin_run(population, &segments, &last, 1, as_of, progress, Keep::no);
    const Column *key = run->binding.key;
    Preview preview{run,
                    0,
                    0,
                    {&lookup_type_cache(key->type, TYPECACHE_CMP_PROC_FINFO)->cmp_proc_finfo, key->collation, wanted, 0,
                     static_cast<Datum *>(palloc(sizeof(Datum) * (wanted + 1)))}};
    evaluate_run(run, take_chunk, &preview);
    Datum values[] = {Int64GetDatum(preview.members),
                      Float8GetDatum(preview.base == 0 ? 0 : static_cast<float8>(preview.members) / static_cast<float8>(preview.base)),
                      sample_texts(&preview.sample, key->type)};
    bool nulls[] = {false, preview.base == 0, false};
    end_run(run);
    end_progress(progress);
    end_identity(caller);
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(description), values, nulls));
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_preview) {
    return preview(fcinfo, required_text(fcinfo, 1, "definition"));
}

SEGMENT_FUNCTION(segment_preview_definition) {
    return preview(fcinfo, required_definition(fcinfo, 1));
}
