// The printer behind printer.hpp. Its parts are in printer.cpp and print_*.cpp, one per group of forms.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "core/definition/ast.hpp"
#include "core/definition/precedence.hpp"

namespace segment::definition {

class Printer {
public:
    explicit Printer(std::pmr::string &out) : out_(out) {}

    // Prints the node where an operator of precedence `minimum` or tighter is expected: in parentheses if it binds looser.
    void node(const Node &node, Precedence minimum);

private:
    // ------------------------------------------------------------------------------------------------------ printer.cpp
    void bare(const Node &node);
    void in_parentheses(const Node &node);
    void chain(Nodes operands, std::string_view word, Precedence own);
    void put(std::string_view text) { out_.append(text); }
    void put(std::uint64_t number);
    void text(std::string_view value);
    void identifier(std::string_view name, bool force_quotes = false);
    void list(Nodes items);

    // -------------------------------------------------------------------------------------------------- print_value.cpp
    void name(const Name &name, bool after_opener = false);
    void duration(const Duration &duration);
    void arithmetic(const Arithmetic &node);
    void call(const Call &node);
    void aggregate(const Aggregate &node);
    void pick(const Pick &node);

    // ---------------------------------------------------------------------------------------------- print_condition.cpp
    void compare(const Compare &node);
    void between(const Between &node);
    void in_list(const InList &node);
    void is_form(const Node &value, bool negated, std::string_view what);
    void text_match(const TextMatch &node);
    void includes(const Includes &node);
    void in_window(const InWindow &node);
    void rank(const Rank &node);
    void in_segment(const InSegment &node);
    void segment_change(const SegmentChange &node);

    // ---------------------------------------------------------------------------------------------- print_behaviour.cpp
    void events(const Events &events);
    void where(const Node *condition);
    void window(const Window &window);
    void optional_window(const Window *window);
    void instant(const Node &value);
    void count(const Count &count);
    void did_form(const Did &node);
    void did(const Did &node);
    void recency(const Recency &node);
    void trend(const Trend &node);
    void sequence(const Sequence &node);
    void related(const Related &node);

    std::pmr::string &out_;
};

}  // namespace segment::definition
