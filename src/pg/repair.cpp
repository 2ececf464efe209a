// Finding and mending what got into the member tables behind the extension's back.
#include "pg/adopt.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/member_tables.hpp"
#include "pg/override.hpp"
#include "pg/set_store.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

namespace {

struct Repair {
    const Population *population;
    Segments segments;
    spi::Argument ids;  // of the segments
    ReturnSetInfo *result;
};

void report(const Repair *repair, const char *segment, const char *problem, int64 rows) {
    if (rows == 0) {
        return;
    }
    Datum values[] = {segment == nullptr ? 0 : CStringGetTextDatum(segment), CStringGetTextDatum(problem), Int64GetDatum(rows)};
    bool nulls[] = {segment == nullptr, false, false};
    tuplestore_putvalues(repair->result->setResult, repair->result->setDesc, values, nulls);
}

int64 write(const char *sql, spi::Arguments arguments) {
    spi::connect();
    begin_membership_write();
    uint64 rows = spi::execute(sql, arguments);
    end_membership_write();
    spi::finish();
    return static_cast<int64>(rows);
}

constexpr const char *guarded_tables[] = {"segment_member", "segment_name",     "segment_stay",
                                          "segment_change", "segment_override", "segment_list"};

void repair_guards(const Repair *repair) {
    for (const char *table : guarded_tables) {
        const char *sql = member_relation_sql(repair->population, table);
        Rows guards = caller_execute("SELECT tgenabled FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = 'segment_guard'",
                                     {text_argument(sql)});
        if (guards.count > 0 && DatumGetChar(value_of(guards, 0, 0)) == 'D') {
            caller_execute(psprintf("ALTER TABLE %s ENABLE TRIGGER segment_guard", sql));
            report(repair, nullptr, psprintf("%s was not guarded: its trigger was disabled", sql), 1);
        } else if (guards.count == 0) {
            report(repair, nullptr, psprintf("%s was not guarded: its trigger was dropped", sql), 1);
        }
    }
    guard_member_tables(repair->population);
}

// Rows of segments that neither the catalog nor the table of names knows.
void delete_strangers(const Repair *repair) {
    for (const char *table : {"segment_member", "segment_stay", "segment_override"}) {
        const char *sql = member_relation_sql(repair->population, table);
        int64 rows =
            write(psprintf("DELETE FROM %s AS t WHERE t.segment_id <> ALL ($1) AND NOT EXISTS (SELECT FROM %s AS n WHERE n.segment_id = "
                           "t.segment_id)",
                           sql, member_relation_sql(repair->population, "segment_name")),
                  {repair->ids});
        report(repair, nullptr, psprintf("rows in %s of no segment: deleted", sql), rows);
    }
}

void repair_names(const Repair *repair) {
    const char *sql = member_relation_sql(repair->population, "segment_name");
    check_names(repair->population, &repair->segments);
    for (int32 i = 0; i < repair->segments.count; i++) {
        const Segment &segment = repair->segments.items[i];
        int64 rows = write(psprintf("INSERT INTO %s AS n (segment_id, name, uid) VALUES ($1, $2, $3) ON CONFLICT (segment_id) "
                                    "DO UPDATE SET name = excluded.name WHERE n.name <> excluded.name AND n.uid = excluded.uid",
                                    sql),
                           {int4_argument(segment.id), text_argument(segment.name), {UUIDOID, UUIDPGetDatum(&segment.uid)}});
        report(repair, segment.name, psprintf("its name in %s was missing or another one: written", sql), rows);
    }
}

// Stays that end before they begin, or that lie in the time of another one of the same member in the segment.
void repair_stays(const Repair *repair) {
    const char *stay = member_relation_sql(repair->population, "segment_stay");
    const char *member = member_relation_sql(repair->population, "segment_member");
    const char *key = quote_identifier(member_column(repair->population));
    int64 rows = write(psprintf("DELETE FROM %s AS s USING %s AS m WHERE m.segment_id = s.segment_id AND m.%s %s s.%s AND s.exited_at > "
                                "m.entered_at",
                                stay, member, key, equality_sql(key_column(repair->population)->type), key),
                       {});
    report(repair, nullptr, psprintf("stays in %s that end after the member's present stay began: deleted", stay), rows);
}

void repair_counts(const Repair *repair) {
    for (int32 i = 0; i < repair->segments.count; i++) {
        const Segment &segment = repair->segments.items[i];
        if (!segment.has_rows) {
            continue;
        }
        Rows rows = caller_execute(
            psprintf("SELECT count(*) FROM %s WHERE segment_id = $1", member_relation_sql(repair->population, "segment_member")),
            {int4_argument(segment.id)});
        Rows counts = catalog_execute("SELECT coalesce(members, 0) FROM segment.catalog_segment WHERE id OPERATOR(pg_catalog.=) $1",
                                      {int4_argument(segment.id)});
        int64 members = DatumGetInt64(value_of(rows, 0, 0)), known = DatumGetInt64(value_of(counts, 0, 0));
        if (members == known) {
            continue;
        }
        catalog_execute("UPDATE segment.catalog_segment SET members = $2 WHERE id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(segment.id), int8_argument(members)});
        int64 difference = members - known;
        report(repair, segment.name,
               difference > 0 ? "rows of members that no refresh wrote: counted, the next refresh decides on them"
                              : "rows of members that have gone: counted, the next refresh writes those that are missing",
               difference > 0 ? difference : -difference);
    }
}

void repair(FunctionCallInfo fcinfo) {
    PreventCommandIfReadOnly("segment.repair()");
    InitMaterializedSRF(fcinfo, 0);
    Repair repair{};
    repair.result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    repair.population = get_population(required_text(fcinfo, 0, "population"), Lock::exclusive);
    check_may_change(repair.population);
    check_member_tables(repair.population);
    repair.segments = segments_of(repair.population);
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<Size>(repair.segments.count + 1)));
    for (int32 i = 0; i < repair.segments.count; i++) {
        ids[i] = Int32GetDatum(repair.segments.items[i].id);
    }
    repair.ids = {INT4ARRAYOID, PointerGetDatum(construct_array(ids, repair.segments.count, INT4OID, sizeof(int32), true, TYPALIGN_INT))};

    Identity caller = begin_identity(population_owner(repair.population));
    repair_guards(&repair);
    delete_strangers(&repair);
    repair_names(&repair);
    repair_stays(&repair);
    repair_counts(&repair);
    note_overrides(repair.population, repair.ids);
    forget_sets(repair.ids);
    end_identity(caller);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_repair) {
    repair(fcinfo);
    return static_cast<Datum>(0);
}
