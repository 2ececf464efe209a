// Creating, changing and dropping scores.
#include "pg/score.hpp"

#include <cmath>

#include "core/definition/check.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/definition_type.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/nearest.hpp"
#include "pg/registered_name.hpp"
#include "pg/score_json.hpp"
#include "pg/score_query.hpp"
#include "pg/segment.hpp"
#include "pg/users.hpp"

namespace segment::pg {

namespace {

constexpr size_t name_length_max = 63;
constexpr int32 most_metrics = 200;  // they are columns of one query, each with a subquery or join of its own

[[noreturn]] void refuse(const char *message, const char *hint = nullptr) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message), hint != nullptr ? errhint("%s", hint) : 0));
}

void check_word(const char *argument, const char *value, std::initializer_list<const char *> words) {
    StringInfoData known;
    initStringInfo(&known);
    for (const char *word : words) {
        if (strcmp(word, value) == 0) {
            return;
        }
        appendStringInfo(&known, "%s'%s'", known.len == 0 ? "" : ", ", word);
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be one of %s, not '%s'", argument, known.data, value)));
}

double required_number(FunctionCallInfo fcinfo, int index, const char *name) {
    if (PG_ARGISNULL(index)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
    }
    double value = PG_GETARG_FLOAT8(index);
    if (std::isnan(value)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a number", name)));
    }
    if (std::isfinite(value) && std::abs(value) > score::largest_number) {
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s is out of range", name),
                        errdetail("The numbers of scores lie between -1e100 and 1e100.")));
    }
    return value;
}

double required_finite(FunctionCallInfo fcinfo, int index, const char *name) {
    if (!PG_ARGISNULL(index) && !std::isfinite(PG_GETARG_FLOAT8(index))) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a finite number", name)));
    }
    return required_number(fcinfo, index, name);
}

spi::Argument optional_finite(FunctionCallInfo fcinfo, int index, const char *name) {
    if (PG_ARGISNULL(index)) {
        return spi::null_argument(FLOAT8OID);
    }
    return {FLOAT8OID, Float8GetDatum(required_finite(fcinfo, index, name))};
}

spi::Argument float8_argument(double value) {
    return {FLOAT8OID, Float8GetDatum(value)};
}

// Tables are called after the score: with "_history" the name must not be cut.
void check_score_name(const Population *population, const char *name) {
    if (name[0] == '\0') {
        ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("score name must not be empty")));
    }
    size_t others = strlen(member_relation_name(population, "score__history"));
    if (strlen(name) + others > name_length_max) {
        ereport(ERROR,
                (errcode(ERRCODE_NAME_TOO_LONG), errmsg("score name \"%s\" is too long", name),
                 errdetail("Its tables in population \"%s\" leave room for %zu bytes.", population->name, name_length_max - others)));
    }
    if (definition::is_reserved(name)) {
        ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME), errmsg("a score cannot be called \"%s\"", name),
                        errdetail("Definitions mean something else by the word.")));
    }
    // `health` and not its history, which would be the table of a score of that name.
    for (const std::string_view ending : {"_history", "_value"}) {
        if (std::string_view(name).ends_with(ending)) {
            ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME), errmsg("a score's name cannot end in \"%s\"", ending.data())));
        }
    }
}

// A bare name in a definition means one thing.
void refuse_trait(const Population *population, const Binding &binding, const char *name) {
    for (const definition::Trait &trait : binding.vocabulary.traits) {
        if (trait.prefix.empty() && trait.name == name) {
            ereport(ERROR,
                    (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("population \"%s\" has a trait called \"%s\"", population->name, name),
                     errhint("Give the score another name.")));
        }
    }
}

int32 find_score(const Population *population, const char *name) {
    Rows rows = catalog_execute(
        "SELECT id FROM segment.catalog_score WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
        {int4_argument(population->id), text_argument(name)});
    return DatumGetInt32(value_of(rows, 0, 0));
}

int32 add_version(int32 score_id) {
    Rows rows = catalog_execute(
        "UPDATE segment.catalog_score SET version = version OPERATOR(pg_catalog.+) 1 WHERE id OPERATOR(pg_catalog.=) $1 RETURNING version",
        {int4_argument(score_id)});
    return DatumGetInt32(value_of(rows, 0, 0));
}

