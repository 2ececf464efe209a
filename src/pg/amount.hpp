// PostgreSQL's numeric to and from the core's exact amounts of money.
#pragma once

#include "core/revenue/collector.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

// Reads a detoasted numeric; false if it is NaN or infinite. To be called inside boundary::core: throws numeric_out_of_range for one
// that the core cannot hold exactly.
bool read_amount(const varlena *numeric, revenue::Amount *amount);

// A numeric with `scale` digits after the point, palloc'd. To be called outside of boundary::core.
Datum numeric_of(revenue::Money amount, int scale);

}  // namespace segment::pg
