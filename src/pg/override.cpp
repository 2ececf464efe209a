#include "pg/override.hpp"

#include <algorithm>

#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/member_tables.hpp"
#include "pg/set_store.hpp"

namespace segment::pg {

void note_overrides(const Population *population, spi::Argument segment_ids) {
    Rows rows =
        caller_execute(psprintf("SELECT id, coalesce(bool_or(o.override = 'include'), false), coalesce(bool_or(o.override = 'exclude'), "
                                "false) FROM unnest($1) AS id LEFT JOIN %s AS o ON o.segment_id = id GROUP BY id",
                                member_relation_sql(population, "segment_override")),
                       {segment_ids});
    for (uint64 row = 0; row < rows.count; row++) {
        catalog_execute(
            "UPDATE segment.catalog_segment SET includes = $2, excludes = $3 WHERE id OPERATOR(pg_catalog.=) $1",
            {int4_argument(DatumGetInt32(value_of(rows, row, 0))), {BOOLOID, value_of(rows, row, 1)}, {BOOLOID, value_of(rows, row, 2)}});
    }
}

namespace {

// A segment whose overrides are being changed, and one member's key.
struct Target {
    const Population *population;
    const Segment *segment;
    const Column *key;
    spi::Argument key_value;
    const char *key_text;
};

// SQL with the names that its statements share in place of single letters: {m}ember, {s}tay, {c}hange and {o}verride table, {k}ey
// column, {=} of keys.
char *expand(const Population *population, const Column *key, const char *pattern) {
    StringInfoData sql;
    initStringInfo(&sql);
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p != '{') {
            appendStringInfoChar(&sql, *p);
            continue;
        }
        switch (p[1]) {
            case 'm':
                appendStringInfoString(&sql, member_relation_sql(population, "segment_member"));
                break;
            case 's':
                appendStringInfoString(&sql, member_relation_sql(population, "segment_stay"));
                break;
            case 'c':
                appendStringInfoString(&sql, member_relation_sql(population, "segment_change"));
                break;
            case 'o':
                appendStringInfoString(&sql, member_relation_sql(population, "segment_override"));
                break;
            case 'k':
                appendStringInfoString(&sql, quote_identifier(member_column(population)));
                break;
            default:
                appendStringInfoString(&sql, equality_sql(key->type));
        }
        p += 2;
    }
    return sql.data;
}

uint64 write(const Population *population, const Column *key, const char *pattern, spi::Arguments arguments) {
    const char *sql = expand(population, key, pattern);
    spi::connect();
    begin_membership_write();
    uint64 rows = spi::execute(sql, arguments);
    end_membership_write();
    spi::finish();
    return rows;
}

bool exists(const char *sql, spi::Arguments arguments) {
    return caller_execute(sql, arguments, {.row_limit = 1}).count > 0;
}

// Whether there is such a row in the relation, and whether it is in the base.
void check_is_member(const Target *target) {
    const Population *population = target->population;
    const char *sql = psprintf("SELECT 1 FROM %s AS m WHERE m.%s %s $1",
                               quote_qualified_identifier(population->relation_schema, population->relation_name),
                               quote_identifier(population->key), equality_sql(target->key->type));
    if (!exists(sql, {target->key_value})) {
        ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
                        errmsg("population \"%s\" has no member with key \"%s\"", population->name, target->key_text)));
    }
}

bool is_in_base(const Target *target, TimestampTz as_of) {
    Segments everyone = with_definition(segments_of(target->population), pstrdup("everyone"));
    int32 last = everyone.count - 1;
    Binding binding = bind(target->population, &everyone);
    Compilation *compilation = compile(CurrentMemoryContext, target->population, &binding, &everyone, &last, 1, instant_sql(as_of));
    return exists(psprintf("SELECT 1 FROM (%s) AS base(key) WHERE base.key %s $1", to_sql(compilation), equality_sql(target->key->type)),
                  {target->key_value});
}

