// The type segment.revenue: a varlena that holds a ledger's bytes.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "pg/pg.hpp"

namespace segment::pg {

using LedgerBytes = std::span<const std::byte>;

// The ledger of an argument. Detoasts it, so to be called outside of boundary::core.
LedgerBytes ledger_argument(FunctionCallInfo fcinfo, int index);

// A datum with these bytes in `context`. Inside boundary::core; throws program_limit_exceeded if no datum can hold them.
varlena *make_datum(const std::pmr::vector<std::byte> &bytes, MemoryContext context);

}  // namespace segment::pg
