// The procedure that schedules call: refreshes populations one after the other, each in a transaction of its own.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/broken_segments.hpp"
#include "pg/catalog.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

// Populations by name, in memory that outlives a commit.
struct Names {
    char **items;
    uint64 count;
};

// Those that the caller owns or has been granted to refresh.
Names own_populations(MemoryContext context) {
    Rows rows = catalog_execute(
        "SELECT p.name FROM segment.catalog_population p LEFT JOIN segment.catalog_refresh_grant g "
        "ON g.population_id OPERATOR(pg_catalog.=) p.id AND g.role OPERATOR(pg_catalog.=) $1::pg_catalog.name "
        "WHERE p.owner OPERATOR(pg_catalog.=) $1::pg_catalog.name OR g.role IS NOT NULL ORDER BY p.name",
        {text_argument(GetUserNameFromId(GetUserId(), false))});
    Names names{static_cast<char **>(MemoryContextAlloc(context, sizeof(char *) * (rows.count + 1))), rows.count};
    for (uint64 row = 0; row < rows.count; row++) {
        names.items[row] = MemoryContextStrdup(context, text_of(rows, row, 0));
    }
    return names;
}

// Null when the work went well. In a subtransaction, so that a failure leaves nothing behind but what is recorded of it.
template <typename Work>
ErrorData *error_of(Work work, MemoryContext context) {
    ErrorData *volatile error = nullptr;
    ResourceOwner owner = CurrentResourceOwner;
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(context);
    PG_TRY();
    {
        work();
        ReleaseCurrentSubTransaction();
    }
    PG_CATCH();
    {
        MemoryContextSwitchTo(context);
        error = CopyErrorData();
        // Who cancels the run means all of it.
        if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION) {
            PG_RE_THROW();
        }
        FlushErrorState();
        RollbackAndReleaseCurrentSubTransaction();
    }
    PG_END_TRY();
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = owner;
    return error;
}

void record_failure(const Population *population, const char *text, TimestampTz started) {
    catalog_execute(
        "INSERT INTO segment.catalog_refresh_run (population_id, started_at, as_of, mode, member_rows, segments, leaves, entered, exited, "
        "warnings, error) VALUES ($1, $2, $2, 'auto', 0, 0, 0, 0, 0, '{}', $3)",
        {int4_argument(population->id), timestamptz_argument(started), text_argument(text)});
    catalog_execute("UPDATE segment.catalog_population SET last_error = $2 WHERE id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(population->id), text_argument(text)});
}

// What the run without them has to say of the segments that it left out.
void record_broken(const Population *population, const BrokenSegments &broken) {
    const Size room = static_cast<Size>(broken.count) + 1;
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * room));
    auto *errors = static_cast<Datum *>(palloc(sizeof(Datum) * room));
    auto *warnings = static_cast<Datum *>(palloc(sizeof(Datum) * room));
    for (int32 i = 0; i < broken.count; i++) {
        const BrokenSegment &segment = broken.items[i];
        ids[i] = Int32GetDatum(segment.id);
        errors[i] = CStringGetTextDatum(segment.error);
        // Readers of the population see warnings: they learn no more than the code.
        warnings[i] = CStringGetTextDatum(psprintf("segment \"%s\" was left out, its definition cannot be evaluated: SQLSTATE %s",
                                                   segment.name, unpack_sql_state(segment.sqlstate)));
    }
    const auto texts = [&](Datum *items) {
        return spi::Argument{TEXTARRAYOID, PointerGetDatum(construct_array(items, broken.count, TEXTOID, -1, false, TYPALIGN_INT))};
    };
    catalog_execute(
        "UPDATE segment.catalog_segment AS s SET last_error = b.error FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) "
        "AS b (id, error) WHERE s.id OPERATOR(pg_catalog.=) b.id",
        {{INT4ARRAYOID, PointerGetDatum(construct_array(ids, broken.count, INT4OID, sizeof(int32), true, TYPALIGN_INT))}, texts(errors)});
    catalog_execute(
        "UPDATE segment.catalog_refresh_run SET warnings = warnings OPERATOR(pg_catalog.||) $2 WHERE id OPERATOR(pg_catalog.=) "
        "(SELECT pg_catalog.max(id) FROM segment.catalog_refresh_run WHERE population_id OPERATOR(pg_catalog.=) $1)",
        {int4_argument(population->id), texts(warnings)});
}

