#include "pg/scan.hpp"

#include <algorithm>
#include <cmath>

#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/key_density.hpp"
#include "pg/refused_keys.hpp"
#include "pg/scan_columns.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

// Rows are placed in batches, so that look-ups and writes to memory all over the place wait for each other's cache lines
// together and not one by one.
constexpr uint32 rows_per_batch = 1024;
constexpr uint64 rows_between_reports = 16384;

// A dictionary makes room for the members that are expected, up to so many: statistics can be wrong.
constexpr double most_expected = 4'000'000;

void append(StringInfo buffer, std::string_view text) {
    appendBinaryStringInfo(buffer, text.data(), static_cast<int>(text.size()));
}

char *from_clause(const Compilation *compilation) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        const std::pmr::string sql = compilation->from_sql();
        auto *copy = static_cast<char *>(ContextResource(context).allocate(sql.size() + 1, 1));
        sql.copy(copy, sql.size());
        copy[sql.size()] = '\0';
        return copy;
    });
}

char *scan_sql(const Binding *binding, const char *from, const ScanColumn *columns, uint32 count, const char *limit) {
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, "SELECT ");
    append(&sql, binding->vocabulary.key_sql);
    for (uint32 i = 0; i < count; i++) {
        append(&sql, ", ");
        append(&sql, *columns[i].sql);
    }
    append(&sql, " FROM ");
    append(&sql, from);
    append(&sql, limit);
    return sql.data;
}

struct PreparedScan {
    SPIPlanPtr plan;
    TupleDesc description;
};

// Between spi::connect and spi::finish.
PreparedScan prepare(const char *sql) {
    PreparedScan prepared{SPI_prepare(sql, 0, nullptr), nullptr};
    if (prepared.plan == nullptr)
        elog(ERROR, "could not prepare the scan: %s", SPI_result_code_string(SPI_result));
    auto *source = static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(prepared.plan)));
    prepared.description = source->resultDesc;
    return prepared;
}

// A query for up to columns_per_query columns beside the key.
struct Query {
    const char *sql;
    PreparedScan prepared;
    uint32 column_count;
    ScanColumn *columns;
    std::byte *blank;  // a row of codes before any column is written
    uint32 part_count;
    match::Staging::Part *parts;  // of a row, with the query's codes
    int16 key_length;
};

struct Batch {
    uint32 count;
    Datum *keys;
    uint64 *hashes;
    uint64 *ordinals;
    std::byte *codes;       // rows as the staging takes them
    MemoryContext context;  // of the keys
};

}  // namespace

struct Scan {
    const Population *population;
    const Binding *binding;
    Compilation *compilation;
    Progress *progress;
    MemoryContext context;        // of everything but the codes
    MemoryContext codes_context;  // of the staging
    match::Staging *staging;
    members::BitSet *members;  // null unless somebody asks
    uint32 chunk_limit;
    uint32 row_bytes;  // of the codes

    uint32 query_count;
    Query *queries;
    Oid key_type, key_collation;
    bool key_by_value;
    double expected_rows;

    uint32 pass;
    uint64 rows;          // of the first query of the first pass
    KeyDensity *density;  // of a direct numbering

    // Of the query that is running.
    const Query *query;
    MemberKeys *keys;
    MemoryContext row_context;
    Batch batch;
    uint64 query_rows;
    bool deferred, sparse;
    RefusedKeys refused;
};

