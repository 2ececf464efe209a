// Why a member's score is what it is: each metric against the population's mean.
#include <algorithm>

#include "core/score/shape.hpp"
#include "core/score/total.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/key_argument.hpp"
#include "pg/memory.hpp"
#include "pg/reading.hpp"
#include "pg/score_carry.hpp"

namespace segment::pg {

namespace {

constexpr uint64 no_row = UINT64_MAX;

bool has_percentile(const ScoreRecord *score) {
    return std::ranges::any_of(score->model.metrics, [](const score::Metric &metric) { return metric.shape == score::Shape::percentile; });
}

uint64 find_key(const ScoreColumns *columns, const spi::Argument &key, Oid collation) {
    const TypeCacheEntry *type = lookup_type_cache(key.type, TYPECACHE_EQ_OPR_FINFO);
    auto *equals = const_cast<FmgrInfo *>(&type->eq_opr_finfo);
    for (uint64 row = 0; row < columns->count; row++) {
        if (row % 4096 == 0) {
            CHECK_FOR_INTERRUPTS();
        }
        if (DatumGetBool(FunctionCall2Coll(equals, collation, columns->keys[row], key.value))) {
            return row;
        }
    }
    return no_row;
}

struct Line {
    double value, part;
    score::Contribution contribution;
};

// The member's values as of the last refresh; a percentile is found among everybody's.
Line *read_lines(const Population *population, const ScoreRecord *score, const spi::Argument &key) {
    Segments segments = segments_of(population);
    Binding binding = bind(population, &segments);
    const ScoreQuery *query = score_query(population, &segments, &binding, score, instant_sql(population->as_of));
    const StoredTables tables{score_table_sql(population, score->name), score_history_sql(population, score->name), nullptr, score->version,
                              carries_forward(score) ? score_values_sql(population, score->name) : nullptr};
    bool all = has_percentile(score);
    ScoreColumns *columns = read_score_columns(&binding, score, query, tables, all ? nullptr : &key);
    if (tables.values != nullptr) {
        carry_forward(population, score, columns, population->as_of);
    }
    uint64 row = all ? find_key(columns, key, binding.key->collation) : columns->count > 0 ? 0 : no_row;
    if (row == no_row) {
        return nullptr;
    }
    const auto count = static_cast<size_t>(score->metric_count);
    auto *lines = static_cast<Line *>(palloc0(sizeof(Line) * (count + 1)));
    auto *means = static_cast<double *>(palloc(sizeof(double) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        lines[i].value = columns->values[i][row];
    }
    normalize_columns(score, columns, means);
    auto *parts = static_cast<double *>(palloc(sizeof(double) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        lines[i].part = parts[i] = columns->values[i][row];
        means[i] = score->metrics[i].population_mean;
    }
    auto *contributions = static_cast<score::Contribution *>(palloc(sizeof(score::Contribution) * (count + 1)));
    MemoryContext context = CurrentMemoryContext;
    boundary::core([&] {
        ContextResource memory(context);
        score::Totals totals(score->model, &memory);
        totals.explain({parts, count}, {means, count}, {contributions, count});
    });
    for (size_t i = 0; i < count; i++) {
        lines[i].contribution = contributions[i];
    }
    return lines;
}

void explain_score(FunctionCallInfo fcinfo) {
    const char *name = required_text(fcinfo, 0, "score");
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    ScoreReference reference = get_score(name, Lock::none);
    const Population *population = reference.population;
    const ScoreRecord *score = &reference.score;
    if (score->refreshed_version != score->version) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("score \"%s\" was not computed since it was changed", score->name),
                        errhint("Call segment.refresh(%s).", quote_literal_cstr(population->name))));
    }
    Identity caller = begin_reading(population);
    const spi::Argument key = key_argument(fcinfo, 1, key_column(population));
    const Line *lines = read_lines(population, score, key);
    if (lines == nullptr) {
        Oid output;
        bool is_varlena;
        getTypeOutputInfo(key.type, &output, &is_varlena);
        ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("population \"%s\" has no member with key \"%s\"", population->name,
                                                               OidOutputFunctionCall(output, key.value))));
    }
    end_identity(caller);
    for (int32 i = 0; i < score->metric_count; i++) {
        const Line &line = lines[i];
        double mean = score->metrics[i].population_mean;
        Datum values[] = {CStringGetTextDatum(score->metrics[i].name),
                          Float8GetDatum(line.value),
                          Float8GetDatum(line.part),
                          Float8GetDatum(line.contribution.weight),
                          Float8GetDatum(line.contribution.amount),
                          Float8GetDatum(mean)};
        bool nulls[] = {false, score::is_missing(line.value), score::is_missing(line.part), false, false, score::is_missing(mean)};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_explain_score) {
    explain_score(fcinfo);
    return static_cast<Datum>(0);
}
