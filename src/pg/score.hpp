// Scores as the catalog knows them, and the tables that hold what refreshes compute.
#pragma once

#include "core/score/model.hpp"
#include "pg/catalog.hpp"
#include "pg/check.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

// A metric's part that a model does not need to know.
struct ScoreMetric {
    char *name;
    char *value, *condition;  // canonical texts, one of them null
    bool has_stale_after;
    Interval stale_after;
    double population_mean;  // of its normalized values at the last refresh, or missing
};

// Plain data, the model's spans included.
struct ScoreRecord {
    int32 id;
    char *name;
    int32 version;
    int32 refreshed_version;  // 0 before the first refresh
    bool has_version_since;
    TimestampTz version_since;  // as of which the current version was computed first
    int32 metric_count;
    ScoreMetric *metrics;  // in the order of the model's
    char *filter;          // of whom it is, as a definition's canonical text; null: of everybody
    score::Model model;
};

struct Scores {
    int32 count;
    ScoreRecord *items;  // by id
};

Scores scores_of(const Population *population);

// A score by `name` or `population.name`, with its population, among those that the user may read; raises when there is none,
// or more than one of a bare name.
struct ScoreReference {
    Population *population;
    ScoreRecord score;
};
ScoreReference get_score(const char *name, Lock lock);

// Its tables as SQL: what is now, and with "_history" what was.
char *score_table_sql(const Population *population, const char *score);
char *score_history_sql(const Population *population, const char *score);
// What is carried forward: the last known values, each with the instant at which it was known last, NULL for what is known.
char *score_values_sql(const Population *population, const char *score);

// Creates those that are missing, as the current user, inside begin_identity; takes over what a restore or DROP EXTENSION has left.
void create_score_tables(const Population *population, const char *score, bool keeps_values, const char *key_type_sql, Oid key_collation);
// The present's and the history's table if rows can go into them as COPY writes them: they are the current user's, their columns
// are those that we would create, and nobody's trigger or policy wants to see the rows. InvalidOid otherwise.
struct BulkTables {
    Oid now, history;
};
BulkTables bulk_tables(const Population *population, const char *score, Oid key_type);
// What to do when one of a score's tables is not there any more.
Fault missing_score_table(const Population *population, const ScoreRecord *score);
// Those that exist.
void drop_score_tables(const Population *population, const char *score);
// Those of all scores of the population, known or not.
void drop_all_score_tables(const Population *population);
void change_score_tables_owner(const Population *population, Oid owner);

// Binds the metrics of a score, raises where they are wrong, and records what they use. As the caller.
void check_score(const Population *population, int32 score_id);
// Of all scores that meant something before, after what they may speak of has changed.
void check_scores(const Population *population, const Unsound &before);
// After a metric has been taken away, which can make nothing wrong that was not: what it used is recorded if that can be told.
void check_rest(const Population *population, int32 score_id);
// The scores that mean nothing, as Unsound names them. As the current user, inside begin_identity.
List *unsound_scores(const Population *population, const Segments *segments, const Binding *binding);

// Computes the scores of a population and stores what has changed: all of them, or with an int4[] of segments those that these read, and
// of the others those that can be computed. As the population's owner, with the active snapshot, inside begin_identity, in the current
// context. What it stores is seen by the snapshot afterwards.
struct ScoreRun;
ScoreRun *refresh_scores(const Population *population, const Segments *segments, TimestampTz as_of, const spi::Argument *only);
// What the run of the segments goes on with.
struct Before;
const Before *before_segments(const ScoreRun *run);
// Records in the catalog what it did; after end_identity.
void record_scores(const ScoreRun *run, TimestampTz as_of);

}  // namespace segment::pg
