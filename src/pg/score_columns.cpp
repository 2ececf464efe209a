#include "pg/score_columns.hpp"

#include <algorithm>

#include "core/score/shape.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"
#include "pg/settings.hpp"

namespace segment::pg {

namespace {

constexpr uint64 first_capacity = 1024;
constexpr int stored_columns = 6;

struct Reader {
    ScoreColumns *columns;
    const ScoreRecord *score;
    MemoryContext context;
    uint64 capacity;
    uint64 key_bytes;
    bool key_by_value;
    int16 key_length;
    Oid *types;  // of the metrics' columns
};

KeptValue kept_value(const TupleTableSlot *slot, int column) {
    KeptValue kept{};
    kept.exists = !slot->tts_isnull[column];
    if (kept.exists) {
        kept.value = DatumGetFloat8(slot->tts_values[column]);
        kept.known = slot->tts_isnull[column + 1];
        kept.at = kept.known ? 0 : DatumGetTimestampTz(slot->tts_values[column + 1]);
    }
    return kept;
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

template <typename T>
T *grow(T *items, uint64 capacity) {
    const Size size = mul_size(sizeof(T), capacity);
    return static_cast<T *>(items == nullptr ? MemoryContextAllocHuge(CurrentMemoryContext, size) : repalloc_huge(items, size));
}

// Values, keys and what is stored; normalizing percentiles takes one more column.
uint64 bytes_of(const Reader *reader, uint64 members) {
    const auto metrics = static_cast<uint64>(reader->score->metric_count);
    uint64 a_member = sizeof(double) * (metrics + 1) + sizeof(Datum) + sizeof(StoredScore);
    a_member += reader->columns->kept != nullptr ? sizeof(KeptValue) * metrics : 0;
    return members * a_member + reader->key_bytes;
}

void make_room(Reader *reader) {
    ScoreColumns *columns = reader->columns;
    if (bytes_of(reader, columns->count) > refresh_memory()) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("the metrics of score \"%s\" need more than segment.refresh_memory", reader->score->name),
                        errdetail("There are more than " UINT64_FORMAT " members.", columns->count),
                        errhint("Raise segment.refresh_memory: a member takes about %d bytes.",
                                static_cast<int>(bytes_of(reader, 1) - reader->key_bytes))));
    }
    reader->capacity = reader->capacity == 0 ? first_capacity : 2 * reader->capacity;
    columns->keys = grow(columns->keys, reader->capacity);
    columns->stored = grow(columns->stored, reader->capacity);
    for (int32 i = 0; i < reader->score->metric_count; i++) {
        columns->values[i] = grow(columns->values[i], reader->capacity);
        if (columns->kept != nullptr) {
            columns->kept[i] = grow(columns->kept[i], reader->capacity);
        }
    }
}

bool receive_row(void *state, TupleTableSlot *slot) {
    auto *reader = static_cast<Reader *>(state);
    ScoreColumns *columns = reader->columns;
    // The scan for the segments tells of keys that are NULL.
    if (slot->tts_isnull[0]) {
        return true;
    }
    MemoryContext caller = MemoryContextSwitchTo(reader->context);
    if (columns->count == reader->capacity) {
        make_room(reader);
    }
    uint64 row = columns->count++;
    Datum key = slot->tts_values[0];
    if (!reader->key_by_value) {
        key = reader->key_length == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(key)) : datumCopy(key, false, reader->key_length);
        reader->key_bytes += reader->key_length == -1 ? VARSIZE_ANY(DatumGetPointer(key)) : static_cast<uint64>(reader->key_length);
    }
    columns->keys[row] = key;
    MemoryContextSwitchTo(caller);
    StoredScore &stored = columns->stored[row];
    stored.exists = DatumGetBool(slot->tts_values[1]);
    stored.score = stored_number(slot, 2);
    stored.band = stored_band(reader->score, slot, 3);
    stored.coverage = stored_number(slot, 4);
    stored.trend = stored_number(slot, 5);
    stored.past = stored_number(slot, 6);
    columns->stored_count += stored.exists;
    for (int32 i = 0; i < reader->score->metric_count; i++) {
        int column = 1 + stored_columns + i;
        columns->values[i][row] = score_value(slot->tts_values[column], slot->tts_isnull[column], reader->types[i]);
        if (columns->kept != nullptr) {
            columns->kept[i][row] = kept_value(slot, 1 + stored_columns + reader->score->metric_count + 2 * i);
        }
    }
    return true;
}

void append(StringInfo buffer, std::string_view text) {
    appendBinaryStringInfo(buffer, text.data(), static_cast<int>(text.size()));
}

