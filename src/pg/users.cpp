#include "pg/users.hpp"

#include <algorithm>

#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/identity.hpp"
#include "pg/segment.hpp"

namespace segment::pg {

namespace {

bool uses(Registered what, uint32 index, std::span<const uint32> joins, std::span<const uint32> derived) {
    return std::ranges::binary_search(what == Registered::trait_relation ? joins : derived, index);
}

bool trait_uses(Compilation *compilation, const definition::DerivedTrait &trait, Registered what, uint32 index) {
    boundary::ErrorRecord error;
    const std::optional<bool> result = boundary::attempt(error, [&] {
        const definition::CheckedFormula formula = compilation->check_derived(trait);
        return uses(what, index, formula.joins, formula.derived);
    });
    if (!result && !error.soft) {
        boundary::raise(error);
    }
    return result.value_or(false);
}

void append_name(StringInfo names, const char *kind, const char *name) {
    appendStringInfo(names, "%s%s \"%s\"", names->len > 0 ? ", " : "", kind, name);
}

}  // namespace

Users find_users(const Population *population, Registered what, uint32 index) {
    Segments segments = segments_of(population);
    auto *all = static_cast<int32 *>(palloc(sizeof(int32) * (segments.count + 1)));
    for (int32 i = 0; i < segments.count; i++) {
        all[i] = i;
    }
    Identity caller = begin_identity(population_owner(population));
    Binding binding = bind(population, &segments);
    Compilation *compilation = compile(CurrentMemoryContext, population, &binding, &segments, all, segments.count,
                                       instant_sql(GetCurrentTransactionStartTimestamp()));
    end_identity(caller);

    Users users{};
    users.base = uses(what, index, compilation->base().joins, compilation->base().derived);
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (segments.count + 1)));
    int count = 0;
    for (const CompiledSegment &compiled : compilation->segments) {
        if (uses(what, index, compiled.checked.joins, compiled.checked.derived)) {
            ids[count++] = Int32GetDatum(compiled.segment->id);
        }
    }
    users.segments =
        segments_and_users({INT4ARRAYOID, PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT))});
    const std::span<const definition::DerivedTrait> derived = binding.vocabulary.derived;
    users.traits = static_cast<char **>(palloc(sizeof(char *) * (derived.size() + 1)));
    for (const definition::DerivedTrait &trait : derived) {
        if (trait_uses(compilation, trait, what, index)) {
            users.traits[users.trait_count++] = pnstrdup(trait.name.data(), trait.name.size());
        }
    }
    return users;
}

void refuse_users(const Population *population, const Users &users, const char *what, Cascade cascade) {
    StringInfoData names;
    initStringInfo(&names);
    bool wanted = cascade == Cascade::wanted, stays = users.base || cascade == Cascade::impossible;
    if (users.base) {
        appendStringInfoString(&names, "the population's base");
    }
    for (int i = 0; i < users.trait_count && !wanted; i++) {
        append_name(&names, "trait", users.traits[i]);
    }
    for (uint64 row = 0; row < users.segments.count; row++) {
        bool rule = !is_null(users.segments, row, 3);
        stays = stays || rule;
        if (rule || (!wanted && DatumGetBool(value_of(users.segments, row, 2)))) {
            append_name(&names, "segment", text_of(users.segments, row, 1));
        }
    }
    if (names.len > 0) {
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
                        errmsg("%s of population \"%s\" is used by definitions", what, population->name),
                        errdetail("It is used by %s.", names.data),
                        stays ? errhint("Change or drop these first.") : errhint("Change or drop these first, or pass cascade => true.")));
    }
}

}  // namespace segment::pg
