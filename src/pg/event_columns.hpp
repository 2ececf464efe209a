// What is read of each event beside its time and name: numbers and codes for the lists of events, in the forms of
// core/match/event_features.hpp.
#pragma once

#include "core/match/event_leaves.hpp"
#include "pg/temporary_file.hpp"

namespace segment::pg {

struct EventColumns;

// Of all streams, in the current context. `value_memory` bounds what is kept of different values of types that are no numbers inside; what
// does not fit goes to `overflow`.
EventColumns *begin_event_columns(const match::EventFeatures *asked, const match::Plan *plan, TemporaryFile *overflow, uint64 value_memory);

// The type of a column of a stream, as a query that selects it says.
void describe_event_column(EventColumns *columns, uint32 stream, uint32 column, Form_pg_attribute attribute);

// Evaluates the cuts of a feature that reads numbers or codes, once all columns are described: their places, and as half millionths for
// aggregates of numbers.
struct PlacedCuts {
    std::span<const match::EventConstant> places;
    std::span<const behaviour::HalfMillionths> numbers;
};
PlacedCuts place_cuts(EventColumns *columns, uint32 feature);

struct ColumnValue {
    int64 number;
    uint32 code;
    bool is_set, is_wide;
};

// The value of a column. It may raise, and detoasts into the current context.
ColumnValue read_event_column(EventColumns *columns, uint32 stream, uint32 column, Datum value, bool isnull);

// Distinct cuts of a feature that is compared with numbers, in their order.
struct NumericBounds {
    uint32 count;
    Datum *numerics;
};
const NumericBounds &numeric_bounds(const EventColumns *columns, uint32 feature);

// Whether the feature's values are told apart as numerics.
bool has_numeric_identity(const EventColumns *columns, uint32 feature);

// A value that was moved out of memory, by what its column gave as its number; its bytes are aligned as a value of a type of varying
// length.
struct MovedValue {
    uint32 length;
    char *bytes;
};
MovedValue read_moved_value(EventColumns *columns, int64 place);

}  // namespace segment::pg
