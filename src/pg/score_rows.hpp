// Statements that write many rows of a score's tables at once.
#pragma once

#include "pg/spi.hpp"

namespace segment::pg {

inline constexpr uint64 rows_per_statement = 10000;

// The values as an array; `nulls` may be null if there are none.
spi::Argument array_argument(Datum *values, bool *nulls, uint64 count, Oid type);

// A statement that the tables' guard lets through.
void write_rows(const char *sql, spi::Arguments arguments);

}  // namespace segment::pg
