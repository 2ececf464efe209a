// What a pass over events is read with: its query, and what its columns mean.
#pragma once

#include "core/match/event_leaves.hpp"
#include "pg/encoder.hpp"
#include "pg/event_columns.hpp"
#include "pg/event_names.hpp"

namespace segment::pg {

struct EventPass {
    const match::EventStream *stream;
    behaviour::StreamId id;
    const definition::EventSource *source;  // null: of the members
    Oid relation;                           // that is read
    const char *select;                     // without bounds of time
    Oid key_type, time_type;
    int16 key_length;
    bool key_by_value;
    int name_column;  // 0-based in the result, or -1
    Oid name_type;
    int16 name_length;
    bool name_by_value;
    int first_filter;
    int filter_count;
    int first_column;
    bool has_lists;  // of events
    Encoder *name_encoder;
    behaviour::NameId *names;  // of the stream's names
    NameCounter *counter;
    uint64 rows, without_key, of_unknown_key;
};

// The pass over a stream of `asked`, as the current user, in the current context. Describes its columns to `columns`.
EventPass begin_event_pass(const Binding *binding, const match::EventFeatures *asked, behaviour::StreamId id, EventColumns *columns);

// Executes the query for the times in (earliest, latest], and calls `receive` with each row; true for the next one.
void read_event_pass(const EventPass *pass, behaviour::Time earliest, behaviour::Time latest, spi::ReceiveRow receive, void *state);

}  // namespace segment::pg
