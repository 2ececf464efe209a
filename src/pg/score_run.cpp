// Computing scores, pass by pass, and storing what has changed.
#include "pg/score_run.hpp"

#include <algorithm>

#include "core/members/words.hpp"
#include "core/score/scorer.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/interrupts.hpp"
#include "pg/score_carry.hpp"
#include "pg/score_changes.hpp"
#include "pg/settings.hpp"

namespace segment::pg {

namespace {

// Of the memory of a run the values of the members get one part of two, the ranks of percentiles one of eight (they take twice that while
// they grow), and the scores of all members, which stay until those of the segments are known, one of four.
constexpr uint64 share_of_values = 2, share_of_ranks = 8, share_of_results = 4;
constexpr uint64 share_of_events = 2;  // of that of the values, where some come from events

// From now on the snapshot sees what has been written.
void see_own_writes() {
    CommandCounterIncrement();
    UpdateActiveSnapshotCommandId();
}

// The computation of one score.
struct Work {
    ScoreScan *scan;
    const ScoreTables *tables;
    PastScores past;
    const TimestampTz *edges;  // null: nothing is carried forward
    uint32 seen_column;
    score::Scorer *scorer;
    ComputedScore *computed;
};

// What the metrics of this pass's members are worth, all values known.
void take_values(const Work &work, bool keeps) {
    if (work.edges != nullptr) {
        carry_forward(work.scan, *work.tables, work.edges, work.seen_column, keeps);
    }
}

template <typename Visit>
void for_each_chunk(score::Grid *grid, Visit visit) {
    for (uint32 chunk = 0; chunk < grid->chunks(); chunk++) {
        if (grid->holds(chunk)) {
            boundary::core([&] {
                BackendInterrupts interrupts;
                visit(chunk, interrupts);
            });
        }
    }
}

// Percentiles and zscores know where a value stands when all have been read. Returns whether the grid still holds everybody.
bool note_values(const Work &work) {
    score::Grid *grid = work.scan->grid;
    bool more = run_score_pass(work.scan);
    const bool one_pass = !more;
    for (;; more = run_score_pass(work.scan)) {
        take_values(work, one_pass);
        for_each_chunk(grid, [&](uint32 chunk, Interrupts &interrupts) { work.scorer->note(*grid, chunk, interrupts); });
        if (!more) {
            break;
        }
    }
    boundary::core([&] { work.scorer->finish_notes(); });
    return one_pass;
}

// Of this pass's members.
void compute(const Work &work) {
    score::Grid *grid = work.scan->grid;
    auto *scores = static_cast<double *>(palloc(score::Results::chunk_bytes));
    for_each_chunk(grid, [&](uint32 chunk, Interrupts &interrupts) {
        work.scorer->compute(*grid, chunk, interrupts);
        std::fill_n(scores, members::chunk_size, score::missing);
        members::for_each_bit(grid->present(chunk), 0, [&](members::Ordinal index) {
            scores[index] = grid->rows(chunk)[static_cast<size_t>(index) * grid->width() + score::Scorer::score_column];
        });
        work.computed->results->put(chunk, score::Results::ChunkScores(scores, members::chunk_size));
    });
    pfree(scores);
}

void run_passes(const Work &work) {
    const bool ready = work.scorer->needs_all() && note_values(work);
    if (work.scorer->needs_all() && !ready) {
        restart_score_scan(work.scan);
    }
    for (bool more = true; more;) {
        more = !ready && run_score_pass(work.scan);
        if (!ready) {
            take_values(work, true);
        }
        if (work.past.at_sql != nullptr) {
            read_past(work.scan, work.tables->history, work.tables->key_type_sql, work.past);
        }
        compute(work);
        write_scores(work.scan, *work.tables, work.past);
    }
}

// Everything but the result is in the current context.
void refresh_score(const Population *population, const Segments *segments, const Binding *binding, TimestampTz as_of, ScoreRun *run,
                   ComputedScore *computed) {
    const ScoreRecord *score = computed->score;
    const char *as_of_sql = instant_sql(as_of);
    EventNumbers *numbers = begin_event_numbers(binding);
    const ScoreQuery *query = score_query(population, segments, binding, score, as_of_sql, numbers);
    ScoreTables tables{score_table_sql(population, score->name),
                       score_history_sql(population, score->name),
                       carries_forward(score) ? score_values_sql(population, score->name) : nullptr,
                       binding->key->type,
                       binding->key->type_sql,
                       as_of,
                       bulk_tables(population, score->name, binding->key->type)};
    // Another row as of the same instant is replaced, which takes a statement.
    if (population->has_as_of && population->as_of == as_of) {
        tables.bulk.history = InvalidOid;
    }
    Work work{};
    work.tables = &tables;
    work.computed = computed;
    if (tables.values != nullptr) {
        work.edges = stale_edges(population, score, as_of);
        if (score->refreshed_version != score->version) {
            forget_values(population, score);
            see_own_writes();
        }
    }
    const auto metrics = static_cast<uint32>(score->metric_count);
    work.past = past_scores(population, score, as_of, score::Scorer::width(metrics));
    work.seen_column = work.past.column + (work.past.at_sql != nullptr ? 1 : 0);
    const uint32 width = work.seen_column + (work.edges != nullptr ? metrics : 0);
    const uint64 memory = refresh_memory() / share_of_values, for_events = query->reads_events ? memory / share_of_events : 0;
    work.scan = begin_score_scan(population, binding, score, query, numbers, &run->before.numbering, width, memory - for_events, for_events,
                                 run->before.ignored);
    MemoryContext context = CurrentMemoryContext;
    TemporaryFile *overflow = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        auto *file = make_in_context<TemporaryFile>(context, context);
        work.scorer = make_in_context<score::Scorer>(context, score->model, refresh_memory() / share_of_ranks, *file, memory);
        return file;
    });
    run_passes(work);
    overflow->close();
    end_event_numbers(numbers);
    computed->members = static_cast<int64>(work.scan->rows);
    computed->numbering = run->before.numbering.numbering;
    for (uint32 i = 0; i < metrics; i++) {
        computed->means[i] = work.scorer->mean(i);
    }
}

