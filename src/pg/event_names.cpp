#include "pg/event_names.hpp"

#include <algorithm>

#include "core/definition/nearest.hpp"
#include "core/members/hash.hpp"
#include "core/members/short_bytes.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/memory.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

namespace {

// A column with more different values holds no names, but paths or messages: these are not kept, and nobody is warned.
constexpr uint32 most_names = 1000;
constexpr int64 first_rows = 10000;

// Open addressing, at most half full.
constexpr uint32 slots = 2048;
static_assert(slots >= 2 * most_names && (slots & (slots - 1)) == 0);

struct Counted {
    Datum name;
    const char *bytes;
    Size length;
    members::ShortBytes key;
    int64 rows, last;
    uint32 meaning;  // to the pass
};

}  // namespace

struct NameCounter {
    MemoryContext context;
    Oid name_type;  // InvalidOid: the events have no names
    int16 name_length;
    bool name_by_value;
    Oid time_type;
    bool everything;
    uint32 source;
    uint32 count;
    bool too_many;
    Counted items[most_names];
    uint16 place[slots];  // in items, from 1; 0 where there is none
    NameCounter *next;
};

struct EventNames {
    MemoryContext context;
    const Binding *binding;
    TimestampTz as_of;
    NameCounter *counters;
};

EventNames *begin_event_names(const Binding *binding, TimestampTz as_of) {
    auto *names = static_cast<EventNames *>(palloc0(sizeof(EventNames)));
    names->context = CurrentMemoryContext;
    names->binding = binding;
    names->as_of = as_of;
    return names;
}

NameCounter *count_names(EventNames *names, uint32 source, Oid name_type, int16 name_length, bool name_by_value, Oid time_type,
                         bool from_beginning, int64 latest) {
    if (names == nullptr) {
        return nullptr;
    }
    auto *counter = static_cast<NameCounter *>(MemoryContextAllocZero(names->context, sizeof(NameCounter)));
    counter->context = names->context;
    counter->source = source;
    counter->name_type = name_type;
    counter->name_length = name_length;
    counter->name_by_value = name_by_value;
    counter->time_type = time_type;
    // Which day it is at as_of the pass knows better: of dates it may have read less.
    counter->everything = from_beginning && time_type != DATEOID && latest >= names->as_of;
    counter->next = names->counters;
    names->counters = counter;
    return counter;
}

namespace {

members::ShortBytes key_of(const char *bytes, Size length) {
    if (length <= members::ShortBytes::longest) {
        return {bytes, length};
    }
    const uint64 hash = members::hash_bytes({reinterpret_cast<const std::byte *>(bytes), length});
    return {reinterpret_cast<const char *>(&hash), sizeof hash};
}

}  // namespace

uint32 *count_name(NameCounter *counter, Datum name, bool name_is_null, int64 at) {
    if (counter == nullptr || counter->too_many || (name_is_null && OidIsValid(counter->name_type))) {
        return nullptr;
    }
    const char *bytes = "";
    Size length = 0;
    if (counter->name_by_value) {
        bytes = reinterpret_cast<const char *>(&name);
        length = sizeof(Datum);
    } else if (counter->name_length > 0) {
        bytes = DatumGetPointer(name);
        length = static_cast<Size>(counter->name_length);
    } else if (OidIsValid(counter->name_type)) {
        bytes = VARDATA_ANY(DatumGetPointer(name));
        length = VARSIZE_ANY_EXHDR(DatumGetPointer(name));
    }
    bool is_short = length <= members::ShortBytes::longest;
    members::ShortBytes key = key_of(bytes, length);
    uint32 slot = key.slot(length, slots);
    for (; counter->place[slot] != 0; slot = (slot + 1) & (slots - 1)) {
        Counted *item = &counter->items[counter->place[slot] - 1];
        if (item->key == key && item->length == length && (is_short || memcmp(item->bytes, bytes, length) == 0)) {
            item->rows++;
            item->last = std::max(item->last, at);
            return &item->meaning;
        }
    }
    if (counter->count == most_names) {
        counter->too_many = true;
        return nullptr;
    }
    Counted *item = &counter->items[counter->count++];
    counter->place[slot] = static_cast<uint16>(counter->count);
    if (OidIsValid(counter->name_type) && !counter->name_by_value) {
        MemoryContext before = MemoryContextSwitchTo(counter->context);
        name = datumCopy(name, false, counter->name_length);
        MemoryContextSwitchTo(before);
        bytes = counter->name_length > 0 ? DatumGetPointer(name) : VARDATA_ANY(DatumGetPointer(name));
    }
    *item = {name, bytes, length, key, 1, at, 0};
    if (counter->name_by_value) {
        item->bytes = reinterpret_cast<const char *>(&item->name);
    }
    return &item->meaning;
}

