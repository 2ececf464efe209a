#include "pg/users.hpp"

#include <algorithm>

#include "core/definition/references.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/identity.hpp"
#include "pg/score_query.hpp"
#include "pg/segment.hpp"

namespace segment::pg {

namespace {

// What users are looked for of.
struct Wanted {
    Registered what;
    uint32 index;
    const char *name;
    const TraitRelation *relation;  // of a trait relation
    const UserRelation *columns;    // of one whose traits have bare names; null if it cannot be read
    bool *traits;                   // the derived traits that use it, as far as they are known
    DerivedTraits all_traits;
};

// What the binder found in a definition.
struct Found {
    std::span<const uint32> joins, derived, scores;
};

bool has(std::span<const uint32> sorted, uint32 index) {
    return std::ranges::binary_search(sorted, index);
}

std::span<const uint32> marked(const bool *marks, size_t count) {
    auto *indexes = static_cast<uint32 *>(palloc(sizeof(uint32) * (count + 1)));
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (marks[i]) {
            indexes[found++] = static_cast<uint32>(i);
        }
    }
    return {indexes, found};
}

bool names(const char *definition, const char *name) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        return definition::names(definition, name, memory);
    });
}

bool refers_to(const char *definition, definition::Word what, const char *name) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        return definition::refers_to(definition, what, name, memory);
    });
}

bool refers_to_list(const char *definition, const char *name) {
    return refers_to(definition, definition::Word::list, name);
}

// What the text says where the binder cannot; `error` is why it cannot.
bool text_names(const Wanted &wanted, const char *definition, const boundary::ErrorRecord *error) {
    if (wanted.what == Registered::list) {
        return refers_to_list(definition, wanted.name);
    }
    if (wanted.what != Registered::trait_relation) {
        return names(definition, wanted.name);
    }
    if (wanted.relation->prefix != nullptr) {
        return names(definition, wanted.relation->prefix);
    }
    for (int32 i = 0; wanted.columns != nullptr && i < wanted.columns->column_count; i++) {
        if (names(definition, wanted.columns->columns[i].name)) {
            return true;
        }
    }
    // An unknown trait may be one of a relation that is gone, and the error names that.
    const char *sql = quote_qualified_identifier(wanted.relation->relation_schema, wanted.relation->relation_name);
    return wanted.columns == nullptr && error != nullptr && error->sqlstate == ERRCODE_UNDEFINED_TABLE && error->detail != nullptr &&
           strstr(error->detail, sql) != nullptr;
}

bool names_user_trait(const Wanted &wanted, const char *definition) {
    for (int32 i = 0; i < wanted.all_traits.count; i++) {
        if (wanted.traits[i] && names(definition, wanted.all_traits.items[i].name)) {
            return true;
        }
    }
    return false;
}

bool uses(const Wanted &wanted, const char *definition, const Found *found, const boundary::ErrorRecord *error) {
    if (found == nullptr) {
        return text_names(wanted, definition, error) || names_user_trait(wanted, definition);
    }
    switch (wanted.what) {
        case Registered::derived_trait:
            return has(found->derived, wanted.index);
        case Registered::trait_relation:
            return has(found->joins, wanted.index);
        case Registered::score:
            return has(found->scores, wanted.index);
        case Registered::list:
            break;
    }
    return refers_to_list(definition, wanted.name) ||
           std::ranges::any_of(found->derived, [&](uint32 trait) { return wanted.traits[trait]; });
}

// Derived traits, those included that are built on others which use it.
void find_traits(Wanted &wanted, Compilation *compilation, const Binding *binding) {
    for (bool again = true; again;) {
        again = false;
        for (int32 i = 0; i < wanted.all_traits.count; i++) {
            const bool itself = wanted.what == Registered::derived_trait && static_cast<uint32>(i) == wanted.index;
            if (wanted.traits[i] || itself) {
                continue;
            }
            boundary::ErrorRecord error{};
            DerivedValue value;
            Found found;
            bool sound = compilation != nullptr && derived_value(compilation, binding->vocabulary,
                                                                 binding->vocabulary.derived[static_cast<size_t>(i)], &value, error);
            if (sound) {
                found = {marked(value.joins, binding->vocabulary.joins.size()), marked(value.uses, binding->vocabulary.derived.size()),
                         marked(value.scores, binding->vocabulary.scores.size())};
            }
            wanted.traits[i] = uses(wanted, wanted.all_traits.items[i].formula, sound ? &found : nullptr, &error);
            again = again || wanted.traits[i];
        }
    }
}

