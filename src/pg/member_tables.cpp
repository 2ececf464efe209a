#include "pg/member_tables.hpp"

#include "pg/boundary.hpp"
#include "pg/identity.hpp"
#include "pg/relation.hpp"

namespace segment::pg {

namespace {

// The subtransaction that is writing, so that an abort in the middle closes the door by itself.
SubTransactionId writing_in = InvalidSubTransactionId;
TransactionId writing_transaction = InvalidTransactionId;

bool writing() {
    return writing_in != InvalidSubTransactionId && writing_in == GetCurrentSubTransactionId() &&
           writing_transaction == GetTopTransactionIdIfAny();
}

void run_ddl(const char *sql) {
    caller_execute(sql);
}

constexpr const char *views[] = {"segment_history", "segments", "segment"};
constexpr const char *keyed_tables[] = {"segment_change", "segment_stay", "segment_member", "segment_override", "segment_list"};
constexpr const char *tables[] = {"segment_change", "segment_stay", "segment_member", "segment_name", "segment_override", "segment_list"};

bool exists(const Population *population, const char *suffix) {
    Oid schema = get_namespace_oid(population->schema, true);
    return OidIsValid(schema) && OidIsValid(get_relname_relid(member_relation_name(population, suffix), schema));
}

void refuse_existing(const Population *population, const char *suffix) {
    if (exists(population, suffix)) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE), errmsg("%s already exists", member_relation_sql(population, suffix)),
                        errdetail("Population \"%s\" would keep its members there.", population->name),
                        errhint("Drop what is there, or pass another prefix.")));
    }
}

void comment(const char *kind, const char *relation, const char *text) {
    run_ddl(psprintf("COMMENT ON %s %s IS %s", kind, relation, quote_literal_cstr(text)));
}

void guard(const char *relation) {
    run_ddl(
        psprintf("CREATE TRIGGER segment_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s "
                 "FOR EACH STATEMENT EXECUTE FUNCTION segment.guard_membership()",
                 relation));
    run_ddl(psprintf("ALTER TRIGGER segment_guard ON %s DEPENDS ON EXTENSION segment", relation));
}

}  // namespace

void begin_membership_write() {
    writing_transaction = GetTopTransactionId();
    writing_in = GetCurrentSubTransactionId();
}

void end_membership_write() {
    writing_in = InvalidSubTransactionId;
}

