#include "pg/check.hpp"

#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/definition_type.hpp"
#include "pg/event_names.hpp"
#include "pg/identity.hpp"
#include "pg/needed_segments.hpp"
#include "pg/scan.hpp"
#include "pg/score.hpp"

namespace segment::pg {

namespace {

// Compiles, validates literals and plans the scan, in a context of its own that the caller deletes.
struct Checking {
    MemoryContext context;
    Binding binding;
    Compilation *compilation;
};

Checking begin_checking(const Population *population, const Segments *segments) {
    Checking checking{};
    checking.context = AllocSetContextCreate(CurrentMemoryContext, "segment check", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(checking.context);
    checking.binding = bind(population, segments);
    MemoryContextSwitchTo(caller);
    return checking;
}

// Literals and the scan.
void check_compiled(Checking *checking) {
    MemoryContext caller = MemoryContextSwitchTo(checking->context);
    run_probes(checking->compilation);
    plan_scan(&checking->binding, checking->compilation);
    MemoryContextSwitchTo(caller);
}

// Whether all relations can be read, and the trait relations joined, whatever the definitions use of them.
void check_relations(const Binding &binding) {
    for (const definition::EventSource &source : binding.vocabulary.events) {
        if (source.absence == nullptr) {
            caller_execute(psprintf("SELECT FROM %.*s LIMIT 0", static_cast<int>(source.relation_sql.size()), source.relation_sql.data()),
                           {}, {.read_only = true});
        }
    }
    if (const definition::Subscriptions *subscriptions = binding.vocabulary.subscriptions;
        subscriptions != nullptr && subscriptions->absence == nullptr) {
        caller_execute(psprintf("SELECT FROM %.*s AS line LIMIT 0", static_cast<int>(subscriptions->lines_sql.size()),
                                subscriptions->lines_sql.data()),
                       {}, {.read_only = true});
    }
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(&sql, "SELECT FROM %.*s", static_cast<int>(binding.vocabulary.from_sql.size()), binding.vocabulary.from_sql.data());
    for (int32 i = 0; i < binding.added_count; i++) {
        const std::string_view join = binding.vocabulary.joins[static_cast<size_t>(i)];
        appendStringInfo(&sql, " %.*s", static_cast<int>(join.size()), join.data());
    }
    caller_execute(psprintf("%s LIMIT 0", sql.data), {}, {.read_only = true});
}

char *relation_key(const Unreadable &unreadable) {
    return psprintf("relation %s", unreadable.what);
}

char *trait_key(const definition::DerivedTrait &trait) {
    return psprintf("trait %.*s", static_cast<int>(trait.name.size()), trait.name.data());
}

// Whether each derived trait means something, whoever uses it.
void check_derived_traits(const Checking &checking, const Unsound &before) {
    MemoryContext caller = MemoryContextSwitchTo(checking.context);
    for (const definition::DerivedTrait &trait : checking.binding.vocabulary.derived) {
        DerivedValue value;
        if (boundary::ErrorRecord error{}; !derived_value(checking.compilation, checking.binding.vocabulary, trait, &value, error)) {
            if (!is_unsound(before, trait_key(trait))) {
                boundary::raise(error);
            }
            continue;
        }
        for (int i = 0; i < value.probe_count; i++) {
            caller_execute(psprintf("SELECT %s", value.probes[i]), {}, {.read_only = true});
        }
        if (value.value_sql != nullptr) {
            caller_execute(psprintf("SELECT %s FROM %s LIMIT 0", value.value_sql, value.from_sql), {}, {.read_only = true});
        }
    }
    MemoryContextSwitchTo(caller);
}

// Raises the first error of definitions that meant something before, and names all of them.
void refuse_broken(const Segments *segments, const boundary::ErrorRecord *errors, const Unsound &before) {
    constexpr int named = 10;
    boundary::ErrorRecord first{};
    StringInfoData names;
    initStringInfo(&names);
    int count = 0;
    for (int32 i = 0; i < segments->count; i++) {
        if (errors[i].message == nullptr || is_unsound(before, psprintf("segment %d", segments->items[i].id))) {
            continue;
        }
        if (count == 0) {
            first = errors[i];
        }
        if (count++ < named) {
            appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", segments->items[i].name);
        }
    }
    if (count > named) {
        appendStringInfo(&names, " and %d more", count - named);
    }
    if (count > 0) {
        const char *users = psprintf("It is used by %s %s.", count == 1 ? "segment" : "segments", names.data);
        first.hint = first.hint != nullptr ? psprintf("%s %s", first.hint, users) : users;
        boundary::raise(first);
    }
}

boundary::ErrorRecord *make_errors(const Segments *segments) {
    return static_cast<boundary::ErrorRecord *>(palloc0(sizeof(boundary::ErrorRecord) * static_cast<Size>(segments->count + 1)));
}

void record_segment_uses(const CompiledSegment &compiled) {
    catalog_execute("DELETE FROM segment.catalog_segment_use WHERE segment_id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(compiled.segment->id)});
    for (const definition::SegmentUse &use : compiled.checked.segments) {
        catalog_execute("INSERT INTO segment.catalog_segment_use (segment_id, used_id) VALUES ($1, $2)",
                        {int4_argument(compiled.segment->id), int4_argument(use.id)});
    }
}

void record_source_uses(const Checking &checking, const CompiledSegment &compiled) {
    catalog_execute("DELETE FROM segment.catalog_source_use WHERE segment_id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(compiled.segment->id)});
    for (uint32 index : compiled.checked.events) {
        catalog_execute("INSERT INTO segment.catalog_source_use (source_id, segment_id) VALUES ($1, $2)",
                        {int4_argument(checking.binding.sources[index].id), int4_argument(compiled.segment->id)});
    }
}

// A definition reads all sources of subscriptions, or none.
void record_subscription_uses(const Checking &checking, const CompiledSegment &compiled) {
    if (!compiled.checked.subscriptions) {
        return;
    }
    for (int32 i = 0; i < checking.binding.subscription_count; i++) {
        catalog_execute("INSERT INTO segment.catalog_source_use (source_id, segment_id) VALUES ($1, $2)",
                        {int4_argument(checking.binding.subscriptions[i]), int4_argument(compiled.segment->id)});
    }
}

void record_score_uses(const Checking &checking, const CompiledSegment &compiled) {
    catalog_execute("DELETE FROM segment.catalog_segment_score_use WHERE segment_id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(compiled.segment->id)});
    for (uint32 index : compiled.checked.scores) {
        catalog_execute("INSERT INTO segment.catalog_segment_score_use (segment_id, score_id) VALUES ($1, $2)",
                        {int4_argument(compiled.segment->id), int4_argument(checking.binding.vocabulary.scores[index].id)});
    }
}

void record_uses(const Checking &checking, const CompiledSegment &compiled) {
    record_segment_uses(compiled);
    record_source_uses(checking, compiled);
    record_subscription_uses(checking, compiled);
    record_score_uses(checking, compiled);
}

void record_base_uses(const Checking &checking, const Population *population) {
    catalog_execute("UPDATE segment.catalog_source SET used_by_base = false WHERE population_id OPERATOR(pg_catalog.=) $1 AND used_by_base",
                    {int4_argument(population->id)});
    for (uint32 index : checking.compilation->base().events) {
        catalog_execute("UPDATE segment.catalog_source SET used_by_base = true WHERE id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(checking.binding.sources[index].id)});
    }
    for (int32 i = 0; checking.compilation->base().subscriptions && i < checking.binding.subscription_count; i++) {
        catalog_execute("UPDATE segment.catalog_source SET used_by_base = true WHERE id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(checking.binding.subscriptions[i])});
    }
}

}  // namespace

void check_segment(const Population *population, int32 segment_id, char *text) {
    Segments segments = needed_segments(population, segment_id, text);
    int32 index = index_of(&segments, segment_id);
    segments.items[index].definition = text;
    Identity caller = begin_identity(population_owner(population));
    Checking checking = begin_checking(population, &segments);
    checking.compilation =
        compile(checking.context, population, &checking.binding, &segments, &index, 1, instant_sql(GetCurrentTransactionStartTimestamp()));
    check_compiled(&checking);
    end_identity(caller);

    record_uses(checking, checking.compilation->segments.back());
    warn_of_unseen_events(population, checking.binding, checking.compilation->segments.back().checked);
    MemoryContextDelete(checking.context);
}

bool is_unsound(const Unsound &unsound, const char *name) {
    ListCell *cell;
    foreach (cell, unsound.names) {
        if (strcmp(static_cast<const char *>(lfirst(cell)), name) == 0) {
            return true;
        }
    }
    return unsound.everything;
}

Unsound find_unsound(const Population *population) {
    Unsound unsound{};
    Segments segments = segments_of(population);
    Identity caller = begin_identity(population_owner(population));
    unsound.everything = !is_bindable(population);
    if (!unsound.everything) {
        Checking checking = begin_checking(population, &segments);
        boundary::ErrorRecord *errors = make_errors(&segments);
        checking.compilation = compile_sound(checking.context, population, &checking.binding, &segments,
                                             instant_sql(GetCurrentTransactionStartTimestamp()), errors);
        unsound.everything = checking.compilation == nullptr;
        for (int32 i = 0; i < segments.count; i++) {
            if (errors[i].message != nullptr) {
                unsound.names = lappend(unsound.names, psprintf("segment %d", segments.items[i].id));
            }
        }
        for (const definition::DerivedTrait &trait : checking.binding.vocabulary.derived) {
            boundary::ErrorRecord error{};
            DerivedValue value;
            if (!unsound.everything && !derived_value(checking.compilation, checking.binding.vocabulary, trait, &value, error)) {
                unsound.names = lappend(unsound.names, trait_key(trait));
            }
        }
        ListCell *cell;
        foreach (cell, checking.binding.unreadable) {
            unsound.names = lappend(unsound.names, relation_key(*static_cast<const Unreadable *>(lfirst(cell))));
        }
        unsound.names = list_concat(unsound.names, unsound_scores(population, &segments, &checking.binding));
        MemoryContextDelete(checking.context);
    }
    unsound.base = unsound.everything;
    end_identity(caller);
    return unsound;
}

void check_population(const Population *population, const Unsound &before, const char *what) {
    Segments segments = segments_of(population);
    Identity caller = begin_identity(population_owner(population));
    Checking checking = begin_checking(population, &segments);
    ListCell *cell;
    foreach (cell, checking.binding.unreadable) {
        const auto *unreadable = static_cast<const Unreadable *>(lfirst(cell));
        if ((what != nullptr && strcmp(unreadable->what, what) == 0) || !is_unsound(before, relation_key(*unreadable))) {
            raise(unreadable->fault);
        }
    }
    boundary::ErrorRecord *errors = make_errors(&segments);
    checking.compilation = compile_sound(checking.context, population, &checking.binding, &segments,
                                         instant_sql(GetCurrentTransactionStartTimestamp()), errors);
    if (checking.compilation != nullptr) {
        refuse_broken(&segments, errors, before);
    }
    if (checking.compilation == nullptr && !before.base) {
        // Raises what is wrong with the base.
        compile(checking.context, population, &checking.binding, &segments, nullptr, 0, "now()");
    }
    if (checking.compilation != nullptr) {
        check_compiled(&checking);
        check_relations(checking.binding);
        check_derived_traits(checking, before);
    }
    end_identity(caller);
    if (checking.compilation != nullptr) {
        for (const CompiledSegment &compiled : checking.compilation->segments) {
            record_uses(checking, compiled);
        }
        record_base_uses(checking, population);
        check_scores(population, before);
    }
    MemoryContextDelete(checking.context);
    // Definitions may mean something else now.
    catalog_execute(
        "UPDATE segment.catalog_segment SET next_due = NULL WHERE population_id OPERATOR(pg_catalog.=) $1 AND next_due IS NOT NULL",
        {int4_argument(population->id)});
}

char *check_base(const Population *population, const Unsound &before) {
    char *base = canonical_definition(population->base);
    Population checked = *population;
    checked.base = base;
    Unsound others = before;
    others.base = false;
    check_population(&checked, others, nullptr);
    return base;
}

}  // namespace segment::pg
