// Arguments of functions that are not strict: an argument that must be given is named when it is NULL.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

char *required_text(FunctionCallInfo fcinfo, int index, const char *name);
char *required_name(FunctionCallInfo fcinfo, int index, const char *name);
int32 required_int32(FunctionCallInfo fcinfo, int index, const char *name);
Oid required_oid(FunctionCallInfo fcinfo, int index, const char *name);
double required_float8(FunctionCallInfo fcinfo, int index, const char *name);
bool required_bool(FunctionCallInfo fcinfo, int index, const char *name);
TimestampTz as_of_argument(FunctionCallInfo fcinfo, int index);  // must be given, in the years that the language computes with
char *optional_text(FunctionCallInfo fcinfo, int index);         // null for NULL
char *optional_name(FunctionCallInfo fcinfo, int index);

// What a create_* or add_* function does when the object is there already.
enum class IfExists : uint8 { error, replace, keep };
IfExists if_exists_argument(FunctionCallInfo fcinfo, int index);

}  // namespace segment::pg
