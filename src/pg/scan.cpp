#include "pg/scan.hpp"

#include <algorithm>

#include "pg/boundary.hpp"
#include "pg/encoder.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

// A target list has at most MaxTupleAttributeNumber (1,664) columns; what does not fit is read by a further pass.
constexpr uint32 columns_per_query = 1500;
constexpr int named_keys = 3;
constexpr uint64 rows_between_reports = 16384;

struct CutReference {
    match::FeatureId feature;
    match::CutId cut;
};

// The values of all cuts, by feature.
struct CutValues {
    uint32 features;
    uint32 *first;  // of each feature's cuts, and one past the last
    Datum *values;
    bool *nulls;
    Oid *types;  // base types, by cut
};

template <typename T>
T *allocate(Size count) {
    return static_cast<T *>(palloc_extended(sizeof(T) * (count + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
}

void append(StringInfo buffer, std::string_view text) {
    appendBinaryStringInfo(buffer, text.data(), static_cast<int>(text.size()));
}

// One SELECT for up to columns_per_query constants: parsing, casting and time arithmetic are PostgreSQL's.
CutValues evaluate_cuts(const match::Plan *plan) {
    CutValues cuts{};
    cuts.features = static_cast<uint32>(plan->features().size());
    cuts.first = allocate<uint32>(cuts.features + 1);
    uint32 total = 0;
    for (uint32 i = 0; i < cuts.features; i++) {
        cuts.first[i] = total;
        total += static_cast<uint32>(plan->features()[i].cuts.size());
    }
    cuts.first[cuts.features] = total;
    cuts.values = allocate<Datum>(total);
    cuts.nulls = allocate<bool>(total);
    cuts.types = allocate<Oid>(total);

    MemoryContext context = CurrentMemoryContext;
    uint32 done = 0;
    uint32 feature = 0;
    StringInfoData sql;
    initStringInfo(&sql);
    while (done < total) {
        CHECK_FOR_INTERRUPTS();
        resetStringInfo(&sql);
        append(&sql, "SELECT ");
        uint32 first = done;
        for (; done < total && done - first < columns_per_query; done++) {
            while (done >= cuts.first[feature + 1])
                feature++;
            if (done > first)
                append(&sql, ", ");
            append(&sql, plan->features()[feature].cuts[done - cuts.first[feature]]);
        }
        spi::connect();
        spi::execute(sql.data, {}, {.read_only = true, .returns_rows = true});
        TupleDesc description = SPI_tuptable->tupdesc;
        for (uint32 i = first; i < done; i++) {
            Form_pg_attribute attribute = TupleDescAttr(description, static_cast<int>(i - first));
            Datum value = SPI_getbinval(SPI_tuptable->vals[0], description, static_cast<int>(i - first) + 1, &cuts.nulls[i]);
            cuts.types[i] = getBaseType(attribute->atttypid);
            if (!cuts.nulls[i]) {
                MemoryContext spi = MemoryContextSwitchTo(context);
                cuts.values[i] = attribute->attlen == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(value))
                                                         : datumCopy(value, attribute->attbyval, attribute->attlen);
                MemoryContextSwitchTo(spi);
            }
        }
        spi::finish();
    }
    return cuts;
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

// The query of one pass over the features from `first` to `last` (exclusive).
char *scan_sql(const Binding *binding, const Compilation *compilation, const char *from, uint32 first, uint32 last) {
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, "SELECT ");
    append(&sql, binding->vocabulary.key_sql);
    for (uint32 i = first; i < last; i++) {
        append(&sql, ", ");
        append(&sql, compilation->plan.features()[i].sql);
    }
    append(&sql, " FROM ");
    append(&sql, from);
    return sql.data;
}

// Ranks the features of one pass by the types that the prepared query gives them.
void rank_features(TupleDesc description, const CutValues *cuts, match::Plan *plan, uint32 first, uint32 last, Encoder **encoders) {
    for (uint32 i = first; i < last; i++) {
        Form_pg_attribute attribute = TupleDescAttr(description, static_cast<int>(i - first) + 1);
        Oid type = getBaseType(attribute->atttypid);
        uint32 begin = cuts->first[i], count = cuts->first[i + 1] - begin;
        for (uint32 cut = begin; cut < begin + count; cut++) {
            if (cuts->types[cut] != type)
                elog(ERROR, "a value of type %s is compared with a constant of type %s", format_type_be(type),
                     format_type_be(cuts->types[cut]));
        }
        auto *ranks = allocate<uint32>(count);
        Cuts sorted = rank_cuts(type, attribute->attcollation, cuts->values + begin, cuts->nulls + begin, count, ranks);
        encoders[i - first] = make_encoder(sorted);
        boundary::core([&] { plan->rank(i, {ranks, count}); });
    }
}

struct Pass {
    Scan *scan;
    bool first_pass;
    uint32 first;  // feature of the query's second column
    uint32 count;
    Encoder **encoders;
    int16 *lengths;  // of the columns' types, the key first
    MemoryContext row_context;
    uint64 rows, expected_rows;
    int passes, pass;
    Progress *progress;
    uint64 null_keys;
    uint64 duplicates;
    char *duplicate_keys[named_keys];
};

inline Datum detoasted(Datum value, int16 length) {
    return length == -1 && VARATT_IS_EXTENDED(DatumGetPointer(value)) ? PointerGetDatum(PG_DETOAST_DATUM_PACKED(value)) : value;
}

void note_duplicate(Pass *pass, Datum key) {
    if (pass->duplicates++ < named_keys) {
        Oid output;
        bool is_varlena;
        getTypeOutputInfo(pass->scan->binding->key->type, &output, &is_varlena);
        MemoryContext row = MemoryContextSwitchTo(pass->scan->keys_context);
        pass->duplicate_keys[pass->duplicates - 1] = OidOutputFunctionCall(output, key);
        MemoryContextSwitchTo(row);
    }
}

void receive_row(void *state, TupleTableSlot *slot) {
    auto *pass = static_cast<Pass *>(state);
    Scan *scan = pass->scan;
    if (++pass->rows % rows_between_reports == 0 && pass->progress != nullptr) {
        double part =
            std::min(0.99, static_cast<double>(pass->rows) / static_cast<double>(std::max<uint64>(pass->expected_rows, pass->rows)));
        report_progress(pass->progress, static_cast<int>(100 * (pass->pass + part) / pass->passes));
    }
    if (slot->tts_isnull[0]) {
        pass->null_keys++;
        return;
    }
    MemoryContextReset(pass->row_context);
    MemoryContext before = MemoryContextSwitchTo(pass->row_context);
    Datum key = detoasted(slot->tts_values[0], pass->lengths[0]);
    members::Ordinal ordinal;
    if (pass->first_pass) {
        MemberKeys::Added added = scan->keys->add(key);
        if (!added.is_new) {
            note_duplicate(pass, key);
            MemoryContextSwitchTo(before);
            return;
        }
        ordinal = added.ordinal;
    } else {
        ordinal = scan->keys->find(key);
        if (ordinal == members::no_ordinal)
            ereport(ERROR,
                    (errcode(ERRCODE_DATA_EXCEPTION), errmsg("%s gives other keys each time it is read", scan->binding->relation->sql),
                     errhint("A member's key must not change from one reading to the next.")));
    }
    match::Staging::Row row = scan->staging->add(ordinal);
    for (uint32 i = 0; i < pass->count; i++) {
        if (!slot->tts_isnull[i + 1])
            row.set(pass->first + i, encode(pass->encoders[i], detoasted(slot->tts_values[i + 1], pass->lengths[i + 1])));
    }
    MemoryContextSwitchTo(before);
}

bool has_repeated_key(const UserRelation *relation, const Column *key) {
    spi::connect();
    uint64 rows = spi::execute(
        psprintf("SELECT 1 FROM %s AS m WHERE m.%s IS NOT NULL GROUP BY m.%s HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 LIMIT 1",
                 relation->sql, quote_identifier(key->name), quote_identifier(key->name)),
        {}, {.read_only = true});
    spi::finish();
    return rows > 0;
}

const char *repeating_relation(const Binding *binding) {
    for (int32 i = 0; i < binding->added_count; i++) {
        if (has_repeated_key(binding->added[i].relation, binding->added[i].key)) {
            return binding->added[i].relation->sql;
        }
    }
    return "a trait relation";
}

// Where duplicates come from: a key twice in the population, or two rows of a trait relation for one member.
void refuse_keys(const Pass *pass) {
    const Binding *binding = pass->scan->binding;
    const char *population = pass->scan->population->name;
    if (pass->null_keys > 0)
        ereport(ERROR,
                (errcode(ERRCODE_NOT_NULL_VIOLATION),
                 errmsg_plural("key \"%s\" of %s is null in " UINT64_FORMAT " row", "key \"%s\" of %s is null in " UINT64_FORMAT " rows",
                               pass->null_keys, binding->key->name, binding->relation->sql, pass->null_keys),
                 errdetail("Every row of population \"%s\" is a member and needs a key.", population)));
    if (pass->duplicates == 0)
        return;
    StringInfoData keys;
    initStringInfo(&keys);
    for (uint64 i = 0; i < pass->duplicates && i < named_keys; i++)
        appendStringInfo(&keys, "%s%s", i > 0 ? ", " : "", pass->duplicate_keys[i]);
    bool in_population = has_repeated_key(binding->relation, binding->key);
    if (in_population)
        ereport(ERROR,
                (errcode(ERRCODE_UNIQUE_VIOLATION), errmsg("key \"%s\" of %s is not unique", binding->key->name, binding->relation->sql),
                 errdetail("More than one row has the key %s%s.", keys.data, pass->duplicates > named_keys ? " and others" : ""),
                 errhint("Every row of population \"%s\" is a member: register a view with one row per key.", population)));
    ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION), errmsg("%s has more than one row per member", repeating_relation(binding)),
                    errdetail("That is so for the key %s%s.", keys.data, pass->duplicates > named_keys ? " and others" : ""),
                    errhint("Traits of population \"%s\" come from one row per member: register a view that aggregates.", population)));
}

