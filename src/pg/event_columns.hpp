// What is read of each event beside its time and name: numbers and codes for the lists of events, in the forms of
// core/match/event_features.hpp, and the arithmetic that the core leaves to PostgreSQL.
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

// Implements WideValues; `columns` must outlive it.
class EventArithmetic final : public behaviour::WideValues {
public:
    explicit EventArithmetic(EventColumns *columns) : columns_(columns) {}
    std::int64_t aggregate(std::uint32_t feature, behaviour::Aggregate aggregate, std::span<const behaviour::Occurrence> events) override;
    double number(std::uint32_t feature, behaviour::Aggregate aggregate, std::span<const behaviour::Occurrence> events) override;
    void identify(std::uint32_t feature, std::span<behaviour::Occurrence> events) override;

private:
    EventColumns *columns_;
};

}  // namespace segment::pg
