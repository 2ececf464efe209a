// Who is in a segment by what is stored: segment.is_member, segment.members, and what the planner is told about them.
#include <algorithm>

#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/stored_segment.hpp"

namespace segment::pg {

namespace {

// After so many look-ups in one query, the dictionary of a population without dense integer keys is worth loading.
constexpr uint64 many_look_ups = 100;

// What a call site keeps from call to call. Another statement may see other members: it is told by the state of the world
// that its snapshot shows.
struct CallSite {
    MemoryContext context;
    char *name;
    uint64 completed;
    CommandId command;
    TransactionId xmin, xmax;
    StoredSegment *stored;
    bool loaded;
    uint64 look_ups;
    Oid argument;
    bool is_key;  // the argument is of the key's type, or both are integers
    FmgrInfo output, input;
    Oid input_parameter;
};

bool is_integer(Oid type) {
    return type == INT2OID || type == INT4OID || type == INT8OID;
}

CallSite *call_site(FunctionCallInfo fcinfo) {
    if (fcinfo->flinfo->fn_extra == nullptr) {
        auto *site = static_cast<CallSite *>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CallSite)));
        site->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "segment members", ALLOCSET_DEFAULT_SIZES);
        fcinfo->flinfo->fn_extra = site;
    }
    return static_cast<CallSite *>(fcinfo->flinfo->fn_extra);
}

bool is_current(const CallSite *site, const text *name) {
    Snapshot snapshot = GetActiveSnapshot();
    return site->stored != nullptr && site->completed == snapshot->snapXactCompletionCount && site->command == snapshot->curcid &&
           site->xmin == snapshot->xmin && site->xmax == snapshot->xmax && strlen(site->name) == VARSIZE_ANY_EXHDR(name) &&
           memcmp(site->name, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) == 0;
}

void load(CallSite *site, Load load) {
    MemoryContext before = MemoryContextSwitchTo(site->context);
    site->stored = load_segment(site->name, load);
    MemoryContextSwitchTo(before);
}

void begin(CallSite *site, FunctionCallInfo fcinfo, const text *name) {
    MemoryContextReset(site->context);
    site->stored = nullptr;
    site->name = MemoryContextStrdup(site->context, text_to_cstring(name));
    load(site, Load::direct);
    Snapshot snapshot = GetActiveSnapshot();
    site->completed = snapshot->snapXactCompletionCount;
    site->command = snapshot->curcid;
    site->xmin = snapshot->xmin;
    site->xmax = snapshot->xmax;
    site->look_ups = 0;
    Oid *types;
    int count;
    get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
    site->argument = types[1];
    Oid key = site->stored->key->type;
    site->is_key = site->argument == key || (is_integer(site->argument) && is_integer(key));
    Oid output, input;
    bool is_varlena;
    getTypeOutputInfo(site->argument, &output, &is_varlena);
    getTypeInputInfo(key, &input, &site->input_parameter);
    fmgr_info_cxt(output, &site->output, site->context);
    fmgr_info_cxt(input, &site->input, site->context);
}

// False for an integer that the key's type cannot hold: it is nobody's key.
bool to_key(CallSite *site, Datum argument, Datum *key) {
    if (!site->is_key) {
        *key = InputFunctionCall(&site->input, OutputFunctionCall(&site->output, argument), site->input_parameter, -1);
        return true;
    }
    Oid type = site->stored->key->type;
    if (type == site->argument) {
        *key = type == TEXTOID ? PointerGetDatum(PG_DETOAST_DATUM_PACKED(argument)) : argument;
        return true;
    }
    int64 value = DatumGetInt64(argument);
    if (type == INT4OID) {
        *key = Int32GetDatum(static_cast<int32>(value));
        return value == static_cast<int32>(value);
    }
    *key = Int16GetDatum(static_cast<int16>(value));
    return value == static_cast<int16>(value);
}

bool contains(CallSite *site, Datum key) {
    const StoredSegment *stored = site->stored;
    if (stored->members == nullptr && ++site->look_ups == many_look_ups) {
        load(site, Load::everything);
        stored = site->stored;
    }
    if (stored->members == nullptr) {
        return has_member_row(stored, key);
    }
    members::Ordinal ordinal = stored->keys->find(key);
    return ordinal != members::no_ordinal && stored->members->contains(ordinal);
}

Datum is_member(FunctionCallInfo fcinfo) {
    CallSite *site = call_site(fcinfo);
    const text *name = PG_GETARG_TEXT_PP(0);
    if (!is_current(site, name)) {
        begin(site, fcinfo, name);
    }
    Datum key;
    PG_RETURN_BOOL(to_key(site, PG_GETARG_DATUM(1), &key) && contains(site, key));
}

