// The procedure that schedules call: refreshes populations one after the other, each in a transaction of its own.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
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

// Null when it went well. In a subtransaction, so that a failure leaves nothing behind but what is recorded of it.
ErrorData *refresh_or_error(const char *population, MemoryContext context) {
    ErrorData *volatile error = nullptr;
    ResourceOwner owner = CurrentResourceOwner;
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(context);
    PG_TRY();
    {
        caller_execute("SELECT segment.refresh($1)", {text_argument(population)});
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

void record_failure(const char *population_name, const ErrorData *error, TimestampTz started) {
    Population *population = find_population(population_name, Lock::exclusive);
    if (population == nullptr) {
        return;
    }
    const char *text = psprintf("%s: %s%s%s", unpack_sql_state(error->sqlerrcode), error->message, error->detail != nullptr ? "\n" : "",
                                error->detail != nullptr ? error->detail : "");
    catalog_execute(
        "INSERT INTO segment.catalog_refresh_run (population_id, started_at, as_of, mode, member_rows, segments, leaves, entered, exited, "
        "warnings, error) VALUES ($1, $2, $2, 'auto', 0, 0, 0, 0, 0, '{}', $3)",
        {int4_argument(population->id), timestamptz_argument(started), text_argument(text)});
    catalog_execute("UPDATE segment.catalog_population SET last_error = $2 WHERE id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(population->id), text_argument(text)});
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
        TimestampTz started = GetCurrentTimestamp();
        if (!record) {
            caller_execute("SELECT segment.refresh($1)", {text_argument(names.items[i])});
        } else if (ErrorData *error = refresh_or_error(names.items[i], step); error != nullptr) {
            ereport(WARNING, (errcode(error->sqlerrcode), errmsg("population \"%s\": %s", names.items[i], error->message),
                              error->detail != nullptr ? errdetail("%s", error->detail) : 0));
            record_failure(names.items[i], error, started);
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
