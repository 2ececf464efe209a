// What a definition would give, without storing anything.
#include <algorithm>

#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/definition_type.hpp"
#include "pg/identity.hpp"
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

Datum sample_keys(const Run *run, const members::BitSet &set, int32 wanted) {
    const Column *key = run->binding.key;
    Sample sample{&lookup_type_cache(key->type, TYPECACHE_CMP_PROC_FINFO)->cmp_proc_finfo, key->collation, wanted, 0,
                  static_cast<Datum *>(palloc(sizeof(Datum) * (wanted + 1)))};
    set.for_each([&](members::Ordinal ordinal) { consider(&sample, run->keys->key(ordinal)); });
    std::sort_heap(sample.keys, sample.keys + sample.count,
                   [&](Datum a, Datum b) { return DatumGetInt32(FunctionCall2Coll(sample.compare, sample.collation, a, b)) < 0; });
    Oid output;
    bool is_varlena;
    getTypeOutputInfo(key->type, &output, &is_varlena);
    for (int32 i = 0; i < sample.count; i++) {
        sample.keys[i] = CStringGetTextDatum(OidOutputFunctionCall(output, sample.keys[i]));
    }
    return PointerGetDatum(construct_array(sample.keys, sample.count, TEXTOID, -1, false, TYPALIGN_INT));
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
    check_may_read(population);
    Segments segments = with_definition(segments_of(population), canonical_definition(definition));
    int32 last = segments.count - 1;

    // With the owner's rights where the caller has them, so that a superuser runs nobody's view functions as himself.
    Oid owner = population_owner(population);
    Identity caller = begin_identity(has_privs_of_role(GetUserId(), owner) ? owner : GetUserId());
    Progress *progress = begin_progress(population->name);
    Run *run = begin_run(population, &segments, &last, 1, as_of, progress);
    const members::BitSet &found = run->result->members(run->compilation->segments.back().root);
    auto count = static_cast<int64>(found.count());
    auto base = static_cast<int64>(run->result->base_members().count());
    Datum values[] = {Int64GetDatum(count), Float8GetDatum(base == 0 ? 0 : static_cast<float8>(count) / static_cast<float8>(base)),
                      sample_keys(run, found, wanted)};
    bool nulls[] = {false, base == 0, false};
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