void create_member_tables(const Population *population, const char *key_type_sql, Oid key_collation) {
    for (const char *table : tables) {
        refuse_existing(population, table);
    }
    for (const char *view : views) {
        refuse_existing(population, view);
    }
    const char *member = member_relation_sql(population, "segment_member");
    const char *name = member_relation_sql(population, "segment_name");
    const char *stay = member_relation_sql(population, "segment_stay");
    const char *change = member_relation_sql(population, "segment_change");
    const char *key = quote_identifier(member_column(population));
    const char *collation = collation_sql(key_collation);
    const char *key_definition = psprintf("%s %s%s%s NOT NULL", key, key_type_sql, collation[0] != '\0' ? " COLLATE " : "", collation);
    // Names in the statements below mean pg_catalog's, whatever the caller's search_path.
    Identity caller = begin_identity(GetUserId());

    run_ddl(
        psprintf("CREATE TABLE %s (segment_id int NOT NULL, %s, entered_at timestamptz NOT NULL, enter_reason text NOT NULL, "
                 "definition_version int NOT NULL, via text NOT NULL, PRIMARY KEY (segment_id, %s))",
                 member, key_definition, key));
    run_ddl(psprintf("CREATE INDEX ON %s (%s, segment_id)", member, key));
    comment("TABLE", member, "who is in which segment; written by segment.refresh");
    guard(member);

    run_ddl(psprintf("CREATE TABLE %s (segment_id int PRIMARY KEY, name text NOT NULL UNIQUE, uid uuid NOT NULL)", name));
    comment("TABLE", name, "the names of the segments in the member tables");
    guard(name);

    run_ddl(
        psprintf("CREATE TABLE %s (segment_id int NOT NULL, %s, entered_at timestamptz NOT NULL, exited_at timestamptz NOT NULL, "
                 "during tstzrange GENERATED ALWAYS AS (tstzrange(entered_at, exited_at)) STORED, enter_reason text NOT NULL, "
                 "exit_reason text NOT NULL, PRIMARY KEY (segment_id, %s, entered_at))",
                 stay, key_definition, key));
    comment("TABLE", stay, "closed stays: who was in which segment from when to when");
    guard(stay);

    run_ddl(
        psprintf("CREATE TABLE %s (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), "
                 "segment_id int NOT NULL, %s, change text NOT NULL CHECK (change IN ('entered', 'exited')), at timestamptz NOT NULL, "
                 "as_of timestamptz NOT NULL, reason text NOT NULL, definition_version int NOT NULL)",
                 change, key_definition));
    comment("TABLE", change, "who entered and who exited, in the order of the refreshes");
    guard(change);

    const char *override_table = member_relation_sql(population, "segment_override");
    run_ddl(
        psprintf("CREATE TABLE %s (segment_id int NOT NULL, %s, override text NOT NULL CHECK (override IN ('include', 'exclude')), "
                 "reason text, until timestamptz, author text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (segment_id, %s))",
                 override_table, key_definition, key));
    comment("TABLE", override_table,
            "who is in or out of which segment whatever its definition says; written by segment.include and exclude");
    guard(override_table);

    const char *list = member_relation_sql(population, "segment_list");
    run_ddl(
        psprintf("CREATE TABLE %s (list text NOT NULL, %s, until timestamptz, author text NOT NULL, at timestamptz NOT NULL, "
                 "PRIMARY KEY (list, %s))",
                 list, key_definition, key));
    comment("TABLE", list, "who is on which list; written by segment.add_to_list and remove_from_list");
    guard(list);

    const char *segment_view = member_relation_sql(population, "segment");
    run_ddl(psprintf("CREATE VIEW %s AS SELECT n.name AS segment, m.segment_id, m.%s, m.entered_at FROM %s m JOIN %s n USING (segment_id)",
                     segment_view, key, member, name));
    comment("VIEW", segment_view, "who is in which segment, by the segments' names");

    const char *segments_view = member_relation_sql(population, "segments");
    run_ddl(psprintf(
        "CREATE VIEW %s AS SELECT m.%s, array_agg(n.name ORDER BY n.name) AS segments FROM %s m JOIN %s n USING (segment_id) GROUP BY m.%s",
        segments_view, key, member, name, key));
    comment("VIEW", segments_view, "each member's segments");

    const char *history_view = member_relation_sql(population, "segment_history");
    run_ddl(
        psprintf("CREATE VIEW %s AS "
                 "SELECT n.name AS segment, s.segment_id, s.%s, s.entered_at, s.exited_at, s.during, s.enter_reason, s.exit_reason "
                 "FROM %s s JOIN %s n USING (segment_id) "
                 "UNION ALL SELECT n.name, m.segment_id, m.%s, m.entered_at, NULL, tstzrange(m.entered_at, NULL), m.enter_reason, NULL "
                 "FROM %s m JOIN %s n USING (segment_id)",
                 history_view, key, stay, name, key, member, name));
    comment("VIEW", history_view, "all stays, the open ones with exited_at null");
    end_identity(caller);
}

void change_member_tables_owner(const Population *population, Oid owner) {
    const char *role = quote_identifier(GetUserNameFromId(owner, false));
    const auto change = [&](const char *kind, const char *suffix) {
        if (exists(population, suffix)) {
            run_ddl(psprintf("ALTER %s %s OWNER TO %s", kind, member_relation_sql(population, suffix), role));
        }
    };
    for (const char *table : tables) {
        change("TABLE", table);
    }
    for (const char *view : views) {
        change("VIEW", view);
    }
}

void rename_member_column(const Population *population, const char *new_name) {
    const char *column = quote_identifier(member_column(population));
    for (const char *table : keyed_tables) {
        run_ddl(
            psprintf("ALTER TABLE %s RENAME COLUMN %s TO %s", member_relation_sql(population, table), column, quote_identifier(new_name)));
    }
    for (const char *view : views) {
        run_ddl(
            psprintf("ALTER VIEW %s RENAME COLUMN %s TO %s", member_relation_sql(population, view), column, quote_identifier(new_name)));
    }
}

void drop_member_tables(const Population *population) {
    for (const char *view : views) {
        if (exists(population, view)) {
            run_ddl(psprintf("DROP VIEW %s", member_relation_sql(population, view)));
        }
    }
    for (const char *table : tables) {
        if (exists(population, table)) {
            run_ddl(psprintf("DROP TABLE %s", member_relation_sql(population, table)));
        }
    }
}

}  // namespace segment::pg

using namespace segment::pg;

// Foreign writes are refused, except filling an empty table: that is how a dump is restored.
SEGMENT_FUNCTION(segment_guard_membership) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("guard_membership was not called as a trigger")));
    auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!writing()) {
        const char *table = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(trigger->tg_relation)),
                                                       RelationGetRelationName(trigger->tg_relation));
        bool allowed = false;
        if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event)) {
            Rows rows = caller_execute(psprintf("SELECT 1 FROM %s LIMIT 1", table));
            allowed = rows.count == 0;
        }
        if (!allowed)
            ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("%s is written by the extension only", table),
                            errhint("Members change with segment.refresh, segment.include and segment.exclude, lists with "
                                    "segment.add_to_list and segment.remove_from_list.")));
    }
    return PointerGetDatum(nullptr);
}
