#include "pg/score_scan.hpp"

#include <algorithm>
#include <cmath>

#include "core/members/words.hpp"
#include "pg/boundary.hpp"
#include "pg/key_batch.hpp"
#include "pg/key_density.hpp"
#include "pg/refused_keys.hpp"
#include "pg/score_value.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

// Of the pass that is running, apart from what stays.
struct ScoreScanState {
    const char *sql;
    double expected_rows;
    KeyDensity *density;
    KeyBatch *batch;
    double *values;             // of the batch, by row and metric
    MemoryContext row_context;  // reset with each batch
    Oid key_type;
    int16 key_length;
    bool key_by_value;
    Oid *types;  // of the metrics' columns
    RefusedKeys refused;
    uint64 rows;
    bool began;        // a pass has been run
    bool read_events;  // the sources have been read, which is done once
    bool deferred, sparse;
};

namespace {

// A dictionary makes room for the members that are expected, up to so many: statistics can be wrong.
constexpr double most_expected = 4'000'000;

SPIPlanPtr prepare(const char *sql) {
    SPIPlanPtr plan = SPI_prepare(sql, 0, nullptr);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare the scan for scores: %s", SPI_result_code_string(SPI_result));
    }
    return plan;
}

TupleDesc description_of(SPIPlanPtr plan) {
    return static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)))->resultDesc;
}

void execute(SPIPlanPtr plan, spi::ReceiveRow receive, void *state) {
    SPIExecuteOptions options{};
    options.read_only = true;
    options.dest = spi::make_receiver(receive, state);
    int result = SPI_execute_plan_extended(plan, &options);
    if (result < 0) {
        elog(ERROR, "the scan for scores failed: %s", SPI_result_code_string(result));
    }
}

char *scan_sql(const Binding *binding, const ScoreQuery *query) {
    const std::string_view key = binding->vocabulary.key_sql;
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(&sql, "%s SELECT %.*s", query->with_sql, static_cast<int>(key.size()), key.data());
    for (int32 i = 0; i < query->column_count; i++) {
        appendStringInfo(&sql, ", %s", query->columns[i]);
    }
    appendStringInfo(&sql, " FROM %s%s", query->from_sql, query->where_sql);
    return sql.data;
}

bool is_dense(const ScoreScanState *state) {
    const double members = std::max(state->expected_rows, static_cast<double>(state->rows));
    for (uint32 i = 0; i < state->batch->count; i++) {
        if (!state->density->admits(state->batch->ordinals[i], members)) {
            return false;
        }
    }
    return true;
}

// False when the scan need not go on.
bool place_batch(ScoreScan *scan) {
    ScoreScanState *state = scan->state;
    KeyBatch *batch = state->batch;
    bool first = scan->pass == 0;
    MemberKeys *keys = scan->members->numbering->keys;
    CHECK_FOR_INTERRUPTS();
    number_keys(batch, keys, first);
    if (first && keys->numbering() == Numbering::direct && !is_dense(state)) {
        state->sparse = true;
        return false;
    }
    score::Grid *grid = scan->grid;
    for (uint32 i = 0; i < batch->count; i++) {
        if (batch->ordinals[i] == members::no_ordinal) {
            refuse_changing_keys(scan->binding);
        }
        grid->prefetch(batch->ordinals[i]);
    }
    bool twice[KeyBatch::rows] = {};
    bool any_twice = false;
    boundary::core([&] {
        const auto columns = static_cast<uint32>(scan->query->column_count), metrics = static_cast<uint32>(scan->score->metric_count);
        for (uint32 i = 0; i < batch->count; i++) {
            const members::Ordinal member = batch->ordinals[i];
            if (first) {
                scan->everybody->insert(member);
            }
            if (!grid->admits(member)) {
                state->deferred = state->deferred || !grid->is_done(member);
                continue;
            }
            double *row = grid->add(member);
            if (row == nullptr) {
                twice[i] = any_twice = true;
                continue;
            }
            const double *values = state->values + static_cast<size_t>(i) * columns;
            std::copy_n(values, metrics, row);
            std::copy(values + metrics, values + columns, row + grid->width() - (columns - metrics));
        }
    });
    for (uint32 i = 0; any_twice && i < batch->count; i++) {
        if (twice[i]) {
            note_duplicate(&state->refused, batch->keys[i], state->key_type, scan->context);
        }
    }
    clear_keys(batch);
    MemoryContextReset(state->row_context);
    return true;
}

