// Which rows a bound tree reads columns of.
#pragma once

#include <optional>

#include "core/definition/bound.hpp"

namespace segment::definition {

// The one row whose columns are read; nothing if none is, or if there are `several` or more than can be told.
struct RowsRead {
    std::optional<Row> row;
    bool several = false;
};

RowsRead only_row(const BoundValue &value);
RowsRead only_row(const BoundCondition &condition);

}  // namespace segment::definition
