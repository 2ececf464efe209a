// Scores as definitions name them.
#pragma once

#include "pg/vocabulary.hpp"

namespace segment::pg {

int64 count_scores(const Population *population);

// The scores of the population. Adds the join of each score's table to `joins`, which has room for it; notes tables that are gone. In
// the current context.
std::span<const definition::ScoreName> bind_scores(const Population *population, Binding *binding, const char *key_sql,
                                                   std::string_view *joins, size_t *join_count);

}  // namespace segment::pg
