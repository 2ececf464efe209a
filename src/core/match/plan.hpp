// The plan of a run: all definitions of a population merged into one DAG of distinct leaves.
//
// A *feature* is a value of a member that PostgreSQL's executor computes in the scan (a column, or an SQL expression over
// columns), together with the *cuts*: the constants that any definition compares it with. A member's value of a feature is
// reduced to a small code as soon as it is read:
//
//     0            missing (SQL NULL)
//     2 r + 1      strictly between the cuts of rank r − 1 and r (rank = position among the sorted distinct cuts)
//     2 r + 2      equal to the cut of rank r
//
// so that every comparison, range, list and time window is a set of codes, and no leaf looks at a value again. Which
// cuts are equal and how they are sorted is decided by PostgreSQL's own comparison, after the plan is built: see `rank`.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/members/dictionary.hpp"

namespace segment::match {

using FeatureId = std::uint32_t;
using CutId = std::uint32_t;   // index among one feature's cuts
using NodeId = std::uint32_t;  // index into Plan::nodes; operands precede their users
using RootId = std::uint32_t;

inline constexpr CutId no_cut = UINT32_MAX;                // an open end of a range
inline constexpr std::uint32_t missing_rank = UINT32_MAX;  // the cut's value is NULL: nothing compares with it

//
// A feature may also be whether an array has a certain element, its one cut: it lies between the cuts if it has not, and
// equals the cut if it has. All features of one array are read from one column.
struct Feature {
    std::pmr::string sql;                     // over the scan's FROM clause
    std::pmr::vector<std::pmr::string> cuts;  // constant SQL expressions of the feature's type
    std::pmr::vector<CutId> thresholds;       // those of the cuts that are queries over the members
    bool is_element = false;
    bool is_measured = false;  // no scan of the members reads it: its leaves come from a LeafVectors
};

// The values v of a feature with low ≤ v ≤ high, or < where an end is not inclusive; never the missing ones.
// Both ends open: every value that is set.
struct CutRange {
    CutId low = no_cut, high = no_cut;
    bool low_inclusive = true, high_inclusive = true;
};

enum class NodeKind : std::uint8_t { everyone, leaf, conjunction, disjunction, negation };

// Conjunction and disjunction have one or more operands, negation one. `negation` is the complement in everybody; the
// complement in the base falls out because each root is intersected with the base.
struct PlanNode {
    NodeKind kind;
    FeatureId feature = 0;              // leaf
    std::pmr::vector<CutRange> ranges;  // leaf: the union of them
    std::pmr::vector<NodeId> operands;
};

struct CodeRange {
    std::uint32_t first, last;  // inclusive
};

class Plan {
public:
    explicit Plan(std::pmr::memory_resource *memory);

    // The functions below return the same id for equal arguments: equal leaves and nodes are evaluated once. All functions
    // throw internal_error for ids that the plan does not have; a call that throws, bad_alloc included, changes nothing.
    FeatureId feature(std::string_view sql);
    // Whether the array has the element: code 0 without an array, 1 if it has not, 2 if it has; its cut has the id 0.
    FeatureId element(std::string_view array_sql, std::string_view element_sql);
    CutId cut(FeatureId feature, std::string_view constant_sql);
    CutId threshold(FeatureId feature, std::string_view query_sql);  // a cut that takes a pass over the members to tell
    void measure(FeatureId feature);
    NodeId everyone();
    NodeId leaf(FeatureId feature, std::span<const CutRange> ranges);
    NodeId conjunction(std::span<const NodeId> operands);  // order and repetition of operands do not matter
    NodeId disjunction(std::span<const NodeId> operands);
    NodeId negation(NodeId operand);  // of a negation: its operand

    // A root is a result that the run reads: one per segment. The base, everyone unless told, intersects all roots.
    RootId root(NodeId node);
    void base(NodeId node);

    // Tells the ranks of a feature's cuts (`ranks[cut]`, equal cuts share one; missing_rank for a NULL) once all are known.
    // Needed before the evaluation, and again after another cut; a feature without cuts needs none.
    void rank(FeatureId feature, std::span<const std::uint32_t> ranks);

    const std::pmr::vector<Feature> &features() const;
    const std::pmr::vector<PlanNode> &nodes() const;
    const std::pmr::vector<NodeId> &roots() const;
    NodeId base() const;
    std::uint32_t codes(FeatureId feature) const;  // 2 · distinct cuts + 2: codes are below it
    // The leaf's codes as sorted, disjoint ranges; valid once its feature is ranked.
    void code_ranges(const PlanNode &leaf, std::pmr::vector<CodeRange> &result) const;

private:
    struct Cuts {
        members::Dictionary ids;
        std::pmr::vector<std::uint32_t> ranks;  // as many as cuts once the feature is ranked
        std::uint32_t distinct = 0;
    };

    FeatureId add_feature(std::string_view sql, bool is_element, std::uint64_t hash);
    NodeId gate(NodeKind kind, std::span<const NodeId> operands);
    NodeId intern(PlanNode node);
    bool ranked(FeatureId feature) const;
    void check_node(NodeId node) const;
    void check_feature(FeatureId feature) const;

    std::pmr::memory_resource *memory_;
    std::pmr::vector<Feature> features_;
    std::pmr::vector<Cuts> cuts_;  // by feature
    members::Dictionary feature_ids_;
    std::pmr::vector<PlanNode> nodes_;
    members::Dictionary node_ids_;
    std::pmr::vector<NodeId> roots_;
    NodeId base_;
};

}  // namespace segment::match
