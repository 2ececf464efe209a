// Scores read from the catalog.
#include <cmath>

#include "pg/boundary.hpp"
#include "pg/named_object.hpp"
#include "pg/score.hpp"

namespace segment::pg {

namespace {

template <typename T>
T *allocate_items(uint64 count) {
    return static_cast<T *>(palloc0(sizeof(T) * (count + 1)));
}

double number_of(const Rows &rows, uint64 row, int column, double otherwise) {
    return is_null(rows, row, column) ? otherwise : DatumGetFloat8(value_of(rows, row, column));
}

std::optional<double> optional_of(const Rows &rows, uint64 row, int column) {
    return is_null(rows, row, column) ? std::nullopt : std::optional<double>(DatumGetFloat8(value_of(rows, row, column)));
}

// As SQL's extract(epoch) counts, except that a year has 360 days, as comparisons of intervals have it.
double days_of(const Interval &interval) {
    return 30.0 * interval.month + interval.day + static_cast<double>(interval.time) / USECS_PER_DAY;
}

template <typename Enum, size_t count>
Enum named(const char *name, const char *const (&names)[count]) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return static_cast<Enum>(i);
        }
    }
    elog(ERROR, "the catalog holds the unknown word \"%s\"", name);
}

// In the order of the enumerations.
constexpr const char *modes[] = {"weighted", "additive"};
constexpr const char *missing_rules[] = {"exclude", "zero", "neutral", "worst", "carry_forward"};
constexpr const char *shapes[] = {"linear", "steps", "points", "percentile", "recency_decay", "zscore"};

std::span<const score::Step> steps_of(Datum steps) {
    Rows rows = catalog_execute(
        "SELECT (s.step OPERATOR(pg_catalog.->>) 'from')::pg_catalog.float8, (s.step OPERATOR(pg_catalog.->>) 'value')::pg_catalog.float8 "
        "FROM pg_catalog.jsonb_array_elements($1) WITH ORDINALITY AS s (step, position) ORDER BY s.position",
        {{JSONBOID, steps}});
    auto *items = allocate_items<score::Step>(rows.count);
    for (uint64 row = 0; row < rows.count; row++) {
        items[row] = {DatumGetFloat8(value_of(rows, row, 0)), DatumGetFloat8(value_of(rows, row, 1))};
    }
    return {items, rows.count};
}

std::span<const score::Band> bands_of(Datum bands) {
    Rows rows = catalog_execute(
        "SELECT b.band OPERATOR(pg_catalog.->>) 'band', "
        "(b.band OPERATOR(pg_catalog.->>) 'from')::pg_catalog.float8, (b.band OPERATOR(pg_catalog.->>) 'above')::pg_catalog.float8 "
        "FROM pg_catalog.jsonb_array_elements($1) WITH ORDINALITY AS b (band, position) ORDER BY b.position",
        {{JSONBOID, bands}});
    auto *items = allocate_items<score::Band>(rows.count);
    for (uint64 row = 0; row < rows.count; row++) {
        const double from = is_null(rows, row, 2) ? DatumGetFloat8(value_of(rows, row, 1))
                                                  : std::nextafter(DatumGetFloat8(value_of(rows, row, 2)), HUGE_VAL);
        items[row] = {text_of(rows, row, 0), from};
    }
    return {items, rows.count};
}

