// Subscriptions of a population: the registered billing relations as one relation of lines.
#pragma once

#include "pg/vocabulary.hpp"

namespace segment::pg {

// What the language says about subscriptions; null where none are registered. Sets the binding's ids. Needs its key. Raises when a
// relation or column is gone or of a type that does not fit.
const definition::Subscriptions *bind_subscriptions(const Population *population, Binding *binding);

// A SELECT of all lines as they are, faults included: key (of its own type), starts_at (raw), counts_from, ends_at, mrr (numeric), currency
// (text).
const char *all_lines_sql(const Population *population, const Column *member_key);

}  // namespace segment::pg
