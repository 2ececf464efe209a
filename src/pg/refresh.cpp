// Bringing the stored members up to date: one transaction, one snapshot, one scan.
#include <algorithm>

#include "pg/adopt.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/member_rows.hpp"
#include "pg/membership.hpp"
#include "pg/nearest.hpp"
#include "pg/next_due.hpp"
#include "pg/override.hpp"
#include "pg/score.hpp"
#include "pg/score_leaves.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

// Indexes of the segments that a call asks for: all of them, or those named.
struct Selection {
    int32 count;
    int32 *indexes;
};

Selection select_segments(const Population *population, const Segments *segments, ArrayType *names) {
    Selection selection{0, static_cast<int32 *>(palloc(sizeof(int32) * (segments->count + 1)))};
    if (names == nullptr) {
        for (int32 i = 0; i < segments->count; i++) {
            selection.indexes[selection.count++] = i;
        }
        return selection;
    }
    Datum *items;
    bool *nulls;
    int count;
    deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
    auto *chosen = static_cast<bool *>(palloc0(segments->count + 1));
    for (int i = 0; i < count; i++) {
        if (nulls[i]) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("segments must not hold a null")));
        }
        const char *name = TextDatumGetCString(items[i]);
        const char *qualified = psprintf("%s.", population->name);
        const char *bare = strncmp(name, qualified, strlen(qualified)) == 0 ? name + strlen(qualified) : name;
        int32 found = -1;
        for (int32 j = 0; j < segments->count; j++) {
            if (strcmp(segments->items[j].name, name) != 0 && strcmp(segments->items[j].name, bare) != 0) {
                continue;
            }
            if (found >= 0) {
                ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_ALIAS), errmsg("segment name \"%s\" is ambiguous", name),
                                errdetail("Population \"%s\" has the segments \"%s\" and \"%s\".", population->name,
                                          segments->items[found].name, segments->items[j].name),
                                errhint("Write them with the population: \"%s%s\".", qualified, name)));
            }
            found = j;
        }
        if (found < 0) {
            auto **known = static_cast<const char **>(palloc(sizeof(char *) * (segments->count + 1)));
            for (int32 j = 0; j < segments->count; j++) {
                known[j] = segments->items[j].name;
            }
            const char *near = nearest_name(name, known, segments->count);
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" has no segment \"%s\"", population->name, name),
                            near != nullptr ? errhint("Did you mean \"%s\"?", near) : 0));
        }
        if (!chosen[found]) {
            chosen[found] = true;
            selection.indexes[selection.count++] = found;
        }
    }
    return selection;
}

spi::Argument ids_argument(const Segments *segments, const Selection *selection) {
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<Size>(selection->count + 1)));
    for (int32 i = 0; i < selection->count; i++) {
        ids[i] = Int32GetDatum(segments->items[selection->indexes[i]].id);
    }
    return {INT4ARRAYOID, PointerGetDatum(construct_array(ids, selection->count, INT4OID, sizeof(int32), true, TYPALIGN_INT))};
}

struct Request {
    ArrayType *segments;  // null: all
    bool has_as_of;
    TimestampTz as_of;
    const char *mode;
};

TimestampTz as_of_of_run(const Population *population, const Request *request) {
    TimestampTz now = GetCurrentTimestamp();
    if (!request->has_as_of) {
        return population->has_as_of ? std::max(now, population->as_of) : now;
    }
    if (request->as_of > now) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("as_of %s is in the future", timestamptz_to_str(request->as_of)),
                        errhint("Members are stored as of now or earlier; segment.preview looks ahead.")));
    }
    if (population->has_as_of && request->as_of < population->as_of) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("as_of %s is before the last refresh", pstrdup(timestamptz_to_str(request->as_of))),
                        errdetail("Population \"%s\" was refreshed as of %s.", population->name, timestamptz_to_str(population->as_of)),
                        errhint("The past is read by segment.preview, segment.to_sql and the view %s.",
                                member_relation_sql(population, "segment_history"))));
    }
    return request->as_of;
}

Datum numeric_array(Datum *values, bool *nulls, int count) {
    int lower_bound = 1;
    return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower_bound, NUMERICOID, -1, false, TYPALIGN_INT));
}