void create_tables(const Population *population, const char *name, const char *missing) {
    Segments none{};
    Identity caller = begin_identity(population_owner(population));
    Binding binding = bind(population, &none);
    refuse_trait(population, binding, name);
    create_score_tables(population, name, strcmp(missing, "carry_forward") == 0, binding.key->type_sql, binding.key->collation);
    end_identity(caller);
}

// A history that is taken over knows versions of an earlier definition: this one comes after them.
void continue_versions(const Population *population, const char *name, int32 score_id) {
    Identity caller = begin_identity(population_owner(population));
    Rows last = caller_execute(psprintf("SELECT max(version) FROM %s", score_history_sql(population, name)));
    end_identity(caller);
    if (!is_null(last, 0, 0)) {
        catalog_execute("UPDATE segment.catalog_score SET version = $2 WHERE id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(score_id), int4_argument(DatumGetInt32(value_of(last, 0, 0)) + 1)});
    }
}

// Metrics are made for one mode: those of an additive score have points, those of a weighted one weights and groups.
void refuse_other_mode(int32 score_id, const char *name, const char *mode) {
    Rows rows = catalog_execute(
        "SELECT s.mode FROM segment.catalog_score s WHERE s.id OPERATOR(pg_catalog.=) $1 AND s.mode OPERATOR(pg_catalog.<>) $2 "
        "AND EXISTS (SELECT FROM segment.catalog_score_metric m WHERE m.score_id OPERATOR(pg_catalog.=) s.id)",
        {int4_argument(score_id), text_argument(mode)});
    if (rows.count > 0) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("score \"%s\" has metrics of a score that is %s", name, text_of(rows, 0, 0)),
                        errhint("Take them out by segment.remove_score_metric, change the mode, and add them anew: the history stays.")));
    }
}

int32 create_score(FunctionCallInfo fcinfo) {
    const char *name = required_text(fcinfo, 0, "name");
    const char *population_name = required_text(fcinfo, 1, "population");
    const char *mode = required_text(fcinfo, 2, "mode");
    const char *missing = required_text(fcinfo, 3, "missing");
    double min_coverage = required_finite(fcinfo, 4, "min_coverage");
    double base = required_finite(fcinfo, 5, "base");
    double scale_min = required_number(fcinfo, 6, "scale_min"), scale_max = required_number(fcinfo, 7, "scale_max");
    if (PG_ARGISNULL(8)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("bands must not be null"), errhint("Pass [] for none.")));
    }
    Datum bands = PG_GETARG_DATUM(8);
    double hysteresis = required_finite(fcinfo, 9, "hysteresis");
    const char *filter = optional_text(fcinfo, 10);
    IfExists if_exists = if_exists_argument(fcinfo, 11);
    PreventCommandIfReadOnly("segment.create_score()");
    check_word("mode", mode, {"weighted", "additive"});
    check_word("missing", missing, {"exclude", "zero", "neutral", "worst", "carry_forward"});
    bool additive = strcmp(mode, "additive") == 0;
    if (min_coverage < 0 || min_coverage > 1) {
        refuse("min_coverage must be between 0 and 1");
    }
    if (scale_min >= scale_max) {
        refuse("scale_min must be less than scale_max");
    }
    if (!additive && (!std::isfinite(scale_min) || !std::isfinite(scale_max))) {
        refuse("the scale of a weighted score must be finite", "Only additive scores can do without ends: pass mode => 'additive'.");
    }
    if (!additive && base != 0) {
        refuse("base belongs to additive scores", "Pass mode => 'additive', or give a weighted score another scale_min.");
    }
    check_bands(bands);
    if (hysteresis < 0) {
        refuse("hysteresis must not be negative");
    }
    if (filter != nullptr) {
        filter = canonical_definition(filter);
    }

    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    check_member_tables(population);
    check_score_name(population, name);
    int32 id = refuse_name(population, name, "score", if_exists) ? find_score(population, name) : 0;
    if (id != 0 && if_exists == IfExists::keep) {
        return id;
    }
    const spi::Argument arguments[] = {
        int4_argument(population->id), text_argument(name),           text_argument(mode),
        text_argument(missing),        float8_argument(min_coverage), float8_argument(base),
        float8_argument(scale_min),    float8_argument(scale_max),    {JSONBOID, bands},
        float8_argument(hysteresis),   text_argument(filter),         text_argument(GetUserNameFromId(GetUserId(), false))};
    if (id != 0) {
        refuse_other_mode(id, name, mode);
        // Also where nothing changes: what has been dropped by hand is there again.
        create_tables(population, name, missing);
        Unsound before = find_unsound(population);
        Rows changed = catalog_execute(
            "UPDATE segment.catalog_score SET mode = $3, missing = $4, min_coverage = $5, base = $6, scale_min = $7, scale_max = $8, "
            "bands = $9, hysteresis = $10, filter = $11 "
            "WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2 AND "
            "(mode, missing, min_coverage, base, scale_min, scale_max, bands, hysteresis, filter) "
            "IS DISTINCT FROM ($3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
            std::span(arguments).first(11));
        if (changed.count > 0) {
            add_version(id);
            check_score(population, id);
            check_population(population, before, nullptr);
        }
        return id;
    }
    create_tables(population, name, missing);
    Rows row = catalog_execute(
        "INSERT INTO segment.catalog_score "
        "(population_id, name, mode, missing, min_coverage, base, scale_min, scale_max, bands, hysteresis, filter, author) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
        arguments);
    id = DatumGetInt32(value_of(row, 0, 0));
    continue_versions(population, name, id);
    if (filter != nullptr) {
        check_score(population, id);
    }
    return id;
}

