// Rows of sources that do not count, by source and reason: what a run writes down of bad input.
#pragma once

#include "pg/pg.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

struct IgnoredRows;

// Empty, in the current context.
IgnoredRows *begin_ignored_rows();

// Adds rows of a source; none add nothing. The names are copied. Reasons are sentences without a period, such as "member is null".
void ignore_rows(IgnoredRows *ignored, const char *source, const char *reason, uint64 rows);

// Makes sure that so many rows are noted: what several passes over a source meet is noted once.
void ignore_at_least(IgnoredRows *ignored, const char *source, const char *reason, uint64 rows);

// Three arrays of equal length: sources and reasons (text[]), rows (bigint[]).
struct IgnoredArguments {
    spi::Argument sources, reasons, rows;
};
IgnoredArguments ignored_arguments(const IgnoredRows *ignored);

}  // namespace segment::pg