// What has been said takes effect at once where members are stored; what depends on the segment follows with the next refresh.
int64 enter(const Target *target, TimestampTz as_of, TimestampTz now) {
    if (!is_in_base(target, as_of)) {
        return 0;
    }
    const spi::Argument arguments[] = {int4_argument(target->segment->id), target->key_value, timestamptz_argument(as_of),
                                       int4_argument(target->segment->version), timestamptz_argument(now)};
    uint64 entered = write(target->population, target->key,
                           "INSERT INTO {m} (segment_id, {k}, entered_at, enter_reason, definition_version, via) "
                           "VALUES ($1, $2, $3, 'manual', $4, 'include') ON CONFLICT DO NOTHING",
                           std::span(arguments).first(4));
    write(target->population, target->key,
          entered > 0 ? "INSERT INTO {c} (segment_id, {k}, change, at, as_of, reason, definition_version) "
                        "VALUES ($1, $2, 'entered', $5, $3, 'manual', $4)"
                      : "UPDATE {m} SET via = 'include' WHERE segment_id = $1 AND {k} {=} $2 AND via <> 'include'",
          entered > 0 ? spi::Arguments(arguments) : spi::Arguments(std::span(arguments).first(2)));
    return static_cast<int64>(entered);
}

int64 leave(const Target *target, TimestampTz as_of, TimestampTz now) {
    uint64 exited = write(target->population, target->key,
                          "WITH gone AS (DELETE FROM {m} WHERE segment_id = $1 AND {k} {=} $2 RETURNING {k}, entered_at, enter_reason), "
                          "closed AS (INSERT INTO {s} (segment_id, {k}, entered_at, exited_at, enter_reason, exit_reason) "
                          "SELECT $1, {k}, entered_at, $3, enter_reason, 'manual' FROM gone WHERE entered_at < $3) "
                          "INSERT INTO {c} (segment_id, {k}, change, at, as_of, reason, definition_version) "
                          "SELECT $1, {k}, 'exited', $5, $3, 'manual', $4 FROM gone",
                          {int4_argument(target->segment->id), target->key_value, timestamptz_argument(as_of),
                           int4_argument(target->segment->version), timestamptz_argument(now)});
    return -static_cast<int64>(exited);
}

spi::Argument ids_argument(Datum *ids, int count) {
    return {INT4ARRAYOID, PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT))};
}

// Continues as the population's owner.
Target begin_override(FunctionCallInfo fcinfo, SegmentReference *reference, Identity *caller) {
    *reference = get_segment(required_text(fcinfo, 0, "name"), Lock::exclusive);
    check_may_change(reference->population);
    check_member_tables(reference->population);
    *caller = begin_identity(population_owner(reference->population));
    const Column *key = key_column(reference->population);
    Target target{reference->population, &reference->segment, key, key_argument(fcinfo, 1, key), nullptr};
    Oid output;
    bool is_varlena;
    getTypeOutputInfo(key->type, &output, &is_varlena);
    target.key_text = OidOutputFunctionCall(output, target.key_value.value);
    return target;
}

bool has_stored_rows(const Segment *segment) {
    return segment->refreshed_version > 0 && segment->has_rows;
}