// Scores that others refer to come first.
void order_by_use(const Scores *scores, const Rows &uses, int32 *order) {
    auto *placed = static_cast<bool *>(palloc0(static_cast<Size>(scores->count) + 1));
    int32 count = 0;
    while (count < scores->count) {
        int32 before = count;
        for (int32 i = 0; i < scores->count; i++) {
            bool ready = !placed[i];
            for (uint64 row = 0; row < uses.count && ready; row++) {
                if (DatumGetInt32(value_of(uses, row, 0)) != scores->items[i].id) {
                    continue;
                }
                for (int32 j = 0; j < scores->count; j++) {
                    ready = ready && (placed[j] || scores->items[j].id != DatumGetInt32(value_of(uses, row, 1)));
                }
            }
            if (ready) {
                placed[i] = true;
                order[count++] = i;
            }
        }
        if (count == before) {
            elog(ERROR, "scores refer to each other in a circle");
        }
    }
}

// Without the scores that cannot be computed and that the segments do not read, directly or through other segments or scores.
Scores without_broken(const Scores &all, const Population *population, const Segments *segments, const Binding *binding,
                      const spi::Argument &readers) {
    Rows read = catalog_execute(
        "WITH RECURSIVE reading (id) AS (SELECT pg_catalog.unnest($1) UNION SELECT u.used_id FROM reading "
        "JOIN segment.catalog_segment_use u ON u.segment_id OPERATOR(pg_catalog.=) reading.id), "
        "read (id) AS (SELECT u.score_id FROM reading JOIN segment.catalog_segment_score_use u "
        "ON u.segment_id OPERATOR(pg_catalog.=) reading.id UNION SELECT u.used_id FROM read "
        "JOIN segment.catalog_score_use u ON u.score_id OPERATOR(pg_catalog.=) read.id) SELECT id FROM read",
        {readers});
    const auto is_read = [&](int32 id) {
        for (uint64 row = 0; row < read.count; row++) {
            if (DatumGetInt32(value_of(read, row, 0)) == id) {
                return true;
            }
        }
        return false;
    };
    Scores some{0, all.items};
    for (int32 i = 0; i < all.count; i++) {
        if (is_read(all.items[i].id) || score_fault(population, segments, binding, &all.items[i]).message == nullptr) {
            some.items[some.count++] = all.items[i];
        }
    }
    return some;
}

}  // namespace

