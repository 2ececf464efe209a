// The walk from the syntax tree to the bound tree; shared by the files check_*.cpp, which hold one concern each.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/definition/arena.hpp"
#include "core/definition/ast.hpp"
#include "core/definition/bound.hpp"
#include "core/definition/check.hpp"
#include "core/definition/vocabulary.hpp"
#include "core/error.hpp"

namespace segment::definition {

class Binder {
public:
    Binder(const Vocabulary &vocabulary, std::pmr::memory_resource &memory, Role role);

    const BoundCondition *condition(const Node &node);

    // A value of any type; literals and jsonb paths get the type that their partner asks for later.
    const BoundValue *value(const Node &node);

    // A value that is a number; a jsonb path is read as one.
    const BoundValue *number(const Node &node);

    std::pmr::vector<SegmentUse> segments;
    std::pmr::vector<Probe> probes;
    bool ranks = false;
    std::pmr::vector<std::uint32_t> joins;
    std::pmr::vector<const Trait *> traits;

private:
    // check_name.cpp
    struct Resolved {
        const Trait *trait;
        std::span<const Name::Part> steps;
    };
    Resolved resolve(const Name &name);
    [[noreturn]] void unknown_trait(const Name &name);
    const BoundValue *name(const Name &name);
    const BoundValue *cast(const BoundValue *operand, const Name &name);
    const BoundValue *text_cast(const BoundValue *operand, const Type &type);
    const SegmentName &segment(std::string_view name, std::uint32_t position, bool current);

    // check_value.cpp
    const BoundValue *arithmetic(const Arithmetic &node);
    const BoundValue *moment_arithmetic(const Arithmetic &node, const BoundValue *left, const BoundValue *right);
    const BoundValue *number_arithmetic(const Arithmetic &node, const BoundValue *left, const BoundValue *right);
    const BoundValue *negate(const Negate &node);
    const BoundValue *call(const Call &node);
    const BoundValue *days(const Days &node);
    const BoundValue *as_number(const BoundValue *value);
    const BoundValue *as_moment(const BoundValue *value);
    const BoundValue *number_literal(std::string_view digits, std::uint32_t position);

    // check_moment.cpp
    const BoundValue *as_of(std::uint32_t position);
    const BoundValue *instant(const BoundValue *value);
    const BoundValue *comparison_form(const BoundValue *value, bool with_timestamp);
    const BoundValue *day(const BoundValue *value);
    const BoundValue *shift(const BoundValue *base, const Span &span, std::uint32_t position);
    const BoundValue *move(const BoundValue *base, const BoundValue *interval, bool back);
    const BoundValue *period_start(Unit unit, const Type &type, std::uint32_t position);
    const BoundValue *elapsed_bound(const BoundElapsed &elapsed, const BoundValue *duration, bool &on_left);

    // check_compare.cpp
    struct Pair {
        const BoundValue *left, *right;
    };
    Pair comparable(const BoundValue *left, const BoundValue *right);
    const BoundValue *read_path(const BoundValue *value, const BoundValue *partner);
    const BoundValue *literal(const BoundText &text, const Type &type, const BoundValue &partner);
    const BoundCondition *compare(const Compare &node);
    const BoundCondition *compare(Comparison op, const BoundValue *left, const BoundValue *right);
    const BoundCondition *compare_elapsed(Comparison op, const BoundElapsed &elapsed, const BoundValue *duration);
    const BoundCondition *range(const BoundValue *value, const BoundValue *low, bool low_inclusive, const BoundValue *high,
                                bool high_inclusive);
    const BoundCondition *between(const Between &node);
    const BoundCondition *in_list(const InList &node);
    const BoundCondition *truth(const BoundValue *value, bool expected);

    // check_window.cpp
    struct Edges {
        const BoundValue *low = nullptr, *high = nullptr;
        bool low_inclusive = true, high_inclusive = true;
    };
    Edges edges(const Window &window, const Type &type);
    const BoundCondition *in_window(const InWindow &node);
    const BoundCondition *anniversary(const InWindow &node);

    // check_condition.cpp
    const BoundCondition *junction(ConditionKind kind, Nodes operands);
    const BoundCondition *is_set(const IsSet &node);
    const BoundCondition *is_true(const IsTrue &node);
    const BoundCondition *text_match(const TextMatch &node);
    const BoundCondition *includes(const Includes &node);
    const BoundValue *element(const BoundValue *item, const Type *type, const BoundValue &array);
    const BoundCondition *rank(const Rank &node);
    const BoundCondition *in_segment(const InSegment &node);
    const BoundCondition *is_label(const IsLabel &node);
    const BoundCondition *in_manual_list(const InManualList &node);
    const BoundCondition *segment_change(const SegmentChange &node);

    // check_missing.cpp
    [[noreturn]] void missing_part(const Node &node);

    const BoundCondition *negated_if(bool negated, const BoundCondition *condition);
    const BoundCondition *both(const BoundCondition *left, const BoundCondition *right);
    void probe(std::uint32_t position, std::string sql);

    template <class T>
    const T *add(const T &value) {
        return arena_.add(value);
    }

    const Vocabulary &vocabulary_;
    Arena arena_;
    Role role_;
    std::pmr::unordered_map<std::int32_t, std::size_t> segment_index_;  // of `segments`
};

// A part of a jsonb trait that has not been given a type yet.
inline bool is_untyped(const BoundValue &value) {
    return value.kind == ValueKind::path && value.type->type_class == TypeClass::jsonb;
}

// How messages name a value: as the definition does, or by what it is.
std::string label(const BoundValue &value);

// `plan is text`, `3 is a number`.
std::string what(const BoundValue &value);

[[noreturn]] void mismatch(std::uint32_t position, std::string message, std::string hint = {});

// A name as it is written in a definition: parts joined by dots, quoted where they must be.
std::string display(std::span<const Name::Part> parts);

}  // namespace segment::definition
