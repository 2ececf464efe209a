// The definitions of a population, parsed, checked and merged into one plan.
#pragma once

#include <memory_resource>
#include <vector>

#include "core/definition/check.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/sql.hpp"
#include "core/match/compile.hpp"
#include "core/match/plan.hpp"
#include "pg/boundary.hpp"
#include "pg/memory.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

// A definition that is evaluated, with those that it refers to.
struct CompiledSegment {
    const Segment *segment;
    definition::Checked checked;
    match::RootId root;
};

// A value that a definition may lose, with the root of the members that lose it.
struct LostValue {
    const Segment *segment;
    uint32 position;  // in the canonical text
    match::RootId root;
};

// How conditions on events are evaluated.
enum class EventReading : uint8 {
    by_member,  // by subqueries of the scan: for single members, and where nothing is evaluated
    in_passes,  // where that can be, by a pass over each source for all conditions; the rest as above
};

class Compilation {
public:
    // Parses and checks the base and the `wanted` segments with all that they use, and merges them into the plan. `as_of_sql`
    // is a timestamptz expression. Everything referred to must outlive the object. Throws Error with the place in the
    // definition that is wrong.
    Compilation(MemoryContext context, const Population *population, const Binding &binding, const Segments *segments,
                std::span<const int32> wanted, std::string_view as_of_sql, EventReading reading);

    // The FROM clause of the scan, with its WHERE clause if it is narrowed.
    std::pmr::string from_sql() const;

    // Lets the scan read only rows that fulfil an SQL condition. Ranks are still taken among all members.
    void narrow(std::string_view condition) { narrowed_ = condition; }

    // A node of the plan for a part of the definition that comes last, before the scan.
    match::NodeId node(const definition::Node &part);

    // The tree of a definition that has been checked before, and a part of it bound, living as long as the compilation.
    const definition::Node &parse(std::string_view text) { return definition::parse_definition(text, arena_); }
    definition::Checked check_part(const definition::Node &part);
    definition::Scope scope() const { return {binding_.vocabulary, as_of_sql_, &base_, segments.back().checked.joins}; }

    const definition::Checked &base() const { return base_; }
    const definition::Vocabulary &vocabulary() const { return binding_.vocabulary; }

    // A derived trait of the vocabulary by itself.
    definition::CheckedFormula check_derived(const definition::DerivedTrait &trait);
    definition::Scope scope_of(const definition::CheckedFormula &formula) const {
        return {binding_.vocabulary, as_of_sql_, nullptr, formula.joins};
    }

    // A plain SELECT of the keys of the segment that comes last.
    std::pmr::string to_sql();
    // A SELECT of whether the segment that comes last holds, for the rows whose key equals an SQL expression.
    std::pmr::string holds_sql(std::string_view key_sql);

private:
    definition::Checked check_text(std::string_view text, std::string_view whose, definition::Role role);
    std::pmr::vector<definition::NamedDefinition> used();
    void collect(const Segments *all, std::span<const int32> wanted);
    void amend(definition::Checked &checked, const Segment &segment, std::span<const Segment> all);
    match::EventFeatures *passes() { return reading_ == EventReading::in_passes ? &events : nullptr; }
    void watch_losses(const CompiledSegment &compiled, const definition::Scope &scope);

    ContextResource resource_;
    std::pmr::monotonic_buffer_resource arena_;
    const Binding &binding_;
    std::string_view as_of_sql_;
    std::pmr::string narrowed_;
    match::SegmentNodes nodes_;
    EventReading reading_;
    std::pmr::vector<bool> readable_;  // by source

public:
    match::Plan plan;
    match::EventFeatures events;                 // what is left to passes
    std::pmr::vector<CompiledSegment> segments;  // in dependency order: each after those that it uses
    std::pmr::vector<LostValue> lost_values;

private:
    definition::Checked base_;
};

// The compilation in `context`, owned by it. `wanted` are indexes into `segments`.
Compilation *compile(MemoryContext context, const Population *population, const Binding *binding, const Segments *segments,
                     const int32 *wanted, int32 wanted_count, const char *as_of_sql, EventReading reading = EventReading::by_member);

// As `compile` with all segments, but without those that mean nothing any more: `errors`, as many as segments, tell why; the others
// have no message. Null if that is so of the base: then all have its error.
Compilation *compile_sound(MemoryContext context, const Population *population, const Binding *binding, const Segments *segments,
                           const char *as_of_sql, boundary::ErrorRecord *errors);

// Compilation::to_sql and holds_sql, in the current context.
char *to_sql(Compilation *compilation);
char *holds_sql(Compilation *compilation, const char *key_sql);

// What a derived trait comes to, in the current context.
struct DerivedValue {
    const char *type_sql;
    bool ordered;
    const char *value_sql;  // null for a time elapsed, which has no SQL of its own
    const char *from_sql;   // over which it is computed
    bool *uses;             // of the vocabulary's derived traits, those that it is built on
    bool *joins;            // of its trait relations
    bool *scores;           // of its scores
    bool *events;           // of its sources of events
    bool subscriptions;
    int probe_count;
    const char **probes;
};

// With an `error`, whether it means something: what is wrong with the formula is told there and not raised.
DerivedValue derived_value(Compilation *compilation, const definition::Vocabulary &vocabulary, const definition::DerivedTrait &trait);
bool derived_value(Compilation *compilation, const definition::Vocabulary &vocabulary, const definition::DerivedTrait &trait,
                   DerivedValue *value, boundary::ErrorRecord &error);

// Raises when the literals of the compilation's definitions are not what their types take.
void run_probes(const Compilation *compilation);

// An instant as a timestamptz literal that means the same in every session.
char *instant_sql(TimestampTz instant);

}  // namespace segment::pg
