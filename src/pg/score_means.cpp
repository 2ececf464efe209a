#include "pg/score_means.hpp"

#include <cmath>

#include "pg/boundary.hpp"
#include "pg/score_run.hpp"

namespace segment::pg {

struct ScoreMeans {
    const ScoreRun *scores;
    const Run *run;
    uint32 sets;
    score::Sum *sums;  // by score and segment of the run
};

namespace {

// The run numbers members by a dictionary, as those outside of the base do not lie densely: scores go to their ordinals there.
score::Results *renumbered(const ComputedScore &computed, const Run *run) {
    const MemberKeys *keys = computed.numbering->keys, *now = run->numbering->keys;
    MemoryContext context = CurrentMemoryContext;
    auto *by_ordinal = static_cast<double *>(palloc_extended(sizeof(double) * (now->count() + members::chunk_size), MCXT_ALLOC_HUGE));
    std::fill_n(by_ordinal, now->count() + members::chunk_size, score::missing);
    for (uint32 chunk = 0; chunk < computed.results->chunks(); chunk++) {
        CHECK_FOR_INTERRUPTS();
        boundary::core([&] { computed.results->select(chunk); });
        for (uint32 index = 0; index < members::chunk_size; index++) {
            if (const double score = computed.results->at(index); !score::is_missing(score)) {
                const members::Ordinal member = now->find(keys->key(chunk * members::chunk_size + index));
                if (member != members::no_ordinal) {
                    by_ordinal[member] = score;
                }
            }
        }
    }
    auto *renumbered = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        auto *results = make_in_context<score::Results>(context, UINT64_MAX, *computed.overflow, memory);
        for (uint64 first = 0; first < now->count(); first += members::chunk_size) {
            results->put(static_cast<uint32>(first / members::chunk_size),
                         score::Results::ChunkScores(by_ordinal + first, members::chunk_size));
        }
        return results;
    });
    pfree(by_ordinal);
    return renumbered;
}

}  // namespace

ScoreMeans *begin_score_means(const ScoreRun *scores, const Run *run) {
    if (scores->count == 0) {
        return nullptr;
    }
    auto *means = static_cast<ScoreMeans *>(palloc0(sizeof(ScoreMeans)));
    means->scores = scores;
    means->run = run;
    means->sets = static_cast<uint32>(run->compilation->segments.size());
    means->sums = static_cast<score::Sum *>(palloc0(sizeof(score::Sum) * (static_cast<Size>(means->sets) * scores->count + 1)));
    for (int32 i = 0; i < scores->count; i++) {
        ComputedScore &computed = scores->scores[i];
        if (computed.numbering->keys->numbering() != run->numbering->keys->numbering()) {
            computed.results = renumbered(computed, run);
        }
    }
    return means;
}

void add_chunk(ScoreMeans *means, uint32 chunk, const match::Evaluation *evaluation) {
    const auto &segments = means->run->compilation->segments;
    boundary::core([&] {
        for (int32 i = 0; i < means->scores->count; i++) {
            score::Results *results = means->scores->scores[i].results;
            results->select(chunk);
            for (uint32 j = 0; j < means->sets; j++) {
                const score::Sum sum = results->sum(evaluation->members(segments[j].root));
                score::Sum &all = means->sums[static_cast<Size>(i) * means->sets + j];
                all.count += sum.count;
                all.total += sum.total;
            }
        }
    });
}

void record_score_means(const ScoreMeans *means) {
    if (means == nullptr) {
        return;
    }
    const int items = static_cast<int>(means->sets);
    auto *segments = static_cast<Datum *>(palloc(sizeof(Datum) * (means->sets + 1)));
    auto *averages = static_cast<Datum *>(palloc(sizeof(Datum) * (means->sets + 1)));
    auto *none = static_cast<bool *>(palloc(means->sets + 1));
    for (int32 i = 0; i < means->scores->count && items > 0; i++) {
        for (uint32 j = 0; j < means->sets; j++) {
            constexpr double unit = 1e9;
            const score::Sum &sum = means->sums[static_cast<Size>(i) * means->sets + j];
            const double mean = sum.count == 0 ? 0 : sum.total / static_cast<double>(sum.count);
            segments[j] = Int32GetDatum(means->run->compilation->segments[j].segment->id);
            averages[j] = Float8GetDatum(std::abs(mean) < 1e6 ? std::round(mean * unit) / unit : mean);
            none[j] = sum.count == 0;
        }
        int bound = 1, count = items;
        catalog_execute(
            "INSERT INTO segment.catalog_score_mean AS m (segment_id, score_id, mean) "
            "SELECT r.segment_id, $3, r.mean FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS r (segment_id, mean) "
            "ON CONFLICT (segment_id, score_id) DO UPDATE SET mean = excluded.mean WHERE m.mean IS DISTINCT FROM excluded.mean",
            {{INT4ARRAYOID, PointerGetDatum(construct_array(segments, items, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
             {FLOAT8ARRAYOID, PointerGetDatum(construct_md_array(averages, none, 1, &count, &bound, FLOAT8OID, sizeof(float8),
                                                                 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE))},
             int4_argument(means->scores->scores[i].score->id)});
    }
}

}  // namespace segment::pg
