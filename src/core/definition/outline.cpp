#include "core/definition/outline.hpp"

#include <charconv>

namespace segment::definition {
namespace {

class Outliner {
public:
    Outliner(Negations negations, std::pmr::memory_resource *memory) : items(memory), negations_(negations), memory_(memory) {}

    void add(const Node &node, std::uint32_t parent, std::size_t number);
    void add_operands(const Node &node, std::uint32_t parent);

    std::pmr::vector<OutlineItem> items;

private:
    Negations negations_;
    std::pmr::memory_resource *memory_;
};

void Outliner::add(const Node &node, std::uint32_t parent, std::size_t number) {
    const auto index = static_cast<std::uint32_t>(items.size());
    std::pmr::string path(memory_);
    if (parent != no_parent) {
        path += items[parent].path;
        path += '.';
        items[parent].operands.push_back(index);
    }
    char digits[20];
    path.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    items.push_back({std::move(path), &node, parent, std::pmr::vector<std::uint32_t>(memory_)});
    add_operands(node, index);
}

void Outliner::add_operands(const Node &node, std::uint32_t parent) {
    Nodes operands;
    if (node.kind == Kind::conjunction)
        operands = static_cast<const Conjunction &>(node).operands;
    else if (node.kind == Kind::disjunction)
        operands = static_cast<const Disjunction &>(node).operands;
    else if (node.kind == Kind::negation && negations_ == Negations::open)
        operands = {&static_cast<const Negation &>(node).operand, 1};
    for (std::size_t i = 0; i < operands.size(); ++i)
        add(*operands[i], parent, i + 1);
}

}  // namespace

std::pmr::vector<OutlineItem> outline(const Node &definition, Negations negations, std::pmr::memory_resource *memory) {
    Outliner outliner(negations, memory);
    if (definition.kind == Kind::conjunction || definition.kind == Kind::disjunction)
        outliner.add_operands(definition, no_parent);
    else
        outliner.add(definition, no_parent, 1);
    return std::move(outliner.items);
}

}  // namespace segment::definition
