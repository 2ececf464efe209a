// The arithmetic of events that the core leaves to PostgreSQL.
#pragma once

#include "pg/event_columns.hpp"

namespace segment::pg {

// Implements WideValues; `columns` must outlive it.
class EventArithmetic final : public behaviour::WideValues {
public:
    explicit EventArithmetic(EventColumns *columns) : columns_(columns) {}
    std::int64_t aggregate(std::uint32_t feature, behaviour::Aggregate aggregate, std::span<const behaviour::Occurrence> events) override;
    double number(std::uint32_t feature, behaviour::Aggregate aggregate, std::span<const behaviour::Occurrence> events) override;
    void identify(std::uint32_t feature, std::span<behaviour::Occurrence> events) override;
    int compare(const behaviour::Occurrence &left, const behaviour::Occurrence &right) override;
    bool hold(const behaviour::Relation &relation, const behaviour::AggregateOf &left, const behaviour::AggregateOf &right) override;
    bool is_same(const behaviour::Occurrence &left, const behaviour::Occurrence &right) override;

private:
    EventColumns *columns_;
};

}  // namespace segment::pg
