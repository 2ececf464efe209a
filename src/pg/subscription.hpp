// Subscriptions of a population: the registered billing relations as one relation of lines.
#pragma once

#include "pg/vocabulary.hpp"

namespace segment::pg {

// What the language says about subscriptions; null where none are registered. Sets the binding's ids. Needs its key. Raises when a
// relation or column is gone or of a type that does not fit.
const definition::Subscriptions *bind_subscriptions(const Population *population, Binding *binding);

// How the lines of one source are read, faults included.
struct LinesQuery {
    struct Field {
        int index;  // of the result's column; -1: there is none
        Oid type;   // base type of the registered column
    };

    const char *sql;
    // Instants come as timestamptz or, of a zone that is UTC, as timestamp; the currency as text; the others as they are.
    Field member, starts_at, ends_at, trial_ends_at, mrr, quantity, currency;
};

// For a scan in begin_identity. The quantity is a column only if it is asked for.
LinesQuery lines_query(const Population *population, const SubscriptionRelation *source, const Column *member_key, bool quantities);

}  // namespace segment::pg
