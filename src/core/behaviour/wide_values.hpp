// What the numbers of a list have no room for, and arithmetic that the core does not know.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/behaviour/event_lists.hpp"

namespace segment::behaviour {

enum class Aggregate : std::uint8_t { count, sum, average, median, least, greatest };

// What is asked of some events. Those that are not counted have a number each; without any, counts and sums are 0.
struct AggregateOf {
    Aggregate aggregate;
    std::span<const Occurrence> events;
};

// value / scale, where the scale is a power of 10.
struct Decimal {
    std::int64_t value, scale;
};

enum class RelationKind : std::uint8_t { less, less_equal, equal, fell, rose };

// Between a number `left` and another one, `right`. It fell or rose from left to right: by `amount` or more, of the magnitude of left if
// that is `relative`; left is at least `least`, and not 0 where it fell.
struct Relation {
    RelationKind kind;
    Decimal amount = {0, 1};
    bool relative = false;
    std::optional<Decimal> least = {};
};

// Implemented by the glue with PostgreSQL's own types. Slow, and rarely needed.
class WideValues {
public:
    // How the exact aggregate of one event or more compares with the bounds of a feature: 2 i + 2 if it equals the i-th, 2 i + 1 if it
    // lies between that and the one before.
    virtual std::int64_t aggregate(std::uint32_t feature, Aggregate aggregate, std::span<const Occurrence> events) = 0;

    // The aggregate of one event or more as double precision; NaN if that is not finite.
    virtual double number(std::uint32_t feature, Aggregate aggregate, std::span<const Occurrence> events) = 0;

    // Gives the wide ones among the events of a feature negative numbers, equal values equal ones.
    virtual void identify(std::uint32_t feature, std::span<Occurrence> events) = 0;

    // How two numbers compare, one of which at least is wide: negative, 0, or positive. Their codes say nothing.
    virtual int compare(const Occurrence &left, const Occurrence &right) = 0;

    // Whether two wide values, neither of them a number, are equal.
    virtual bool is_same(const Occurrence &left, const Occurrence &right) = 0;

    // Whether the relation holds between two aggregates that are not missing.
    virtual bool hold(const Relation &relation, const AggregateOf &left, const AggregateOf &right) = 0;

protected:
    ~WideValues() = default;
};

}  // namespace segment::behaviour
