#include "core/match/attrition.hpp"

namespace segment::match {
namespace {

using definition::no_parent;
using definition::OutlineItem;
using Items = std::pmr::vector<OutlineItem>;
using Indexes = std::pmr::vector<std::uint32_t>;

class Attrition {
public:
    Attrition(const Items &outline, bool conjunction, Plan &plan, std::pmr::memory_resource *memory)
        : steps(memory), outline_(outline), conjunction_(conjunction), plan_(plan), memory_(memory), nodes_(memory), top_(memory) {
        for (std::uint32_t i = 0; i < outline.size(); ++i)
            if (outline[i].parent == no_parent)
                top_.push_back(i);
        nodes_.resize(outline.size());
        steps.resize(outline.size());
    }

    void evaluate(const std::function<NodeId(const definition::Node &)> &leaf);

    std::pmr::vector<AttritionStep> steps;

private:
    bool is_conjunction(std::uint32_t parent) const {
        return parent == no_parent ? conjunction_ : outline_[parent].node->kind == definition::Kind::conjunction;
    }
    const Indexes &operands_of(std::uint32_t parent) const { return parent == no_parent ? top_ : outline_[parent].operands; }
    NodeId joined(bool conjunction, const std::pmr::vector<NodeId> &nodes) {
        return nodes.empty() ? plan_.everyone() : conjunction ? plan_.conjunction(nodes) : plan_.disjunction(nodes);
    }
    NodeId both(NodeId left, NodeId right) {
        const NodeId nodes[] = {left, right};
        return plan_.conjunction(nodes);
    }
    void walk(std::uint32_t parent, NodeId context);
    NodeId without(std::uint32_t item);

    const Items &outline_;
    bool conjunction_;
    Plan &plan_;
    std::pmr::memory_resource *memory_;
    std::pmr::vector<NodeId> nodes_;  // by item
    Indexes top_;
};

void Attrition::evaluate(const std::function<NodeId(const definition::Node &)> &leaf) {
    for (std::size_t i = outline_.size(); i-- > 0;) {
        const OutlineItem &item = outline_[i];
        if (item.operands.empty()) {
            nodes_[i] = leaf(*item.node);
            continue;
        }
        std::pmr::vector<NodeId> operands(memory_);
        for (const std::uint32_t operand : item.operands)
            operands.push_back(nodes_[operand]);
        nodes_[i] = joined(is_conjunction(static_cast<std::uint32_t>(i)), operands);
    }
    walk(no_parent, plan_.everyone());
    for (std::uint32_t i = 0; i < outline_.size(); ++i)
        steps[i].without_it = plan_.root(without(i));
}

// `context`: who gets as far as the parent.
void Attrition::walk(std::uint32_t parent, NodeId context) {
    const bool conjunction = is_conjunction(parent);
    std::pmr::vector<NodeId> so_far(memory_);
    NodeId reaching = context;
    for (const std::uint32_t operand : operands_of(parent)) {
        so_far.push_back(nodes_[operand]);
        const NodeId remaining = both(context, joined(conjunction, so_far));
        steps[operand].remaining = plan_.root(remaining);
        walk(operand, reaching);
        if (conjunction)
            reaching = remaining;
    }
}

NodeId Attrition::without(std::uint32_t item) {
    std::uint32_t left_out = item;
    bool gone = true;
    NodeId changed = plan_.everyone();
    for (std::uint32_t parent = outline_[item].parent;; parent = outline_[parent].parent) {
        std::pmr::vector<NodeId> operands(memory_);
        for (const std::uint32_t operand : operands_of(parent))
            if (operand != left_out)
                operands.push_back(nodes_[operand]);
            else if (!gone)
                operands.push_back(changed);
        changed = joined(is_conjunction(parent), operands);
        gone = false;
        left_out = parent;
        if (parent == no_parent)
            return changed;
    }
}

}  // namespace

std::pmr::vector<AttritionStep> attrition(const Items &outline, bool conjunction,
                                          const std::function<NodeId(const definition::Node &)> &leaf, Plan &plan,
                                          std::pmr::memory_resource *memory) {
    Attrition attrition(outline, conjunction, plan, memory);
    attrition.evaluate(leaf);
    return std::move(attrition.steps);
}

}  // namespace segment::match
