// Whether a score told in advance who would leave, by its history.
#include "core/score/validation.hpp"

#include <algorithm>

#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/definition_type.hpp"
#include "pg/interrupts.hpp"
#include "pg/memory.hpp"
#include "pg/reading.hpp"
#include "pg/score_columns.hpp"
#include "pg/score_json.hpp"
#include "pg/score_query.hpp"
#include "pg/score_value.hpp"
#include "pg/settings.hpp"

namespace segment::pg {

namespace {

constexpr double penalty = 1;

// The members whom the score knew and who had not left then, as they were then, with what has become of them.
struct Cohort {
    const ScoreRecord *score;
    MemoryContext context;
    uint64 count, capacity;
    score::Outcome *outcomes;
    ScoreColumns columns;  // values only
};

template <typename T>
T *grow(T *items, uint64 capacity) {
    const Size size = mul_size(sizeof(T), capacity);
    return static_cast<T *>(items == nullptr ? MemoryContextAllocHuge(CurrentMemoryContext, size) : repalloc_huge(items, size));
}

bool receive_member(void *state, TupleTableSlot *slot) {
    auto *cohort = static_cast<Cohort *>(state);
    if (slot->tts_isnull[0] || DatumGetBool(slot->tts_values[2])) {
        return true;
    }
    const ScoreRecord *score = cohort->score;
    if (cohort->count == cohort->capacity) {
        // Twice the metrics: the regression takes them by row.
        uint64 a_member = sizeof(score::Outcome) + sizeof(bool) + 2 * sizeof(double) * static_cast<uint64>(score->metric_count + 1);
        if (cohort->count * a_member > refresh_memory()) {
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                            errmsg("validating score \"%s\" needs more than segment.refresh_memory", score->name),
                            errhint("Raise segment.refresh_memory: a member takes about %d bytes.", static_cast<int>(a_member))));
        }
        MemoryContext caller = MemoryContextSwitchTo(cohort->context);
        cohort->capacity = cohort->capacity == 0 ? 1024 : 2 * cohort->capacity;
        cohort->outcomes = grow(cohort->outcomes, cohort->capacity);
        for (int32 i = 0; i < score->metric_count; i++) {
            cohort->columns.values[i] = grow(cohort->columns.values[i], cohort->capacity);
        }
        MemoryContextSwitchTo(caller);
    }
    uint64 row = cohort->count++;
    cohort->outcomes[row] = {DatumGetFloat8(slot->tts_values[0]), DatumGetBool(slot->tts_values[1])};
    for (int32 i = 0; i < score->metric_count; i++) {
        cohort->columns.values[i][row] = score_value(slot->tts_values[3 + i], slot->tts_isnull[3 + i],
                                                     getBaseType(TupleDescAttr(slot->tts_tupleDescriptor, 3 + i)->atttypid));
    }
    return true;
}

// The score with one more metric, the condition of having left.
ScoreRecord with_churned(const ScoreRecord *score, int32 metric_count, char *churned) {
    ScoreRecord result = *score;
    result.metric_count = metric_count + 1;
    result.metrics = static_cast<ScoreMetric *>(palloc0(sizeof(ScoreMetric) * static_cast<Size>(metric_count + 1)));
    std::copy_n(score->metrics, metric_count, result.metrics);
    result.metrics[metric_count].name = pstrdup("churned");
    result.metrics[metric_count].condition = churned;
    return result;
}

Cohort read_cohort(const Population *population, const ScoreRecord *score, char *churned, TimestampTz as_of, TimestampTz then) {
    Segments segments = segments_of(population);
    Binding binding = bind(population, &segments);
    const ScoreRecord now_record = with_churned(score, 0, churned), then_record = with_churned(score, score->metric_count, churned);
    const ScoreQuery *now_query = score_query(population, &segments, &binding, &now_record, instant_sql(as_of));
    const char *then_sql = instant_sql(then);
    const ScoreQuery *then_query = score_query(population, &segments, &binding, &then_record, then_sql);
    const std::string_view key = binding.vocabulary.key_sql;
    StringInfoData sql;
    initStringInfo(&sql);
    // Whoever is in the relation, the base apart: who left may not be in that any more.
    appendStringInfo(
        &sql,
        "%s SELECT (SELECT past.score FROM %s AS past WHERE past.key %s %.*s AND past.at <= %s ORDER BY past.at DESC LIMIT 1), "
        "%s, %s",
        then_query->with_sql, score_history_sql(population, score->name), equality_sql(binding.key->type), static_cast<int>(key.size()),
        key.data(), then_sql, now_query->columns[0], then_query->columns[score->metric_count]);
    Cohort cohort{};
    cohort.score = score;
    cohort.context = CurrentMemoryContext;
    cohort.columns.values = static_cast<double **>(palloc0(sizeof(double *) * static_cast<Size>(score->metric_count + 1)));
    StringInfoData trait_metrics;
    initStringInfo(&trait_metrics);
    for (int32 i = 0; i < score->metric_count; i++) {
        appendStringInfo(&sql, ", %s", then_query->columns[i]);
        if (then_query->uses[i].traits) {
            appendStringInfo(&trait_metrics, "%s\"%s\"", trait_metrics.len > 0 ? ", " : "", score->metrics[i].name);
        }
    }
    appendStringInfo(&sql, " FROM %s", then_query->from_sql);
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_member, &cohort), sql.data, {}, {.read_only = true});
    spi::finish();
    cohort.columns.count = cohort.count;
    if (trait_metrics.len > 0 && cohort.count > 0) {
        ereport(NOTICE, (errmsg("the suggested weights know traits only as they are today: metrics %s", trait_metrics.data),
                         errhint("What changed because a member left makes a weight too large.")));
    }
    return cohort;
}