char *scan_sql(const Binding *binding, const ScoreRecord *score, const ScoreQuery *query, const StoredTables &tables, Oid key_type,
               const spi::Argument *only) {
    const char *equals = equality_sql(key_type);
    const std::string_view key = binding->vocabulary.key_sql;
    StringInfoData sql;
    initStringInfo(&sql);
    if (query->with_sql[0] != '\0') {
        appendStringInfo(&sql, "%s ", query->with_sql);
    }
    append(&sql, "SELECT ");
    append(&sql, key);
    append(&sql, ", stored.key IS NOT NULL, stored.score, stored.band, stored.coverage, stored.trend, ");
    append(&sql, tables.past_sql != nullptr ? "past.score" : "NULL::float8");
    for (int32 i = 0; i < score->metric_count; i++) {
        appendStringInfo(&sql, ", %s", query->columns[i]);
    }
    for (int32 i = 0; i < score->metric_count && tables.values != nullptr; i++) {
        appendStringInfo(&sql, ", k%d.value, k%d.known_at", i, i);
    }
    appendStringInfo(&sql, " FROM %s LEFT JOIN %s AS stored ON stored.key %s ", query->from_sql, tables.now, equals);
    append(&sql, key);
    if (tables.past_sql != nullptr) {
        // By the primary key, read backwards.
        appendStringInfo(&sql,
                         " LEFT JOIN (SELECT DISTINCT ON (h.key) h.key, h.score FROM %s AS h WHERE h.at <= %s AND h.version = %d "
                         "ORDER BY h.key DESC, h.at DESC) AS past ON past.key %s ",
                         tables.history, tables.past_sql, tables.version, equals);
        append(&sql, key);
    }
    for (int32 i = 0; i < score->metric_count && tables.values != nullptr; i++) {
        appendStringInfo(&sql, " LEFT JOIN %s AS k%d ON k%d.metric = %s AND k%d.key %s ", tables.values, i, i,
                         quote_literal_cstr(score->metrics[i].name), i, equals);
        append(&sql, key);
    }
    append(&sql, query->where_sql);
    if (only != nullptr) {
        append(&sql, query->where_sql[0] == '\0' ? " WHERE " : " AND ");
        append(&sql, key);
        appendStringInfo(&sql, " %s $1", equals);
    }
    return sql.data;
}

}  // namespace

ScoreColumns *read_score_columns(const Binding *binding, const ScoreRecord *score, const ScoreQuery *query, const StoredTables &tables,
                                 const spi::Argument *only) {
    auto *columns = static_cast<ScoreColumns *>(palloc0(sizeof(ScoreColumns)));
    columns->values = static_cast<double **>(palloc0(sizeof(double *) * static_cast<Size>(score->metric_count + 1)));
    if (tables.values != nullptr) {
        columns->kept = static_cast<KeptValue **>(palloc0(sizeof(KeptValue *) * static_cast<Size>(score->metric_count + 1)));
    }
    Reader reader{};
    reader.columns = columns;
    reader.score = score;
    reader.context = CurrentMemoryContext;
    reader.types = static_cast<Oid *>(palloc(sizeof(Oid) * static_cast<Size>(score->metric_count + 1)));
    const char *sql = scan_sql(binding, score, query, tables, binding->key->type, only);
    spi::connect();
    Oid parameter = only == nullptr ? InvalidOid : only->type;
    SPIPlanPtr plan = SPI_prepare(sql, only == nullptr ? 0 : 1, &parameter);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare the scan for scores: %s", SPI_result_code_string(SPI_result));
    }
    auto *source = static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)));
    TupleDesc description = source->resultDesc;
    reader.key_by_value = TupleDescAttr(description, 0)->attbyval;
    reader.key_length = TupleDescAttr(description, 0)->attlen;
    for (int32 i = 0; i < score->metric_count; i++) {
        reader.types[i] = getBaseType(TupleDescAttr(description, 1 + stored_columns + i)->atttypid);
    }
    SPIExecuteOptions options{};
    options.read_only = true;
    options.dest = spi::make_receiver(receive_row, &reader);
    if (only != nullptr) {
        options.params = makeParamList(1);
        options.params->params[0] = {only->value, false, PARAM_FLAG_CONST, only->type};
    }
    int result = SPI_execute_plan_extended(plan, &options);
    if (result < 0) {
        elog(ERROR, "the scan for scores failed: %s", SPI_result_code_string(result));
    }
    spi::finish();
    return columns;
}

void normalize_columns(const ScoreRecord *score, ScoreColumns *columns, double *means) {
    MemoryContext context = CurrentMemoryContext;
    boundary::core([&] {
        ChildContext memory(context, "segment score column");
        BackendInterrupts interrupts;
        for (int32 i = 0; i < score->metric_count; i++) {
            const std::span<double> values(columns->values[i], columns->count);
            score::normalize(score->model.metrics[static_cast<size_t>(i)], score->model.mode, values, memory.resource(), interrupts);
            means[i] = score::mean(values);
        }
    });
}

}  // namespace segment::pg
