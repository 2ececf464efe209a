// Computing scores and storing what has changed.
#include <algorithm>
#include <cmath>

#include "core/score/shape.hpp"
#include "core/score/total.hpp"
#include "pg/boundary.hpp"
#include "pg/bulk_insert.hpp"
#include "pg/compilation.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"
#include "pg/score_carry.hpp"
#include "pg/score_columns.hpp"
#include "pg/score_query.hpp"
#include "pg/score_rows.hpp"

namespace segment::pg {

namespace {

constexpr int trend_days = 14;

// What a run records of one score.
struct Recorded {
    const ScoreRecord *score;
    int64 members;
    double *means;
};

// Rows for one statement: arrays of its arguments.
struct Rowset {
    uint64 count;
    Datum *keys, *scores, *bands, *coverages, *trends;
    bool *no_score, *no_band, *no_trend;
};

Rowset make_rowset() {
    const auto datums = [] { return static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement)); };
    const auto flags = [] { return static_cast<bool *>(palloc(rows_per_statement)); };
    return {0, datums(), datums(), datums(), datums(), datums(), flags(), flags(), flags()};
}

struct Tables {
    const char *now, *history;
    Oid key_type;
    TimestampTz as_of;
    int32 version;
    BulkTables bulk;
};

void write_now(const Tables *tables, Rowset *rows) {
    if (rows->count == 0) {
        return;
    }
    write_rows(
        psprintf("INSERT INTO %s AS stored (key, score, band, coverage, trend, at) "
                 "SELECT r.key, r.score, r.band, r.coverage, r.trend, $6 "
                 "FROM ROWS FROM (unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)) "
                 "AS r (key, score, band, coverage, trend) "
                 "ON CONFLICT (key) DO UPDATE SET score = excluded.score, band = excluded.band, coverage = excluded.coverage, "
                 "trend = excluded.trend, at = excluded.at",
                 tables->now),
        {array_argument(rows->keys, nullptr, rows->count, tables->key_type),
         array_argument(rows->scores, rows->no_score, rows->count, FLOAT8OID),
         array_argument(rows->bands, rows->no_band, rows->count, TEXTOID), array_argument(rows->coverages, nullptr, rows->count, FLOAT8OID),
         array_argument(rows->trends, rows->no_trend, rows->count, FLOAT8OID), timestamptz_argument(tables->as_of)});
    rows->count = 0;
}

// Two runs as of one instant leave one row of it.
void write_history(const Tables *tables, Rowset *rows) {
    if (rows->count == 0) {
        return;
    }
    write_rows(psprintf("INSERT INTO %s (key, at, score, band, version) SELECT r.key, $4, r.score, r.band, $5 "
                        "FROM ROWS FROM (unnest($1), unnest($2), unnest($3)) AS r (key, score, band) "
                        "ON CONFLICT (key, at) DO UPDATE SET score = excluded.score, band = excluded.band, version = excluded.version",
                        tables->history),
               {array_argument(rows->keys, nullptr, rows->count, tables->key_type),
                array_argument(rows->scores, rows->no_score, rows->count, FLOAT8OID),
                array_argument(rows->bands, rows->no_band, rows->count, TEXTOID), timestamptz_argument(tables->as_of),
                int4_argument(tables->version)});
    rows->count = 0;
}

// As COPY does, several times cheaper than a statement; in the order of the tables' columns.
void insert_now(const Tables *tables, Rowset *rows) {
    BulkInsert *insert = begin_bulk_insert(tables->bulk.now, Indexes::maintain);
    for (uint64 i = 0; i < rows->count; i++) {
        const Datum values[] = {rows->keys[i],      rows->scores[i], rows->bands[i],
                                rows->coverages[i], rows->trends[i], TimestampTzGetDatum(tables->as_of)};
        const bool nulls[] = {false, rows->no_score[i], rows->no_band[i], false, rows->no_trend[i], false};
        bulk_insert(insert, values, nulls);
    }
    end_bulk_insert(insert);
    rows->count = 0;
}

