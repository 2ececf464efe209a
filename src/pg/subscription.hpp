// Subscriptions of a population: the registered billing relations as one relation of lines.
#pragma once

#include "pg/vocabulary.hpp"

namespace segment::pg {

// What the language says about subscriptions; null where none are registered. Sets the binding's ids. Needs its key. Raises when a
// relation or column is gone or of a type that does not fit.
const definition::Subscriptions *bind_subscriptions(const Population *population, Binding *binding);

// Columns of all_lines_sql.
namespace LineColumn {
enum : int { source, member, starts_at, trial_ends_at, ends_at, mrr, currency, quantity };
}

// A SELECT of all lines as they are, faults included: the index of the source, key (of its own type), starts_at, trial_ends_at,
// ends_at, mrr (numeric), currency (text), quantity (numeric, NULL unless asked for). Raises if there are no sources.
const char *all_lines_sql(const Population *population, const SubscriptionRelations *sources, const Column *member_key, bool quantities);

}  // namespace segment::pg
