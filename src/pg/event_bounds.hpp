// The constants that times, counts and values of events are compared with.
#pragma once

#include "core/match/event_leaves.hpp"
#include "pg/event_columns.hpp"

namespace segment::pg {

// As match::EventConstants wants them, in the current context.
struct EventBounds {
    match::EventConstant *times;
    std::span<const match::EventConstant> *cuts;
    std::span<const behaviour::HalfMillionths> *numbers;
};

// Evaluates the constants, with the active snapshot. `time_types` are those of the streams' times; their columns have been described.
EventBounds read_event_bounds(const match::EventFeatures *asked, const match::Plan *plan, const Oid *time_types, EventColumns *columns);

// A date or an instant as the core knows it.
inline behaviour::Time event_time(Oid type, Datum value) {
    return type == DATEOID ? DatumGetDateADT(value) : DatumGetTimestampTz(value);
}

}  // namespace segment::pg
