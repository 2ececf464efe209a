// What a definition may speak of: the traits, sources and segments registered for one population. The glue fills it from
// the catalog before the core looks at it; it is a snapshot and never calls back.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/error.hpp"

namespace segment::definition {

// What the language can do with a type. A domain counts as its base type, name included: casting a literal to the domain
// itself would run the domain's checks on a mere comparison.
enum class TypeClass : std::uint8_t {
    boolean,
    integer,  // int2, int4, int8
    numeric,
    floating,  // float4, float8
    text,      // text, varchar, bpchar, name, citext: everything of the string category with a btree order
    date,
    timestamp,  // without time zone: local time in the population's zone
    timestamptz,
    time,  // time of day
    interval,
    enumeration,
    uuid,
    jsonb,
    array,
    other,  // comparable with = and < if `ordered`, else only `is set`
};

struct Type {
    TypeClass type_class = TypeClass::other;
    TypeClass element_class = TypeClass::other;  // of an array
    // As format_type(oid, -1) writes it, which a cast needs: `numeric`, `bpchar` and not `character`, `public.mood`.
    std::string_view sql_name = {};
    std::string_view element_sql_name = {};  // of an array
    std::string_view operator_schema = {};   // of its default btree operators, quoted; empty for pg_catalog (citext: `public`)
    std::string_view collation = {};         // quoted and qualified; empty for the database's default
    bool ordered = true;                     // has a default btree operator class
    bool deterministic = true;               // its collation
    bool case_insensitive = false;           // citext: text forms ignore case
    bool bounded = false;                    // numeric(p, s): its values are below 10^1000, as arithmetic needs them
};

// Why something that is registered cannot be read any more: a definition that names it means nothing, all others do. As an error
// has it.
struct Absence {
    ErrorCode code;
    std::string_view message, detail, hint;
};

struct Trait {
    std::string_view prefix;  // of the relation it comes from, empty for the population's own
    std::string_view name;
    std::string_view sql;  // the column in the scan, quoted: m."plan"
    Type type;
    std::int32_t join = -1;  // index into Vocabulary::joins, or -1 for the population's own
    const Absence *absence = nullptr;
};

// A relation whose columns are traits: the population's own, or one added to it.
struct TraitSource {
    std::string_view prefix;        // empty: its traits have bare names
    std::string_view relation_sql;  // as messages call it
    const Absence *absence = nullptr;
};

// A trait that is computed: its formula stands for its name.
struct DerivedTrait {
    std::string_view name;
    std::string_view formula;  // canonical text
    const Absence *absence = nullptr;
};

struct SegmentName {
    std::string_view name;
    std::int32_t id;
    bool keeps_history = true;  // stays are written
};

// A relation with many rows per member, each of them an event at a time.
struct EventSource {
    std::string_view name;
    std::string_view relation_sql;     // in a FROM clause, without an alias: public.event
    std::string_view key_sql;          // its column with the member's key, quoted: "customer_id"
    std::string_view equality_sql;     // between that and the member's key: =
    std::span<const Trait> columns;    // `sql` is the quoted column alone
    std::int32_t occurred_at = 0;      // indexes into `columns`
    std::int32_t event_name = -1;      // or −1
    std::int32_t tie_break = -1;       // or −1
    const Absence *absence = nullptr;  // then it has no columns
};

// The subscriptions of the members: lines, each an amount per month for a time. `lines_sql` is a relation for a FROM clause, without an
// alias, whose columns are member, starts_at (where the line begins to count), ends_at, mrr, plan, quantity, renews_at,
// trial_starts_at and trial_ends_at; times are instants. Lines that never count are not in it.
struct Subscriptions {
    std::string_view lines_sql;
    std::string_view equality_sql;  // between its member and the member's key: =
    bool has_plan = false, has_quantity = false, has_renewal = false;
    EventSource movements;  // what happened to the members' MRR, as events: new, expansion, contraction, churn, reactivation
    const Absence *absence = nullptr;
};

// What refreshes have computed for each member: a number and its band, as columns of a joined table, and what they were.
struct ScoreName {
    std::string_view name;
    std::int32_t id;
    std::int32_t version;                     // of its definition: numbers of different ones are not compared
    Trait value, band;                        // in the scan, both with the index of their join
    std::span<const std::string_view> bands;  // their names
    std::string_view history_sql;             // a relation with the columns key, at, score and version
    const Absence *absence = nullptr;
};

struct Vocabulary {
    std::string_view population;
    std::string_view time_zone;                    // IANA name or whatever pg_timezone_names knows
    int week_start = 1;                            // 1 = Monday … 7 = Sunday
    std::string_view from_sql;                     // the population's relation in a FROM clause: public.customer AS m
    std::span<const std::string_view> joins = {};  // of the trait relations: LEFT JOIN public.usage AS t1 ON …
    std::string_view key_sql;                      // the key in that scan: m."id"
    std::string_view key_type_sql;                 // its type
    std::span<const Trait> traits;
    std::span<const TraitSource> trait_sources = {};
    std::span<const DerivedTrait> derived = {};  // none has the name of a trait without prefix
    std::span<const SegmentName> segments;
    std::span<const ScoreName> scores = {};
    std::span<const EventSource> events = {};
    const Subscriptions *subscriptions = nullptr;    // null: none are registered
    std::span<const std::string_view> schemes = {};  // their names; the segment of a rule is called `scheme.rule`
    std::span<const std::string_view> lists = {};    // their names
    std::string_view key_equals = "=";               // the operator that compares keys: = or OPERATOR(public.=)
    std::string_view list_sql = {};                  // the table of the lists' keys, qualified: public.customer_segment_list
    std::string_view override_sql = {};              // that of the segments' overrides
    std::string_view history_sql = {};               // the view of stays, qualified: public.customer_segment_history
    std::string_view member_column = {};             // its column with the member's key, quoted: "customer_id"
};

}  // namespace segment::definition