namespace {

// Texts that the names are; those of blank-padded columns without the blanks.
Datum names_of(const NameCounter *counter, const char *source) {
    auto *texts = static_cast<Datum *>(palloc(sizeof(Datum) * (counter->count + 1)));
    Oid output = InvalidOid;
    bool is_varlena = false;
    if (OidIsValid(counter->name_type)) {
        getTypeOutputInfo(counter->name_type, &output, &is_varlena);
    }
    for (uint32 i = 0; i < counter->count; i++) {
        char *text = OidIsValid(output) ? OidOutputFunctionCall(output, counter->items[i].name) : pstrdup(source);
        Size length = strlen(text);
        while (counter->name_type == BPCHAROID && length > 0 && text[length - 1] == ' ') {
            text[--length] = '\0';
        }
        texts[i] = CStringGetTextDatum(text);
    }
    return PointerGetDatum(construct_array(texts, static_cast<int>(counter->count), TEXTOID, -1, false, TYPALIGN_INT));
}

spi::Argument numbers_of(const NameCounter *counter, int64 Counted::*number) {
    auto *values = static_cast<Datum *>(palloc(sizeof(Datum) * (counter->count + 1)));
    for (uint32 i = 0; i < counter->count; i++) {
        values[i] = Int64GetDatum(counter->items[i].*number);
    }
    return {INT8ARRAYOID, PointerGetDatum(construct_array(values, static_cast<int>(counter->count), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
                                                          TYPALIGN_DOUBLE))};
}

// Instants; of local times those of the population's zone, of dates where they begin.
Datum instants_of(const NameCounter *counter, const Population *population) {
    auto *values = static_cast<Datum *>(palloc(sizeof(Datum) * (counter->count + 1)));
    bool dates = counter->time_type == DATEOID;
    for (uint32 i = 0; i < counter->count; i++) {
        int64 last = counter->items[i].last;
        values[i] = dates ? DateADTGetDatum(static_cast<DateADT>(last)) : TimestampTzGetDatum(last);
    }
    int count = static_cast<int>(counter->count);
    Oid type = dates ? DATEOID : counter->time_type;
    Datum array = PointerGetDatum(dates ? construct_array(values, count, DATEOID, sizeof(DateADT), true, TYPALIGN_INT)
                                        : construct_array(values, count, type, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
    if (type == TIMESTAMPTZOID) {
        return array;
    }
    // What the zone's offset would carry out of PostgreSQL's range is as good as the beginning of time.
    Rows rows = catalog_execute(
        psprintf("SELECT pg_catalog.array_agg(CASE WHEN at OPERATOR(pg_catalog.<) '4713-01-02 BC' THEN '-infinity' "
                 "ELSE pg_catalog.timezone($2, at%s) END ORDER BY place) FROM pg_catalog.unnest($1) WITH ORDINALITY AS a (at, place)",
                 dates ? "::timestamp" : ""),
        {{static_cast<Oid>(dates ? DATEARRAYOID : TIMESTAMPARRAYOID), array}, text_argument(population->time_zone)});
    return value_of(rows, 0, 0);
}

void store(const NameCounter *counter, const EventNames *names, const Population *population) {
    const definition::EventSource &source = names->binding->vocabulary.events[counter->source];
    spi::Argument id = int4_argument(names->binding->sources[counter->source].id);
    spi::Argument texts{TEXTARRAYOID, names_of(counter, to_cstring(source.name))};
    if (counter->everything && OidIsValid(counter->name_type)) {
        catalog_execute(
            "DELETE FROM segment.catalog_event_name WHERE source_id OPERATOR(pg_catalog.=) $1 AND event OPERATOR(pg_catalog.<>) ALL ($2)",
            {id, texts});
        catalog_execute("UPDATE segment.catalog_source SET all_names_seen = true WHERE id OPERATOR(pg_catalog.=) $1 AND NOT all_names_seen",
                        {id});
    }
    if (counter->count == 0) {
        return;
    }
    catalog_execute(
        "INSERT INTO segment.catalog_event_name AS e (source_id, event, rows, last_seen) "
        "SELECT $1, n.event, pg_catalog.sum(n.rows), pg_catalog.max(n.last_seen) "
        "FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) AS n (event, rows, last_seen) "
        "GROUP BY n.event ON CONFLICT (source_id, event) DO UPDATE SET rows = excluded.rows, last_seen = excluded.last_seen",
        {id, texts, numbers_of(counter, &Counted::rows), {TIMESTAMPTZARRAYOID, instants_of(counter, population)}});
}

}  // namespace

// Of several passes over one source each has read what its own conditions ask for: the widest comes last.
void store_event_names(const EventNames *names, const Population *population) {
    for (bool everything : {false, true}) {
        for (const NameCounter *counter = names->counters; counter != nullptr; counter = counter->next) {
            if (counter->everything == everything) {
                store(counter, names, population);
            }
        }
    }
}

namespace {

bool is_table(const UserRelation *relation) {
    char kind = get_rel_relkind(relation->oid);
    return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_MATVIEW;
}

void look_into(const Population *population, const EventRelation *source) {
    catalog_execute("DELETE FROM segment.catalog_event_name WHERE source_id OPERATOR(pg_catalog.=) $1", {int4_argument(source->id)});
    catalog_execute("UPDATE segment.catalog_source SET all_names_seen = false WHERE id OPERATOR(pg_catalog.=) $1",
                    {int4_argument(source->id)});
    const UserRelation *relation = relation_registered(source->relation_schema, source->relation_name, "the relation");
    // What a view costs nobody knows.
    if (!is_table(relation)) {
        return;
    }
    Identity caller = begin_identity(population_owner(population));
    Rows rows =
        caller_execute(psprintf("SELECT array_agg(event), array_agg(rows), array_agg(last_seen) FROM (%s) AS n WHERE event IS NOT NULL",
                                event_names_sql(population, source, relation, first_rows)),
                       {}, {.read_only = true});
    end_identity(caller);
    if (is_null(rows, 0, 0)) {
        return;
    }
    catalog_execute(
        "INSERT INTO segment.catalog_event_name (source_id, event, rows, last_seen) SELECT $1, n.event, n.rows, n.last_seen "
        "FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) AS n (event, rows, last_seen) LIMIT $5",
        {int4_argument(source->id),
         {TEXTARRAYOID, value_of(rows, 0, 0)},
         {INT8ARRAYOID, value_of(rows, 0, 1)},
         {TIMESTAMPTZARRAYOID, value_of(rows, 0, 2)},
         int8_argument(most_names)});
}

}  // namespace

void look_for_event_names(const Population *population, const char *source_name) {
    EventRelations sources = event_relations(population);
    for (int32 i = 0; i < sources.count; i++) {
        if (strcmp(sources.items[i].name, source_name) == 0) {
            look_into(population, &sources.items[i]);
        }
    }
}

Rows known_event_names(const Population *population) {
    return catalog_execute(
        "SELECT s.name, e.event, e.rows, e.last_seen FROM segment.catalog_event_name e "
        "JOIN segment.catalog_source s ON s.id OPERATOR(pg_catalog.=) e.source_id WHERE s.population_id OPERATOR(pg_catalog.=) $1 "
        "ORDER BY s.name, e.rows DESC, e.event",
        {int4_argument(population->id)});
}

const char *event_names_sql(const Population *population, const EventRelation *source, const UserRelation *relation, int64 limit) {
    const Column *occurred_at = get_column(relation, source->occurred_at);
    const char *time = instant_of_column(quote_identifier(occurred_at->name), occurred_at, population->time_zone);
    const char *event = source->event_name != nullptr
                            ? psprintf("%s::text", quote_identifier(get_column(relation, source->event_name)->name))
                            : quote_literal_cstr(source->name);
    return psprintf(
        "SELECT event, count(*) AS rows, max(at) AS last_seen FROM (SELECT %s AS event, %s AS at FROM %s WHERE %s IS NOT NULL%s) AS e "
        "WHERE at <= now() GROUP BY event ORDER BY count(*) DESC, event",
        event, time, relation->sql, quote_identifier(get_column(relation, source->key)->name),
        limit > 0 ? psprintf(" LIMIT " INT64_FORMAT, limit) : "");
}

namespace {

struct Known {
    Rows rows;  // source_id, event, whether all of the source's are known; by source and event
};

Known known_names(const Population *population) {
    return {
        catalog_execute("SELECT s.id, e.event, s.all_names_seen FROM segment.catalog_source s "
                        "JOIN segment.catalog_event_name e ON e.source_id OPERATOR(pg_catalog.=) s.id "
                        "WHERE s.population_id OPERATOR(pg_catalog.=) $1 ORDER BY s.id, e.event",
                        {int4_argument(population->id)})};
}

struct Unseen {
    const char *event, *source;
    const char *near;  // or null
    bool all_known;
};

// Whether the event is missing among those known of its source; where none are known, or too many to know them, it is not.
bool is_unseen(const Known &known, const Binding &binding, const definition::EventUse &use, Unseen *unseen) {
    const definition::EventSource &source = binding.vocabulary.events[use.source];
    const bool ignoring_case = source.columns[static_cast<size_t>(source.event_name)].type.case_insensitive;
    int32 id = binding.sources[use.source].id;
    const char *event = to_cstring(use.name);
    definition::Nearest nearest(event);
    uint64 count = 0;
    for (uint64 row = 0; row < known.rows.count; row++) {
        if (DatumGetInt32(value_of(known.rows, row, 0)) != id) {
            continue;
        }
        const char *name = text_of(known.rows, row, 1);
        if ((ignoring_case ? pg_strcasecmp(event, name) : strcmp(event, name)) == 0) {
            return false;
        }
        nearest.offer(name);
        unseen->all_known = DatumGetBool(value_of(known.rows, row, 2));
        count++;
    }
    unseen->event = event;
    unseen->source = to_cstring(source.name);
    unseen->near = nearest.best().empty() ? nullptr : to_cstring(nearest.best());
    return count > 0 && count < most_names;
}

// The event may be there and not have been met yet. What is found is known from now on.
bool is_found(const Population *population, const Binding &binding, const definition::EventUse &use) {
    const UserRelation *relation = binding.sources[use.source].relation;
    if (relation == nullptr || !is_table(relation)) {
        return false;
    }
    const definition::EventSource &source = binding.vocabulary.events[use.source];
    const definition::Trait &name = source.columns[static_cast<size_t>(source.event_name)];
    const char *column = psprintf("e.%s", to_cstring(name.sql)), *event = quote_literal_cstr(to_cstring(use.name));
    const char *equals =
        name.type.case_insensitive ? psprintf("lower(%s::text) = lower(%s)", column, event) : psprintf("%s = %s", column, event);
    Identity caller = begin_identity(population_owner(population));
    Rows found = caller_execute(psprintf("SELECT %s::text FROM %s AS e WHERE %s AND e.%s IS NOT NULL LIMIT 1", column, relation->sql,
                                         equals, to_cstring(source.key_sql)),
                                {}, {.read_only = true});
    end_identity(caller);
    if (found.count == 0) {
        return false;
    }
    catalog_execute("INSERT INTO segment.catalog_event_name (source_id, event, rows) VALUES ($1, $2, 1) ON CONFLICT DO NOTHING",
                    {int4_argument(binding.sources[use.source].id), text_argument(text_of(found, 0, 0))});
    return true;
}

}  // namespace

void warn_of_unseen_events(const Population *population, const Binding &binding, const definition::Checked &checked) {
    if (checked.event_names.empty()) {
        return;
    }
    Known known = known_names(population);
    for (const definition::EventUse &use : checked.event_names) {
        Unseen unseen{};
        if (is_unseen(known, binding, use, &unseen) && (unseen.all_known || !is_found(population, binding, use))) {
            ereport(WARNING, (errmsg("event \"%s\" has not been seen in source \"%s\"", unseen.event, unseen.source),
                              unseen.near != nullptr ? errhint("Did you mean \"%s\"?", unseen.near)
                                                     : errhint("segment.event_names lists the events that have been seen.")));
        }
    }
}

namespace {

struct Use {
    const Segment *segment;
    const definition::EventUse *event;
};

// The uses by event, those of one event in the order of the segments.
Use *sorted_uses(const Compilation *compilation, uint32 *count) {
    *count = 0;
    for (const CompiledSegment &compiled : compilation->segments) {
        *count += static_cast<uint32>(compiled.checked.event_names.size());
    }
    auto *uses = static_cast<Use *>(palloc(sizeof(Use) * (*count + 1)));
    Use *next = uses;
    for (const CompiledSegment &compiled : compilation->segments) {
        for (const definition::EventUse &event : compiled.checked.event_names) {
            *next++ = {compiled.segment, &event};
        }
    }
    std::sort(uses, next, [](const Use &a, const Use &b) {
        return a.event->source != b.event->source ? a.event->source < b.event->source
               : a.event->name != b.event->name   ? a.event->name < b.event->name
                                                  : a.segment->id < b.segment->id;
    });
    return uses;
}

}  // namespace

// A line for each event, however many segments name it.
Texts unseen_events(const Population *population, const Binding &binding, const Compilation *compilation) {
    uint32 count;
    const Use *uses = sorted_uses(compilation, &count);
    Texts texts{0, static_cast<const char **>(palloc(sizeof(char *) * (count + 1)))};
    Known known = count > 0 ? known_names(population) : Known{};
    for (uint32 i = 0, end; i < count; i = end) {
        for (end = i + 1;
             end < count && uses[end].event->source == uses[i].event->source && uses[end].event->name == uses[i].event->name;) {
            end++;
        }
        Unseen unseen{};
        if (is_unseen(known, binding, *uses[i].event, &unseen) &&
            (unseen.all_known || compilation->events.asks_for(uses[i].event->source, uses[i].event->name))) {
            const char *others = end - i > 1 ? psprintf(" and %u more", end - i - 1) : "";
            const char *hint = unseen.near != nullptr ? psprintf("; did you mean \"%s\"?", unseen.near) : "";
            texts.items[texts.count++] = psprintf("segment \"%s\"%s: event \"%s\" has not been seen in source \"%s\"%s",
                                                  uses[i].segment->name, others, unseen.event, unseen.source, hint);
        }
    }
    return texts;
}

}  // namespace segment::pg