void return_key(ReturnSetInfo *result, FmgrInfo *output, Datum key) {
    Datum values[] = {CStringGetTextDatum(OutputFunctionCall(output, key))};
    bool nulls[] = {false};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    pfree(DatumGetPointer(values[0]));
}

struct RowKeys {
    ReturnSetInfo *result;
    FmgrInfo output;
};

bool receive_key(void *state, TupleTableSlot *slot) {
    auto *keys = static_cast<RowKeys *>(state);
    return_key(keys->result, &keys->output, slot->tts_values[0]);
    return true;
}

// The stored set where there is one, the rows otherwise; both in no particular order.
void return_members(ReturnSetInfo *result, const char *name) {
    const StoredSegment *stored = load_segment(name, Load::everything);
    RowKeys keys{result, {}};
    Oid output;
    bool is_varlena;
    getTypeOutputInfo(stored->key->type, &output, &is_varlena);
    fmgr_info(output, &keys.output);
    if (stored->members != nullptr) {
        stored->members->for_each([&](members::Ordinal ordinal) { return_key(result, &keys.output, stored->keys->key(ordinal)); });
        return;
    }
    spi::connect();
    spi::execute_to(
        spi::make_receiver(receive_key, &keys),
        psprintf("SELECT m.%s FROM %s AS m WHERE m.segment_id OPERATOR(pg_catalog.=) $1",
                 quote_identifier(member_column(stored->population)), member_relation_sql(stored->population, "segment_member")),
        {int4_argument(stored->segment.id)}, {.read_only = true});
    spi::finish();
}

// What the planner asks. As the user who plans: of a segment that he may not read, nothing is told.
struct Estimate {
    bool known;
    double members, share;
};

Estimate estimate(Node *name) {
    if (!IsA(name, Const) || castNode(Const, name)->constisnull || !ActiveSnapshotSet()) {
        return {false, 0, 0};
    }
    Rows rows = caller_execute(
        "SELECT s.members, r.member_rows FROM segment.segment AS s CROSS JOIN LATERAL (SELECT member_rows FROM segment.refresh_run AS r "
        "WHERE r.population OPERATOR(pg_catalog.=) s.population AND r.error IS NULL ORDER BY r.id DESC LIMIT 1) AS r "
        "WHERE s.name OPERATOR(pg_catalog.=) ANY ($2) AND (s.name OPERATOR(pg_catalog.=) $1 "
        "OR s.population OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) s.name OPERATOR(pg_catalog.=) $1) "
        "AND s.members IS NOT NULL LIMIT 2",
        {{TEXTOID, castNode(Const, name)->constvalue}, possible_names(TextDatumGetCString(castNode(Const, name)->constvalue))},
        {.read_only = true, .kept = true});
    if (rows.count != 1) {
        return {false, 0, 0};
    }
    auto members = static_cast<double>(DatumGetInt64(value_of(rows, 0, 0))),
         everybody = static_cast<double>(DatumGetInt64(value_of(rows, 0, 1)));
    return {true, members, everybody > 0 ? std::min(1.0, members / everybody) : 0};
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

// One body for all types of keys: the argument's type is the function's.
SEGMENT_FUNCTION(segment_is_member) {
    return is_member(fcinfo);
}

SEGMENT_FUNCTION(segment_members) {
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    return_members(reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo), required_text(fcinfo, 0, "name"));
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_support_members) {
    auto *request = reinterpret_cast<Node *>(PG_GETARG_POINTER(0));
    if (IsA(request, SupportRequestSelectivity)) {
        auto *selectivity = reinterpret_cast<SupportRequestSelectivity *>(request);
        if (Estimate found = estimate(static_cast<Node *>(linitial(selectivity->args))); !selectivity->is_join && found.known) {
            selectivity->selectivity = found.share;
            return PointerGetDatum(request);
        }
    }
    if (IsA(request, SupportRequestRows)) {
        auto *rows = reinterpret_cast<SupportRequestRows *>(request);
        if (rows->node != nullptr && IsA(rows->node, FuncExpr)) {
            if (Estimate found = estimate(static_cast<Node *>(linitial(castNode(FuncExpr, rows->node)->args))); found.known) {
                rows->rows = std::max(1.0, found.members);
                return PointerGetDatum(request);
            }
        }
    }
    return PointerGetDatum(nullptr);
}
