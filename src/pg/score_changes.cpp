#include "pg/score_changes.hpp"

#include <algorithm>
#include <cmath>

#include "core/members/words.hpp"
#include "core/score/scorer.hpp"
#include "pg/boundary.hpp"
#include "pg/bulk_insert.hpp"
#include "pg/key_batch.hpp"
#include "pg/score_rows.hpp"

namespace segment::pg {

namespace {

// Rows for one statement: arrays of its arguments.
struct Rowset {
    uint64 count;
    Datum *keys, *scores, *bands, *coverages, *trends;
    bool *no_score, *no_band, *no_trend;
    bool *unknown_trend;  // it is looked up before the row is written
};

Rowset make_rowset() {
    const auto datums = [] { return static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement)); };
    const auto flags = [] { return static_cast<bool *>(palloc(rows_per_statement)); };
    return {0, datums(), datums(), datums(), datums(), datums(), flags(), flags(), flags(), flags()};
}

// What is stored of a member, as far as it is compared.
struct StoredScore {
    double score, coverage, trend;
    int32 band;  // index into the model's bands; −1 without, −2 for one that the score does not have any more
};

// Keys of stored rows that belong to nobody.
struct GoneKeys {
    MemoryContext context;
    uint64 count;
    Datum *keys;
};

struct Writer {
    const ScoreScan *scan;
    const ScoreTables *tables;
    const PastScores *past;
    Datum *band_names;
    StoredScore stored[KeyBatch::rows];
    Rowset fresh, changed, history;  // those without a row, those with another one, and the history of both
    GoneKeys gone;
    MemoryContext statement;  // what writing takes
};

void write_now(const ScoreTables *tables, const Rowset *rows) {
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
}

// Two runs as of one instant leave one row of it.
void write_history(const ScoreTables *tables, const Rowset *rows, int32 version) {
    write_rows(
        psprintf("INSERT INTO %s (key, at, score, band, version) SELECT r.key, $4, r.score, r.band, $5 "
                 "FROM ROWS FROM (unnest($1), unnest($2), unnest($3)) AS r (key, score, band) "
                 "ON CONFLICT (key, at) DO UPDATE SET score = excluded.score, band = excluded.band, version = excluded.version",
                 tables->history),
        {array_argument(rows->keys, nullptr, rows->count, tables->key_type),
         array_argument(rows->scores, rows->no_score, rows->count, FLOAT8OID),
         array_argument(rows->bands, rows->no_band, rows->count, TEXTOID), timestamptz_argument(tables->as_of), int4_argument(version)});
}

// As COPY does, several times cheaper than a statement; in the order of the tables' columns.
void insert_now(const ScoreTables *tables, const Rowset *rows) {
    BulkInsert *insert = begin_bulk_insert(tables->bulk.now, Indexes::maintain);
    for (uint64 i = 0; i < rows->count; i++) {
        const Datum values[] = {rows->keys[i],      rows->scores[i], rows->bands[i],
                                rows->coverages[i], rows->trends[i], TimestampTzGetDatum(tables->as_of)};
        const bool nulls[] = {false, rows->no_score[i], rows->no_band[i], false, rows->no_trend[i], false};
        bulk_insert(insert, values, nulls);
    }
    end_bulk_insert(insert);
}

void insert_history(const ScoreTables *tables, const Rowset *rows, int32 version) {
    BulkInsert *insert = begin_bulk_insert(tables->bulk.history, Indexes::maintain);
    for (uint64 i = 0; i < rows->count; i++) {
        const Datum values[] = {rows->keys[i], TimestampTzGetDatum(tables->as_of), rows->scores[i], rows->bands[i], Int32GetDatum(version)};
        const bool nulls[] = {false, false, rows->no_score[i], rows->no_band[i], false};
        bulk_insert(insert, values, nulls);
    }
    end_bulk_insert(insert);
}

// Finds the trends that stored ones do not tell.
void look_up_trends(const Writer *writer, Rowset *rows) {
    auto *keys = static_cast<Datum *>(palloc(sizeof(Datum) * (rows->count + 1)));
    auto *places = static_cast<uint64 *>(palloc(sizeof(uint64) * (rows->count + 1)));
    uint64 count = 0;
    for (uint64 i = 0; i < rows->count; i++) {
        if (rows->unknown_trend[i]) {
            places[count] = i;
            keys[count++] = rows->keys[i];
        }
    }
    if (count == 0) {
        return;
    }
    const ScoreTables *tables = writer->tables;
    Rows found = caller_execute(psprintf("SELECT k.place, %s FROM unnest($1) WITH ORDINALITY AS k (key, place)",
                                         past_of_key_sql(writer->scan->score, tables->history, tables->key_type, *writer->past, "k.key")),
                                {array_argument(keys, nullptr, count, tables->key_type)}, {.read_only = true});
    for (uint64 row = 0; row < found.count; row++) {
        if (!is_null(found, row, 1)) {
            const uint64 place = places[DatumGetInt64(value_of(found, row, 0)) - 1];
            rows->no_trend[place] = false;
            rows->trends[place] = Float8GetDatum(difference(DatumGetFloat8(rows->scores[place]), DatumGetFloat8(value_of(found, row, 1))));
        }
    }
}

