#include <algorithm>
#include <numeric>

#include "core/definition/amendments.hpp"
#include "core/definition/bound.hpp"
#include "core/definition/order.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/located.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

Compilation::Compilation(MemoryContext context, const Population *population, const Binding &binding, const Segments *all,
                         std::span<const int32> wanted, std::string_view as_of_sql, EventReading reading)
    : resource_(context),
      arena_(&resource_),
      binding_(binding),
      as_of_sql_(as_of_sql),
      narrowed_(&resource_),
      nodes_(&resource_),
      reading_(reading),
      readable_(binding.vocabulary.events.size(), false, &resource_),
      plan(&resource_),
      events(readable_, plan, &resource_),
      segments(&resource_),
      lost_values(&resource_),
      base_(check_text(population->base, std::pmr::string("the base of population \"", &arena_).append(population->name).append("\""),
                       definition::Role::base)) {
    for (std::size_t i = 0; i < readable_.size(); ++i) {
        readable_[i] = binding.sources[i].is_readable;
    }
    collect(all, wanted);
    plan.base(match::compile(base_, {binding_.vocabulary, as_of_sql_, nullptr, base_.joins}, nodes_, plan, &resource_, passes()));
    for (CompiledSegment &compiled : segments) {
        const definition::Scope scope{binding_.vocabulary, as_of_sql_, &base_, compiled.checked.joins};
        const match::NodeId node = match::compile(compiled.checked, scope, nodes_, plan, &resource_, passes());
        nodes_.emplace(compiled.segment->id, node);
        compiled.root = plan.root(node);
        watch_losses(compiled, scope);
    }
}

// A loss is a boolean feature like any other, so that the scan counts it along the way.
void Compilation::watch_losses(const CompiledSegment &compiled, const definition::Scope &scope) {
    for (const definition::Loss &loss : definition::losses(compiled.checked, scope, &arena_)) {
        const match::FeatureId feature = plan.feature(loss.sql);
        const match::CutId lost = plan.cut(feature, "true");
        const match::CutRange range{lost, lost};
        lost_values.push_back({compiled.segment, loss.position, plan.root(plan.leaf(feature, {&range, 1}))});
    }
}

definition::Checked Compilation::check_text(std::string_view text, std::string_view whose, definition::Role role) {
    try {
        return definition::check(definition::parse_definition(text, arena_), binding_.vocabulary, arena_, role);
    } catch (const Error &error) {
        throw located(error, text, whose);
    }
}

// Overrides count whatever the definition says, and of a scheme's rules the first that holds.
void Compilation::amend(definition::Checked &checked, const Segment &segment, std::span<const Segment> all) {
    std::pmr::vector<definition::SegmentName> before(&arena_);
    std::pmr::vector<std::int32_t> rivals(&arena_);
    for (const Segment &other : segment.scheme_id == 0 ? std::span<const Segment>() : all) {
        if (other.scheme_id != segment.scheme_id || other.id == segment.override_id) {
            continue;
        }
        if (other.scheme_position < segment.scheme_position) {
            before.push_back({other.name, other.id});
            definition::use_segment(checked, other.id);
        }
        if (other.includes) {
            rivals.push_back(other.id);
        }
    }
    checked.condition = definition::amended(checked.condition, {segment.override_id, segment.includes, segment.excludes, before, rivals},
                                            binding_.vocabulary, arena_);
}

// Checks the wanted segments and what they use, directly or not, and brings them into dependency order.
void Compilation::collect(const Segments *all, std::span<const int32> wanted) {
    std::pmr::vector<int32> pending(wanted.begin(), wanted.end(), &arena_);
    std::pmr::vector<bool> known(static_cast<std::size_t>(all->count), false, &arena_);
    std::pmr::vector<CompiledSegment> found(&arena_);
    std::pmr::vector<std::pmr::vector<int32>> uses(&arena_);
    const std::span<const Segment> items(all->items, static_cast<std::size_t>(all->count));
    while (!pending.empty()) {
        const int32 index = pending.back();
        pending.pop_back();
        if (known[index]) {
            continue;
        }
        known[index] = true;
        const Segment &segment = items[index];
        std::pmr::string whose("the definition", &arena_);
        if (segment.name[0] != '\0') {
            whose.append(" of segment \"").append(segment.name).append("\"");
        }
        found.push_back({&segment, check_text(segment.definition, whose, definition::Role::segment), 0});
        amend(found.back().checked, segment, items);
        uses.emplace_back();
        for (const definition::SegmentUse &use : found.back().checked.segments) {
            if (!use.current) {
                continue;
            }
            uses.back().push_back(use.id);
            const auto used = std::ranges::lower_bound(items, use.id, {}, &Segment::id);
            pending.push_back(static_cast<int32>(used - items.begin()));
        }
    }
    std::pmr::vector<definition::Dependent> dependents(&arena_);
    for (std::size_t i = 0; i < found.size(); ++i) {
        dependents.push_back({found[i].segment->id, found[i].segment->name, uses[i]});
    }
    segments.reserve(found.size());
    for (const std::uint32_t index : definition::dependency_order(dependents, &arena_)) {
        segments.push_back(std::move(found[index]));
    }
}

