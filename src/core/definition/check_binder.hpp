// The walk from the syntax tree to the bound tree; shared by the files check_*.cpp, which hold one concern each.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "core/definition/arena.hpp"
#include "core/definition/ast.hpp"
#include "core/definition/bound.hpp"
#include "core/definition/bound_events.hpp"
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

    // A derived trait by itself; positions are those in its formula.
    const BoundValue *derived_value(const DerivedTrait &trait);

    std::pmr::vector<SegmentUse> segments;
    std::pmr::vector<Probe> probes;
    bool ranks = false;
    std::pmr::vector<std::uint32_t> joins;
    std::pmr::vector<const Trait *> traits;
    std::pmr::vector<std::uint32_t> events;
    bool subscriptions = false;
    std::pmr::vector<std::uint32_t> derived;
    std::pmr::vector<std::uint32_t> scores;
    std::pmr::vector<EventUse> event_names;

    // The last time of the events of each value that has been bound, without its window.
    std::pmr::vector<const BoundValue *> evidence();

private:
    // check_name.cpp
    struct Resolved {
        const Trait *trait;
        std::span<const Name::Part> steps;
        Row row = member_row;
    };
    Resolved resolve(const Name &name);
    Resolved resolve_trait(const Name &name);
    void join(const Trait &trait);
    const ScoreName *find_score(std::string_view name, std::uint32_t position);
    [[noreturn]] void unknown_trait(const Name &name);
    static void require(const Absence *absence, std::uint32_t position);
    const BoundValue *name(const Name &name);
    const BoundValue *cast(const BoundValue *operand, const Name &name);
    const BoundValue *text_cast(const BoundValue *operand, const Type &type);
    const SegmentName &segment(std::string_view name, std::uint32_t position, bool current);
    const SegmentName &past_segment(std::string_view name, std::uint32_t position, bool current);

    // check_derived.cpp
    const DerivedTrait *find_derived(const Name &name) const;
    const BoundValue *expand(const DerivedTrait &trait, const Name &name);
    const BoundValue *formula(const DerivedTrait &trait);

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
    const BoundValue *partner(const Node &node);
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
    const BoundCondition *in_window(const BoundValue *value, const Window &window);
    const BoundCondition *anniversary(const InWindow &node);

    // check_condition.cpp
    const BoundCondition *junction(ConditionKind kind, Nodes operands);
    const BoundCondition *is_set(const IsSet &node);
    const BoundCondition *is_true(const IsTrue &node);
    const BoundCondition *text_match(const TextMatch &node);
    const BoundCondition *text_match(const BoundValue *subject, TextOperator op, bool ignoring_case, std::string_view pattern,
                                     std::uint32_t position);
    const BoundCondition *includes(const Includes &node);
    const BoundValue *element(const BoundValue *item, const Type *type, const BoundValue &array);
    const BoundCondition *rank(const Rank &node);
    const BoundCondition *in_segment(const InSegment &node);
    const BoundCondition *is_label(const IsLabel &node);
    const BoundCondition *is_band(const IsLabel &node, const ScoreName &score);
    const BoundCondition *in_manual_list(const InManualList &node);
    const BoundCondition *segment_change(const SegmentChange &node);

    // check_row.cpp: the columns of a source
    using StepSources = std::span<const EventSource *const>;  // of the steps before, null for one that cannot be referred to
    Resolved resolve_column(const Name &name);
    void refuse_in_row(const Node &node);
    const BoundCondition *where(const Node &condition, const EventSource &source, StepSources steps);
    const BoundValue *column(const Name &name, const EventSource &source);

    // check_events.cpp: which events
    struct Chosen {
        const EventSource *source;
        std::vector<std::string_view> names;  // none: all of the source's
        bool pattern = false;                 // the name is one
    };
    using EventParts = std::vector<BoundEventPart>;
    std::vector<Chosen> choose(const Events &node, const Node &form);
    const EventSource &event_source(std::string_view name, std::uint32_t position);
    EventParts event_parts(const Events &node, const Node &form, StepSources steps = {});
    EventParts event_parts(const Events &node, const Node &form, const Window *window);
    void within_window(EventParts &parts, const Window *window);
    void between_ago(EventParts &parts, const Span &from, const Span &until, const Duration &written);
    void align_times(EventParts &parts);
    BoundEvents bound(const EventParts &parts, const Type *value_type = nullptr);
    const BoundCondition *occurs(const EventParts &parts);
    const BoundValue *event_value(EventFunction function, const EventParts &parts, const Type &type, std::uint32_t position,
                                  Unit unit = Unit::day, const Type *value_type = nullptr);
    const BoundValue *ago(const BoundValue &at, const Span &span, const Duration &written);

    // check_behaviour.cpp
    const BoundCondition *did(const Did &node);
    const BoundCondition *counted(const BoundValue *value, const Count &count);
    const BoundCondition *recency(const Recency &node);
    const BoundCondition *trend(const Trend &node);
    const BoundCondition *score_trend(const Trend &node, const Name &name);
    const BoundCondition *stopped(const Stopped &node);
    const BoundCondition *resumed(const Resumed &node);

    // check_aggregate.cpp
    const BoundValue *aggregate(const Aggregate &node);
    const BoundValue *aggregated(const Aggregate &node, EventParts &parts);
    const BoundValue *share(const Share &node);
    const BoundValue *pick(const Pick &node);
    const BoundValue *streak(const Streak &node);
    const BoundValue *last_event(const LastEvent &node);
    const Type *argument(EventParts &parts, const Name &name, EventFunction function);
    const BoundValue *retyped(const BoundValue &untyped, const Type &type);

    // check_sequence.cpp
    const BoundCondition *sequence(const Sequence &node);
    struct PendingStep;
    void see_from_within(PendingStep &step, std::size_t number);
    const BoundValue *step_column(std::string_view name, const Type &type, std::size_t step);
    const BoundCondition *later(const PendingStep &step, const PendingStep &than);
    const BoundCondition *either(const std::vector<const BoundCondition *> &ways);

    // check_subscription.cpp
    bool is_subscription(const Name &name) const;
    static bool is_subscription_field(std::string_view word);
    const BoundValue *subscription(const Name &name);
    const BoundCondition *had_movement(const HadMovement &node);

    // check_hint.cpp
    std::string other_role_hint(const Name &name) const;
    std::string concept_hint(const Name &name) const;

    // check_missing.cpp
    [[noreturn]] void missing_part(const Node &node);

    const BoundCondition *negated_if(bool negated, const BoundCondition *condition);
    const BoundCondition *both(const BoundCondition *left, const BoundCondition *right);
    void probe(std::uint32_t position, std::string sql);

    template <class T>
    const T *add(const T &value) {
        T *added = arena_.add(value);
        if constexpr (std::is_base_of_v<BoundValue, T>)
            added->position = place(value.position);
        return added;
    }

    // What is computed by a derived trait's formula stands where the trait's name does.
    std::uint32_t place(std::uint32_t position) const { return expanded_name_ ? expanded_name_->position : position; }

    const Vocabulary &vocabulary_;
    Arena arena_;
    Role role_;
    const Compare *compared_ = nullptr;  // the comparison whose sides are being bound
    const Node *partner_ = nullptr;      // what is compared with something, while it is being bound
    const EventSource *row_ = nullptr;   // whose columns names are, within where (…)
    StepSources steps_;
    bool refers_to_step_ = false;
    const Name *expanded_name_ = nullptr;          // of the derived trait whose formula is being bound, in the text that is checked
    std::vector<const DerivedTrait *> expanding_;  // that trait, and those between the two
    std::size_t expanded_bytes_ = 0;               // of formulas, so far
    std::pmr::unordered_map<std::int32_t, std::size_t> segment_index_;  // of `segments`
    std::vector<EventParts> event_values_;                              // what the values looked at
};

// A part of a jsonb column, or one picked from events, that has not been given a type yet.
inline bool is_untyped(const BoundValue &value) {
    return (value.kind == ValueKind::path || value.kind == ValueKind::events) && value.type->type_class == TypeClass::jsonb;
}

// How messages name a value: as the definition does, or by what it is.
std::string label(const BoundValue &value);

// The path itself of an untyped value, to which a cast is written.
std::string path_label(const BoundValue &untyped);

// `plan is text`, `3 is a number`.
std::string what(const BoundValue &value);

[[noreturn]] void mismatch(std::uint32_t position, std::string message, std::string hint = {});

// `step1`, `step2`, …: what a sequence's later steps call the earlier ones.
bool is_step(std::string_view name);

// So many calendar periods.
Span period_length(Unit unit, std::int64_t count);

// The duration next to a value of the type; throws if that is a date and the duration no whole number of days.
Span whole_days(const Duration &duration, const Type &type);

// A name as it is written in a definition: parts joined by dots, quoted where they must be.
std::string display(std::span<const Name::Part> parts);

}  // namespace segment::definition
