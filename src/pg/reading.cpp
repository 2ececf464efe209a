#include "pg/reading.hpp"

namespace segment::pg {

Identity begin_reading(const Population *population) {
    check_may_read(population);
    Oid owner = population_owner(population);
    return begin_identity(has_privs_of_role(GetUserId(), owner) ? owner : GetUserId());
}

TimestampTz as_of_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("as_of must not be null")));
    }
    TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(index);
    if (TIMESTAMP_NOT_FINITE(as_of)) {
        ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("as_of must be finite")));
    }
    return as_of;
}
}  // namespace segment::pg
