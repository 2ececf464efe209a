// The numbers that metrics compute from.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// A number of the scan as float8; what that cannot hold, NaN and infinities included, is missing.
double score_value(Datum value, bool isnull, Oid type);

}  // namespace segment::pg
