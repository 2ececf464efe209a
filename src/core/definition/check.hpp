// Binding of a parsed definition to the vocabulary of a population: names are resolved, types inferred and everything that
// can be known to be wrong before a row is read is an error with its position.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "core/definition/ast.hpp"
#include "core/definition/vocabulary.hpp"

namespace segment::definition {

struct BoundCondition;  // bound.hpp
struct BoundValue;

// A segment that a definition refers to, by `in segment`, `ever in segment`, `entered segment` and the like.
struct SegmentUse {
    std::int32_t id;
    std::uint32_t position;  // of the first reference
    bool current;            // `in segment 'x'`: needs x evaluated in the same run; else only its history is read
};

// An event of a source that a definition names.
struct EventUse {
    std::uint32_t source;  // its index in the vocabulary
    std::string_view name;
};

// What only PostgreSQL can validate, such as an enum's label or a regular expression: a constant boolean SQL expression that
// raises an error if the literal at `position` is wrong; its value does not matter.
struct Probe {
    std::uint32_t position;
    std::pmr::string sql;
};

// A definition bound to a vocabulary. It refers to the syntax tree, to the vocabulary and to the arena, which must outlive it.
struct Checked {
    const BoundCondition *condition;
    std::pmr::vector<SegmentUse> segments;  // each segment once, in the order of their first reference
    std::pmr::vector<Probe> probes;
    bool ranks = false;                            // has a rank form: a member's result depends on all the others
    std::pmr::vector<std::uint32_t> joins = {};    // of the trait relations that it reads, ascending
    std::pmr::vector<const Trait *> traits = {};   // that it reads, each once
    std::pmr::vector<std::uint32_t> events = {};   // of the event sources that it reads, ascending
    bool subscriptions = false;                    // reads the subscriptions
    std::pmr::vector<std::uint32_t> derived = {};  // traits that it is built on, directly or not, ascending
    std::pmr::vector<std::uint32_t> scores = {};   // that it reads, ascending
    std::pmr::vector<EventUse> event_names = {};   // each once; patterns name no event
};

// An expression bound to a vocabulary; lifetime and members as above.
struct CheckedFormula {
    const BoundValue *value;
    std::pmr::vector<Probe> probes;
    std::pmr::vector<std::uint32_t> joins = {};
    std::pmr::vector<const Trait *> traits = {};
    std::pmr::vector<std::uint32_t> events = {};
    bool subscriptions = false;
    std::pmr::vector<std::uint32_t> derived = {};
    std::pmr::vector<std::uint32_t> scores = {};
    // The last time of the events that each of its parts looks at, whatever its window, as instants.
    std::pmr::vector<const BoundValue *> evidence = {};
};

// A base says who counts at all: ranks and segments refer to it, so it cannot use them.
enum class Role : std::uint8_t { segment, base };

// Whether an unquoted name means something else than a trait: `subscription`, `event`, `step1`.
bool is_reserved(std::string_view name);

// Throws segment::Error with the position of what is wrong and, for unknown names, the nearest known one as the hint.
Checked check(const Node &definition, const Vocabulary &vocabulary, std::pmr::memory_resource &arena, Role role = Role::segment);

// The same for a formula, whose value must be a number.
CheckedFormula check_formula(const Node &formula, const Vocabulary &vocabulary, std::pmr::memory_resource &arena);

// The same for one of the vocabulary's derived traits, whose value may be of any type.
CheckedFormula check_derived(const DerivedTrait &trait, const Vocabulary &vocabulary, std::pmr::memory_resource &arena);

}  // namespace segment::definition