// Of a metric's text, or a filter's.
bool text_uses(const Wanted &wanted, const char *text, const ScoreUses *found, const ScoreRecord *scores,
               const boundary::ErrorRecord *error) {
    if (found == nullptr) {
        return uses(wanted, text, nullptr, error);
    }
    if (wanted.what == Registered::score) {
        const std::span<const int32> used(found->scores, static_cast<size_t>(found->score_count));
        return std::ranges::find(used, scores[wanted.index].id) != used.end();
    }
    const Found bound{
        {found->joins, static_cast<size_t>(found->join_count)}, {found->derived, static_cast<size_t>(found->derived_count)}, {}};
    return uses(wanted, text, &bound, nullptr);
}

void find_scores(const Wanted &wanted, const Population *population, const Segments *segments, const Binding *binding, Users *users) {
    Scores scores = scores_of(population);
    users->scores = static_cast<char **>(palloc(sizeof(char *) * static_cast<Size>(scores.count + 1)));
    for (int32 i = 0; i < scores.count; i++) {
        const ScoreRecord &score = scores.items[i];
        boundary::ErrorRecord error{};
        const ScoreQuery *query = binding == nullptr ? nullptr
                                                     : score_query(population, segments, binding, &score,
                                                                   instant_sql(GetCurrentTransactionStartTimestamp()), nullptr, error);
        bool used = false;
        for (int32 place = 0; place <= score.metric_count && !used; place++) {
            const char *text = place == score.metric_count             ? score.filter
                               : score.metrics[place].value != nullptr ? score.metrics[place].value
                                                                       : score.metrics[place].condition;
            used = text != nullptr && text_uses(wanted, text, query == nullptr ? nullptr : &query->uses[place], scores.items, &error);
        }
        if (used && !(wanted.what == Registered::score && static_cast<uint32>(i) == wanted.index)) {
            users->scores[users->score_count++] = score.name;
        }
    }
}

// A source that traits may read.
struct Read {
    int32 id;
    const char *name;
    bool subscriptions;  // or else events
};

Read read_of(const Population *population, int32 id, const char *name) {
    const SubscriptionRelations subscriptions = subscription_relations(population);
    const std::span items(subscriptions.items, static_cast<size_t>(subscriptions.count));
    return {id, name, std::ranges::find(items, id, &SubscriptionRelation::id) != items.end()};
}

bool reads(const Read &source, const DerivedValue &value, const Binding &binding) {
    if (source.subscriptions) {
        return value.subscriptions;
    }
    for (size_t i = 0; i < binding.vocabulary.events.size(); i++) {
        if (value.events[i] && binding.sources[i].id == source.id) {
            return true;
        }
    }
    return false;
}

// What a formula without a meaning says of the source: its name, or by the error that it is what is missing.
bool may_read(const Read &source, const char *formula, const boundary::ErrorRecord &error, const Binding &binding) {
    if (source.subscriptions) {
        return names(formula, "subscription");
    }
    for (size_t i = 0; i < binding.vocabulary.events.size(); i++) {
        const definition::Absence *absence = binding.vocabulary.events[i].absence;
        if (binding.sources[i].id == source.id && absence != nullptr && error.message != nullptr &&
            strstr(error.message, absence->message.data()) != nullptr) {
            return true;
        }
    }
    return refers_to(formula, definition::Word::of, source.name);
}

void append_name(StringInfo names, const char *kind, const char *name) {
    appendStringInfo(names, "%s%s \"%s\"", names->len > 0 ? ", " : "", kind, name);
}

}  // namespace