void insert_history(const Tables *tables, Rowset *rows) {
    BulkInsert *insert = begin_bulk_insert(tables->bulk.history, Indexes::maintain);
    for (uint64 i = 0; i < rows->count; i++) {
        const Datum values[] = {rows->keys[i], TimestampTzGetDatum(tables->as_of), rows->scores[i], rows->bands[i],
                                Int32GetDatum(tables->version)};
        const bool nulls[] = {false, false, rows->no_score[i], rows->no_band[i], false};
        bulk_insert(insert, values, nulls);
    }
    end_bulk_insert(insert);
    rows->count = 0;
}

// Those without a row, those with another one, and the history of both.
struct Changes {
    Rowset fresh, changed, history;
};

void write_changes(const Tables *tables, Changes *changes) {
    if (OidIsValid(tables->bulk.now)) {
        insert_now(tables, &changes->fresh);
    } else {
        write_now(tables, &changes->fresh);
    }
    write_now(tables, &changes->changed);
    if (OidIsValid(tables->bulk.history)) {
        insert_history(tables, &changes->history);
    } else {
        write_history(tables, &changes->history);
    }
}

void add_row(Rowset *rows, Datum key, const score::Total &total, double trend, const Datum *band_names) {
    uint64 i = rows->count++;
    rows->keys[i] = key;
    rows->no_score[i] = score::is_missing(total.score);
    rows->scores[i] = Float8GetDatum(rows->no_score[i] ? 0 : total.score);
    rows->no_band[i] = total.band < 0;
    rows->bands[i] = total.band < 0 ? 0 : band_names[total.band];
    rows->coverages[i] = Float8GetDatum(total.coverage);
    rows->no_trend[i] = score::is_missing(trend);
    rows->trends[i] = Float8GetDatum(rows->no_trend[i] ? 0 : trend);
}

bool same(double a, double b) {
    return score::is_missing(a) ? score::is_missing(b) : a == b;
}

// Those who are no members any more, by the snapshot, lose their row; their history ends.
void remove_others(const ScoreQuery *query, const Binding *binding, const Tables *tables, const char *values) {
    const std::string_view key_sql = binding->vocabulary.key_sql;
    Rows others =
        caller_execute(psprintf("SELECT array_agg(stored.key) FROM %s AS stored WHERE NOT EXISTS (SELECT FROM %s%s%sstored.key %s %.*s) "
                                "GROUP BY hashtext(stored.key::text) %% 64",
                                tables->now, query->from_sql, query->where_sql, query->where_sql[0] == '\0' ? " WHERE " : " AND ",
                                equality_sql(tables->key_type), static_cast<int>(key_sql.size()), key_sql.data()),
                       {}, {.read_only = true});
    for (uint64 row = 0; row < others.count; row++) {
        const spi::Argument keys{get_array_type(tables->key_type), value_of(others, row, 0)};
        for (const char *table : {tables->now, values}) {
            if (table != nullptr) {
                write_rows(psprintf("DELETE FROM %s WHERE key %s ANY ($1)", table, equality_sql(tables->key_type)), {keys});
            }
        }
        write_rows(psprintf("INSERT INTO %s (key, at, version) SELECT r.key, $2, $3 FROM unnest($1) AS r (key) "
                            "ON CONFLICT (key, at) DO UPDATE SET score = NULL, band = NULL, version = excluded.version",
                            tables->history),
                   {keys, timestamptz_argument(tables->as_of), int4_argument(tables->version)});
    }
}

int64 stored_rows(const Tables *tables) {
    Rows rows = caller_execute(psprintf("SELECT count(*) FROM %s", tables->now), {}, {.read_only = true});
    return DatumGetInt64(value_of(rows, 0, 0));
}

// The score as of the run less what it was 14 days before.
double trend_of(double score, double past) {
    constexpr double unit = 1e9;
    return std::round((score - past) * unit) / unit;
}

