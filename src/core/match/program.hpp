// What the evaluation of a window does, decided once per run: which bit vectors there are, how leaves are read off the codes,
// and in which order nodes are computed. Only nodes that a root or the base can reach take part.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "core/match/plan.hpp"
#include "core/match/staging.hpp"

namespace segment::match {

using Slot = std::uint32_t;  // a bit vector over a window's ordinals

inline constexpr Slot everyone_slot = 0;  // the members that exist

// Leaves of one feature that are read off its class vectors.
//
// Codes that none of the leaves tells apart form a class; classes are numbered in the order of their codes, the missing value
// being in class 0. With L(k) the members whose class is at most k, a leaf is the union of L(last) \ L(first − 1): no work
// per member and leaf. A feature with many leaves has several groups, so that the vectors of each stay in the cache.
struct Group {
    struct Range {
        std::uint32_t first, last;  // classes; first > 0
    };
    struct Leaf {
        Slot target;
        std::uint32_t begin, end;  // of its ranges; none for nobody
    };

    FeatureId feature;
    std::uint32_t classes;
    std::pmr::vector<std::uint16_t> class_of;  // by code
    std::pmr::vector<Leaf> leaves;
    std::pmr::vector<Range> ranges;
};

// A leaf that LeafVectors knows.
struct Given {
    NodeId leaf;
    Slot target;
};

// A leaf of many ranges, such as a long list: a bit per code, looked up for each member.
struct List {
    FeatureId feature;
    Slot target;
    std::pmr::vector<std::uint64_t> holds;
};

enum class StepKind : std::uint8_t {
    conjunction,  // target = all of the operands
    disjunction,  // target = any of the operands
    negation,     // target = everyone without the operand
    store,        // set `target` = the operand within the base
};

struct Step {
    StepKind kind;
    std::uint32_t target;      // a slot, or a set for `store`
    std::uint32_t begin, end;  // of the operands
};

struct Program {
    explicit Program(std::pmr::memory_resource *memory)
        : groups(memory), lists(memory), given(memory), steps(memory), operands(memory), set_of_root(memory) {}

    std::uint32_t slots = 1;
    std::uint32_t sets = 1;     // distinct results: set 0 is the base
    std::uint32_t classes = 1;  // the most of any group
    Slot base_slot = everyone_slot;
    std::pmr::vector<Group> groups;
    std::pmr::vector<List> lists;
    std::pmr::vector<Given> given;
    std::pmr::vector<Step> steps;  // after groups, lists and what is given
    std::pmr::vector<Slot> operands;
    std::pmr::vector<std::uint32_t> set_of_root;
};

inline constexpr std::uint32_t base_set = 0;

Program make_program(const Plan &plan, const Staging &staging, std::pmr::memory_resource *memory);

}  // namespace segment::match
