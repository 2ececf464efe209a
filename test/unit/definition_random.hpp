// Random syntax trees of every form, as the parser could have made them.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "core/definition/arena.hpp"
#include "core/definition/ast.hpp"

namespace segment::definition {

class RandomTree {
public:
    RandomTree(std::uint64_t seed, std::pmr::memory_resource &memory) : random_(seed), arena_(memory) {}

    const Node *condition(int depth);
    const Node *value(int depth);

private:
    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool coin() { return below(2) == 0; }

    template <class T>
    const T *add(const T &node) {
        return arena_.add(node);
    }
    template <class T>
    std::span<const T> copy(const std::vector<T> &values) {
        return arena_.copy(std::span<const T>(values));
    }

    std::string_view text();
    std::string_view decimal();
    const Name *name();
    const Duration *duration();
    const Node *literal();
    Nodes literals();
    const Events *events(int depth);
    const Window *window(bool of_events, int depth);
    const Window *optional_window(int depth) { return coin() ? window(true, depth) : nullptr; }
    const Node *instant(int depth);
    Count count(std::uint64_t largest);
    Unit period();
    Nodes chain(Kind kind, int depth);
    const Aggregate *aggregate(int depth, bool windowed);
    const Node *trait_condition(int depth);
    const Node *behaviour(int depth);
    const Node *did(int depth);
    const Node *sequence(int depth);
    const Node *segment_condition(int depth);

    std::mt19937_64 random_;
    Arena arena_;
};

}  // namespace segment::definition
