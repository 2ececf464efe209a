// Checking scores when they are stored, so that a refresh finds nothing wrong that could have been told before.
#include "pg/compilation.hpp"
#include "pg/identity.hpp"
#include "pg/score_query.hpp"

namespace segment::pg {

namespace {

// Validates literals and plans the scan.
void check_query(const ScoreRecord *score, const ScoreQuery *query) {
    for (int32 i = 0; i < query->probe_count; i++) {
        caller_execute(psprintf("SELECT %s", query->probes[i]), {}, {.read_only = true});
    }
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(&sql, "%s SELECT", query->with_sql);
    for (int32 i = 0; i < score->metric_count; i++) {
        appendStringInfo(&sql, "%s %s", i > 0 ? "," : "", query->columns[i]);
    }
    appendStringInfo(&sql, " FROM %s%s LIMIT 0", query->from_sql, query->where_sql);
    caller_execute(sql.data, {}, {.read_only = true});
}

void record_uses(const char *table, const char *column, int32 score_id, const int32 *ids, int32 count) {
    for (int32 i = 0; i < count; i++) {
        catalog_execute(psprintf("INSERT INTO segment.%s (score_id, %s) VALUES ($1, $2) ON CONFLICT DO NOTHING", table, column),
                        {int4_argument(score_id), int4_argument(ids[i])});
    }
}

void refuse_circle(const ScoreRecord *score) {
    Rows circle = catalog_execute(
        "WITH RECURSIVE used(id, path) AS ("
        "SELECT u.used_id, ARRAY[$2::pg_catalog.text] FROM segment.catalog_score_use u WHERE u.score_id OPERATOR(pg_catalog.=) $1 "
        "UNION ALL SELECT u.used_id, used.path OPERATOR(pg_catalog.||) s.name FROM used "
        "JOIN segment.catalog_score s ON s.id OPERATOR(pg_catalog.=) used.id "
        "JOIN segment.catalog_score_use u ON u.score_id OPERATOR(pg_catalog.=) used.id WHERE used.id OPERATOR(pg_catalog.<>) $1) "
        "SELECT pg_catalog.array_to_string(path OPERATOR(pg_catalog.||) $2::pg_catalog.text, ' -> ') FROM used "
        "WHERE id OPERATOR(pg_catalog.=) $1 LIMIT 1",
        {int4_argument(score->id), text_argument(score->name)});
    if (circle.count > 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_RECURSION), errmsg("score \"%s\" refers to itself", score->name),
                        errdetail("%s", text_of(circle, 0, 0))));
    }
}

}  // namespace

namespace {

// What the metrics and the filter use, for those who would drop it.
void record(const ScoreRecord *score, const ScoreQuery *query) {
    for (const char *table : {"catalog_score_use", "catalog_score_segment_use", "catalog_score_source_use"}) {
        catalog_execute(psprintf("DELETE FROM segment.%s WHERE score_id OPERATOR(pg_catalog.=) $1", table), {int4_argument(score->id)});
    }
    for (int32 i = 0; i <= score->metric_count; i++) {
        const ScoreUses &uses = query->uses[i];
        record_uses("catalog_score_use", "used_id", score->id, uses.scores, uses.score_count);
        record_uses("catalog_score_segment_use", "segment_id", score->id, uses.segments, uses.segment_count);
        record_uses("catalog_score_source_use", "source_id", score->id, uses.sources, uses.source_count);
    }
}

char *score_key(const ScoreRecord &score) {
    return psprintf("score %d", score.id);
}

ScoreQuery *query_now(const Population *population, const Segments *segments, const Binding *binding, const ScoreRecord &score,
                      boundary::ErrorRecord &error) {
    return score_query(population, segments, binding, &score, instant_sql(GetCurrentTransactionStartTimestamp()), nullptr, error);
}

// Those that are wrong and not known to have been so are an error.
void check_those(const Population *population, int32 only, const Unsound &before) {
    Scores scores = scores_of(population);
    if (scores.count == 0) {
        return;
    }
    Segments segments = segments_of(population);
    auto **queries = static_cast<ScoreQuery **>(palloc0(sizeof(ScoreQuery *) * static_cast<Size>(scores.count)));
    Identity caller = begin_identity(population_owner(population));
    Binding binding = bind(population, &segments);
    for (int32 i = 0; i < scores.count; i++) {
        const ScoreRecord &score = scores.items[i];
        if (only != 0 && score.id != only) {
            continue;
        }
        boundary::ErrorRecord error{};
        queries[i] = query_now(population, &segments, &binding, score, error);
        if (queries[i] != nullptr) {
            check_query(&score, queries[i]);
        } else if (!is_unsound(before, score_key(score))) {
            boundary::raise(error);
        }
    }
    end_identity(caller);
    for (int32 i = 0; i < scores.count; i++) {
        if (queries[i] != nullptr) {
            record(&scores.items[i], queries[i]);
        }
    }
    for (int32 i = 0; i < scores.count; i++) {
        refuse_circle(&scores.items[i]);
    }
}

}  // namespace

List *unsound_scores(const Population *population, const Segments *segments, const Binding *binding) {
    List *unsound = NIL;
    Scores scores = scores_of(population);
    for (int32 i = 0; i < scores.count; i++) {
        boundary::ErrorRecord error{};
        if (query_now(population, segments, binding, scores.items[i], error) == nullptr) {
            unsound = lappend(unsound, score_key(scores.items[i]));
        }
    }
    return unsound;
}

void check_score(const Population *population, int32 score_id) {
    check_those(population, score_id, {});
}

void check_scores(const Population *population, const Unsound &before) {
    check_those(population, 0, before);
}

void check_rest(const Population *population, int32 score_id) {
    Identity caller = begin_identity(population_owner(population));
    bool bound = is_bindable(population);
    end_identity(caller);
    if (bound) {
        check_those(population, score_id, {true, true, NIL});
    }
}

}  // namespace segment::pg
