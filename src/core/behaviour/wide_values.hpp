// What the numbers of a list have no room for, and arithmetic that the core does not know.
#pragma once

#include <cstdint>
#include <span>

#include "core/behaviour/event_lists.hpp"

namespace segment::behaviour {

enum class Aggregate : std::uint8_t { sum, average, median };

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

protected:
    ~WideValues() = default;
};

}  // namespace segment::behaviour