double expected_rows(Oid relation) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple))
        return 0;
    double rows = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->reltuples;
    ReleaseSysCache(tuple);
    return std::max(rows, 0.0);
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

}  // namespace

void run_scan(Scan *scan, Progress *progress) {
    match::Plan *plan = &scan->compilation->plan;
    const char *from = from_clause(scan->compilation);
    uint32 features = static_cast<uint32>(plan->features().size());
    CutValues cuts = evaluate_cuts(plan);
    int passes = std::max(1, static_cast<int>((features + columns_per_query - 1) / columns_per_query));
    auto **encoders = allocate<Encoder *>(features);

    MemoryContext context = CurrentMemoryContext;
    spi::connect();
    auto *prepared = allocate<PreparedScan>(static_cast<Size>(passes));
    for (int i = 0; i < passes; i++) {
        uint32 first = static_cast<uint32>(i) * columns_per_query, last = std::min(features, first + columns_per_query);
        prepared[i] = prepare(scan_sql(scan->binding, scan->compilation, from, first, last));
        MemoryContext spi = MemoryContextSwitchTo(context);
        rank_features(prepared[i].description, &cuts, plan, first, last, encoders + first);
        MemoryContextSwitchTo(spi);
    }
    Form_pg_attribute key = TupleDescAttr(prepared[0].description, 0);
    KeyType keys = key_type(getBaseType(key->atttypid), key->attcollation);
    boundary::core([&] {
        scan->keys = make_in_context<MemberKeys>(scan->keys_context, scan->keys_context, keys);
        auto *memory = make_in_context<ContextResource>(scan->codes_context, scan->codes_context);
        scan->staging = make_in_context<match::Staging>(scan->codes_context, *plan, memory);
    });
    for (int i = 0; i < passes; i++) {
        uint32 first = static_cast<uint32>(i) * columns_per_query, last = std::min(features, first + columns_per_query);
        Pass pass{};
        pass.scan = scan;
        pass.first_pass = i == 0;
        pass.first = first;
        pass.count = last - first;
        pass.encoders = encoders + first;
        pass.lengths = allocate<int16>(pass.count + 1);
        for (uint32 column = 0; column <= pass.count; column++)
            pass.lengths[column] = TupleDescAttr(prepared[i].description, static_cast<int>(column))->attlen;
        pass.row_context = AllocSetContextCreate(CurrentMemoryContext, "segment row", ALLOCSET_SMALL_SIZES);
        pass.expected_rows = static_cast<uint64>(expected_rows(scan->binding->relation->oid));
        pass.passes = passes;
        pass.pass = i;
        pass.progress = progress;
        SPIExecuteOptions options{};
        options.read_only = true;
        options.dest = spi::make_receiver(receive_row, &pass);
        int result = SPI_execute_plan_extended(prepared[i].plan, &options);
        if (result < 0)
            elog(ERROR, "the scan failed: %s", SPI_result_code_string(result));
        refuse_keys(&pass);
        MemoryContextDelete(pass.row_context);
    }
    spi::finish();
}

void plan_scan(const Binding *binding, Compilation *compilation) {
    match::Plan *plan = &compilation->plan;
    const char *from = from_clause(compilation);
    uint32 features = static_cast<uint32>(plan->features().size());
    CutValues cuts = evaluate_cuts(plan);
    auto **encoders = allocate<Encoder *>(features);
    MemoryContext context = CurrentMemoryContext;
    spi::connect();
    for (uint32 first = 0; first == 0 || first < features; first += columns_per_query) {
        uint32 last = std::min(features, first + columns_per_query);
        PreparedScan prepared = prepare(scan_sql(binding, compilation, from, first, last));
        MemoryContext spi = MemoryContextSwitchTo(context);
        rank_features(prepared.description, &cuts, plan, first, last, encoders + first);
        MemoryContextSwitchTo(spi);
        // Beginning to run it checks the rights on what it reads; nothing is read.
        spi::execute(psprintf("%s LIMIT 0", scan_sql(binding, compilation, from, first, last)), {}, {.read_only = true});
    }
    spi::finish();
}

}  // namespace segment::pg