std::pmr::string Compilation::from_sql() const {
    std::pmr::vector<std::uint32_t> joins;
    for (const CompiledSegment &compiled : segments) {
        joins.insert(joins.end(), compiled.checked.joins.begin(), compiled.checked.joins.end());
    }
    std::ranges::sort(joins);
    std::pmr::string sql;
    definition::append_from(sql, {binding_.vocabulary, as_of_sql_, &base_, joins});
    if (!narrowed_.empty()) {
        sql.append(" WHERE ").append(narrowed_);
    }
    return sql;
}

definition::Checked Compilation::check_part(const definition::Node &part) {
    return definition::check(part, binding_.vocabulary, arena_);
}

definition::CheckedFormula Compilation::check_derived(const definition::DerivedTrait &trait) {
    try {
        return definition::check_derived(trait, binding_.vocabulary, arena_);
    } catch (const Error &error) {
        throw located(error, trait.formula, std::pmr::string("the formula of trait \"", &arena_).append(trait.name).append("\""));
    }
}

match::NodeId Compilation::node(const definition::Node &part) {
    return match::compile(check_part(part), scope(), nodes_, plan, &resource_, passes());
}

std::pmr::vector<definition::NamedDefinition> Compilation::used() {
    std::pmr::vector<definition::NamedDefinition> used(&arena_);
    for (const CompiledSegment &compiled : std::span(segments).first(segments.size() - 1)) {
        used.push_back({compiled.segment->id, compiled.segment->name, &compiled.checked});
    }
    return used;
}

std::pmr::string Compilation::to_sql() {
    return definition::to_sql(segments.back().checked, used(), {binding_.vocabulary, as_of_sql_, &base_}, &resource_);
}

std::pmr::string Compilation::holds_sql(std::string_view key_sql) {
    std::pmr::string row(&arena_);
    row.append(binding_.vocabulary.key_sql).append(" ").append(binding_.vocabulary.key_equals).append(" ").append(key_sql);
    return definition::holds_sql(segments.back().checked, used(), {binding_.vocabulary, as_of_sql_, &base_}, row, &resource_);
}

Compilation *compile(MemoryContext context, const Population *population, const Binding *binding, const Segments *segments,
                     const int32 *wanted, int32 wanted_count, const char *as_of_sql, EventReading reading) {
    return boundary::core([&] {
        return make_in_context<Compilation>(context, context, population, *binding, segments,
                                            std::span<const int32>(wanted, static_cast<std::size_t>(wanted_count)), as_of_sql, reading);
    });
}

Compilation *compile_sound(MemoryContext context, const Population *population, const Binding *binding, const Segments *segments,
                           const char *as_of_sql, boundary::ErrorRecord *errors) {
    const auto count = static_cast<std::size_t>(segments->count);
    auto *wanted = static_cast<int32 *>(palloc(sizeof(int32) * (count + 1)));
    std::iota(wanted, wanted + count, 0);
    std::fill_n(errors, count, boundary::ErrorRecord{});
    // Null with a mistake in a definition.
    const auto attempt = [&](MemoryContext where, std::span<const int32> some, boundary::ErrorRecord &error) {
        const auto made = boundary::attempt(error, [&] {
            return make_in_context<Compilation>(where, where, population, *binding, segments, some, as_of_sql, EventReading::by_member);
        });
        if (!made && !error.soft) {
            boundary::raise(error);
        }
        return made.value_or(nullptr);
    };
    boundary::ErrorRecord error{};
    if (Compilation *all = attempt(context, {wanted, count}, error); all != nullptr) {
        return all;
    }
    std::size_t sound = 0;
    for (std::size_t i = 0; i < count; i++) {
        MemoryContext alone = AllocSetContextCreate(CurrentMemoryContext, "segment definition", ALLOCSET_SMALL_SIZES);
        const auto index = static_cast<int32>(i);
        if (attempt(alone, {&index, 1}, errors[i]) != nullptr) {
            wanted[sound++] = index;
        }
        MemoryContextDelete(alone);
    }
    Compilation *rest = attempt(context, {wanted, sound}, error);
    if (rest == nullptr) {
        std::fill_n(errors, count, error);
    }
    return rest;
}