void store(const ScoreRecord *score, const ScoreColumns *columns, const Tables *tables, score::Totals *totals) {
    const auto &bands = score->model.bands;
    auto *band_names = static_cast<Datum *>(palloc(sizeof(Datum) * (bands.size() + 1)));
    for (size_t band = 0; band < bands.size(); band++) {
        band_names[band] = CStringGetTextDatum(bands[band].name.data());
    }
    Changes changes{make_rowset(), make_rowset(), make_rowset()};
    auto *parts = static_cast<double *>(palloc(sizeof(double) * static_cast<Size>(score->metric_count + 1)));
    MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "segment score rows", ALLOCSET_DEFAULT_SIZES);
    for (uint64 i = 0; i < columns->count; i++) {
        if (i % 4096 == 0) {
            CHECK_FOR_INTERRUPTS();
        }
        for (int32 metric = 0; metric < score->metric_count; metric++) {
            parts[metric] = columns->values[metric][i];
        }
        const score::Total total = boundary::core([&] { return totals->total({parts, static_cast<size_t>(score->metric_count)}); });
        const StoredScore &stored = columns->stored[i];
        double trend = trend_of(total.score, stored.past);
        bool same_score = stored.exists && same(stored.score, total.score) && stored.band == total.band;
        if (!same_score || !same(stored.coverage, total.coverage) || !same(stored.trend, trend)) {
            add_row(stored.exists ? &changes.changed : &changes.fresh, columns->keys[i], total, trend, band_names);
        }
        if (!same_score || score->refreshed_version != score->version) {
            add_row(&changes.history, columns->keys[i], total, trend, band_names);
        }
        const Rowset *fullest = std::max({&changes.fresh, &changes.changed, &changes.history},
                                         [](const Rowset *a, const Rowset *b) { return a->count < b->count; });
        if (fullest->count == rows_per_statement || i + 1 == columns->count) {
            MemoryContext caller = MemoryContextSwitchTo(batch);
            write_changes(tables, &changes);
            MemoryContextSwitchTo(caller);
            MemoryContextReset(batch);
        }
    }
}

}  // namespace

struct ScoreRun {
    int32 count;
    Recorded *scores;
};

namespace {

// From now on the snapshot sees what has been written.
void see_own_writes() {
    CommandCounterIncrement();
    UpdateActiveSnapshotCommandId();
}

// The instant that the trend compares with; null if the score has not been what it is now for so long.
const char *past_sql(const Population *population, const ScoreRecord *score, const char *as_of_sql) {
    const Interval span{0, trend_days, 0};
    if (score->refreshed_version != score->version || !score->has_version_since) {
        return nullptr;
    }
    Rows then = caller_execute(psprintf("SELECT %s", before_sql(population, as_of_sql, span)));
    TimestampTz instant = DatumGetTimestampTz(value_of(then, 0, 0));
    return instant < score->version_since ? nullptr : instant_sql(instant);
}

Recorded refresh_score(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord *score,
                       TimestampTz as_of, MemoryContext recorded) {
    const char *as_of_sql = instant_sql(as_of);
    ScoreQuery *query = score_query(population, segments, binding, score, as_of_sql);
    Tables tables{
        score_table_sql(population, score->name), score_history_sql(population, score->name), binding->key->type, as_of, score->version,
        bulk_tables(population, score->name)};
    // Another row as of the same instant is replaced, which takes a statement.
    if (population->has_as_of && population->as_of == as_of) {
        tables.bulk.history = InvalidOid;
    }
    const char *past = past_sql(population, score, as_of_sql);
    const char *values = carries_forward(score) ? score_values_sql(population, score->name) : nullptr;
    if (values != nullptr && score->refreshed_version != score->version) {
        forget_values(population, score);
        see_own_writes();
    }
    ScoreColumns *columns = read_score_columns(binding, score, query, {tables.now, tables.history, past, score->version, values}, nullptr);
    if (values != nullptr) {
        keep_values(population, score, columns, binding->key->type);
        carry_forward(population, score, columns, as_of);
    }

    Recorded result{score, static_cast<int64>(columns->count),
                    static_cast<double *>(MemoryContextAlloc(recorded, sizeof(double) * static_cast<Size>(score->metric_count + 1)))};
    normalize_columns(score, columns, result.means);
    MemoryContext context = CurrentMemoryContext;
    score::Totals *totals = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        return make_in_context<score::Totals>(context, score->model, memory);
    });
    store(score, columns, &tables, totals);
    // The snapshot does not see what has been written: of what it sees, all belongs to members or to nobody.
    if (columns->stored_count < stored_rows(&tables)) {
        remove_others(query, binding, &tables, values);
    }
    return result;
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