// One statement for all segments of the run.
void record_segments(const Run *run, const Membership *membership, const CurrentMrr *mrr, Datum *dues, TimestampTz as_of) {
    size_t count = run->compilation->segments.size();
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *members = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *versions = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *amounts = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *unknown = static_cast<bool *>(palloc(count + 1));
    for (size_t i = 0; i < count; i++) {
        const Segment *segment = run->compilation->segments[i].segment;
        ids[i] = Int32GetDatum(segment->id);
        members[i] = Int64GetDatum(written(membership, i).members);
        versions[i] = Int32GetDatum(segment->version);
        const NullableDatum amount = current_mrr(mrr, i);
        amounts[i] = amount.value;
        unknown[i] = amount.isnull;
    }
    int items = static_cast<int>(count);
    catalog_execute(
        "UPDATE segment.catalog_segment AS s SET members = r.members, refreshed_version = r.version, mrr = r.mrr, next_due = r.due, "
        "last_error = NULL, refreshed_at = $6, as_of = $7 FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), "
        "pg_catalog.unnest($3), "
        "pg_catalog.unnest($4), pg_catalog.unnest($5)) AS r (id, members, version, mrr, due) "
        "WHERE s.id OPERATOR(pg_catalog.=) r.id",
        {{INT4ARRAYOID, PointerGetDatum(construct_array(ids, items, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
         {INT8ARRAYOID, PointerGetDatum(construct_array(members, items, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE))},
         {INT4ARRAYOID, PointerGetDatum(construct_array(versions, items, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
         {NUMERICARRAYOID, numeric_array(amounts, unknown, items)},
         {TIMESTAMPTZARRAYOID,
          PointerGetDatum(construct_array(dues, items, TIMESTAMPTZOID, sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE))},
         timestamptz_argument(GetCurrentTimestamp()),
         timestamptz_argument(as_of)});
}

// Values that were missing although what they are computed from is not, and events that nobody has seen.
Datum warnings(const Run *run, const Membership *membership, const CurrentMrr *mrr) {
    const auto &lost = run->compilation->lost_values;
    const Texts unseen = unseen_events(run->population, run->binding, run->compilation);
    auto *texts = static_cast<Datum *>(palloc(sizeof(Datum) * (lost.size() + static_cast<size_t>(unseen.count) + 1)));
    int count = 0;
    if (const char *problem = current_mrr_problem(mrr); problem != nullptr) {
        texts[count++] = CStringGetTextDatum(psprintf("the MRR of segments is not known: %s", problem));
    }
    for (size_t i = 0; i < lost.size(); i++) {
        int64 members = members_losing(membership, i);
        if (members > 0) {
            texts[count++] = CStringGetTextDatum(psprintf(
                "segment \"%s\", character %u: the value is out of range or does not convert, so missing, for " INT64_FORMAT " members",
                lost[i].segment->name, lost[i].position + 1, members));
        }
    }
    for (int i = 0; i < unseen.count; i++) {
        texts[count++] = CStringGetTextDatum(unseen.items[i]);
    }
    return PointerGetDatum(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
}

void record_run(const Run *run, const Membership *membership, const CurrentMrr *mrr, TimestampTz started, TimestampTz as_of) {
    uint32 leaves = 0;
    for (const match::PlanNode &node : run->compilation->plan.nodes()) {
        leaves += node.kind == match::NodeKind::leaf;
    }
    Written total{};
    for (size_t i = 0; i < run->compilation->segments.size(); i++) {
        total.entered += written(membership, i).entered;
        total.exited += written(membership, i).exited;
    }
    const IgnoredArguments ignored = ignored_arguments(run->ignored);
    catalog_execute(
        "INSERT INTO segment.catalog_refresh_run (population_id, started_at, as_of, mode, member_rows, segments, leaves, entered, exited, "
        "warnings, ignored) SELECT $1, $2, $3, 'full', $4, $5, $6, $7, $8, $9, "
        "coalesce((SELECT pg_catalog.jsonb_object_agg(s.source, s.reasons) FROM ("
        "SELECT i.source, pg_catalog.jsonb_object_agg(i.reason, i.rows) AS reasons "
        "FROM ROWS FROM (pg_catalog.unnest($10), pg_catalog.unnest($11), pg_catalog.unnest($12)) AS i (source, reason, rows) "
        "GROUP BY i.source) AS s), '{}')",
        {int4_argument(run->population->id),
         timestamptz_argument(started),
         timestamptz_argument(as_of),
         int8_argument(static_cast<int64>(scanned_rows(run->scan))),
         int4_argument(static_cast<int32>(run->compilation->segments.size())),
         int4_argument(static_cast<int32>(leaves)),
         int8_argument(total.entered),
         int8_argument(total.exited),
         {TEXTARRAYOID, warnings(run, membership, mrr)},
         ignored.sources,
         ignored.reasons,
         ignored.rows});
    catalog_execute("UPDATE segment.catalog_population SET as_of = $2, last_error = NULL WHERE id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(run->population->id), timestamptz_argument(as_of)});
}

// In the order in which the segments were created.
void return_segments(const Run *run, const Membership *membership, ReturnSetInfo *result) {
    size_t count = run->compilation->segments.size();
    auto *by_id = static_cast<size_t *>(palloc(sizeof(size_t) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        by_id[i] = i;
    }
    std::sort(by_id, by_id + count,
              [&](size_t a, size_t b) { return run->compilation->segments[a].segment->id < run->compilation->segments[b].segment->id; });
    for (size_t i = 0; i < count; i++) {
        Written changes = written(membership, by_id[i]);
        Datum values[] = {CStringGetTextDatum(run->compilation->segments[by_id[i]].segment->name), Int64GetDatum(changes.members),
                          Int64GetDatum(changes.entered), Int64GetDatum(changes.exited)};
        bool nulls[lengthof(values)] = {};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
}

void refresh_population(const char *name, const Request *request, ReturnSetInfo *result) {
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment refresh", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(context);
    Population *population = get_population(name, Lock::exclusive);
    check_may_refresh(population);
    check_member_tables(population);
    begin_refreshing(population, context);
    TimestampTz started = GetCurrentTimestamp();
    TimestampTz as_of = as_of_of_run(population, request);
    Segments segments = segments_of(population);
    Selection selection = select_segments(population, &segments, request->segments);

    Identity caller = begin_identity(population_owner(population));
    // One snapshot, taken after the lock, for everything that the run reads.
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    check_names(population, &segments);
    const spi::Argument selected = ids_argument(&segments, &selection);
    ScoreRun *scores = refresh_scores(population, &segments, as_of, request->segments != nullptr ? &selected : nullptr);
    Progress *progress = begin_progress(population->name);
    const Addition known = known_scores(scores);
    Run *run =
        begin_run(population, &segments, selection.indexes, selection.count, as_of, progress, Keep::yes, &known, before_segments(scores));
    ScoreMeans *means = begin_score_means(scores, run);
    run->leaves = score_leaves(scores, run);
    CurrentMrr *mrr = read_current_mrr(run, as_of);
    Membership *membership =
        begin_membership(run, mrr, means, as_of, run->compilation->segments.size() == static_cast<size_t>(segments.count));
    write_membership(membership);
    if (mrr != nullptr) {
        end_current_mrr(mrr);
    }
    write_names(run);
    settle_overrides(run, as_of);
    Datum *dues = next_dues(run, as_of);
    PopActiveSnapshot();
    end_progress(progress);
    end_identity(caller);

    store_event_names(run->names, population);
    record_score_means(means);
    record_scores(scores, as_of);
    record_segments(run, membership, mrr, dues, as_of);
    record_run(run, membership, mrr, started, as_of);
    return_segments(run, membership, result);
    end_run(run);
    MemoryContextSwitchTo(before);
    MemoryContextDelete(context);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

namespace {

// Text that is meant as an array, as it comes from literals and drivers without a type; a name in its place is a common mistake.
ArrayType *segments_of_text(const char *text) {
    if (text == nullptr) {
        return nullptr;
    }
    if (text[strspn(text, " \t\n")] != '{') {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("segments are an array of names"),
                        errhint("Write segments => ARRAY[%s].", quote_literal_cstr(text))));
    }
    Oid input, element;
    getTypeInputInfo(TEXTARRAYOID, &input, &element);
    return DatumGetArrayTypeP(OidInputFunctionCall(input, const_cast<char *>(text), element, -1));
}

Datum refresh(FunctionCallInfo fcinfo, const Request &request) {
    const char *population = optional_text(fcinfo, 0);
    if (strcmp(request.mode, "auto") != 0 && strcmp(request.mode, "full") != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("mode must be 'auto' or 'full', not '%s'", request.mode)));
    }
    PreventCommandIfReadOnly("segment.refresh()");
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    if (population != nullptr) {
        refresh_population(population, &request, result);
        return static_cast<Datum>(0);
    }
    if (request.segments != nullptr) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("segments are chosen within one population"),
                        errhint("Pass the population too.")));
    }
    Rows mine = caller_execute("SELECT name FROM segment.population WHERE owner OPERATOR(pg_catalog.=) current_user ORDER BY name");
    for (uint64 row = 0; row < mine.count; row++) {
        refresh_population(text_of(mine, row, 0), &request, result);
    }
    return static_cast<Datum>(0);
}

}  // namespace

SEGMENT_FUNCTION(segment_refresh) {
    Request request{};
    request.segments = PG_ARGISNULL(1) ? nullptr : PG_GETARG_ARRAYTYPE_P(1);
    request.has_as_of = !PG_ARGISNULL(2);
    request.as_of = request.has_as_of ? as_of_argument(fcinfo, 2) : 0;
    request.mode = required_text(fcinfo, 3, "mode");
    return refresh(fcinfo, request);
}

SEGMENT_FUNCTION(segment_refresh_text) {
    Request request{};
    request.segments = segments_of_text(optional_text(fcinfo, 1));
    request.mode = "auto";
    return refresh(fcinfo, request);
}