ScoreReference get_changeable(const char *name) {
    ScoreReference reference = get_score(name, Lock::exclusive);
    check_may_change(reference.population);
    check_member_tables(reference.population);
    return reference;
}

// Which arguments go with which shape and mode.
void check_metric(FunctionCallInfo fcinfo, score::Mode mode, const char *shape) {
    const auto given = [&](int index) { return !PG_ARGISNULL(index); };
    const auto is = [&](const char *word) { return strcmp(shape, word) == 0; };
    const auto want = [&](bool wanted, int index, const char *name) {
        if (given(index) != wanted) {
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE), wanted ? errmsg("a metric of shape '%s' needs %s", shape, name)
                                                                      : errmsg("a metric of shape '%s' does not take %s", shape, name)));
        }
    };
    want(!is("points"), 2, "value");
    want(is("points"), 3, "condition");
    if (is("percentile") || is("zscore")) {
        if (given(5) != given(6)) {
            refuse(psprintf("a metric of shape '%s' takes worst and best together", shape), "Their order says which end is better.");
        }
    } else {
        want(is("linear"), 5, "worst");
        want(is("linear"), 6, "best");
    }
    if (given(5) && PG_GETARG_FLOAT8(5) == PG_GETARG_FLOAT8(6)) {
        refuse("worst and best must not be equal");
    }
    want(is("steps"), 7, "steps");
    want(is("recency_decay"), 9, "half_life");
    if (!is("points")) {
        want(false, 13, "cap");
        want(false, 14, "floor");
        if (given(8) && mode == score::Mode::weighted) {
            refuse("the points of a weighted score belong to conditions", "Its metrics have a weight; an additive score has points.");
        }
    }
    bool limits = given(13) || given(14);
    if (mode == score::Mode::additive && !given(8) && !limits && !is("steps")) {
        refuse("a metric of an additive score needs points");
    }
    if (given(8) && PG_GETARG_FLOAT8(8) == 0) {
        refuse("points must not be 0");
    }
    if (is("points") && given(12)) {
        refuse("a condition does not get stale", "It holds or not; stale_after goes with a value.");
    }
    if (given(9)) {
        check_span("half_life", *PG_GETARG_INTERVAL_P(9));
    }
    if (given(12)) {
        check_span("stale_after", *PG_GETARG_INTERVAL_P(12));
    }
    if (given(7)) {
        check_steps(PG_GETARG_DATUM(7), mode == score::Mode::weighted);
    }
}

