#include "core/match/program.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace segment::match {

namespace {

constexpr std::uint32_t most_classes = 1'024;  // of a group: its vectors take 256 kB, which leaves room in a second-level cache
constexpr std::size_t long_list = 64;          // ranges from which on a look-up per member is cheaper than a step per range

constexpr std::uint32_t no_set = UINT32_MAX;
constexpr Slot no_slot = UINT32_MAX;

// Who needs a node. The base's nodes are computed first: every store reads the base.
enum Need : std::uint8_t { by_nobody, by_root, by_base };

// Turns the leaves of one feature into groups and lists.
class LeafBuilder {
public:
    LeafBuilder(const Plan &plan, const Staging &staging, Program &program, std::pmr::memory_resource *memory)
        : plan_(plan), staging_(staging), program_(program), memory_(memory), ranges_(memory), taken_(memory), starts_(memory) {}

    void begin(FeatureId feature) {
        const std::uint32_t limit = staging_.code_limit(feature);
        if (plan_.codes(feature) > limit) {
            throw Error(ErrorCode::internal_error, "plan has changed since its codes were staged");
        }
        feature_ = feature;
        starts_.assign(limit, false);
    }

    void add(const PlanNode &leaf, Slot target) {
        plan_.code_ranges(leaf, ranges_);
        if (ranges_.size() >= long_list) {
            add_list(target);
            return;
        }
        if (classes_ + 2 * ranges_.size() > most_classes) {
            finish();
        }
        const auto begin = static_cast<std::uint32_t>(taken_.ranges.size());
        for (const CodeRange &range : ranges_) {
            mark(range.first);
            mark(range.last + 1);
            taken_.ranges.push_back({range.first, range.last});
        }
        taken_.leaves.push_back({target, begin, static_cast<std::uint32_t>(taken_.ranges.size())});
    }

    // Makes a group of the leaves added since the last one.
    void finish() {
        if (taken_.leaves.empty()) {
            return;
        }
        Group group{feature_, classes_, std::pmr::vector<std::uint16_t>(memory_), std::pmr::vector<Group::Leaf>(memory_),
                    std::pmr::vector<Group::Range>(memory_)};
        group.class_of.reserve(starts_.size());
        std::uint16_t current = 0;
        for (const bool start : starts_) {
            current = static_cast<std::uint16_t>(current + start);
            group.class_of.push_back(current);
        }
        group.leaves.assign(taken_.leaves.begin(), taken_.leaves.end());
        group.ranges.reserve(taken_.ranges.size());
        for (const CodeRange &range : taken_.ranges) {
            group.ranges.push_back({group.class_of[range.first], group.class_of[range.last]});
        }
        program_.groups.push_back(std::move(group));
        program_.classes = std::max(program_.classes, classes_);
        taken_.leaves.clear();
        taken_.ranges.clear();
        starts_.assign(starts_.size(), false);
        classes_ = 1;
    }

private:
    struct Taken {
        explicit Taken(std::pmr::memory_resource *memory) : leaves(memory), ranges(memory) {}

        std::pmr::vector<Group::Leaf> leaves;
        std::pmr::vector<CodeRange> ranges;
    };

    // A class begins at this code. Beyond the last code there is nothing to tell apart.
    void mark(std::uint32_t code) {
        if (code < starts_.size() && !starts_[code]) {
            starts_[code] = true;
            ++classes_;
        }
    }

    void add_list(Slot target) {
        List list{feature_, target, std::pmr::vector<std::uint64_t>((starts_.size() + 63) / 64, memory_)};
        for (const CodeRange &range : ranges_) {
            for (std::uint32_t code = range.first; code <= range.last; ++code) {
                list.holds[code / 64] |= std::uint64_t{1} << code % 64;
            }
        }
        program_.lists.push_back(std::move(list));
    }

    const Plan &plan_;
    const Staging &staging_;
    Program &program_;
    std::pmr::memory_resource *memory_;
    std::pmr::vector<CodeRange> ranges_;
    Taken taken_;
    std::pmr::vector<bool> starts_;
    FeatureId feature_ = 0;
    std::uint32_t classes_ = 1;
};

class Builder {
public:
    Builder(const Plan &plan, const Staging &staging, Program &program, std::pmr::memory_resource *memory)
        : plan_(plan),
          staging_(staging),
          program_(program),
          memory_(memory),
          needs_(plan.nodes().size(), by_nobody, memory),
          uses_(plan.nodes().size(), 0, memory),
          slots_(plan.nodes().size(), no_slot, memory),
          sets_(plan.nodes().size(), no_set, memory),
          free_(memory) {}