// After a failure: the segments that have nothing to do with what is broken. Returns how many were refreshed; zero if none were.
int32 refresh_others(const char *population_name, int sqlstate) {
    const Population *population = get_population(population_name, Lock::exclusive);
    const BrokenSegments broken = broken_segments(population);
    // Where all definitions are sound it was a score whose relation is not what it was, or nothing that leaving out would help.
    if (broken.sound_count == 0 || (broken.count == 0 && ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION)) {
        return 0;
    }
    caller_execute("SELECT segment.refresh($1, segments => $2)", {text_argument(population_name), {TEXTARRAYOID, broken.sound}});
    record_broken(population, broken);
    return broken.sound_count;
}

void refresh_or_record(const char *population_name, MemoryContext context) {
    const TimestampTz started = GetCurrentTimestamp();
    const ErrorData *error = error_of([&] { caller_execute("SELECT segment.refresh($1)", {text_argument(population_name)}); }, context);
    if (error == nullptr) {
        return;
    }
    if (const Population *population = find_population(population_name, Lock::exclusive); population != nullptr) {
        record_failure(population, error_text(error->sqlerrcode, error->message, error->detail), started);
    }
    int32 others = 0;
    // What goes wrong in the second attempt did in the first one, or comes after it: that is what is told.
    if (const ErrorData *second = error_of([&] { others = refresh_others(population_name, error->sqlerrcode); }, context);
        second != nullptr) {
        ereport(DEBUG1, (errmsg_internal("population \"%s\" without what is broken: %s", population_name, second->message)));
        others = 0;
    }
    ereport(WARNING, (errcode(error->sqlerrcode), errmsg("population \"%s\": %s", population_name, error->message),
                      error->detail != nullptr ? errdetail("%s", error->detail) : 0,
                      others > 0 ? errhint_plural("%d segment that does not depend on this has been refreshed.",
                                                  "%d segments that do not depend on this have been refreshed.", others, others)
                                 : 0));
}

void run(FunctionCallInfo fcinfo) {
    const char *on_error = required_text(fcinfo, 1, "on_error");
    bool record = strcmp(on_error, "record") == 0;
    if (!record && strcmp(on_error, "stop") != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("on_error must be 'record' or 'stop', not '%s'", on_error)));
    }
    PreventCommandIfReadOnly("segment.run()");
    auto *call = reinterpret_cast<CallContext *>(fcinfo->context);
    if (call == nullptr || !IsA(call, CallContext) || call->atomic) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION), errmsg("segment.run commits and cannot run inside a transaction"),
                        errhint("Call it outside of a transaction block, or call segment.refresh.")));
    }
    if (!PG_ARGISNULL(0)) {
        check_may_refresh(get_population(optional_text(fcinfo, 0), Lock::none));
    }
    MemoryContext context = AllocSetContextCreate(PortalContext, "segment run", ALLOCSET_DEFAULT_SIZES);
    MemoryContextSwitchTo(context);
    char *one = optional_text(fcinfo, 0);
    Names names = one == nullptr ? own_populations(context) : Names{&one, 1};
    spi::connect(spi::Atomicity::may_commit);
    MemoryContext step = AllocSetContextCreate(context, "segment run step", ALLOCSET_DEFAULT_SIZES);
    for (uint64 i = 0; i < names.count; i++) {
        MemoryContextReset(step);
        MemoryContextSwitchTo(step);
        if (record) {
            refresh_or_record(names.items[i], step);
        } else {
            caller_execute("SELECT segment.refresh($1)", {text_argument(names.items[i])});
        }
        SPI_commit();
    }
    spi::finish();
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_run) {
    run(fcinfo);
    PG_RETURN_VOID();
}