ScoreRun *refresh_scores(const Population *population, const Segments *segments, TimestampTz as_of, const spi::Argument *only) {
    Binding binding{};
    Scores scores = scores_of(population);
    if (scores.count > 0) {
        binding = bind(population, segments);
        scores = only == nullptr ? scores : without_broken(scores, population, segments, &binding, *only);
    }
    MemoryContext caller = CurrentMemoryContext;
    auto *run = static_cast<ScoreRun *>(palloc0(sizeof(ScoreRun)));
    run->before.numbering.context = caller;
    run->before.ignored = begin_ignored_rows();
    run->scores = static_cast<ComputedScore *>(palloc0(sizeof(ComputedScore) * static_cast<Size>(scores.count + 1)));
    if (scores.count == 0) {
        return run;
    }
    run->before.memory = refresh_memory() / share_of_results;
    const uint64 chunks = run->before.memory / static_cast<uint64>(scores.count) / score::Results::chunk_bytes;
    Rows uses = catalog_execute("SELECT score_id, used_id FROM segment.catalog_score_use");
    auto *order = static_cast<int32 *>(palloc0(sizeof(int32) * static_cast<Size>(scores.count + 1)));
    order_by_use(&scores, uses, order);
    for (int32 i = 0; i < scores.count; i++) {
        if (const Fault missing = missing_score_table(population, &scores.items[i]); missing.message != nullptr) {
            raise(missing);
        }
    }
    for (int32 i = 0; i < scores.count; i++) {
        ComputedScore *computed = &run->scores[run->count++];
        computed->score = &scores.items[order[i]];
        computed->means = static_cast<double *>(palloc(sizeof(double) * static_cast<Size>(computed->score->metric_count + 1)));
        boundary::core([&] {
            auto *memory = make_in_context<ContextResource>(caller, caller);
            computed->overflow = make_in_context<TemporaryFile>(caller, caller);
            computed->results = make_in_context<score::Results>(caller, chunks, *computed->overflow, memory);
        });
        MemoryContext context = AllocSetContextCreate(caller, "segment score", ALLOCSET_DEFAULT_SIZES);
        MemoryContextSwitchTo(context);
        refresh_score(population, segments, &binding, as_of, run, computed);
        MemoryContextSwitchTo(caller);
        MemoryContextDelete(context);
        see_own_writes();
    }
    return run;
}

const Before *before_segments(const ScoreRun *run) {
    return &run->before;
}

void record_scores(const ScoreRun *run, TimestampTz as_of) {
    for (int32 i = 0; i < run->count; i++) {
        const ComputedScore &computed = run->scores[i];
        catalog_execute(
            "UPDATE segment.catalog_score SET refreshed_version = $2, members = $3, as_of = $4, "
            "version_since = CASE WHEN refreshed_version OPERATOR(pg_catalog.=) $2 THEN version_since ELSE $4 END "
            "WHERE id OPERATOR(pg_catalog.=) $1",
            {int4_argument(computed.score->id), int4_argument(computed.score->version), int8_argument(computed.members),
             timestamptz_argument(as_of)});
        for (int32 metric = 0; metric < computed.score->metric_count; metric++) {
            double mean = computed.means[metric];
            catalog_execute(
                "UPDATE segment.catalog_score_metric SET population_mean = $3 "
                "WHERE score_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
                {int4_argument(computed.score->id),
                 text_argument(computed.score->metrics[metric].name),
                 {FLOAT8OID, Float8GetDatum(mean), score::is_missing(mean)}});
        }
        computed.overflow->close();
    }
}

}  // namespace segment::pg
