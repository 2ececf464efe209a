#include "core/match/plan.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <tuple>
#include <utility>

#include "core/error.hpp"
#include "core/members/hash.hpp"

namespace segment::match {

namespace {

// A nested conjunction of up to so many operands in all is merged into the one around it, which makes equal what was only
// written differently. Larger ones stay nodes of their own: a chain of segments, each built on the one before, must not cost
// the square of its length.
constexpr std::size_t flattened_operands = 32;

constexpr std::size_t most_cuts = std::size_t{1} << 30;  // so that codes fit into 32 bits

[[noreturn]] void broken(const char *what) {
    throw Error(ErrorCode::internal_error, what);
}

std::uint64_t hash_text(std::string_view text) {
    return members::hash_bytes(std::as_bytes(std::span(text)));
}

std::uint64_t chain(std::uint64_t state, std::uint64_t value) {
    return members::hash(state + value);
}

std::uint64_t hash_node(const PlanNode &node) {
    std::uint64_t state = chain(static_cast<std::uint64_t>(node.kind), node.feature);
    for (const CutRange &range : node.ranges) {
        state = chain(state, std::uint64_t{range.low} << 32 | range.high);
        state = chain(state, static_cast<std::uint64_t>(range.low_inclusive) << 1 | static_cast<std::uint64_t>(range.high_inclusive));
    }
    for (const NodeId operand : node.operands) {
        state = chain(state, operand);
    }
    return state;
}

auto key_of(const CutRange &range) {
    return std::tuple(range.low, range.low_inclusive, range.high, range.high_inclusive);
}

template <class Values, class Less, class Equal>
void sort_unique(Values &values, Less less, Equal equal) {
    std::sort(values.begin(), values.end(), less);
    values.erase(std::unique(values.begin(), values.end(), equal), values.end());
}

}  // namespace

Plan::Plan(std::pmr::memory_resource *memory)
    : memory_(memory),
      features_(memory),
      cuts_(memory),
      feature_ids_(memory),
      nodes_(memory),
      node_ids_(memory),
      roots_(memory),
      base_(everyone()) {}

FeatureId Plan::feature(std::string_view sql) {
    const std::uint64_t hash = hash_text(sql);
    const FeatureId known = feature_ids_.find(hash, [&](FeatureId id) { return features_[id].sql == sql && !features_[id].is_element; });
    return known != members::no_ordinal ? known : add_feature(sql, false, hash);
}

FeatureId Plan::element(std::string_view array_sql, std::string_view element_sql) {
    const std::uint64_t hash = chain(hash_text(array_sql), hash_text(element_sql));
    const FeatureId known = feature_ids_.find(hash, [&](FeatureId id) {
        const Feature &feature = features_[id];
        return feature.is_element && feature.sql == array_sql && !feature.cuts.empty() && feature.cuts.front() == element_sql;
    });
    if (known != members::no_ordinal) {
        return known;
    }
    const FeatureId id = add_feature(array_sql, true, hash);
    cut(id, element_sql);
    return id;
}

FeatureId Plan::add_feature(std::string_view sql, bool is_element, std::uint64_t hash) {
    const auto id = static_cast<FeatureId>(features_.size());
    feature_ids_.reserve(id + std::uint64_t{1});
    cuts_.reserve(std::max(cuts_.capacity(), std::bit_ceil(id + std::size_t{1})));
    features_.push_back(
        {std::pmr::string(sql, memory_), std::pmr::vector<std::pmr::string>(memory_), std::pmr::vector<CutId>(memory_), is_element});
    cuts_.push_back({members::Dictionary(memory_), std::pmr::vector<std::uint32_t>(memory_)});
    feature_ids_.insert(hash, id);
    return id;
}

CutId Plan::cut(FeatureId feature, std::string_view constant_sql) {
    check_feature(feature);
    auto &constants = features_[feature].cuts;
    members::Dictionary &ids = cuts_[feature].ids;
    const std::uint64_t hash = hash_text(constant_sql);
    const CutId known = ids.find(hash, [&](CutId id) { return constants[id] == constant_sql; });
    if (known != members::no_ordinal) {
        return known;
    }
    if (constants.size() >= most_cuts) {
        throw Error(ErrorCode::program_limit_exceeded, "definitions compare one value with too many constants");
    }
    const auto id = static_cast<CutId>(constants.size());
    ids.reserve(id + std::uint64_t{1});
    constants.emplace_back(constant_sql);
    ids.insert(hash, id);
    return id;
}

CutId Plan::threshold(FeatureId feature, std::string_view query_sql) {
    check_feature(feature);
    auto &thresholds = features_[feature].thresholds;
    if (thresholds.size() == thresholds.capacity()) {
        thresholds.reserve(2 * thresholds.size() + 1);
    }
    const CutId id = cut(feature, query_sql);
    if (std::ranges::find(thresholds, id) == thresholds.end()) {
        thresholds.push_back(id);
    }
    return id;
}

void Plan::measure(FeatureId feature) {
    check_feature(feature);
    features_[feature].is_measured = true;
}

NodeId Plan::everyone() {
    return intern({NodeKind::everyone, 0, std::pmr::vector<CutRange>(memory_), std::pmr::vector<NodeId>(memory_)});
}

NodeId Plan::leaf(FeatureId feature, std::span<const CutRange> ranges) {
    check_feature(feature);
    const std::size_t cuts = features_[feature].cuts.size();
    PlanNode node{NodeKind::leaf, feature, std::pmr::vector<CutRange>(ranges.begin(), ranges.end(), memory_),
                  std::pmr::vector<NodeId>(memory_)};
    for (CutRange &range : node.ranges) {
        if ((range.low != no_cut && range.low >= cuts) || (range.high != no_cut && range.high >= cuts)) {
            broken("leaf refers to an unknown cut");
        }
        range.low_inclusive |= range.low == no_cut;
        range.high_inclusive |= range.high == no_cut;
    }
    sort_unique(
        node.ranges, [](const CutRange &a, const CutRange &b) { return key_of(a) < key_of(b); },
        [](const CutRange &a, const CutRange &b) { return key_of(a) == key_of(b); });
    return intern(std::move(node));
}

NodeId Plan::conjunction(std::span<const NodeId> operands) {
    return gate(NodeKind::conjunction, operands);
}

NodeId Plan::disjunction(std::span<const NodeId> operands) {
    return gate(NodeKind::disjunction, operands);
}

NodeId Plan::negation(NodeId operand) {
    check_node(operand);
    if (nodes_[operand].kind == NodeKind::negation) {
        return nodes_[operand].operands.front();
    }
    return intern({NodeKind::negation, 0, std::pmr::vector<CutRange>(memory_), std::pmr::vector<NodeId>(1, operand, memory_)});
}

RootId Plan::root(NodeId node) {
    check_node(node);
    roots_.push_back(node);
    return static_cast<RootId>(roots_.size() - 1);
}

void Plan::base(NodeId node) {
    check_node(node);
    base_ = node;
}

void Plan::rank(FeatureId feature, std::span<const std::uint32_t> ranks) {
    check_feature(feature);
    if (ranks.size() != features_[feature].cuts.size()) {
        broken("ranks do not match the cuts");
    }
    std::uint32_t distinct = 0;
    for (const std::uint32_t rank : ranks) {
        if (rank == missing_rank) {
            continue;
        }
        if (rank >= ranks.size()) {
            broken("rank of a cut is out of range");
        }
        distinct = std::max(distinct, rank + 1);
    }
    cuts_[feature].ranks.assign(ranks.begin(), ranks.end());
    cuts_[feature].distinct = distinct;
}

const std::pmr::vector<Feature> &Plan::features() const {
    return features_;
}

const std::pmr::vector<PlanNode> &Plan::nodes() const {
    return nodes_;
}

const std::pmr::vector<NodeId> &Plan::roots() const {
    return roots_;
}

NodeId Plan::base() const {
    return base_;
}

std::uint32_t Plan::codes(FeatureId feature) const {
    check_feature(feature);
    if (!ranked(feature)) {
        broken("feature is not ranked");
    }
    return 2 * cuts_[feature].distinct + 2;
}

void Plan::code_ranges(const PlanNode &leaf, std::pmr::vector<CodeRange> &result) const {
    result.clear();
    const std::uint32_t end = codes(leaf.feature);
    const auto &ranks = cuts_[leaf.feature].ranks;
    for (const CutRange &range : leaf.ranges) {
        CodeRange codes{1, end - 1};
        if (range.low != no_cut) {
            if (ranks[range.low] == missing_rank) {
                continue;
            }
            codes.first = 2 * ranks[range.low] + (range.low_inclusive ? 2 : 3);
        }
        if (range.high != no_cut) {
            if (ranks[range.high] == missing_rank) {
                continue;
            }
            codes.last = 2 * ranks[range.high] + (range.high_inclusive ? 2 : 1);
        }
        if (codes.first <= codes.last) {
            result.push_back(codes);
        }
    }
    if (result.empty()) {
        return;
    }
    std::sort(result.begin(), result.end(), [](const CodeRange &a, const CodeRange &b) { return a.first < b.first; });
    std::size_t kept = 0;
    for (std::size_t i = 1; i < result.size(); ++i) {
        if (result[i].first <= result[kept].last + 1) {
            result[kept].last = std::max(result[kept].last, result[i].last);
        } else {
            result[++kept] = result[i];
        }
    }
    result.resize(kept + 1);
}

NodeId Plan::gate(NodeKind kind, std::span<const NodeId> operands) {
    if (operands.empty()) {
        broken("condition without operands");
    }
    std::size_t flattened = 0;
    for (const NodeId operand : operands) {
        check_node(operand);
        flattened += nodes_[operand].kind == kind ? nodes_[operand].operands.size() : 1;
    }
    PlanNode node{kind, 0, std::pmr::vector<CutRange>(memory_), std::pmr::vector<NodeId>(memory_)};
    if (flattened <= flattened_operands) {
        node.operands.reserve(flattened);
        for (const NodeId operand : operands) {
            if (nodes_[operand].kind == kind) {
                node.operands.insert(node.operands.end(), nodes_[operand].operands.begin(), nodes_[operand].operands.end());
            } else {
                node.operands.push_back(operand);
            }
        }
    } else {
        node.operands.assign(operands.begin(), operands.end());
    }
    sort_unique(node.operands, std::less<>(), std::equal_to<>());
    if (node.operands.size() == 1) {
        return node.operands.front();
    }
    return intern(std::move(node));
}

NodeId Plan::intern(PlanNode node) {
    const std::uint64_t hash = hash_node(node);
    const NodeId known = node_ids_.find(hash, [&](NodeId id) {
        const PlanNode &other = nodes_[id];
        return other.kind == node.kind && other.feature == node.feature && other.operands == node.operands &&
               std::ranges::equal(other.ranges, node.ranges, std::equal_to<>(), key_of, key_of);
    });
    if (known != members::no_ordinal) {
        return known;
    }
    const auto id = static_cast<NodeId>(nodes_.size());
    node_ids_.reserve(id + std::uint64_t{1});
    nodes_.push_back(std::move(node));
    node_ids_.insert(hash, id);
    return id;
}

bool Plan::ranked(FeatureId feature) const {
    return cuts_[feature].ranks.size() == features_[feature].cuts.size();
}

void Plan::check_node(NodeId node) const {
    if (node >= nodes_.size()) {
        broken("unknown node of a plan");
    }
}

void Plan::check_feature(FeatureId feature) const {
    if (feature >= features_.size()) {
        broken("unknown feature of a plan");
    }
}

}  // namespace segment::match