int32 add_score_metric(FunctionCallInfo fcinfo) {
    const char *score_name = required_text(fcinfo, 0, "score");
    const char *metric = required_text(fcinfo, 1, "metric");
    const char *value = optional_text(fcinfo, 2), *condition = optional_text(fcinfo, 3);
    const char *shape = required_text(fcinfo, 4, "shape");
    const spi::Argument worst = optional_finite(fcinfo, 5, "worst"), best = optional_finite(fcinfo, 6, "best");
    const spi::Argument points = optional_finite(fcinfo, 8, "points");
    double weight = required_finite(fcinfo, 10, "weight");
    const char *group = optional_text(fcinfo, 11);
    const spi::Argument cap = optional_finite(fcinfo, 13, "cap"), floor = optional_finite(fcinfo, 14, "floor");
    IfExists if_exists = if_exists_argument(fcinfo, 15);
    PreventCommandIfReadOnly("segment.add_score_metric()");
    check_word("shape", shape, {"linear", "steps", "points", "percentile", "recency_decay", "zscore"});
    check_registered_name("metric", metric);
    if (group != nullptr) {
        check_registered_name("group", group);
    }
    if (weight < 0) {
        refuse("weight must not be negative", "What makes a score worse has worst and best the other way round.");
    }
    ScoreReference reference = get_changeable(score_name);
    const ScoreRecord *score = &reference.score;
    check_metric(fcinfo, score->model.mode, shape);
    if (score->model.mode == score::Mode::additive && (weight != 1 || group != nullptr)) {
        refuse("weights and groups belong to weighted scores", "A metric of an additive score has points.");
    }
    bool exists = false;
    for (int32 i = 0; i < score->metric_count; i++) {
        exists = exists || strcmp(score->metrics[i].name, metric) == 0;
    }
    if (exists && if_exists == IfExists::error) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("score \"%s\" already has a metric \"%s\"", score->name, metric),
                        errhint("Pass if_exists => 'keep' or 'replace' to run this again.")));
    }
    if (exists && if_exists == IfExists::keep) {
        return score->version;
    }
    if (!exists && score->metric_count >= most_metrics) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("score \"%s\" has %d metrics already", score->name, most_metrics),
                        errhint("Make a score of some of them, which is a metric of the other one.")));
    }
    const spi::Argument arguments[] = {int4_argument(score->id),
                                       text_argument(metric),
                                       text_argument(value != nullptr ? canonical_formula(value) : nullptr),
                                       text_argument(condition != nullptr ? canonical_definition(condition) : nullptr),
                                       text_argument(shape),
                                       worst,
                                       best,
                                       {JSONBOID, PG_ARGISNULL(7) ? 0 : PG_GETARG_DATUM(7), PG_ARGISNULL(7)},
                                       points,
                                       {INTERVALOID, PG_ARGISNULL(9) ? 0 : PG_GETARG_DATUM(9), PG_ARGISNULL(9)},
                                       float8_argument(weight),
                                       text_argument(group),
                                       {INTERVALOID, PG_ARGISNULL(12) ? 0 : PG_GETARG_DATUM(12), PG_ARGISNULL(12)},
                                       cap,
                                       floor};
    Rows changed = catalog_execute(
        exists ? "UPDATE segment.catalog_score_metric SET value = $3, condition = $4, shape = $5, worst = $6, best = $7, steps = $8, "
                 "points = $9, half_life = $10, weight = $11, metric_group = $12, stale_after = $13, cap = $14, floor = $15 "
                 "WHERE score_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2 AND "
                 "(value, condition, shape, worst, best, steps, points, half_life, weight, metric_group, stale_after, cap, floor) "
                 "IS DISTINCT FROM ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING name"
               : "INSERT INTO segment.catalog_score_metric (score_id, name, position, value, condition, shape, worst, best, steps, points, "
                 "half_life, weight, metric_group, stale_after, cap, floor) "
                 "SELECT $1, $2, (SELECT coalesce(pg_catalog.max(position), 0) OPERATOR(pg_catalog.+) 1 FROM segment.catalog_score_metric "
                 "WHERE score_id OPERATOR(pg_catalog.=) $1), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 RETURNING name",
        arguments);
    if (changed.count == 0) {
        return score->version;
    }
    int32 version = add_version(score->id);
    check_score(reference.population, score->id);
    return version;
}