void flush(Writer *writer) {
    const ScoreTables *tables = writer->tables;
    const int32 version = writer->scan->score->version;
    CHECK_FOR_INTERRUPTS();
    MemoryContext caller = MemoryContextSwitchTo(writer->statement);
    look_up_trends(writer, &writer->fresh);
    look_up_trends(writer, &writer->changed);
    if (writer->fresh.count > 0) {
        OidIsValid(tables->bulk.now) ? insert_now(tables, &writer->fresh) : write_now(tables, &writer->fresh);
    }
    if (writer->changed.count > 0) {
        write_now(tables, &writer->changed);
    }
    if (writer->history.count > 0) {
        OidIsValid(tables->bulk.history) ? insert_history(tables, &writer->history, version)
                                         : write_history(tables, &writer->history, version);
    }
    writer->fresh.count = writer->changed.count = writer->history.count = 0;
    MemoryContextSwitchTo(caller);
    MemoryContextReset(writer->statement);
}

void flush_gone(Writer *writer) {
    GoneKeys *gone = &writer->gone;
    if (gone->count == 0) {
        return;
    }
    const ScoreTables *tables = writer->tables;
    MemoryContext caller = MemoryContextSwitchTo(writer->statement);
    const spi::Argument keys = array_argument(gone->keys, nullptr, gone->count, tables->key_type);
    for (const char *table : {tables->now, tables->values}) {
        if (table != nullptr) {
            write_rows(psprintf("DELETE FROM %s WHERE key %s ANY ($1)", table, equality_sql(tables->key_type)), {keys});
        }
    }
    write_rows(psprintf("INSERT INTO %s (key, at, version) SELECT r.key, $2, $3 FROM unnest($1) AS r (key) "
                        "ON CONFLICT (key, at) DO UPDATE SET score = NULL, band = NULL, version = excluded.version",
                        tables->history),
               {keys, timestamptz_argument(tables->as_of), int4_argument(writer->scan->score->version)});
    gone->count = 0;
    MemoryContextSwitchTo(caller);
    MemoryContextReset(gone->context);
    MemoryContextReset(writer->statement);
}

void note_gone(Writer *writer, Datum key) {
    GoneKeys *gone = &writer->gone;
    MemoryContext caller = MemoryContextSwitchTo(gone->context);
    const KeyType &type = writer->scan->members->numbering->keys->type();
    gone->keys[gone->count++] = datumCopy(key, type.by_value, type.length);
    MemoryContextSwitchTo(caller);
    if (gone->count == rows_per_statement) {
        flush_gone(writer);
    }
}

// What a member has now.
struct Present {
    double score, coverage, trend;
    int32 band;
    bool unknown_trend;
};

bool same(double a, double b) {
    return score::is_missing(a) ? score::is_missing(b) : a == b;
}

// Sets the trend, by what is stored of the member, which may be null, unless the past has been read.
void find_trend(const Writer *writer, const double *row, const StoredScore *stored, Present *now) {
    constexpr double exact = 1e6;  // smaller scores and trends have nine decimals, so that a difference gives the past back
    const PastScores &past = *writer->past;
    if (past.at_sql == nullptr || score::is_missing(now->score)) {
        return;
    }
    const double read = row[past.column];
    if (past.before_sql == nullptr || !score::is_missing(read)) {
        now->trend = std::isinf(read) ? score::missing : difference(now->score, read);
    } else if (stored != nullptr && same(stored->score, now->score)) {
        now->trend = stored->trend;
    } else if (stored == nullptr || score::is_missing(stored->score)) {
        now->unknown_trend = true;
    } else if (!score::is_missing(stored->trend)) {
        const double then = difference(stored->score, stored->trend);
        now->unknown_trend = std::abs(stored->score) >= exact || std::abs(then) >= exact;
        now->trend = now->unknown_trend ? score::missing : difference(now->score, then);
    }
}

Present present(const Writer *writer, const double *row, const StoredScore *stored) {
    const double score = row[score::Scorer::score_column];
    const ScoreRecord *record = writer->scan->score;
    // Another version has other numbers, so that nothing is known of the band before.
    const bool known = stored != nullptr && record->refreshed_version == record->version && !score::is_missing(stored->score);
    Present now{score, row[score::Scorer::coverage_column], score::missing,
                score::band_of(record->model.bands, score, known ? stored->band : -1, record->model.hysteresis), false};
    find_trend(writer, row, stored, &now);
    return now;
}