    void build() {
        find_needs();
        number_sets();
        count_uses();
        place_leaves();
        for (NodeId id = 0; id < needs_.size(); ++id) {
            if (needs_[id] == by_base) {
                compute(id);
            }
        }
        program_.base_slot = slots_[plan_.base()];
        for (NodeId id = 0; id < needs_.size(); ++id) {
            if (needs_[id] == by_base) {
                store(id);
            }
        }
        for (NodeId id = 0; id < needs_.size(); ++id) {
            if (needs_[id] == by_root) {
                compute(id);
                store(id);
            }
        }
    }

private:
    // Operands precede their users, so that one pass from the end finds all.
    void find_needs() {
        for (const NodeId root : plan_.roots()) {
            needs_[root] = by_root;
        }
        needs_[plan_.base()] = by_base;
        for (auto id = static_cast<NodeId>(needs_.size()); id-- > 0;) {
            for (const NodeId operand : plan_.nodes()[id].operands) {
                needs_[operand] = std::max(needs_[operand], needs_[id]);
            }
        }
    }

    void number_sets() {
        sets_[plan_.base()] = base_set;
        program_.set_of_root.reserve(plan_.roots().size());
        for (const NodeId root : plan_.roots()) {
            if (sets_[root] == no_set) {
                sets_[root] = program_.sets++;
            }
            program_.set_of_root.push_back(sets_[root]);
        }
    }

    // A slot is free for another node after the last use of its own. The base is used to the end.
    void count_uses() {
        for (NodeId id = 0; id < needs_.size(); ++id) {
            if (needs_[id] == by_nobody) {
                continue;
            }
            for (const NodeId operand : plan_.nodes()[id].operands) {
                ++uses_[operand];
            }
            uses_[id] += sets_[id] != no_set;
        }
        ++uses_[plan_.base()];
    }

    void place_leaves() {
        std::pmr::vector<NodeId> leaves(memory_);
        for (NodeId id = 0; id < needs_.size(); ++id) {
            if (needs_[id] != by_nobody && plan_.nodes()[id].kind == NodeKind::leaf) {
                leaves.push_back(id);
            }
        }
        std::sort(leaves.begin(), leaves.end(),
                  [&](NodeId a, NodeId b) { return std::pair(plan_.nodes()[a].feature, a) < std::pair(plan_.nodes()[b].feature, b); });
        LeafBuilder builder(plan_, staging_, program_, memory_);
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            const PlanNode &leaf = plan_.nodes()[leaves[i]];
            if (plan_.features()[leaf.feature].is_measured) {
                slots_[leaves[i]] = program_.slots++;
                program_.given.push_back({leaves[i], slots_[leaves[i]]});
                continue;
            }
            if (i == 0 || leaf.feature != plan_.nodes()[leaves[i - 1]].feature) {
                builder.finish();
                builder.begin(leaf.feature);
            }
            slots_[leaves[i]] = program_.slots++;
            builder.add(leaf, slots_[leaves[i]]);
        }
        builder.finish();
    }

    void compute(NodeId id) {
        const PlanNode &node = plan_.nodes()[id];
        switch (node.kind) {
            case NodeKind::everyone:
                slots_[id] = everyone_slot;
                return;
            case NodeKind::leaf:
                return;
            case NodeKind::conjunction:
                step(StepKind::conjunction, id);
                return;
            case NodeKind::disjunction:
                step(StepKind::disjunction, id);
                return;
            case NodeKind::negation:
                step(StepKind::negation, id);
                return;
        }
    }

    void step(StepKind kind, NodeId id) {
        const auto begin = static_cast<std::uint32_t>(program_.operands.size());
        for (const NodeId operand : plan_.nodes()[id].operands) {
            program_.operands.push_back(slots_[operand]);
        }
        slots_[id] = take_slot();
        program_.steps.push_back({kind, slots_[id], begin, static_cast<std::uint32_t>(program_.operands.size())});
        for (const NodeId operand : plan_.nodes()[id].operands) {
            release(operand);
        }
    }

    void store(NodeId id) {
        if (sets_[id] == no_set) {
            return;
        }
        const auto begin = static_cast<std::uint32_t>(program_.operands.size());
        program_.operands.push_back(slots_[id]);
        program_.steps.push_back({StepKind::store, sets_[id], begin, begin + 1});
        release(id);
    }

    Slot take_slot() {
        if (free_.empty()) {
            return program_.slots++;
        }
        const Slot slot = free_.back();
        free_.pop_back();
        return slot;
    }

    void release(NodeId id) {
        if (--uses_[id] == 0 && slots_[id] != everyone_slot) {
            free_.push_back(slots_[id]);
        }
    }

    const Plan &plan_;
    const Staging &staging_;
    Program &program_;
    std::pmr::memory_resource *memory_;
    std::pmr::vector<Need> needs_;
    std::pmr::vector<std::uint32_t> uses_;
    std::pmr::vector<Slot> slots_;
    std::pmr::vector<std::uint32_t> sets_;
    std::pmr::vector<Slot> free_;  // the latest on top: it is still in the cache
};

}  // namespace

Program make_program(const Plan &plan, const Staging &staging, std::pmr::memory_resource *memory) {
    Program program(memory);
    Builder(plan, staging, program, memory).build();
    return program;
}

}  // namespace segment::match
