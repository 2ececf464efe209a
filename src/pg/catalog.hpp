// The registered populations, trait relations and segments, as rows read from the catalog tables.
//
// Everything here is plain data in the caller's memory context. Reads and writes run as the extension's owner: the callers
// check before that the user may (`check_may_change`, `check_may_read`).
#pragma once

#include "pg/spi.hpp"

namespace segment::pg {

struct Population {
    int32 id;
    char *name;
    char *relation_schema, *relation_name;
    char *key;
    const char *key_type;
    char *time_zone;
    int32 week_start;
    char *base;
    char *schema, *prefix;  // of the member tables
    char *owner;            // the role as which the population is evaluated
    bool has_as_of;
    TimestampTz as_of;  // of the last refresh
};

struct TraitRelation {
    char *relation_schema, *relation_name;
    char *key;
    char *prefix;       // null: its columns are bare traits
    char *foreign_key;  // of the population's relation, to which the key belongs; null: to the member's own key
};

// A trait that a formula computes.
struct DerivedTrait {
    char *name;
    char *formula;  // canonical
};

// A relation whose rows are events.
struct EventRelation {
    int32 id;
    char *name;
    char *relation_schema, *relation_name;
    char *key, *occurred_at;
    char *event_name, *tie_break;  // or null
};

// A relation whose rows are subscription lines; columns that it does not have are null.
struct SubscriptionRelation {
    int32 id;
    char *name;
    char *relation_schema, *relation_name;
    char *key, *starts_at, *ends_at, *mrr;
    char *plan, *quantity, *currency, *trial_ends_at, *renews_at;
};

struct Segment {
    int32 id;
    char *name;
    int32 version;
    char *definition;
    int32 refreshed_version;  // 0 before the first population
    bool announce;
    pg_uuid_t uid;
    bool has_rows;            // materialized as rows of the member table, else as a set
    int64 members;            // at the last refresh; -1 before the first
    int32 override_id;        // the segment whose overrides count: itself
    bool includes, excludes;  // it has overrides of the kind
    int32 scheme_id;          // 0: a segment of its own
    int32 scheme_position;
};

struct TraitRelations {
    int32 count;
    TraitRelation *items;
};

struct DerivedTraits {
    int32 count;
    DerivedTrait *items;  // by name
};

struct EventRelations {
    int32 count;
    EventRelation *items;  // by name
};

struct SubscriptionRelations {
    int32 count;
    SubscriptionRelation *items;  // by name
};

struct Segments {
    int32 count;
    Segment *items;  // by id
};

enum class Lock : bool { none, exclusive };

// Runs a catalog statement as the extension's owner and returns its rows, copied into the current context. Values are
// read with `value_of`; a NULL is told by `is_null`.
struct Rows {
    uint64 count;
    int columns;
    Datum *values;
    bool *nulls;
};

Rows catalog_execute(const char *sql, spi::Arguments arguments = {});

// The same as the current user, for statements on what he may see.
Rows caller_execute(const char *sql, spi::Arguments arguments = {}, spi::Options options = {});

// Arguments of the common types; a null text is NULL.
spi::Argument text_argument(const char *value);
inline spi::Argument int4_argument(int32 value) {
    return {INT4OID, Int32GetDatum(value)};
}
inline spi::Argument int8_argument(int64 value) {
    return {INT8OID, Int64GetDatum(value)};
}
inline spi::Argument timestamptz_argument(TimestampTz value) {
    return {TIMESTAMPTZOID, TimestampTzGetDatum(value)};
}

inline Datum value_of(const Rows &rows, uint64 row, int column) {
    return rows.values[row * rows.columns + column];
}
inline bool is_null(const Rows &rows, uint64 row, int column) {
    return rows.nulls[row * rows.columns + column];
}
char *text_of(const Rows &rows, uint64 row, int column);  // of a text or name column; null for NULL

// Null when there is none of that name. With Lock::exclusive the row stays locked to the end of the transaction, so that
// refreshes and changes of one population follow each other.
Population *find_population(const char *name, Lock lock);

// Raises, with the nearest known name as hint. With Lock::exclusive also when this session is refreshing the population: a
// view that it reads calls us.
Population *get_population(const char *name, Lock lock);

// Null when it is gone.
Population *population_of_id(int32 id, Lock lock);

// From now until `context` is reset this session is refreshing the population.
void begin_refreshing(const Population *population, MemoryContext context);

// Creations of populations follow each other, so that two of one name are told apart by what is there.
void lock_populations();

TraitRelations trait_relations(const Population *population);
DerivedTraits derived_traits(const Population *population);
EventRelations event_relations(const Population *population);
SubscriptionRelations subscription_relations(const Population *population);
// Those of all segments, called s, for which a condition of SQL holds.
Segments segments_where(const char *condition, spi::Arguments arguments);
Segments segments_of(const Population *population);

// Null when there is none of the name.
const Segment *find_segment(const Population *population, const char *name);
const Segment *find_segment(const Segments *segments, const char *name);

// Where a segment stands among those of its population.
int32 index_of(const Segments *segments, int32 id);

// The segments and, at their end, a definition that is not stored: its name is empty, so that nothing refers to it.
Segments with_definition(Segments segments, char *definition);

// A segment by `name` or `population.name`, with its population, among those that the user may read; raises when there is
// none, or more than one of a bare name.
struct SegmentReference {
    Population *population;
    Segment segment;
    bool only;  // nobody means another one by the name
};
SegmentReference get_segment(const char *name, Lock lock);
// The names of segments that it may mean, qualified or not: they are looked up by an index.
spi::Argument possible_names(const char *name);

// The name of one of the population's own tables and views: its prefix and a suffix such as "segment_member".
char *member_relation_name(const Population *population, const char *suffix);
// The same, quoted and with its schema, for use in SQL.
char *member_relation_sql(const Population *population, const char *suffix);
// The column that holds the member's key in the population's tables: the population's name and "_id".
char *member_column(const Population *population);

// The role as which the population is evaluated. Raises when it is gone.
Oid population_owner(const Population *population);
// The owner of one of the population's own tables; InvalidOid when there is none.
Oid member_relation_owner(const Population *population, const char *suffix);
// Raises unless the user is the population's owner or a member of that role.
void check_may_change(const Population *population);
// Raises unless the user is that, or has been granted to refresh the population.
void check_may_refresh(const Population *population);
// Whether the user is that, or may SELECT the population's member table.
bool may_read(const Population *population);
// Raises unless he may.
void check_may_read(const Population *population);
// Raises when the population's member tables are not there, or not its owner's.
void check_member_tables(const Population *population);

}  // namespace segment::pg