// Scores that segments read, directly or through other segments or scores.
Scores scores_read_by(const Population *population, const spi::Argument &segments) {
    Rows read = catalog_execute(
        "WITH RECURSIVE reading (id) AS (SELECT pg_catalog.unnest($1) UNION SELECT u.used_id FROM reading "
        "JOIN segment.catalog_segment_use u ON u.segment_id OPERATOR(pg_catalog.=) reading.id), "
        "read (id) AS (SELECT u.score_id FROM reading JOIN segment.catalog_segment_score_use u "
        "ON u.segment_id OPERATOR(pg_catalog.=) reading.id UNION SELECT u.used_id FROM read "
        "JOIN segment.catalog_score_use u ON u.score_id OPERATOR(pg_catalog.=) read.id) SELECT id FROM read",
        {segments});
    Scores scores = scores_of(population);
    const auto is_read = [&](int32 id) {
        for (uint64 row = 0; row < read.count; row++) {
            if (DatumGetInt32(value_of(read, row, 0)) == id) {
                return true;
            }
        }
        return false;
    };
    int32 count = 0;
    for (int32 i = 0; i < scores.count; i++) {
        if (is_read(scores.items[i].id)) {
            scores.items[count++] = scores.items[i];
        }
    }
    scores.count = count;
    return scores;
}

}  // namespace

ScoreRun *refresh_scores(const Population *population, const Segments *segments, TimestampTz as_of, const spi::Argument *only) {
    Scores scores = only != nullptr ? scores_read_by(population, *only) : scores_of(population);
    auto *run = static_cast<ScoreRun *>(palloc0(sizeof(ScoreRun)));
    run->scores = static_cast<Recorded *>(palloc0(sizeof(Recorded) * static_cast<Size>(scores.count + 1)));
    if (scores.count == 0) {
        return run;
    }
    Rows uses = catalog_execute("SELECT score_id, used_id FROM segment.catalog_score_use");
    auto *order = static_cast<int32 *>(palloc0(sizeof(int32) * static_cast<Size>(scores.count + 1)));
    order_by_use(&scores, uses, order);
    Binding binding = bind(population, segments);
    for (int32 i = 0; i < scores.count; i++) {
        if (const Fault missing = missing_score_table(population, &scores.items[i]); missing.message != nullptr) {
            raise(missing);
        }
    }
    MemoryContext caller = CurrentMemoryContext;
    for (int32 i = 0; i < scores.count; i++) {
        MemoryContext context = AllocSetContextCreate(caller, "segment score", ALLOCSET_DEFAULT_SIZES);
        MemoryContextSwitchTo(context);
        run->scores[run->count++] = refresh_score(population, segments, &binding, &scores.items[order[i]], as_of, caller);
        MemoryContextSwitchTo(caller);
        MemoryContextDelete(context);
        see_own_writes();
    }
    return run;
}

void record_scores(const ScoreRun *run, TimestampTz as_of) {
    for (int32 i = 0; i < run->count; i++) {
        const Recorded &recorded = run->scores[i];
        catalog_execute(
            "UPDATE segment.catalog_score SET refreshed_version = $2, members = $3, as_of = $4, "
            "version_since = CASE WHEN refreshed_version OPERATOR(pg_catalog.=) $2 THEN version_since ELSE $4 END "
            "WHERE id OPERATOR(pg_catalog.=) $1",
            {int4_argument(recorded.score->id), int4_argument(recorded.score->version), int8_argument(recorded.members),
             timestamptz_argument(as_of)});
        for (int32 metric = 0; metric < recorded.score->metric_count; metric++) {
            double mean = recorded.means[metric];
            catalog_execute(
                "UPDATE segment.catalog_score_metric SET population_mean = $3 "
                "WHERE score_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
                {int4_argument(recorded.score->id),
                 text_argument(recorded.score->metrics[metric].name),
                 {FLOAT8OID, Float8GetDatum(mean), score::is_missing(mean)}});
        }
    }
}

}  // namespace segment::pg
