// Conditions between the events of a sequence's steps: `where (product = step1.product)`.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/behaviour/evaluator.hpp"
#include "core/behaviour/wide_values.hpp"

namespace segment::behaviour {

// A value of a step's events: a list of the same events whose numbers are the values. In the lists of such a step, codes tell which entries
// are of one event.
struct StepColumn {
    std::uint32_t step;
    ListId list;
};

using LinkId = std::uint32_t;
inline constexpr LinkId no_link = UINT32_MAX;

enum class LinkKind : std::uint8_t {
    both,      // of the links `left` and `right`
    either,    // of these
    negation,  // of the link `left`
    holds,     // the value of the column `left` is there, and not 0
    less,      // the value of the column `left` is less than that of `right`, and both are there
    less_equal,
    equal,
};

// How the values of a comparison are told: by numbers that are sorted as they are, by numbers that are equal where they are, and by
// millionths (arithmetic.hpp).
enum class LinkForm : std::uint8_t { integer, identity, number };

// A node of a tree of conditions, after its operands; two-valued.
struct Link {
    LinkKind kind;
    LinkForm form;
    std::uint32_t left, right;
};

// The links of a sequence, for one member after the other.
class Links {
public:
    Links(std::span<const StepColumn> columns, std::span<const Link> links, WideValues &wide, std::pmr::memory_resource *memory);

    // Reads the values of the member's events: those of step s are events[s].
    void load(const EventLists::Member &member, std::span<const Occurrences> events);

    // `chosen` tells the place of each step's event among those of the step.
    bool hold(LinkId link, std::span<const std::uint32_t> chosen) const;

    // The earliest of the steps that the link reads.
    std::uint32_t earliest_step(LinkId link) const;

    // What a step's events must have in common with one of another step, if the link asks for that: columns of the two, told by values that
    // are equal as numbers for this member.
    struct Key {
        std::uint32_t own, other;
    };
    std::optional<Key> key(LinkId link, std::uint32_t step) const;
    const StepColumn &column(std::uint32_t column) const { return columns_[column]; }
    const Occurrence &value(std::uint32_t column, std::uint32_t place) const { return values_[column][place]; }

private:
    bool compare(const Link &link, const Occurrence &left, const Occurrence &right) const;

    std::pmr::vector<StepColumn> columns_;
    std::pmr::vector<Link> links_;
    WideValues &wide_;
    std::pmr::vector<std::pmr::vector<Occurrence>> values_;  // by column, then event
    std::pmr::vector<std::uint8_t> has_wide_;                // by column
    std::pmr::vector<Occurrence> sorted_;
};

}  // namespace segment::behaviour