int32 remove_score_metric(const char *score_name, const char *metric) {
    PreventCommandIfReadOnly("segment.remove_score_metric()");
    ScoreReference reference = get_changeable(score_name);
    const ScoreRecord *score = &reference.score;
    Rows removed = catalog_execute(
        "DELETE FROM segment.catalog_score_metric WHERE score_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2 "
        "RETURNING name",
        {int4_argument(score->id), text_argument(metric)});
    if (removed.count == 0) {
        auto **known = static_cast<const char **>(palloc(sizeof(char *) * static_cast<Size>(score->metric_count + 1)));
        for (int32 i = 0; i < score->metric_count; i++) {
            known[i] = score->metrics[i].name;
        }
        const char *near = nearest_name(metric, known, score->metric_count);
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("score \"%s\" has no metric \"%s\"", score->name, metric),
                        near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("See the view segment.score_metric.")));
    }
    int32 version = add_version(score->id);
    check_rest(reference.population, score->id);
    return version;
}

int32 add_score_group(FunctionCallInfo fcinfo) {
    const char *score_name = required_text(fcinfo, 0, "score");
    const char *group = required_text(fcinfo, 1, "metric_group");
    double weight = required_finite(fcinfo, 2, "weight");
    IfExists if_exists = if_exists_argument(fcinfo, 3);
    PreventCommandIfReadOnly("segment.add_score_group()");
    check_registered_name("group", group);
    if (weight < 0) {
        refuse("weight must not be negative");
    }
    check_registered_name("group", group);
    ScoreReference reference = get_changeable(score_name);
    const ScoreRecord *score = &reference.score;
    if (score->model.mode == score::Mode::additive) {
        refuse("weights and groups belong to weighted scores", "A metric of an additive score has points.");
    }
    const spi::Argument arguments[] = {int4_argument(score->id), text_argument(group), float8_argument(weight)};
    Rows same = catalog_execute(
        "SELECT weight OPERATOR(pg_catalog.=) $3 FROM segment.catalog_score_group WHERE score_id OPERATOR(pg_catalog.=) $1 "
        "AND name OPERATOR(pg_catalog.=) $2",
        arguments);
    if (same.count > 0 && if_exists == IfExists::error) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("score \"%s\" already has a group \"%s\"", score->name, group),
                        errhint("Pass if_exists => 'keep' or 'replace' to run this again.")));
    }
    if (same.count > 0 && (if_exists == IfExists::keep || DatumGetBool(value_of(same, 0, 0)))) {
        return score->version;
    }
    catalog_execute(same.count > 0 ? "UPDATE segment.catalog_score_group SET weight = $3 WHERE score_id OPERATOR(pg_catalog.=) $1 "
                                     "AND name OPERATOR(pg_catalog.=) $2"
                                   : "INSERT INTO segment.catalog_score_group (score_id, name, weight) VALUES ($1, $2, $3)",
                    arguments);
    return add_version(score->id);
}

void drop_score(const char *name, bool cascade) {
    PreventCommandIfReadOnly("segment.drop_score()");
    ScoreReference reference = get_changeable(name);
    const Population *population = reference.population;
    const ScoreRecord *score = &reference.score;
    Scores scores = scores_of(population);
    uint32 index = 0;
    while (scores.items[index].id != score->id) {
        index++;
    }
    Users users = find_users(population, Registered::score, index, score->name);
    refuse_users(population, users, psprintf("score \"%s\"", score->name), cascade ? Cascade::wanted : Cascade::not_wanted);
    drop_users(population, users);
    Identity caller = begin_identity(population_owner(population));
    drop_score_tables(population, score->name);
    end_identity(caller);
    catalog_execute("DELETE FROM segment.catalog_score WHERE id OPERATOR(pg_catalog.=) $1", {int4_argument(score->id)});
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_create_score) {
    return Int32GetDatum(create_score(fcinfo));
}

SEGMENT_FUNCTION(segment_add_score_metric) {
    return Int32GetDatum(add_score_metric(fcinfo));
}

SEGMENT_FUNCTION(segment_remove_score_metric) {
    return Int32GetDatum(remove_score_metric(required_text(fcinfo, 0, "score"), required_text(fcinfo, 1, "metric")));
}

SEGMENT_FUNCTION(segment_add_score_group) {
    return Int32GetDatum(add_score_group(fcinfo));
}

SEGMENT_FUNCTION(segment_drop_score) {
    drop_score(required_text(fcinfo, 0, "score"), PG_GETARG_BOOL(1));
    PG_RETURN_VOID();
}
