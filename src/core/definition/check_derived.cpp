// Derived traits: a formula takes the place of a name, as if the definition had it in parentheses.
#include <algorithm>

#include "core/definition/check_binder.hpp"
#include "core/definition/limits.hpp"
#include "core/definition/parser.hpp"

namespace segment::definition {

// Within where (...) names are columns. A trait with the prefix comes first.
const DerivedTrait *Binder::find_derived(const Name &name) const {
    if (row_)
        return nullptr;
    const auto found = std::ranges::find(vocabulary_.derived, name.parts[0].name, &DerivedTrait::name);
    if (found == vocabulary_.derived.end())
        return nullptr;
    const bool prefixed =
        name.parts.size() > 1 && name.parts[1].index < 0 && std::ranges::any_of(vocabulary_.traits, [&](const Trait &trait) {
            return trait.prefix == name.parts[0].name && trait.name == name.parts[1].name;
        });
    return prefixed ? nullptr : &*found;
}

const BoundValue *Binder::expand(const DerivedTrait &trait, const Name &name) {
    require(trait.absence, name.position);
    if (name.parts.size() > 1)
        mismatch(name.position, "trait \"" + std::string(trait.name) + "\" is derived and has no parts");
    if (expanded_name_)
        return formula(trait);
    expanded_name_ = &name;
    const BoundValue *value = nullptr;
    try {
        value = formula(trait);
    } catch (const Error &error) {
        throw Error(error.code, "in trait \"" + std::string(trait.name) + "\": " + error.message, name.position, error.detail, error.hint);
    }
    expanded_name_ = nullptr;
    return name.cast.empty() ? value : cast(value, name);
}

const BoundValue *Binder::formula(const DerivedTrait &trait) {
    if (const auto again = std::ranges::find(expanding_, &trait); again != expanding_.end()) {
        std::string cycle;
        for (auto item = again; item != expanding_.end(); ++item)
            cycle += '"' + std::string((*item)->name) + "\" -> ";
        throw Error(ErrorCode::cyclic_definition, "traits are derived from each other: " + cycle + '"' + std::string(trait.name) + '"');
    }
    if (expanding_.size() == limits::trait_levels)
        throw Error(ErrorCode::program_limit_exceeded,
                    "traits are derived from each other over more than " + std::to_string(limits::trait_levels) + " levels");
    expanded_bytes_ += trait.formula.size();
    if (expanded_bytes_ > limits::text_bytes)
        throw Error(ErrorCode::program_limit_exceeded, "the formulas of its traits make the definition too long", Error::no_position, {},
                    "With each derived trait written out it may have " + std::to_string(limits::text_bytes) + " bytes.");
    const auto index = static_cast<std::uint32_t>(&trait - vocabulary_.derived.data());
    if (const auto at = std::ranges::lower_bound(derived, index); at == derived.end() || *at != index)
        derived.insert(at, index);
    expanding_.push_back(&trait);
    const BoundValue *bound = value(parse_trait_formula(trait.formula, arena_.memory()));
    expanding_.pop_back();
    return bound;
}

const BoundValue *Binder::derived_value(const DerivedTrait &trait) {
    const BoundValue *bound = formula(trait);
    derived.erase(std::ranges::find(derived, static_cast<std::uint32_t>(&trait - vocabulary_.derived.data())));
    return bound;
}

}  // namespace segment::definition