namespace {

// Gives each row of the batch its ordinal; false if the numbering is direct and a key cannot be.
bool number_batch(Scan *scan) {
    Batch *batch = &scan->batch;
    bool first_query = scan->query == scan->queries && scan->pass == 0;
    if (scan->keys->numbering() == Numbering::direct) {
        double members = std::max(scan->expected_rows, static_cast<double>(scan->query_rows));
        for (uint32 i = 0; i < batch->count; i++) {
            batch->ordinals[i] = scan->keys->direct_ordinal(batch->keys[i]);
            if (first_query && !scan->density->admits(batch->ordinals[i], members)) {
                return false;
            }
        }
        return true;
    }
    for (uint32 i = 0; i < batch->count; i++) {
        batch->hashes[i] = scan->keys->hash(batch->keys[i]);
        scan->keys->prefetch(batch->hashes[i]);
    }
    for (uint32 i = 0; i < batch->count; i++) {
        members::Ordinal ordinal =
            first_query ? scan->keys->add(batch->keys[i], batch->hashes[i]) : scan->keys->find(batch->keys[i], batch->hashes[i]);
        if (ordinal == members::no_ordinal) {
            refuse_changing_keys(scan->binding);
        }
        batch->ordinals[i] = ordinal;
    }
    return true;
}

// False when the scan need not go on.
bool place_batch(Scan *scan) {
    Batch *batch = &scan->batch;
    match::Staging *staging = scan->staging;
    const Query *query = scan->query;
    if (!number_batch(scan)) {
        scan->sparse = true;
        return false;
    }
    if (scan->members != nullptr && scan->pass == 0 && query == scan->queries) {
        for (uint32 i = 0; i < batch->count; i++) {
            scan->members->insert(static_cast<members::Ordinal>(batch->ordinals[i]));
        }
    }
    for (uint32 i = 0; i < batch->count; i++) {
        staging->prefetch(batch->ordinals[i]);
    }
    for (uint32 i = 0; i < batch->count; i++) {
        uint64 ordinal = batch->ordinals[i];
        bool first_query = query == scan->queries;
        if (!staging->admits(ordinal)) {
            scan->deferred = scan->deferred || !staging->is_done(static_cast<uint32>(ordinal / members::chunk_size));
            continue;
        }
        bool known = staging->contains(static_cast<members::Ordinal>(ordinal));
        if (known == first_query) {
            if (!first_query) {
                refuse_changing_keys(scan->binding);
            }
            note_duplicate(&scan->refused, batch->keys[i], scan->key_type, scan->context);
            continue;
        }
        staging->add(ordinal).copy({query->parts, query->part_count}, batch->codes + static_cast<Size>(i) * scan->row_bytes);
    }
    batch->count = 0;
    MemoryContextReset(batch->context);
    return true;
}

void report(const Scan *scan) {
    double expected = std::max(scan->expected_rows, static_cast<double>(scan->query_rows));
    double room = static_cast<double>(scan->chunk_limit) * members::chunk_size;
    double passes = std::max(static_cast<double>(scan->pass) + 1, std::ceil(expected / room)) * scan->query_count;
    double done = static_cast<double>(scan->pass) * scan->query_count + static_cast<double>(scan->query - scan->queries);
    double part = std::min(0.99, static_cast<double>(scan->query_rows) / expected);
    report_progress(scan->progress, static_cast<int>(100 * (done + part) / passes));
}

bool receive_row(void *state, TupleTableSlot *slot) {
    auto *scan = static_cast<Scan *>(state);
    const Query *query = scan->query;
    Batch *batch = &scan->batch;
    if (++scan->query_rows % rows_between_reports == 0 && scan->progress != nullptr) {
        report(scan);
    }
    if (slot->tts_isnull[0]) {
        scan->refused.nulls++;
        return true;
    }
    MemoryContextReset(scan->row_context);
    MemoryContext before = MemoryContextSwitchTo(scan->row_context);
    std::byte *codes = batch->codes + static_cast<Size>(batch->count) * scan->row_bytes;
    memcpy(codes, query->blank, scan->row_bytes);
    for (uint32 i = 0; i < query->column_count; i++) {
        encode_column(&query->columns[i], slot->tts_values[i + 1], slot->tts_isnull[i + 1], codes);
    }
    Datum key = slot->tts_values[0];
    if (!scan->key_by_value) {
        MemoryContextSwitchTo(batch->context);
        key = query->key_length == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(key)) : datumCopy(key, false, query->key_length);
    }
    MemoryContextSwitchTo(before);
    batch->keys[batch->count++] = key;
    return batch->count < rows_per_batch || place_batch(scan);
}