bool receive_member(void *closure, TupleTableSlot *slot) {
    auto *scan = static_cast<ScoreScan *>(closure);
    ScoreScanState *state = scan->state;
    state->rows++;
    if (slot->tts_isnull[0]) {
        state->refused.nulls++;
        return true;
    }
    MemoryContext before = MemoryContextSwitchTo(state->row_context);
    const auto columns = static_cast<uint32>(scan->query->column_count);
    double *values = state->values + static_cast<size_t>(state->batch->count) * columns;
    for (uint32 i = 0; i < columns; i++) {
        values[i] = score_value(slot->tts_values[1 + i], slot->tts_isnull[1 + i], state->types[i]);
    }
    MemoryContextSwitchTo(before);
    return !add_key(state->batch, slot->tts_values[0], state->key_length, state->key_by_value) || place_batch(scan);
}

// Takes the types from the query, and the numbering that fits its keys.
void describe(ScoreScan *scan, TupleDesc columns) {
    ScoreScanState *state = scan->state;
    const FormData_pg_attribute *key = TupleDescAttr(columns, 0);
    state->key_type = getBaseType(key->atttypid);
    state->key_length = key->attlen;
    state->key_by_value = key->attbyval;
    for (int32 i = 0; i < scan->query->column_count; i++) {
        state->types[i] = getBaseType(TupleDescAttr(columns, 1 + i)->atttypid);
    }
    if (scan->members->numbering == nullptr) {
        scan->members->numbering = load_numbering(scan->population, state->key_type, key->attcollation);
    }
}

void read_population(ScoreScan *scan) {
    ScoreScanState *state = scan->state;
    state->refused = {};
    state->rows = 0;
    state->deferred = state->sparse = false;
    clear_keys(state->batch);
    spi::connect();
    SPIPlanPtr plan = prepare(state->sql);
    // The numbering outlives the scan of this score.
    MemoryContext spi = MemoryContextSwitchTo(scan->members->context);
    describe(scan, description_of(plan));
    MemoryContextSwitchTo(spi);
    MemberKeys *keys = scan->members->numbering->keys;
    if (scan->pass == 0 && keys->numbering() == Numbering::dictionary) {
        boundary::core([&] { keys->reserve(static_cast<uint64>(std::min(state->expected_rows, most_expected))); });
    }
    execute(plan, receive_member, scan);
    if (!state->sparse) {
        place_batch(scan);
    }
    if (scan->pass == 0) {
        scan->rows = state->rows;
    }
    spi::finish();
}

// What a metric's program reads of one member.
struct MemberInputs {
    const EventNumbers *numbers;
    const double *first_column;  // as if those of the metrics came right before the further ones
    members::Ordinal member;

    double column(uint32 index) const { return first_column[index]; }
    double number(uint32 index) const { return event_number(numbers, index, member); }
    bool condition(uint32 index) const { return event_condition(numbers, index, member); }
};

// Values that come from events take the places that the query has left missing.
void place_event_numbers(ScoreScan *scan) {
    if (!scan->state->read_events) {
        run_event_numbers(scan->numbers, scan->members->numbering->keys, scan->everybody, scan->event_memory, scan->ignored);
        scan->state->read_events = true;
    }
    score::Grid *grid = scan->grid;
    for (uint32 chunk = 0; chunk < grid->chunks(); chunk++) {
        if (!grid->holds(chunk)) {
            continue;
        }
        load_event_numbers(scan->numbers, chunk);
        members::for_each_bit(grid->present(chunk), 0, [&](members::Ordinal index) {
            double *row = grid->rows(chunk) + static_cast<size_t>(index) * grid->width();
            const MemberInputs inputs{scan->numbers, row + grid->width() - scan->query->column_count, index};
            for (int32 metric = 0; metric < scan->score->metric_count; metric++) {
                const ScoreProgram &program = scan->query->programs[metric];
                if (program.length > 0) {
                    row[metric] = score::evaluate({program.instructions, static_cast<size_t>(program.length)}, inputs);
                }
            }
        });
    }
}

struct KeyedReader {
    const ScoreScan *scan;
    const KeyedRows *rows;
    KeyBatch *batch;
    int16 key_length;
    bool key_by_value;
};

