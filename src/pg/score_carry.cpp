#include "pg/score_carry.hpp"

#include "core/members/words.hpp"
#include "pg/compilation.hpp"
#include "pg/key_batch.hpp"
#include "pg/score_query.hpp"
#include "pg/score_rows.hpp"

namespace segment::pg {

namespace {

// Rows for one statement: arrays of its arguments.
struct Rowset {
    uint64 count;
    Datum *keys, *metrics, *values, *instants;
    bool *known;
};

struct KeptRow {
    int32 metric;  // −1: the score does not have it
    KeptValue value;
};

struct Carrier {
    const ScoreScan *scan;
    const ScoreTables *tables;
    const TimestampTz *edges;
    uint32 seen;
    bool keeps;
    Datum *metric_names;
    KeptRow kept[KeyBatch::rows];
    Rowset changed;
    MemoryContext statement;
};

void flush(Carrier *carrier) {
    Rowset *rows = &carrier->changed;
    if (rows->count == 0) {
        return;
    }
    MemoryContext caller = MemoryContextSwitchTo(carrier->statement);
    write_rows(psprintf("INSERT INTO %s AS kept (key, metric, value, known_at) SELECT r.key, r.metric, r.value, r.known_at "
                        "FROM ROWS FROM (unnest($1), unnest($2), unnest($3), unnest($4)) AS r (key, metric, value, known_at) "
                        "ON CONFLICT (key, metric) DO UPDATE SET value = excluded.value, known_at = excluded.known_at",
                        carrier->tables->values),
               {array_argument(rows->keys, nullptr, rows->count, carrier->tables->key_type),
                array_argument(rows->metrics, nullptr, rows->count, TEXTOID), array_argument(rows->values, nullptr, rows->count, FLOAT8OID),
                array_argument(rows->instants, rows->known, rows->count, TIMESTAMPTZOID)});
    rows->count = 0;
    MemoryContextSwitchTo(caller);
    MemoryContextReset(carrier->statement);
}

// A value that is missing was known until the last refresh.
void keep(Carrier *carrier, members::Ordinal member, int32 metric, double value, bool known) {
    Rowset *rows = &carrier->changed;
    rows->keys[rows->count] = carrier->scan->members->numbering->keys->key(member);
    rows->metrics[rows->count] = carrier->metric_names[metric];
    rows->values[rows->count] = Float8GetDatum(value);
    rows->instants[rows->count] = TimestampTzGetDatum(carrier->scan->population->as_of);
    rows->known[rows->count++] = known;
    if (rows->count == rows_per_statement) {
        flush(carrier);
    }
}

void read_kept(void *state, uint32 index, TupleTableSlot *slot) {
    auto *carrier = static_cast<Carrier *>(state);
    KeptRow &row = carrier->kept[index];
    const std::string_view name = view(DatumGetTextPP(slot->tts_values[1]));
    row.metric = -1;
    for (int32 i = 0; i < carrier->scan->score->metric_count; i++) {
        if (name == carrier->scan->score->metrics[i].name) {
            row.metric = i;
        }
    }
    row.value = {DatumGetFloat8(slot->tts_values[2]), slot->tts_isnull[3],
                 slot->tts_isnull[3] ? 0 : DatumGetTimestampTz(slot->tts_values[3])};
}

void take_kept(void *state, uint32 index, members::Ordinal member, Datum) {
    auto *carrier = static_cast<Carrier *>(state);
    const auto &[metric, kept] = carrier->kept[index];
    double *row = member == members::no_ordinal || metric < 0 ? nullptr : carrier->scan->grid->row(member);
    if (row == nullptr) {
        return;
    }
    row[carrier->seen + static_cast<uint32>(metric)] = 1;
    double &value = row[metric];
    const bool missing = score::is_missing(value);
    if (carrier->keeps && (missing ? kept.known : !kept.known || kept.value != value)) {
        keep(carrier, member, metric, missing ? kept.value : value, !missing);
    }
    if (missing && is_fresh(carrier->scan->population, kept, carrier->edges[metric])) {
        value = kept.value;
    }
}

// Values of which nothing was kept.
void keep_others(Carrier *carrier) {
    const ScoreScan *scan = carrier->scan;
    score::Grid *grid = scan->grid;
    for (uint32 chunk = 0; chunk < grid->chunks(); chunk++) {
        if (!grid->holds(chunk)) {
            continue;
        }
        const members::Ordinal first = chunk * members::chunk_size;
        members::for_each_bit(grid->present(chunk), first, [&](members::Ordinal member) {
            const double *row = grid->rows(chunk) + static_cast<size_t>(member - first) * grid->width();
            for (int32 metric = 0; metric < scan->score->metric_count; metric++) {
                if (scan->score->metrics[metric].value != nullptr && !score::is_missing(row[metric]) &&
                    score::is_missing(row[carrier->seen + static_cast<uint32>(metric)])) {
                    keep(carrier, member, metric, row[metric], true);
                }
            }
        });
    }
}

}  // namespace

bool carries_forward(const ScoreRecord *score) {
    return score->model.missing_rule == score::MissingRule::carry_forward;
}

TimestampTz *stale_edges(const Population *population, const ScoreRecord *score, TimestampTz as_of) {
    auto *edges = static_cast<TimestampTz *>(palloc(sizeof(TimestampTz) * static_cast<Size>(score->metric_count + 1)));
    for (int32 i = 0; i < score->metric_count; i++) {
        edges[i] = DT_NOBEGIN;
        if (score->metrics[i].has_stale_after) {
            Rows rows = caller_execute(psprintf("SELECT %s", before_sql(population, instant_sql(as_of), score->metrics[i].stale_after)));
            edges[i] = DatumGetTimestampTz(value_of(rows, 0, 0));
        }
    }
    return edges;
}

bool is_fresh(const Population *population, const KeptValue &kept, TimestampTz edge) {
    return (kept.known ? population->as_of : kept.at) > edge;
}

void carry_forward(const ScoreScan *scan, const ScoreTables &tables, const TimestampTz *edges, uint32 seen, bool keeps) {
    const auto count = static_cast<Size>(scan->score->metric_count);
    auto *carrier = static_cast<Carrier *>(palloc0(sizeof(Carrier)));
    carrier->scan = scan;
    carrier->tables = &tables;
    carrier->edges = edges;
    carrier->seen = seen;
    carrier->keeps = keeps;
    carrier->metric_names = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    for (Size i = 0; i < count; i++) {
        carrier->metric_names[i] = CStringGetTextDatum(scan->score->metrics[i].name);
    }
    const auto datums = [] { return static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement)); };
    carrier->changed = {0, datums(), datums(), datums(), datums(), static_cast<bool *>(palloc(rows_per_statement))};
    carrier->statement = AllocSetContextCreate(CurrentMemoryContext, "segment kept values", ALLOCSET_DEFAULT_SIZES);
    read_keyed_rows(scan, psprintf("SELECT k.key::%s, k.metric, k.value, k.known_at FROM %s AS k", tables.key_type_sql, tables.values),
                    {read_kept, take_kept, carrier});
    if (keeps) {
        keep_others(carrier);
        flush(carrier);
    }
}

void forget_values(const Population *population, const ScoreRecord *score) {
    write_rows(psprintf("DELETE FROM %s", score_values_sql(population, score->name)), {});
}

}  // namespace segment::pg