Users find_users(const Population *population, Registered what, uint32 index, const char *name) {
    Segments segments = segments_of(population);
    Wanted wanted{what, index, name, nullptr, nullptr, nullptr, derived_traits(population)};
    wanted.traits = static_cast<bool *>(palloc0(static_cast<Size>(wanted.all_traits.count) + 1));
    Identity caller = begin_identity(population_owner(population));
    Compilation *compilation = nullptr;
    Binding binding{};
    bool bound = is_bindable(population);
    auto *errors = static_cast<boundary::ErrorRecord *>(palloc0(sizeof(boundary::ErrorRecord) * static_cast<Size>(segments.count + 1)));
    if (bound) {
        binding = bind(population, &segments);
        compilation = compile_sound(CurrentMemoryContext, population, &binding, &segments,
                                    instant_sql(GetCurrentTransactionStartTimestamp()), errors);
    }
    if (what == Registered::trait_relation) {
        wanted.relation = &trait_relations(population).items[index];
        Fault ignored{};
        wanted.columns = wanted.relation->prefix != nullptr
                             ? nullptr
                             : relation_registered(wanted.relation->relation_schema, wanted.relation->relation_name, "", &ignored);
    }
    find_traits(wanted, compilation, &binding);

    Users users{};
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<Size>(segments.count + 1)));
    int count = 0;
    if (compilation != nullptr) {
        const definition::Checked &base = compilation->base();
        const Found in_base{base.joins, base.derived, base.scores};
        users.base = uses(wanted, population->base, &in_base, nullptr);
        for (const CompiledSegment &compiled : compilation->segments) {
            const Found found{compiled.checked.joins, compiled.checked.derived, compiled.checked.scores};
            if (uses(wanted, compiled.segment->definition, &found, nullptr)) {
                ids[count++] = Int32GetDatum(compiled.segment->id);
            }
        }
    } else {
        users.base = uses(wanted, population->base, nullptr, &errors[0]);
    }
    for (int32 i = 0; i < segments.count; i++) {
        if ((compilation == nullptr || errors[i].message != nullptr) && uses(wanted, segments.items[i].definition, nullptr, &errors[i])) {
            ids[count++] = Int32GetDatum(segments.items[i].id);
        }
    }
    find_scores(wanted, population, &segments, bound ? &binding : nullptr, &users);
    end_identity(caller);

    users.segments =
        segments_and_users({INT4ARRAYOID, PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT))});
    users.traits = static_cast<char **>(palloc(sizeof(char *) * static_cast<Size>(wanted.all_traits.count + 1)));
    for (int32 i = 0; i < wanted.all_traits.count; i++) {
        if (wanted.traits[i]) {
            users.traits[users.trait_count++] = wanted.all_traits.items[i].name;
        }
    }
    return users;
}

char *traits_reading(const Population *population, int32 source_id, const char *source_name) {
    StringInfoData names;
    initStringInfo(&names);
    Segments segments = segments_of(population);
    Segments none{0, segments.items};
    const DerivedTraits traits = derived_traits(population);
    const Read source = read_of(population, source_id, source_name);
    Identity caller = begin_identity(population_owner(population));
    Binding binding{};
    Compilation *compilation = nullptr;
    if (is_bindable(population)) {
        binding = bind(population, &segments);
        compilation =
            compile_sound(CurrentMemoryContext, population, &binding, &none, instant_sql(GetCurrentTransactionStartTimestamp()), nullptr);
    }
    for (int32 i = 0; i < traits.count; i++) {
        boundary::ErrorRecord error{};
        DerivedValue value;
        const bool sound = compilation != nullptr && derived_value(compilation, binding.vocabulary,
                                                                   binding.vocabulary.derived[static_cast<size_t>(i)], &value, error);
        if (sound ? reads(source, value, binding) : may_read(source, traits.items[i].formula, error, binding)) {
            append_name(&names, "trait", traits.items[i].name);
        }
    }
    end_identity(caller);
    return names.data;
}

void refuse_users(const Population *population, const Users &users, const char *what, Cascade cascade) {
    StringInfoData names;
    initStringInfo(&names);
    bool wanted = cascade == Cascade::wanted, stays = users.base || users.score_count > 0 || cascade == Cascade::impossible;
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
    for (int i = 0; i < users.score_count; i++) {
        append_name(&names, "score", users.scores[i]);
    }
    if (names.len > 0) {
        ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
                        errmsg("%s of population \"%s\" is used by definitions", what, population->name),
                        errdetail("It is used by %s.", names.data),
                        stays ? errhint("Change or drop these first.") : errhint("Change or drop these first, or pass cascade => true.")));
    }
}

void drop_users(const Population *population, const Users &users) {
    if (users.segments.count > 0) {
        check_member_tables(population);
    }
    for (uint64 row = 0; row < users.segments.count; row++) {
        delete_segment(population, DatumGetInt32(value_of(users.segments, row, 0)));
    }
    for (int i = 0; i < users.trait_count; i++) {
        catalog_execute(
            "DELETE FROM segment.catalog_derived_trait WHERE population_id OPERATOR(pg_catalog.=) $1 "
            "AND name OPERATOR(pg_catalog.=) $2",
            {int4_argument(population->id), text_argument(users.traits[i])});
    }
}

}  // namespace segment::pg
