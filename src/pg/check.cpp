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

Checking begin_check(const Population *population, const Segments *segments, const int32 *wanted, int32 count) {
    Checking checking{};
    checking.context = AllocSetContextCreate(CurrentMemoryContext, "segment check", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(checking.context);
    auto *binding = static_cast<Binding *>(palloc(sizeof(Binding)));
    *binding = bind(population, segments);
    checking.binding = *binding;
    checking.compilation =
        compile(checking.context, population, binding, segments, wanted, count, instant_sql(GetCurrentTransactionStartTimestamp()));
    run_probes(checking.compilation);
    plan_scan(binding, checking.compilation);
    MemoryContextSwitchTo(caller);
    return checking;
}

// Whether all relations can be read, and the trait relations joined, whatever the definitions use of them.
void check_relations(const Binding &binding) {
    for (const definition::EventSource &source : binding.vocabulary.events) {
        caller_execute(psprintf("SELECT FROM %.*s LIMIT 0", static_cast<int>(source.relation_sql.size()), source.relation_sql.data()), {},
                       {.read_only = true});
    }
    if (const definition::Subscriptions *subscriptions = binding.vocabulary.subscriptions; subscriptions != nullptr) {
        caller_execute(psprintf("SELECT FROM %.*s AS line LIMIT 0", static_cast<int>(subscriptions->lines_sql.size()),
                                subscriptions->lines_sql.data()),
                       {}, {.read_only = true});
    }
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(&sql, "SELECT FROM %.*s", static_cast<int>(binding.vocabulary.from_sql.size()), binding.vocabulary.from_sql.data());
    for (std::string_view join : binding.vocabulary.joins) {
        appendStringInfo(&sql, " %.*s", static_cast<int>(join.size()), join.data());
    }
    caller_execute(psprintf("%s LIMIT 0", sql.data), {}, {.read_only = true});
}

// Whether each derived trait means something, whoever uses it.
void check_derived_traits(const Checking &checking) {
    MemoryContext caller = MemoryContextSwitchTo(checking.context);
    for (const definition::DerivedTrait &trait : checking.binding.vocabulary.derived) {
        DerivedValue value = derived_value(checking.compilation, checking.binding.vocabulary, trait);
        for (int i = 0; i < value.probe_count; i++) {
            caller_execute(psprintf("SELECT %s", value.probes[i]), {}, {.read_only = true});
        }
        if (value.value_sql != nullptr) {
            caller_execute(psprintf("SELECT %s FROM %s LIMIT 0", value.value_sql, value.from_sql), {}, {.read_only = true});
        }
    }
    MemoryContextSwitchTo(caller);
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
    Checking checking = begin_check(population, &segments, &index, 1);
    end_identity(caller);

    catalog_execute("DELETE FROM segment.catalog_segment_use WHERE segment_id OPERATOR(pg_catalog.=) $1", {int4_argument(segment_id)});
    for (const definition::SegmentUse &use : checking.compilation->segments.back().checked.segments) {
        catalog_execute("INSERT INTO segment.catalog_segment_use (segment_id, used_id) VALUES ($1, $2)",
                        {int4_argument(segment_id), int4_argument(use.id)});
    }
    record_source_uses(checking, checking.compilation->segments.back());
    record_subscription_uses(checking, checking.compilation->segments.back());
    record_score_uses(checking, checking.compilation->segments.back());
    warn_of_unseen_events(population, checking.binding, checking.compilation->segments.back().checked);
    MemoryContextDelete(checking.context);
}

void check_population(const Population *population) {
    Segments segments = segments_of(population);
    auto *all = static_cast<int32 *>(palloc(sizeof(int32) * (segments.count + 1)));
    for (int32 i = 0; i < segments.count; i++) {
        all[i] = i;
    }
    Identity caller = begin_identity(population_owner(population));
    Checking checking = begin_check(population, &segments, all, segments.count);
    check_relations(checking.binding);
    check_derived_traits(checking);
    end_identity(caller);
    for (const CompiledSegment &compiled : checking.compilation->segments) {
        record_source_uses(checking, compiled);
        record_subscription_uses(checking, compiled);
        record_score_uses(checking, compiled);
    }
    record_base_uses(checking, population);
    MemoryContextDelete(checking.context);
    check_scores(population);
}

char *check_base(const Population *population) {
    char *base = canonical_definition(population->base);
    Population checked = *population;
    checked.base = base;
    check_population(&checked);
    return base;
}

}  // namespace segment::pg