namespace {

template <class T>
T *allocate(MemoryContext context, size_t count) {
    return static_cast<T *>(ContextResource(context).allocate(sizeof(T) * (count + 1), alignof(T)));
}

char *copy_text(MemoryContext context, std::string_view text) {
    char *copy = allocate<char>(context, text.size());
    text.copy(copy, text.size());
    copy[text.size()] = '\0';
    return copy;
}

bool *marks(MemoryContext context, size_t count, std::span<const std::uint32_t> marked) {
    bool *result = allocate<bool>(context, count);
    std::fill_n(result, count, false);
    for (const std::uint32_t index : marked) {
        result[index] = true;
    }
    return result;
}

}  // namespace

char *to_sql(Compilation *compilation) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] { return copy_text(context, compilation->to_sql()); });
}

char *holds_sql(Compilation *compilation, const char *key_sql) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] { return copy_text(context, compilation->holds_sql(key_sql)); });
}

DerivedValue derived_value(Compilation *compilation, const definition::Vocabulary &vocabulary, const definition::DerivedTrait &trait) {
    DerivedValue value{};
    if (boundary::ErrorRecord error{}; !derived_value(compilation, vocabulary, trait, &value, error)) {
        boundary::raise(error);
    }
    return value;
}

bool derived_value(Compilation *compilation, const definition::Vocabulary &vocabulary, const definition::DerivedTrait &trait,
                   DerivedValue *value, boundary::ErrorRecord &error) {
    MemoryContext context = CurrentMemoryContext;
    const bool sound = boundary::attempt(error, [&] {
        ContextResource memory(context);
        const definition::CheckedFormula formula = compilation->check_derived(trait);
        const definition::Scope scope = compilation->scope_of(formula);
        std::pmr::string from(&memory);
        definition::append_from(from, scope);
        DerivedValue result{};
        result.type_sql = copy_text(context, formula.value->type->sql_name);
        result.ordered = formula.value->type->ordered;
        if (formula.value->kind != definition::ValueKind::elapsed) {
            result.value_sql = copy_text(context, definition::formula_sql(formula, scope, &memory));
        }
        result.from_sql = copy_text(context, from);
        result.uses = marks(context, vocabulary.derived.size(), formula.derived);
        result.joins = marks(context, vocabulary.joins.size(), formula.joins);
        result.scores = marks(context, vocabulary.scores.size(), formula.scores);
        result.events = marks(context, vocabulary.events.size(), formula.events);
        result.subscriptions = formula.subscriptions;
        result.probe_count = static_cast<int>(formula.probes.size());
        result.probes = allocate<const char *>(context, formula.probes.size());
        for (std::size_t i = 0; i < formula.probes.size(); ++i) {
            result.probes[i] = copy_text(context, formula.probes[i].sql);
        }
        *value = result;
    });
    if (!sound && !error.soft) {
        boundary::raise(error);
    }
    return sound;
}

namespace {

struct ProbePlace {
    const char *segment;
    uint32 position;
};

void tell_place(void *arg) {
    const auto *place = static_cast<const ProbePlace *>(arg);
    errcontext("character %u of the definition of segment \"%s\"", place->position + 1, place->segment);
}

}  // namespace

void run_probes(const Compilation *compilation) {
    for (const CompiledSegment &compiled : compilation->segments) {
        for (const definition::Probe &probe : compiled.checked.probes) {
            ProbePlace place{compiled.segment->name, probe.position};
            ErrorContextCallback callback{error_context_stack, tell_place, &place};
            error_context_stack = &callback;
            spi::connect();
            spi::execute(psprintf("SELECT %s", probe.sql.c_str()), {}, {.read_only = true});
            spi::finish();
            error_context_stack = callback.previous;
        }
    }
}

char *instant_sql(TimestampTz instant) {
    // begin_identity pins TimeZone to UTC and DateStyle to ISO.
    return psprintf("'%s'::timestamptz", DatumGetCString(DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(instant))));
}

}  // namespace segment::pg