// Prepares the queries of the scan, which end with `limit`, and ranks the plan's features; between spi::connect and spi::finish, in
// `context`.
Query *prepare_queries(const Binding *binding, Compilation *compilation, const CutValues &cuts, const char *limit, MemoryContext context,
                       uint32 *count) {
    match::Plan *plan = &compilation->plan;
    const char *from = from_clause(compilation);
    MemoryContext spi = MemoryContextSwitchTo(context);
    ScanColumns columns = scan_columns(*plan);
    *count = std::max<uint32>(1, (columns.count + columns_per_query - 1) / columns_per_query);
    auto *queries = allocate<Query>(*count);
    for (uint32 i = 0; i < *count; i++) {
        Query *query = &queries[i];
        uint32 first = i * columns_per_query;
        query->columns = columns.items + first;
        query->column_count = std::min(columns.count, first + columns_per_query) - first;
        query->sql = scan_sql(binding, from, query->columns, query->column_count, limit);
        MemoryContextSwitchTo(spi);
        query->prepared = prepare(query->sql);
        MemoryContextSwitchTo(context);
        query->key_length = TupleDescAttr(query->prepared.description, 0)->attlen;
        for (uint32 column = 0; column < query->column_count; column++) {
            rank_column(&query->columns[column], TupleDescAttr(query->prepared.description, static_cast<int>(column) + 1), cuts, plan);
        }
    }
    MemoryContextSwitchTo(spi);
    return queries;
}

void make_staging(Scan *scan, uint64 memory) {
    boundary::core([&] {
        auto *resource = make_in_context<ContextResource>(scan->codes_context, scan->codes_context);
        scan->staging = make_in_context<match::Staging>(scan->codes_context, scan->compilation->plan, resource);
        scan->members =
            scan->compilation->events.features().empty() ? nullptr : make_in_context<members::BitSet>(scan->codes_context, resource);
    });
    scan->chunk_limit = static_cast<uint32>(std::clamp<uint64>(memory / scan->staging->chunk_bytes(), 1, UINT32_MAX));
    scan->staging->limit(scan->chunk_limit);
}

// Tells the queries where in the staging their codes go; it is the same in each that is made of one plan.
void place_columns(Scan *scan) {
    scan->row_bytes = scan->staging->row_bytes();
    for (uint32 i = 0; i < scan->query_count; i++) {
        Query *query = &scan->queries[i];
        query->blank = allocate<std::byte>(scan->row_bytes);
        uint32 features = 0;
        for (uint32 column = 0; column < query->column_count; column++) {
            place_column(&query->columns[column], scan->staging);
            write_blank(&query->columns[column], query->blank);
            features += query->columns[column].feature_count;
        }
        if (features == 0) {
            continue;
        }
        query->parts = allocate<match::Staging::Part>(features);
        // The features of all columns lie side by side.
        boundary::core([&] {
            ContextResource memory(scan->context);
            const auto parts = scan->staging->parts({query->columns[0].features, features}, &memory);
            std::ranges::copy(parts, query->parts);
            query->part_count = static_cast<uint32>(parts.size());
        });
    }
}

}  // namespace