bool place_keyed(KeyedReader *reader) {
    KeyBatch *batch = reader->batch;
    CHECK_FOR_INTERRUPTS();
    number_keys(batch, reader->scan->members->numbering->keys, false);
    for (uint32 i = 0; i < batch->count; i++) {
        if (batch->ordinals[i] != members::no_ordinal) {
            reader->scan->grid->prefetch(batch->ordinals[i]);
        }
    }
    for (uint32 i = 0; i < batch->count; i++) {
        reader->rows->take(reader->rows->state, i, batch->ordinals[i], batch->keys[i]);
    }
    clear_keys(batch);
    return true;
}

bool receive_keyed(void *closure, TupleTableSlot *slot) {
    auto *reader = static_cast<KeyedReader *>(closure);
    reader->rows->read(reader->rows->state, reader->batch->count, slot);
    return !add_key(reader->batch, slot->tts_values[0], reader->key_length, reader->key_by_value) || place_keyed(reader);
}

}  // namespace

ScoreScan *begin_score_scan(const Population *population, const Binding *binding, const ScoreRecord *score, const ScoreQuery *query,
                            EventNumbers *numbers, RunNumbering *members, uint32 width, uint64 memory, uint64 event_memory,
                            IgnoredRows *ignored) {
    auto *scan = static_cast<ScoreScan *>(palloc0(sizeof(ScoreScan)));
    scan->context = CurrentMemoryContext;
    scan->population = population;
    scan->binding = binding;
    scan->score = score;
    scan->members = members;
    scan->query = query;
    scan->numbers = query->reads_events ? numbers : nullptr;
    scan->event_memory = event_memory;
    scan->ignored = ignored;
    const auto columns = static_cast<Size>(query->column_count);
    width += static_cast<uint32>(query->column_count - score->metric_count);
    auto *state = scan->state = static_cast<ScoreScanState *>(palloc0(sizeof(ScoreScanState)));
    state->sql = scan_sql(binding, query);
    state->expected_rows = expected_rows(binding->relation->oid);
    state->density = new (palloc(sizeof(KeyDensity))) KeyDensity;
    state->batch = make_key_batch();
    state->values = static_cast<double *>(palloc(sizeof(double) * KeyBatch::rows * (columns + 1)));
    state->row_context = AllocSetContextCreate(CurrentMemoryContext, "segment row", ALLOCSET_DEFAULT_SIZES);
    state->types = static_cast<Oid *>(palloc(sizeof(Oid) * (columns + 1)));
    MemoryContext context = CurrentMemoryContext;
    boundary::core([&] {
        scan->resource = make_in_context<ContextResource>(context, context);
        scan->grid = make_in_context<score::Grid>(context, width, scan->resource);
        scan->everybody = make_in_context<members::BitSet>(context, scan->resource);
        scan->grid->limit(static_cast<uint32>(std::clamp<uint64>(memory / score::Grid::chunk_bytes(width), 1, members::max_chunks)));
    });
    return scan;
}

bool run_score_pass(ScoreScan *scan) {
    MemoryContext caller = MemoryContextSwitchTo(scan->context);
    if (scan->state->began) {
        boundary::core([&] { scan->grid->begin_next_pass(); });
        scan->pass++;
    }
    read_population(scan);
    if (scan->state->sparse) {
        MemoryContextSwitchTo(scan->members->context);
        scan->members->former = scan->members->numbering;
        scan->members->numbering = renumber(scan->members->former);
        MemoryContextSwitchTo(scan->context);
        restart_score_scan(scan);
        boundary::core([&] { scan->everybody = make_in_context<members::BitSet>(scan->context, scan->resource); });
        read_population(scan);
    }
    scan->state->began = true;
    refuse_keys(scan->population, scan->binding, &scan->state->refused);
    if (scan->numbers != nullptr) {
        place_event_numbers(scan);
    }
    MemoryContextSwitchTo(caller);
    return scan->state->deferred;
}

void restart_score_scan(ScoreScan *scan) {
    scan->pass = 0;
    scan->state->began = false;
    boundary::core([&] { scan->grid->restart(); });
}

void read_keyed_rows(const ScoreScan *scan, const char *sql, const KeyedRows &rows) {
    KeyedReader reader{scan, &rows, make_key_batch(), 0, false};
    spi::connect();
    SPIPlanPtr plan = prepare(sql);
    const FormData_pg_attribute *key = TupleDescAttr(description_of(plan), 0);
    reader.key_length = key->attlen;
    reader.key_by_value = key->attbyval;
    execute(plan, receive_keyed, &reader);
    place_keyed(&reader);
    spi::finish();
}

}  // namespace segment::pg
