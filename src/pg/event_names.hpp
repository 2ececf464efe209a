// Which events there are in the sources, as far as registrations and refreshes have seen them: what event_names shows
// and the warnings about misspelt names go by.
//
// A registration looks at the first rows of a table. A refresh counts what its passes read anyway: rows with a member's key and a
// time, in the windows that definitions ask for. A name that was seen once stays known until a pass over all times misses it.
#pragma once

#include "pg/catalog.hpp"
#include "pg/compilation.hpp"

namespace segment::pg {

struct EventNames;

// Of a run as of an instant, for the sources of the binding; empty, in the current context.
EventNames *begin_event_names(const Binding *binding, TimestampTz as_of);

// A pass over a source begins: its events' names and times are of these types, or there are no names. It reads up to `latest`, a
// time of that type, and from the beginning of time or not. Null counts nothing.
struct NameCounter;
NameCounter *count_names(EventNames *names, uint32 source, Oid name_type, int16 name_length, bool name_by_value, Oid time_type,
                         bool from_beginning, int64 latest);

// An event of the pass. `name` is detoasted; `at` is of the pass's time type, as an integer. Gives a place for what the pass makes of
// the name, 0 at first, so that the bytes are looked up once; null where the name is not counted, as without a counter.
uint32 *count_name(NameCounter *counter, Datum name, bool name_is_null, int64 at);

// Writes down what the passes have counted.
void store_event_names(const EventNames *names, const Population *population);

// What is known of a source of events that has just been registered or changed, which the user may do: of a table, what its first rows
// tell, else nothing. Of other sources nothing.
void look_for_event_names(const Population *population, const char *source_name);

// What is known of the population's sources: rows of source, event, rows and last_seen, the most frequent first.
Rows known_event_names(const Population *population);

// A query for the same of one source's first `limit` rows, or of all if that is 0, without the source.
const char *event_names_sql(const Population *population, const EventRelation *source, const UserRelation *relation, int64 limit);

// Warns of the events in a definition that have not been seen in their sources, where any have: the nearest name seen is the hint. A
// source of which not all is known is asked for the event before.
void warn_of_unseen_events(const Population *population, const Binding &binding, const definition::Checked &checked);

// As texts for a run's warnings: of events that its passes have looked for, or that cannot be in a source of which all names are known.
struct Texts {
    int count;
    const char **items;
};
Texts unseen_events(const Population *population, const Binding &binding, const Compilation *compilation);

}  // namespace segment::pg
