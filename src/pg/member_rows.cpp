#include "pg/member_rows.hpp"

#include <algorithm>

#include "pg/boundary.hpp"
#include "pg/bulk_insert.hpp"
#include "pg/member_tables.hpp"
#include "pg/relation.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

constexpr int rows_per_statement = 20000;
constexpr int member_columns = 6;
constexpr const char *reason_names[] = {"first", "refresh", "definition", "deleted", "base"};

// Changes that one statement writes, as arrays.
struct Batch {
    int count;
    Datum *segments, *keys, *reasons, *versions;
};

Batch make_batch() {
    auto column = [] { return static_cast<Datum *>(palloc(sizeof(Datum) * rows_per_statement)); };
    return {0, column(), column(), column(), column()};
}

}  // namespace

struct MemberRows {
    const Run *run;
    MemoryContext context;
    TimestampTz as_of;
    Oid key_type;
    bool key_by_value;
    int16 key_length;
    char key_alignment;

    BulkInsert *members;  // null before the first, or if only statements will do
    bool by_statement;
    bool index_afterwards;      // the table was empty
    int order[member_columns];  // of the table's columns: which of the values below they take
    Datum values[member_columns];
    Datum reasons[lengthof(reason_names)];

    Batch entered;  // by statement
    Batch exited;
    Batch announced;  // entered, for the change table
};

namespace {

enum MemberColumn : uint8 { segment_column, key_column, entered_at_column, reason_column, version_column, via_column };

uint64 write(const char *sql, spi::Arguments arguments) {
    spi::connect();
    begin_membership_write();
    uint64 rows = spi::execute(sql, arguments);
    end_membership_write();
    spi::finish();
    return rows;
}

void insert_all(const char *sql, spi::Arguments arguments, const char *relation, int expected) {
    if (write(sql, arguments) != static_cast<uint64>(expected)) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("%s does not take the rows of a refresh", relation),
                        errdetail("A rule or trigger on it keeps rows away.")));
    }
}

