// One rule of react-querybuilder: `{"field": "mrr", "operator": ">=", "value": 100}`.
#pragma once

#include <memory_resource>
#include <string_view>

#include "core/definition/arena.hpp"
#include "core/definition/ast.hpp"
#include "core/definition/json_value.hpp"

namespace segment::definition::query_builder {

// The package's own comparison of the names of operators and combinators.
bool equal_ignoring_case(std::string_view a, std::string_view b);

class RuleReader {
public:
    RuleReader(const json::Document &document, std::pmr::memory_resource &memory) : document_(document), arena_(memory) {}

    // The condition that a rule stands for, built but not settled. Throws Error with the path of what is wrong.
    const Node *condition(const json::Value &rule);

private:
    struct Operator;
    struct Operand;

    static const Operator *find_operator(std::string_view name);
    const Operator &operator_of(const json::Value &rule) const;
    bool compares_fields(const json::Value &rule) const;
    void refuse_expressions(const json::Value &rule) const;
    std::string_view chosen(const json::Value &rule, std::string_view key) const;

    const Node *comparison(const Operand &operand);
    const Node *text_match(const Operand &operand);
    const Node *range(const Operand &operand);
    const Node *list(const Operand &operand);

    const Name *name(const json::Value &json, std::string_view text);
    const Node *number(const json::Value &json, std::string_view written);
    const Node *literal(const json::Value &json);
    const Node *text(const json::Value &json, std::string_view text);
    const Node *item(const json::Value &json, std::string_view text, bool is_field);
    Nodes items(const Operand &operand, bool keep_empty);
    std::string_view unescaped(std::string_view item);

    template <class T>
    T *add(const T &node) {
        return arena_.add(node);
    }

    const json::Document &document_;
    Arena arena_;
};

}  // namespace segment::definition::query_builder
