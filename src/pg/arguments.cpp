#include "pg/arguments.hpp"

extern "C" {
#include "utils/datetime.h"
}

namespace segment::pg {

namespace {

Datum required(FunctionCallInfo fcinfo, int index, const char *name) {
    if (PG_ARGISNULL(index))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
    return PG_GETARG_DATUM(index);
}

}  // namespace

char *required_text(FunctionCallInfo fcinfo, int index, const char *name) {
    return text_to_cstring(DatumGetTextPP(required(fcinfo, index, name)));
}

char *required_name(FunctionCallInfo fcinfo, int index, const char *name) {
    return pstrdup(NameStr(*DatumGetName(required(fcinfo, index, name))));
}

int32 required_int32(FunctionCallInfo fcinfo, int index, const char *name) {
    return DatumGetInt32(required(fcinfo, index, name));
}

Oid required_oid(FunctionCallInfo fcinfo, int index, const char *name) {
    return DatumGetObjectId(required(fcinfo, index, name));
}

double required_float8(FunctionCallInfo fcinfo, int index, const char *name) {
    return DatumGetFloat8(required(fcinfo, index, name));
}

bool required_bool(FunctionCallInfo fcinfo, int index, const char *name) {
    return DatumGetBool(required(fcinfo, index, name));
}

TimestampTz as_of_argument(FunctionCallInfo fcinfo, int index) {
    TimestampTz as_of = DatumGetTimestampTz(required(fcinfo, index, "as_of"));
    TimestampTz first = (date2j(1, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
    TimestampTz end = (date2j(10000, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
    if (as_of < first || as_of >= end)
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
                        errmsg("as_of must lie in the years 1 to 9999, not %s", timestamptz_to_str(as_of))));
    return as_of;
}

char *optional_text(FunctionCallInfo fcinfo, int index) {
    return PG_ARGISNULL(index) ? nullptr : text_to_cstring(PG_GETARG_TEXT_PP(index));
}

char *optional_name(FunctionCallInfo fcinfo, int index) {
    return PG_ARGISNULL(index) ? nullptr : pstrdup(NameStr(*PG_GETARG_NAME(index)));
}

IfExists if_exists_argument(FunctionCallInfo fcinfo, int index) {
    const char *value = required_text(fcinfo, index, "if_exists");
    if (strcmp(value, "error") == 0)
        return IfExists::error;
    if (strcmp(value, "replace") == 0)
        return IfExists::replace;
    if (strcmp(value, "keep") == 0)
        return IfExists::keep;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("if_exists must be 'error', 'replace' or 'keep', not '%s'", value)));
}

}  // namespace segment::pg