Scan *begin_scan(const Population *population, const Binding *binding, Compilation *compilation, Progress *progress, uint64 memory) {
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment scan", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    auto *scan = allocate<Scan>(1);
    scan->population = population;
    scan->binding = binding;
    scan->compilation = compilation;
    scan->progress = progress;
    scan->context = context;
    scan->codes_context = AllocSetContextCreate(context, "segment codes", ALLOCSET_DEFAULT_SIZES);
    scan->row_context = AllocSetContextCreate(context, "segment row", ALLOCSET_SMALL_SIZES);
    scan->batch.context = AllocSetContextCreate(context, "segment keys", ALLOCSET_DEFAULT_SIZES);
    scan->expected_rows = expected_rows(binding->relation->oid);
    spi::connect();
    scan->queries = prepare_queries(binding, compilation, evaluate_cuts(&compilation->plan), "", context, &scan->query_count);
    MemoryContextSwitchTo(context);
    Form_pg_attribute key = TupleDescAttr(scan->queries[0].prepared.description, 0);
    scan->key_type = getBaseType(key->atttypid);
    scan->key_collation = key->attcollation;
    scan->key_by_value = key->attbyval;
    scan->batch.keys = allocate<Datum>(rows_per_batch);
    scan->batch.hashes = allocate<uint64>(rows_per_batch);
    scan->batch.ordinals = allocate<uint64>(rows_per_batch);
    scan->density = new (palloc(sizeof(KeyDensity))) KeyDensity;
    make_staging(scan, memory);
    place_columns(scan);
    scan->batch.codes = allocate<std::byte>(static_cast<Size>(rows_per_batch) * scan->row_bytes);
    MemoryContextSwitchTo(caller);
    return scan;
}

Oid scan_key_type(const Scan *scan) {
    return scan->key_type;
}

Oid scan_key_collation(const Scan *scan) {
    return scan->key_collation;
}

Pass run_pass(Scan *scan, MemberKeys *keys) {
    MemoryContext caller = MemoryContextSwitchTo(scan->context);
    if (scan->query != nullptr) {
        boundary::core([&] { scan->staging->begin_next_pass(); });
        scan->pass++;
    }
    scan->keys = keys;
    if (scan->pass == 0 && keys->numbering() == Numbering::dictionary) {
        boundary::core([&] { keys->reserve(static_cast<uint64>(std::min(scan->expected_rows, most_expected))); });
    }
    scan->deferred = false;
    for (uint32 i = 0; i < scan->query_count && !scan->sparse; i++) {
        scan->query = &scan->queries[i];
        scan->query_rows = 0;
        scan->batch.count = 0;
        SPIExecuteOptions options{};
        options.read_only = true;
        options.dest = spi::make_receiver(receive_row, scan);
        int result = SPI_execute_plan_extended(scan->query->prepared.plan, &options);
        if (result < 0) {
            elog(ERROR, "the scan failed: %s", SPI_result_code_string(result));
        }
        MemoryContextSwitchTo(scan->context);
        if (!scan->sparse) {
            place_batch(scan);
        }
        if (scan->pass == 0 && i == 0) {
            scan->rows = scan->query_rows;
        }
        if (!scan->sparse) {
            refuse_keys(scan->population, scan->binding, &scan->refused);
        }
    }
    MemoryContextSwitchTo(caller);
    return scan->sparse ? Pass::sparse : scan->deferred ? Pass::more : Pass::last;
}

void restart_scan(Scan *scan) {
    uint64 memory = static_cast<uint64>(scan->chunk_limit) * scan->staging->chunk_bytes();
    MemoryContextReset(scan->codes_context);
    make_staging(scan, memory);
    scan->query = nullptr;
    scan->pass = 0;
    scan->sparse = false;
    scan->refused = {};
}

const match::Staging *staged(const Scan *scan) {
    return scan->staging;
}

const members::BitSet *scanned_members(const Scan *scan) {
    return scan->members;
}

uint64 scanned_rows(const Scan *scan) {
    return scan->rows;
}

void end_scan(Scan *scan) {
    MemoryContext caller = CurrentMemoryContext;
    spi::finish();
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(scan->context);
}

void plan_scan(const Binding *binding, Compilation *compilation) {
    spi::connect();
    uint32 count;
    const Query *queries = prepare_queries(binding, compilation, check_cuts(&compilation->plan), " LIMIT 0", CurrentMemoryContext, &count);
    for (uint32 i = 0; i < count; i++) {
        // Beginning to run it checks the rights on what it reads; nothing is read.
        if (int result = SPI_execute_plan(queries[i].prepared.plan, nullptr, nullptr, true, 0); result < 0) {
            elog(ERROR, "the scan could not be planned: %s", SPI_result_code_string(result));
        }
    }
    spi::finish();
}

}  // namespace segment::pg
