// Names: traits, jsonb paths, casts, segments.
#include <algorithm>
#include <array>

#include "core/definition/ascii.hpp"
#include "core/definition/check_binder.hpp"
#include "core/definition/nearest.hpp"
#include "core/definition/sql_quote.hpp"

namespace segment::definition {
namespace {

std::string quoted(std::string_view name) {
    return '"' + std::string(name) + '"';
}

std::string full_name(const Trait &trait) {
    return trait.prefix.empty() ? std::string(trait.name) : std::string(trait.prefix) + '.' + std::string(trait.name);
}

const Trait *find(const Vocabulary &vocabulary, std::string_view prefix, std::string_view name) {
    for (const Trait &trait : vocabulary.traits)
        if (trait.name == name && trait.prefix == prefix)
            return &trait;
    return nullptr;
}

// The trait whose name is nearest to `name`, among those of the prefix or, without one, among all.
const Trait *nearest_trait(const Vocabulary &vocabulary, std::string_view prefix, std::string_view name) {
    for (const Trait &trait : vocabulary.traits)
        if (prefix.empty() && trait.name == name)
            return &trait;
    Nearest search(name);
    const Trait *best = nullptr;
    for (const Trait &trait : vocabulary.traits) {
        if (!prefix.empty() && trait.prefix != prefix)
            continue;
        search.offer(trait.name);
        if (search.best().data() == trait.name.data())
            best = &trait;
    }
    return search.best().empty() ? nullptr : best;
}

std::string trait_hint(const Vocabulary &vocabulary, std::span<const Name::Part> parts) {
    if (parts.size() == 1 || parts[1].index >= 0) {
        if (const Trait *near = nearest_trait(vocabulary, {}, parts[0].name))
            return "Did you mean " + quoted(full_name(*near)) + "?";
        Nearest search(parts[0].name);
        for (const DerivedTrait &derived : vocabulary.derived)
            search.offer(derived.name);
        for (const ScoreName &score : vocabulary.scores)
            search.offer(score.name);
        return search.best().empty() ? std::string() : "Did you mean " + quoted(search.best()) + "?";
    }
    const auto has_prefix = [&](const Trait &trait) { return trait.prefix == parts[0].name; };
    if (std::any_of(vocabulary.traits.begin(), vocabulary.traits.end(), has_prefix)) {
        const Trait *near = nearest_trait(vocabulary, parts[0].name, parts[1].name);
        return near ? "Did you mean " + quoted(full_name(*near)) + "?" : std::string();
    }
    Nearest search(parts[0].name);
    for (const Trait &trait : vocabulary.traits)
        search.offer(trait.prefix.empty() ? trait.name : trait.prefix);
    if (search.best().empty())
        return {};
    std::string hint = "Did you mean \"" + std::string(search.best());
    for (const Name::Part &part : parts.subspan(1))
        hint += part.index >= 0 ? '[' + std::to_string(part.index) + ']' : '.' + std::string(part.name);
    return hint + "\"?";
}

// Null if the relation of the prefix is there, or there is none.
const Absence *absence_of(const Vocabulary &vocabulary, std::string_view prefix) {
    const auto source = std::ranges::find(vocabulary.trait_sources, prefix, &TraitSource::prefix);
    return source == vocabulary.trait_sources.end() ? nullptr : source->absence;
}

// Which relations do not have the column.
std::string searched(const Vocabulary &vocabulary, std::span<const Name::Part> parts) {
    const bool prefixed =
        parts.size() > 1 && parts[1].index < 0 &&
        std::ranges::find(vocabulary.trait_sources, parts[0].name, &TraitSource::prefix) != vocabulary.trait_sources.end();
    std::string relations;
    for (const TraitSource &source : vocabulary.trait_sources)
        if (source.prefix == (prefixed ? parts[0].name : std::string_view()))
            relations += (relations.empty() ? "" : ", ") + std::string(source.relation_sql);
    if (relations.empty())
        return relations;
    return "There is no column " + quoted(parts[prefixed ? 1 : 0].name) + " in " + relations + '.';
}

struct CastTarget {
    std::string_view name;
    const Type *type;
};

constexpr std::array<CastTarget, 11> cast_targets{{
    {"text", &text_type},
    {"numeric", &numeric_type},
    {"decimal", &numeric_type},
    {"int", &bigint_type},
    {"integer", &bigint_type},
    {"bigint", &bigint_type},
    {"boolean", &boolean_type},
    {"bool", &boolean_type},
    {"date", &date_type},
    {"timestamp", &timestamp_type},
    {"timestamptz", &timestamptz_type},
}};

// Whether every number of the one type is one of the other.
bool is_lossless(const Type &from, const Type &to) {
    return from.type_class == to.type_class || (from.type_class == TypeClass::integer && to.type_class == TypeClass::numeric);
}

}  // namespace

bool is_reserved(std::string_view name) {
    return name == "subscription" || name == "event" || is_step(name);
}

bool is_step(std::string_view name) {
    return name.size() > 4 && name.starts_with("step") && std::all_of(name.begin() + 4, name.end(), ascii::is_digit);
}

std::string display(std::span<const Name::Part> parts) {
    std::string text;
    for (const Name::Part &part : parts) {
        if (part.index >= 0) {
            text += '[' + std::to_string(part.index) + ']';
            continue;
        }
        if (!text.empty())
            text += '.';
        text += part.name;
    }
    return text;
}

Binder::Resolved Binder::resolve(const Name &name) {
    const Resolved found = row_ ? resolve_column(name) : resolve_trait(name);
    if (!found.steps.empty() && found.trait->type.type_class != TypeClass::jsonb) {
        const bool array = found.trait->type.type_class == TypeClass::array;
        mismatch(name.position, full_name(*found.trait) + " is " + describe(found.trait->type) + ", only jsonb has parts",
                 array ? "Use includes to look into an array." : std::string());
    }
    return found;
}

Binder::Resolved Binder::resolve_trait(const Name &name) {
    const std::span<const Name::Part> parts = name.parts;
    Resolved found{nullptr, {}};
    if (parts.size() > 1 && parts[1].index < 0)
        require(absence_of(vocabulary_, parts[0].name), name.position);
    if (parts.size() > 1 && parts[1].index < 0 && !parts[0].quoted && parts[0].name == "subscription")
        missing_part(name);
    if (parts.size() > 1 && parts[1].index < 0) {
        found.trait = find(vocabulary_, parts[0].name, parts[1].name);
        found.steps = parts.subspan(2);
    }
    if (!found.trait) {
        found.trait = find(vocabulary_, {}, parts[0].name);
        found.steps = parts.subspan(1);
    }
    const ScoreName *score = found.trait ? nullptr : find_score(parts[0].name, name.position);
    if (score)
        found.trait = &score->value;
    if (!found.trait)
        unknown_trait(name);
    require(found.trait->absence, name.position);
    join(*found.trait);
    if (!score && std::ranges::find(traits, found.trait) == traits.end())
        traits.push_back(found.trait);
    return found;
}

// Lets the scan join the relation that the trait comes from.
void Binder::join(const Trait &trait) {
    if (trait.join < 0)
        return;
    const auto join = static_cast<std::uint32_t>(trait.join);
    if (const auto place = std::ranges::lower_bound(joins, join); place == joins.end() || *place != join)
        joins.insert(place, join);
}

// Null if there is none of the name; else the definition reads it from now on.
const ScoreName *Binder::find_score(std::string_view name, std::uint32_t position) {
    const auto score = std::ranges::find(vocabulary_.scores, name, &ScoreName::name);
    if (score == vocabulary_.scores.end())
        return nullptr;
    if (role_ == Role::base)
        throw Error(ErrorCode::invalid_parameter, "a base cannot refer to scores", position,
                    "Scores are computed for the members of the base.");
    require(score->absence, position);
    const auto index = static_cast<std::uint32_t>(score - vocabulary_.scores.begin());
    if (const auto place = std::ranges::lower_bound(scores, index); place == scores.end() || *place != index)
        scores.insert(place, index);
    return &*score;
}

void Binder::unknown_trait(const Name &name) {
    const std::string_view first = name.parts[0].name;
    if (first == "subscription" && !name.parts[0].quoted)
        missing_part(name);
    const std::string message = "unknown trait " + quoted(display(name.parts));
    if (!name.parts[0].quoted && (first == "event" || is_step(first)))
        throw Error(ErrorCode::undefined_column, message, name.position, {},
                    "\"" + std::string(first) + "\" is known only inside the where (...) of an event or a sequence's step.");
    std::string hint = other_role_hint(name);
    const auto bare = [](const TraitSource &source) { return source.prefix.empty() && source.absence; };
    if (const auto gone = std::ranges::find_if(vocabulary_.trait_sources, bare); hint.empty() && gone != vocabulary_.trait_sources.end())
        throw Error(ErrorCode::undefined_table, message, name.position,
                    "It may be of a relation that cannot be read: " + std::string(gone->absence->message) + '.',
                    std::string(gone->absence->hint));
    if (hint.empty())
        hint = trait_hint(vocabulary_, name.parts);
    if (hint.empty())
        hint = concept_hint(name);
    if (hint.empty() && partner_ == &name && name.parts.size() == 1 && !name.parts[0].quoted)
        hint = "Texts are written in single quotes.";
    if (hint.empty())
        hint = "The views segment.population and segment.source name the relations whose columns are traits.";
    throw Error(ErrorCode::undefined_column, message, name.position, searched(vocabulary_, name.parts), hint);
}

void Binder::require(const Absence *absence, std::uint32_t position) {
    if (absence)
        throw Error(absence->code, std::string(absence->message), position, std::string(absence->detail), std::string(absence->hint));
}

const BoundValue *Binder::name(const Name &name) {
    if (is_subscription(name))
        return subscription(name);
    if (const DerivedTrait *derived = find_derived(name))
        return expand(*derived, name);
    const auto [trait, steps, row] = resolve(name);
    const BoundValue *value;
    if (trait->type.type_class == TypeClass::jsonb)
        value = add(BoundPath{{ValueKind::path, false, name.position, &jsonb_type}, trait, steps, row});
    else
        value = add(BoundTrait{{ValueKind::trait, false, name.position, &trait->type}, trait, row});
    return name.cast.empty() ? value : cast(value, name);
}

const BoundValue *Binder::cast(const BoundValue *operand, const Name &name) {
    const auto *target = std::find_if(cast_targets.begin(), cast_targets.end(), [&](const CastTarget &t) { return t.name == name.cast; });
    if (target == cast_targets.end())
        throw Error(ErrorCode::undefined_object, "cannot cast to " + quoted(name.cast), name.position, {},
                    "Casts are to text, numeric, bigint, boolean, date, timestamp and timestamptz.");
    const Type &type = *target->type;
    if (operand->kind == ValueKind::path) {
        const auto &path = static_cast<const BoundPath &>(*operand);
        operand = add(BoundPath{{ValueKind::path, false, name.position, &text_type}, path.trait, path.steps, path.row});
    }
    if (is_number(*operand->type) && is_number(type) && !is_lossless(*operand->type, type))
        mismatch(name.position, what(*operand) + " and cannot be cast to " + std::string(name.cast),
                 "Numbers are compared as they are, whatever their types.");
    if (operand->type->case_insensitive && type.type_class == TypeClass::text)
        mismatch(name.position, what(*operand) + " that ignores case, which a cast does not change");
    if (operand->type->type_class == type.type_class || (is_number(*operand->type) && is_number(type)))
        return operand;
    if (operand->type->type_class == TypeClass::text)
        return text_cast(operand, type);
    if (is_moment(*operand->type) && type.type_class == TypeClass::date)
        return day(operand);
    if (operand->type->type_class == TypeClass::timestamp && type.type_class == TypeClass::timestamptz)
        return add(BoundInstant{{ValueKind::instant, operand->constant, operand->position, &timestamptz_type}, operand, true});
    mismatch(name.position, what(*operand) + " and cannot be cast to " + std::string(name.cast));
}

const BoundValue *Binder::text_cast(const BoundValue *operand, const Type &type) {
    const auto as = [&](const Type &target) { return add(BoundCast{{ValueKind::cast, false, operand->position, &target}, operand}); };
    // The date of a text that may hold a whole instant is the one in the population's zone.
    return type.type_class == TypeClass::date ? day(as(timestamptz_type)) : as(type);
}

const SegmentName &Binder::segment(std::string_view name, std::uint32_t position, bool current) {
    const auto known =
        std::find_if(vocabulary_.segments.begin(), vocabulary_.segments.end(), [&](const SegmentName &s) { return s.name == name; });
    if (known == vocabulary_.segments.end()) {
        Nearest search(name);
        for (const SegmentName &candidate : vocabulary_.segments)
            search.offer(candidate.name);
        throw Error(ErrorCode::undefined_object, "unknown segment " + quoted(name), position, {},
                    search.best().empty() ? "The view segment.segment lists the segments." : "Did you mean " + quoted(search.best()) + "?");
    }
    if (role_ == Role::base)
        throw Error(ErrorCode::invalid_parameter, "a base cannot refer to segments", position,
                    "Segments are evaluated among the members of the base.");
    const auto [at, inserted] = segment_index_.try_emplace(known->id, segments.size());
    if (inserted)
        segments.push_back({known->id, position, current});
    else
        segments[at->second].current |= current;
    return *known;
}

}  // namespace segment::definition