// The parts that metrics should have in a weighted score: coefficients of staying, none below 0, adding up to 1. All 0 when nothing
// tells.
void suggest_weights(Cohort *cohort, double *weights) {
    const ScoreRecord *score = cohort->score;
    const auto metrics = static_cast<size_t>(score->metric_count);
    normalize_columns(score, &cohort->columns, weights);
    MemoryContext context = CurrentMemoryContext;
    boundary::core([&] {
        ContextResource memory(context);
        std::pmr::vector<double> features(&memory);
        features.reserve(cohort->count * metrics);
        bool *stayed = static_cast<bool *>(memory.allocate(cohort->count + 1, 1));
        for (uint64 row = 0; row < cohort->count; row++) {
            stayed[row] = !cohort->outcomes[row].churned;
            for (size_t i = 0; i < metrics; i++) {
                const double part = cohort->columns.values[i][row];
                features.push_back(!score::is_missing(part) ? part : score::is_missing(weights[i]) ? 0 : weights[i]);
            }
        }
        BackendInterrupts interrupts;
        const score::Regression fit = score::logistic(features, metrics, {stayed, cohort->count}, penalty, &memory, interrupts);
        double sum = 0;
        for (size_t i = 0; i < metrics; i++) {
            weights[i] = std::max(fit.coefficients[i + 1], 0.0);
            sum += weights[i];
        }
        for (size_t i = 0; i < metrics; i++) {
            weights[i] = sum > 0 ? weights[i] / sum : 0;
        }
    });
}

struct Row {
    const char *statistic;
    int32 decile;        // 0: none
    const char *metric;  // or null
    int64 members, churned;
    double value, lowest, highest;
};

void put(ReturnSetInfo *result, const Row &row) {
    bool counted = row.members >= 0;
    Datum values[] = {
        CStringGetTextDatum(row.statistic), Int32GetDatum(row.decile),  row.metric == nullptr ? 0 : CStringGetTextDatum(row.metric),
        Int64GetDatum(row.members),         Int64GetDatum(row.churned), Float8GetDatum(row.value),
        Float8GetDatum(row.lowest),         Float8GetDatum(row.highest)};
    bool nulls[] = {false,
                    row.decile == 0,
                    row.metric == nullptr,
                    !counted,
                    !counted,
                    score::is_missing(row.value),
                    score::is_missing(row.lowest),
                    score::is_missing(row.highest)};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void validate_score(FunctionCallInfo fcinfo, char *churned) {
    const char *name = required_text(fcinfo, 0, "score");
    if (PG_ARGISNULL(2)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("horizon must not be null")));
    }
    const Interval horizon = *PG_GETARG_INTERVAL_P(2);
    check_span("horizon", horizon);
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    ScoreReference reference = get_score(name, Lock::none);
    const ScoreRecord *score = &reference.score;
    Identity caller = begin_reading(reference.population);
    TimestampTz as_of = GetCurrentTransactionStartTimestamp();
    Rows then = caller_execute(psprintf("SELECT %s", before_sql(reference.population, instant_sql(as_of), horizon)));
    Cohort cohort = read_cohort(reference.population, score, churned, as_of, DatumGetTimestampTz(value_of(then, 0, 0)));
    auto *weights = static_cast<double *>(palloc0(sizeof(double) * static_cast<Size>(score->metric_count + 1)));
    // The regression goes by the order of the rows, validation sorts them.
    suggest_weights(&cohort, weights);
    score::Validation found = boundary::core([&] { return score::validate({cohort.outcomes, cohort.count}); });
    end_identity(caller);

    const double none = score::missing;
    if (found.churned == 0 || found.churned == found.members) {
        ereport(NOTICE,
                (errmsg("of " INT64_FORMAT " members with a score then, " INT64_FORMAT " have churned since", found.members, found.churned),
                 errhint("The definition is asked as of both instants, but traits have no past: write when, as in churned_at <= now().")));
    }
    put(result, {"auc", 0, nullptr, found.members, found.churned, found.auc, none, none});
    put(result, {"monotonicity", 0, nullptr, -1, 0, found.monotonicity, none, none});
    for (size_t i = 0; i < found.deciles.size(); i++) {
        const score::Decile &decile = found.deciles[i];
        double rate = decile.members == 0 ? none : static_cast<double>(decile.churned) / static_cast<double>(decile.members);
        put(result, {"decile", static_cast<int32>(i) + 1, nullptr, decile.members, decile.churned, rate, decile.lowest, decile.highest});
    }
    for (int32 i = 0; i < score->metric_count; i++) {
        put(result, {"weight", 0, score->metrics[i].name, -1, 0, found.churned == 0 ? none : weights[i], none, none});
    }
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_validate_score) {
    validate_score(fcinfo, canonical_definition(required_text(fcinfo, 1, "churned")));
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_validate_score_definition) {
    validate_score(fcinfo, required_definition(fcinfo, 1));
    return static_cast<Datum>(0);
}
