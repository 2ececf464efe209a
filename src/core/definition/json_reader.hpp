// What reading a definition from JSON does with single values: checks their types and turns them into text, digits and numbers.
// Whatever is wrong is thrown from here, out of line, because the functions that walk down the tree must leave stack for each other.
#pragma once

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "core/definition/arena.hpp"
#include "core/definition/ast.hpp"
#include "core/definition/json_value.hpp"
#include "core/definition/json_words.hpp"

namespace segment::definition::json {

class Reader {
public:
    enum class Role : std::uint8_t { condition, value, value_or_event, literal };

    Reader(const Document &document, std::pmr::memory_resource &memory) : document_(document), arena_(memory), keys_(&memory) {}

    // The tree for a value, which must fit the role.
    const Node *node(const Value &json, Role role);

private:
    friend class Fields;

    // ---------------------------------------------------------------------------------------------------- json_read.cpp
    const Node *object(const Value &json, Role role);
    const Node *number(const Value &json);
    template <class Form>
    const Node *form(const Value &json, Kind kind);

    // -------------------------------------------------------------------------------------------------- json_reader.cpp
    void require(const Value &json, Type type) const;
    void require_role(const Value &json, Kind kind, Role role) const;
    std::string_view not_empty(const Value &json) const;
    std::string_view digits(const Value &json, std::string_view number);  // canonical, of an unsigned number
    std::string_view unsigned_digits(const Value &json);
    std::uint64_t whole_number(const Value &json, std::uint64_t largest);
    const Value *member(const Value &object, std::string_view key) const { return document_.member(object, key); }
    const Value &required_member(const Value &object, std::string_view key) const;
    std::size_t word(const Value &json, std::span<const std::string_view> words) const;  // an index
    std::span<const Name::Part> name(const Value &json, bool quoted);
    std::span<const Value> array(const Value &json, std::size_t limit) const;
    void require_known_keys(const Value &object, std::span<const std::string_view> known) const;
    [[noreturn]] void fail(const Value &at, std::string_view message) const { document_.fail(at, message); }
    [[noreturn]] void fail_height(const Value &at) const;

    template <class Enum>
    Enum word(const Value &json) const {
        return static_cast<Enum>(word(json, words_of<Enum>));
    }

    // Bounds the recursion over the tree. How high it may be is for the parser, which counts differently: for it the three nodes
    // of `days since last 'x' where (…)` are two levels.
    static constexpr std::uint32_t most_levels = limits::nesting_depth / 2 * 3 + 2;

    const Document &document_;
    Arena arena_;
    std::uint32_t level_ = 0;
    std::pmr::vector<std::string_view> keys_;  // those that the objects being read may have, innermost last
};

}  // namespace segment::definition::json
