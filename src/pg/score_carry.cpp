#include "pg/score_carry.hpp"

#include "pg/compilation.hpp"
#include "pg/score_rows.hpp"

namespace segment::pg {

namespace {

// When a kept value was known last: if it is not known now, until the last refresh.
TimestampTz last_known(const Population *population, const KeptValue &kept) {
    return kept.known ? population->as_of : kept.at;
}

// Values known at this instant or before are too old.
TimestampTz stale_edge(const Population *population, const ScoreMetric *metric, TimestampTz as_of) {
    if (!metric->has_stale_after) {
        return DT_NOBEGIN;
    }
    Rows rows = caller_execute(psprintf("SELECT %s", before_sql(population, instant_sql(as_of), metric->stale_after)));
    return DatumGetTimestampTz(value_of(rows, 0, 0));
}

}  // namespace

bool carries_forward(const ScoreRecord *score) {
    return score->model.missing_rule == score::MissingRule::carry_forward;
}

void carry_forward(const Population *population, const ScoreRecord *score, ScoreColumns *columns, TimestampTz as_of) {
    for (int32 metric = 0; metric < score->metric_count; metric++) {
        TimestampTz edge = stale_edge(population, &score->metrics[metric], as_of);
        for (uint64 row = 0; row < columns->count; row++) {
            const KeptValue &kept = columns->kept[metric][row];
            if (score::is_missing(columns->values[metric][row]) && kept.exists && last_known(population, kept) > edge) {
                columns->values[metric][row] = kept.value;
            }
        }
    }
}

void keep_values(const Population *population, const ScoreRecord *score, const ScoreColumns *columns, Oid key_type) {
    const char *sql = psprintf(
        "INSERT INTO %s AS kept (key, metric, value, known_at) SELECT r.key, $4, r.value, r.known_at "
        "FROM ROWS FROM (unnest($1), unnest($2), unnest($3)) AS r (key, value, known_at) "
        "ON CONFLICT (key, metric) DO UPDATE SET value = excluded.value, known_at = excluded.known_at",
        score_values_sql(population, score->name));
    auto *keys = static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement));
    auto *values = static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement));
    auto *instants = static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement));
    auto *known = static_cast<bool *>(palloc(rows_per_statement));
    for (int32 metric = 0; metric < score->metric_count; metric++) {
        uint64 count = 0;
        for (uint64 row = 0; score->metrics[metric].value != nullptr && row < columns->count; row++) {
            const KeptValue &kept = columns->kept[metric][row];
            double value = columns->values[metric][row];
            bool missing = score::is_missing(value);
            bool differs = missing ? kept.exists && kept.known : !kept.exists || !kept.known || kept.value != value;
            if (differs) {
                keys[count] = columns->keys[row];
                values[count] = Float8GetDatum(missing ? kept.value : value);
                known[count] = !missing;
                instants[count++] = TimestampTzGetDatum(population->as_of);
            }
            if (count == rows_per_statement || (count > 0 && row + 1 == columns->count)) {
                write_rows(sql, {array_argument(keys, nullptr, count, key_type), array_argument(values, nullptr, count, FLOAT8OID),
                                 array_argument(instants, known, count, TIMESTAMPTZOID), text_argument(score->metrics[metric].name)});
                count = 0;
            }
        }
    }
}

void forget_values(const Population *population, const ScoreRecord *score) {
    write_rows(psprintf("DELETE FROM %s", score_values_sql(population, score->name)), {});
}

}  // namespace segment::pg