void add_row(Writer *writer, Rowset *rows, members::Ordinal member, const Present &now) {
    uint64 i = rows->count++;
    rows->keys[i] = writer->scan->members->numbering->keys->key(member);
    rows->no_score[i] = score::is_missing(now.score);
    rows->scores[i] = Float8GetDatum(rows->no_score[i] ? 0 : now.score);
    rows->no_band[i] = now.band < 0;
    rows->bands[i] = now.band < 0 ? 0 : writer->band_names[now.band];
    rows->coverages[i] = Float8GetDatum(now.coverage);
    rows->no_trend[i] = score::is_missing(now.trend);
    rows->trends[i] = Float8GetDatum(rows->no_trend[i] ? 0 : now.trend);
    rows->unknown_trend[i] = now.unknown_trend;
}

double stored_number(const TupleTableSlot *slot, int column) {
    return slot->tts_isnull[column] ? score::missing : DatumGetFloat8(slot->tts_values[column]);
}

int32 stored_band(const ScoreRecord *score, const TupleTableSlot *slot, int column) {
    if (slot->tts_isnull[column]) {
        return -1;
    }
    const std::string_view name = view(DatumGetTextPP(slot->tts_values[column]));
    const auto &bands = score->model.bands;
    for (size_t i = 0; i < bands.size(); i++) {
        if (bands[i].name == name) {
            return static_cast<int32>(i);
        }
    }
    return -2;
}

void read_stored(void *state, uint32 row, TupleTableSlot *slot) {
    auto *writer = static_cast<Writer *>(state);
    writer->stored[row] = {stored_number(slot, 1), stored_number(slot, 2), stored_number(slot, 3),
                           stored_band(writer->scan->score, slot, 4)};
}

void compare(void *state, uint32 index, members::Ordinal member, Datum key) {
    auto *writer = static_cast<Writer *>(state);
    const ScoreScan *scan = writer->scan;
    const double *row = member == members::no_ordinal ? nullptr : scan->grid->row(member);
    if (row == nullptr) {
        if (scan->pass == 0 && (member == members::no_ordinal || !scan->everybody->contains(member))) {
            note_gone(writer, key);
        }
        return;
    }
    scan->grid->mark(member);
    const StoredScore &stored = writer->stored[index];
    const Present now = present(writer, row, &stored);
    bool same_score = same(stored.score, now.score) && stored.band == now.band;
    if (!same_score || !same(stored.coverage, now.coverage) || !same(stored.trend, now.trend)) {
        add_row(writer, &writer->changed, member, now);
    }
    if (!same_score || scan->score->refreshed_version != scan->score->version) {
        add_row(writer, &writer->history, member, now);
    }
    if (std::max(writer->changed.count, writer->history.count) == rows_per_statement) {
        flush(writer);
    }
}

// Those of whom no row is stored.
void write_others(Writer *writer) {
    const ScoreScan *scan = writer->scan;
    score::Grid *grid = scan->grid;
    for (uint32 chunk = 0; chunk < grid->chunks(); chunk++) {
        if (!grid->holds(chunk)) {
            continue;
        }
        const members::Ordinal first = chunk * members::chunk_size;
        members::for_each_bit_and_not(grid->present(chunk), grid->marked(chunk), first, [&](members::Ordinal member) {
            const Present now = present(writer, grid->rows(chunk) + static_cast<size_t>(member - first) * grid->width(), nullptr);
            add_row(writer, &writer->fresh, member, now);
            add_row(writer, &writer->history, member, now);
            if (std::max(writer->fresh.count, writer->history.count) == rows_per_statement) {
                flush(writer);
            }
        });
    }
}

}  // namespace

void write_scores(const ScoreScan *scan, const ScoreTables &tables, const PastScores &past) {
    auto *writer = static_cast<Writer *>(palloc0(sizeof(Writer)));
    writer->scan = scan;
    writer->tables = &tables;
    writer->past = &past;
    const auto &bands = scan->score->model.bands;
    writer->band_names = static_cast<Datum *>(palloc(sizeof(Datum) * (bands.size() + 1)));
    for (size_t band = 0; band < bands.size(); band++) {
        writer->band_names[band] = CStringGetTextDatum(bands[band].name.data());
    }
    writer->fresh = make_rowset();
    writer->changed = make_rowset();
    writer->history = make_rowset();
    writer->gone.context = AllocSetContextCreate(CurrentMemoryContext, "segment gone keys", ALLOCSET_DEFAULT_SIZES);
    writer->gone.keys = static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement));
    writer->statement = AllocSetContextCreate(CurrentMemoryContext, "segment score rows", ALLOCSET_DEFAULT_SIZES);
    read_keyed_rows(scan, psprintf("SELECT s.key::%s, s.score, s.coverage, s.trend, s.band FROM %s AS s", tables.key_type_sql, tables.now),
                    {read_stored, compare, writer});
    write_others(writer);
    flush(writer);
    flush_gone(writer);
}

}  // namespace segment::pg