// After a member row was written or deleted.
void count_members(const Segment *segment, int64 difference) {
    if (difference != 0) {
        catalog_execute("UPDATE segment.catalog_segment SET members = members OPERATOR(pg_catalog.+) $2 WHERE id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(segment->id), int8_argument(difference)});
        Datum id = Int32GetDatum(segment->id);
        forget_sets(ids_argument(&id, 1));
    }
}

void end_override(const Target *target, const Identity &caller, int64 difference) {
    Datum id = Int32GetDatum(target->segment->id);
    note_overrides(target->population, ids_argument(&id, 1));
    end_identity(caller);
    count_members(target->segment, difference);
}

// An override can end at any moment: the segment, those of its scheme and what is built on them depend on the clock from now on.
void note_clock(const Segment *segment) {
    catalog_execute(
        "WITH RECURSIVE affected (id) AS (SELECT $1 UNION SELECT next.id FROM affected AS a CROSS JOIN LATERAL ("
        "SELECT u.segment_id FROM segment.catalog_segment_use AS u WHERE u.used_id OPERATOR(pg_catalog.=) a.id UNION ALL "
        "SELECT other.id FROM segment.catalog_segment AS s JOIN segment.catalog_segment AS other "
        "ON other.scheme_id OPERATOR(pg_catalog.=) s.scheme_id WHERE s.id OPERATOR(pg_catalog.=) a.id) AS next (id)) "
        "UPDATE segment.catalog_segment AS s SET next_due = s.as_of FROM affected AS a "
        "WHERE s.id OPERATOR(pg_catalog.=) a.id AND s.next_due OPERATOR(pg_catalog.>) s.as_of",
        {int4_argument(segment->id)});
}

// Who is put into one segment of a scheme leaves the others.
void leave_rivals(const Target *target, TimestampTz as_of, TimestampTz now) {
    Segments segments = segments_of(target->population);
    for (int32 i = 0; i < segments.count; i++) {
        const Segment *rival = &segments.items[i];
        if (rival->scheme_id != target->segment->scheme_id || rival->id == target->segment->id) {
            continue;
        }
        Target other = *target;
        other.segment = rival;
        write(other.population, other.key, "DELETE FROM {o} WHERE segment_id = $1 AND {k} {=} $2 AND override = 'include'",
              {int4_argument(rival->id), other.key_value});
        Datum id = Int32GetDatum(rival->id);
        note_overrides(other.population, ids_argument(&id, 1));
        if (has_stored_rows(rival)) {
            count_members(rival, leave(&other, as_of, now));
        }
    }
}

void set_override(FunctionCallInfo fcinfo, bool include) {
    PreventCommandIfReadOnly(include ? "segment.include()" : "segment.exclude()");
    TimestampTz now = GetCurrentTimestamp();
    bool has_until = !PG_ARGISNULL(3);
    if (has_until && PG_GETARG_TIMESTAMPTZ(3) <= now) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("until must be in the future")));
    }
    const char *author = GetUserNameFromId(GetUserId(), false);
    SegmentReference reference;
    Identity caller;
    Target target = begin_override(fcinfo, &reference, &caller);
    check_is_member(&target);
    write(target.population, target.key,
          "INSERT INTO {o} AS o (segment_id, {k}, override, reason, until, author, at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
          "ON CONFLICT (segment_id, {k}) DO UPDATE SET override = excluded.override, reason = excluded.reason, until = excluded.until, "
          "author = excluded.author, at = excluded.at",
          {int4_argument(target.segment->id),
           target.key_value,
           text_argument(include ? "include" : "exclude"),
           text_argument(optional_text(fcinfo, 2)),
           {TIMESTAMPTZOID, has_until ? PG_GETARG_DATUM(3) : 0, !has_until},
           text_argument(author),
           timestamptz_argument(now)});
    TimestampTz as_of = target.population->has_as_of ? std::max(now, target.population->as_of) : now;
    if (include && target.segment->scheme_id != 0) {
        leave_rivals(&target, as_of, now);
    }
    int64 difference = 0;
    if (has_stored_rows(target.segment)) {
        difference = include ? enter(&target, as_of, now) : leave(&target, as_of, now);
    }
    end_override(&target, caller, difference);
    note_clock(target.segment);
}

bool clear_override(FunctionCallInfo fcinfo) {
    PreventCommandIfReadOnly("segment.clear_override()");
    SegmentReference reference;
    Identity caller;
    Target target = begin_override(fcinfo, &reference, &caller);
    const spi::Argument arguments[] = {int4_argument(target.segment->id), target.key_value};
    bool existed = write(target.population, target.key, "DELETE FROM {o} WHERE segment_id = $1 AND {k} {=} $2", arguments) > 0;
    if (existed) {
        write(target.population, target.key, "UPDATE {m} SET via = 'definition' WHERE segment_id = $1 AND {k} {=} $2 AND via = 'include'",
              arguments);
    }
    end_override(&target, caller, 0);
    return existed;
}

}  // namespace

void settle_overrides(const Run *run, TimestampTz as_of) {
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (run->compilation->segments.size() + 1)));
    int count = 0;
    for (const CompiledSegment &compiled : run->compilation->segments) {
        if (compiled.segment->includes || compiled.segment->excludes) {
            ids[count++] = Int32GetDatum(compiled.segment->id);
        }
    }
    if (count == 0) {
        return;
    }
    const Column *key = run->binding.key;
    const spi::Argument arguments[] = {ids_argument(ids, count), timestamptz_argument(as_of)};
    write(run->population, key,
          "WITH over AS (DELETE FROM {o} WHERE segment_id = ANY ($1) AND until <= $2 RETURNING segment_id, {k}) "
          "UPDATE {m} AS m SET via = 'definition' FROM over WHERE m.segment_id = over.segment_id AND m.{k} {=} over.{k} AND m.via = "
          "'include'",
          arguments);
    write(run->population, key,
          "UPDATE {m} AS m SET via = 'include' FROM {o} AS o WHERE o.segment_id = ANY ($1) AND o.override = 'include' "
          "AND m.segment_id = o.segment_id AND m.{k} {=} o.{k} AND m.via <> 'include'",
          std::span(arguments).first(1));
    note_overrides(run->population, arguments[0]);
}

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_include) {
    set_override(fcinfo, true);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_exclude) {
    set_override(fcinfo, false);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_clear_override) {
    PG_RETURN_BOOL(clear_override(fcinfo));
}