// The groups that metrics name, and the metrics.
void load_metrics(ScoreRecord *record) {
    Rows groups = catalog_execute(
        "SELECT m.metric_group, coalesce(g.weight, 1) FROM "
        "(SELECT DISTINCT metric_group FROM segment.catalog_score_metric "
        "WHERE score_id OPERATOR(pg_catalog.=) $1 AND metric_group IS NOT NULL) AS m "
        "LEFT JOIN segment.catalog_score_group g ON g.score_id OPERATOR(pg_catalog.=) $1 AND g.name OPERATOR(pg_catalog.=) m.metric_group "
        "ORDER BY m.metric_group",
        {int4_argument(record->id)});
    auto *weights = allocate_items<double>(groups.count);
    for (uint64 row = 0; row < groups.count; row++) {
        weights[row] = DatumGetFloat8(value_of(groups, row, 1));
    }
    Rows rows = catalog_execute(
        "SELECT name, value, condition, shape, worst, best, steps, points, half_life, weight, metric_group, stale_after, cap, floor, "
        "population_mean FROM segment.catalog_score_metric WHERE score_id OPERATOR(pg_catalog.=) $1 ORDER BY position",
        {int4_argument(record->id)});
    record->metric_count = static_cast<int32>(rows.count);
    record->metrics = allocate_items<ScoreMetric>(rows.count);
    auto *metrics = allocate_items<score::Metric>(rows.count);
    for (uint64 row = 0; row < rows.count; row++) {
        ScoreMetric *metric = &record->metrics[row];
        metric->name = text_of(rows, row, 0);
        metric->value = text_of(rows, row, 1);
        metric->condition = text_of(rows, row, 2);
        metric->has_stale_after = !is_null(rows, row, 11);
        if (metric->has_stale_after) {
            metric->stale_after = *DatumGetIntervalP(value_of(rows, row, 11));
        }
        metric->population_mean = number_of(rows, row, 14, score::missing);
        score::Metric &model = metrics[row];
        model = {};
        model.shape = named<score::Shape>(text_of(rows, row, 3), shapes);
        model.worst = number_of(rows, row, 4, 0);
        model.best = number_of(rows, row, 5, 1);
        if (!is_null(rows, row, 6)) {
            model.steps = steps_of(value_of(rows, row, 6));
        }
        model.points = number_of(rows, row, 7, 1);
        if (!is_null(rows, row, 8)) {
            model.half_life = days_of(*DatumGetIntervalP(value_of(rows, row, 8)));
        }
        model.weight = DatumGetFloat8(value_of(rows, row, 9));
        model.group = -1;
        for (uint64 group = 0; group < groups.count && !is_null(rows, row, 10); group++) {
            if (strcmp(text_of(groups, group, 0), text_of(rows, row, 10)) == 0) {
                model.group = static_cast<int32>(group);
            }
        }
        model.cap = optional_of(rows, row, 12);
        model.floor = optional_of(rows, row, 13);
        model.counts = !is_null(rows, row, 7) || (!model.cap && !model.floor);
    }
    record->model.groups = {weights, groups.count};
    record->model.metrics = {metrics, rows.count};
}

}  // namespace

Scores scores_of(const Population *population) {
    Rows rows = catalog_execute(
        "SELECT id, name, mode, missing, min_coverage, base, scale_min, scale_max, bands, version, refreshed_version, version_since, "
        "hysteresis, filter "
        "FROM segment.catalog_score WHERE population_id OPERATOR(pg_catalog.=) $1 ORDER BY id",
        {int4_argument(population->id)});
    Scores scores{static_cast<int32>(rows.count), allocate_items<ScoreRecord>(rows.count)};
    for (uint64 row = 0; row < rows.count; row++) {
        ScoreRecord *record = &scores.items[row];
        record->id = DatumGetInt32(value_of(rows, row, 0));
        record->name = text_of(rows, row, 1);
        record->version = DatumGetInt32(value_of(rows, row, 9));
        record->refreshed_version = is_null(rows, row, 10) ? 0 : DatumGetInt32(value_of(rows, row, 10));
        record->has_version_since = !is_null(rows, row, 11);
        record->version_since = record->has_version_since ? DatumGetTimestampTz(value_of(rows, row, 11)) : 0;
        record->model = {};
        record->model.mode = named<score::Mode>(text_of(rows, row, 2), modes);
        record->model.missing_rule = named<score::MissingRule>(text_of(rows, row, 3), missing_rules);
        record->model.min_coverage = DatumGetFloat8(value_of(rows, row, 4));
        record->model.base = DatumGetFloat8(value_of(rows, row, 5));
        record->model.scale_min = DatumGetFloat8(value_of(rows, row, 6));
        record->model.scale_max = DatumGetFloat8(value_of(rows, row, 7));
        record->model.bands = bands_of(value_of(rows, row, 8));
        record->model.hysteresis = DatumGetFloat8(value_of(rows, row, 12));
        record->filter = text_of(rows, row, 13);
        load_metrics(record);
    }
    return scores;
}

ScoreReference get_score(const char *name, Lock lock) {
    const NamedObject found = named_object("score", name, lock);
    Scores scores = scores_of(found.population);
    for (int32 i = 0; i < scores.count; i++) {
        if (scores.items[i].id == found.place) {
            return {found.population, scores.items[i]};
        }
    }
    refuse_unknown("score", name);
}

}  // namespace segment::pg