// Runs a statement whose $1 to $4 are the batch's columns, $5 and $6 as_of and now.
void run_batch(const MemberRows *rows, Batch *batch, const char *sql, const char *relation) {
    if (batch->count == 0) {
        return;
    }
    CHECK_FOR_INTERRUPTS();
    MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "segment member rows", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(context);
    spi::Argument arguments[] = {
        {INT4ARRAYOID, PointerGetDatum(construct_array(batch->segments, batch->count, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
        {get_array_type(rows->key_type), PointerGetDatum(construct_array(batch->keys, batch->count, rows->key_type, rows->key_length,
                                                                         rows->key_by_value, rows->key_alignment))},
        {TEXTARRAYOID, PointerGetDatum(construct_array(batch->reasons, batch->count, TEXTOID, -1, false, TYPALIGN_INT))},
        {INT4ARRAYOID, PointerGetDatum(construct_array(batch->versions, batch->count, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
        {TIMESTAMPTZOID, TimestampTzGetDatum(rows->as_of)},
        {TIMESTAMPTZOID, TimestampTzGetDatum(GetCurrentTimestamp())}};
    if (relation == nullptr) {
        write(sql, arguments);
    } else {
        insert_all(sql, arguments, relation, batch->count);
    }
    MemoryContextSwitchTo(before);
    MemoryContextDelete(context);
    batch->count = 0;
}

// The batch as a relation: $1 to $4 side by side.
constexpr const char *batch_sql =
    "ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) AS c (segment_id, k, reason, "
    "version)";

void flush_entered(MemberRows *rows) {
    const Population *population = rows->run->population;
    const char *key = quote_identifier(member_column(population));
    const char *member = member_relation_sql(population, "segment_member");
    run_batch(rows, &rows->entered,
              psprintf("INSERT INTO %s (segment_id, %s, entered_at, enter_reason, definition_version, via) "
                       "SELECT segment_id, k, $5, reason, version, 'definition' FROM %s",
                       member, key, batch_sql),
              member);
}

void flush_announced(MemberRows *rows) {
    const Population *population = rows->run->population;
    const char *key = quote_identifier(member_column(population));
    const char *change = member_relation_sql(population, "segment_change");
    run_batch(rows, &rows->announced,
              psprintf("INSERT INTO %s (segment_id, %s, change, at, as_of, reason, definition_version) "
                       "SELECT segment_id, k, 'entered', $6, $5, reason, version FROM %s",
                       change, key, batch_sql),
              change);
}

void flush_exited(MemberRows *rows) {
    const Population *population = rows->run->population;
    const char *key = quote_identifier(member_column(population));
    run_batch(
        rows, &rows->exited,
        psprintf("WITH gone AS (DELETE FROM %s AS m USING %s "
                 "WHERE m.segment_id = c.segment_id AND m.%s %s c.k "
                 "RETURNING m.segment_id, m.%s, m.entered_at, m.enter_reason, c.reason, c.version), "
                 "closed AS (INSERT INTO %s (segment_id, %s, entered_at, exited_at, enter_reason, exit_reason) "
                 "SELECT segment_id, %s, entered_at, $5, enter_reason, reason FROM gone WHERE entered_at < $5) "
                 "INSERT INTO %s (segment_id, %s, change, at, as_of, reason, definition_version) "
                 "SELECT segment_id, %s, 'exited', $6, $5, reason, version FROM gone",
                 member_relation_sql(population, "segment_member"), batch_sql, key, equality_sql(rows->key_type), key,
                 member_relation_sql(population, "segment_stay"), key, key, member_relation_sql(population, "segment_change"), key, key),
        nullptr);
}

void add(MemberRows *rows, Batch *batch, const MemberChange &change, void (*flush)(MemberRows *)) {
    int i = batch->count++;
    batch->segments[i] = Int32GetDatum(change.segment->id);
    batch->keys[i] = change.key;
    batch->reasons[i] = rows->reasons[static_cast<uint8>(change.reason)];
    batch->versions[i] = Int32GetDatum(change.segment->version);
    if (batch->count == rows_per_statement) {
        flush(rows);
    }
}

// Whether the member table is as we made it: then rows may go in without a statement.
bool map_columns(MemberRows *rows, Relation table) {
    static constexpr const char *names[] = {"segment_id", nullptr, "entered_at", "enter_reason", "definition_version", "via"};
    static constexpr Oid types[] = {INT4OID, InvalidOid, TIMESTAMPTZOID, TEXTOID, INT4OID, TEXTOID};
    TupleDesc columns = RelationGetDescr(table);
    if (columns->natts != member_columns) {
        return false;
    }
    const char *key = member_column(rows->run->population);
    for (int i = 0; i < member_columns; i++) {
        Form_pg_attribute attribute = TupleDescAttr(columns, i);
        int found = 0;
        while (found < member_columns && strcmp(NameStr(attribute->attname), found == key_column ? key : names[found]) != 0) {
            found++;
        }
        if (found == member_columns || attribute->attisdropped ||
            getBaseType(attribute->atttypid) != (found == key_column ? rows->key_type : types[found])) {
            return false;
        }
        rows->order[i] = found;
    }
    return true;
}

void open_members(MemberRows *rows) {
    if (rows->members != nullptr || rows->by_statement) {
        return;
    }
    const Population *population = rows->run->population;
    Oid oid = get_relname_relid(member_relation_name(population, "segment_member"), get_namespace_oid(population->schema, false));
    Relation table = table_open(oid, RowExclusiveLock);
    rows->by_statement =
        pg_class_aclcheck(oid, GetUserId(), ACL_INSERT) != ACLCHECK_OK || !takes_bulk_insert(table) || !map_columns(rows, table);
    // Indexes of an empty table are built in one go at the end, unless a query of this session is reading it.
    rows->index_afterwards =
        !rows->by_statement && table->rd_refcnt == 1 && !AfterTriggerPendingOnRel(oid) && RelationGetNumberOfBlocks(table) == 0;
    table_close(table, NoLock);
    if (!rows->by_statement) {
        MemoryContext before = MemoryContextSwitchTo(rows->context);
        rows->members = begin_bulk_insert(oid, rows->index_afterwards ? Indexes::leave : Indexes::maintain);
        MemoryContextSwitchTo(before);
    }
}

}  // namespace

MemberRows *begin_member_rows(const Run *run, TimestampTz as_of) {
    auto *rows = static_cast<MemberRows *>(palloc0(sizeof(MemberRows)));
    rows->run = run;
    rows->context = CurrentMemoryContext;
    rows->as_of = as_of;
    rows->key_type = run->binding.key->type;
    get_typlenbyvalalign(rows->key_type, &rows->key_length, &rows->key_by_value, &rows->key_alignment);
    rows->values[entered_at_column] = TimestampTzGetDatum(as_of);
    rows->values[via_column] = CStringGetTextDatum("definition");
    for (size_t i = 0; i < lengthof(reason_names); i++) {
        rows->reasons[i] = CStringGetTextDatum(reason_names[i]);
    }
    rows->entered = make_batch();
    rows->exited = make_batch();
    rows->announced = make_batch();
    return rows;
}

bool are_indexed_at_once(MemberRows *rows) {
    open_members(rows);
    return !rows->index_afterwards;
}

void enter_member(MemberRows *rows, const MemberChange &change) {
    open_members(rows);
    if (rows->by_statement) {
        add(rows, &rows->entered, change, flush_entered);
    } else {
        static constexpr bool nulls[member_columns] = {};
        rows->values[segment_column] = Int32GetDatum(change.segment->id);
        rows->values[key_column] = change.key;
        rows->values[reason_column] = rows->reasons[static_cast<uint8>(change.reason)];
        rows->values[version_column] = Int32GetDatum(change.segment->version);
        Datum values[member_columns];
        for (int i = 0; i < member_columns; i++) {
            values[i] = rows->values[rows->order[i]];
        }
        bulk_insert(rows->members, values, nulls);
    }
    if (change.segment->refreshed_version != 0 || change.segment->announce) {
        add(rows, &rows->announced, change, flush_announced);
    }
}

void exit_member(MemberRows *rows, const MemberChange &change) {
    add(rows, &rows->exited, change, flush_exited);
}

void end_member_rows(MemberRows *rows) {
    flush_exited(rows);
    flush_entered(rows);
    if (rows->members != nullptr) {
        end_bulk_insert(rows->members);
        if (rows->index_afterwards) {
            CommandCounterIncrement();
            write(psprintf("REINDEX TABLE %s", member_relation_sql(rows->run->population, "segment_member")), {});
        }
    }
    flush_announced(rows);
}

void write_names(const Run *run) {
    size_t count = run->compilation->segments.size();
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *names = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    auto *uids = static_cast<Datum *>(palloc(sizeof(Datum) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        const Segment *segment = run->compilation->segments[i].segment;
        ids[i] = Int32GetDatum(segment->id);
        names[i] = CStringGetTextDatum(segment->name);
        uids[i] = UUIDPGetDatum(&segment->uid);
    }
    int items = static_cast<int>(count);
    write(psprintf("INSERT INTO %s AS n (segment_id, name, uid) SELECT * FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), "
                   "pg_catalog.unnest($3)) "
                   "ON CONFLICT (segment_id) DO UPDATE SET name = excluded.name, uid = excluded.uid "
                   "WHERE n.name <> excluded.name OR n.uid <> excluded.uid",
                   member_relation_sql(run->population, "segment_name")),
          {{INT4ARRAYOID, PointerGetDatum(construct_array(ids, items, INT4OID, sizeof(int32), true, TYPALIGN_INT))},
           {TEXTARRAYOID, PointerGetDatum(construct_array(names, items, TEXTOID, -1, false, TYPALIGN_INT))},
           {UUIDARRAYOID, PointerGetDatum(construct_array(uids, items, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR))}});
}

}  // namespace segment::pg
