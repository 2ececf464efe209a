#include "pg/member_tables.hpp"

#include <algorithm>

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

// A column of one of the tables. The member's key has no name here: name, type and collation are the population's.
struct MemberColumn {
    const char *name;
    const char *type;
    const char *constraint;
};

constexpr const char *required = "NOT NULL";
constexpr MemberColumn member_key{nullptr, nullptr, nullptr};

struct MemberTable {
    const char *suffix;
    const char *comment;
    const char *primary_key;  // `%s` is the member's key
    MemberColumn columns[10];
    int column_count;
    const char *index;  // or null
};

constexpr MemberTable tables[] = {
    {"segment_member",
     "who is in which segment; written by segment.refresh",
     "segment_id, %s",
     {{"segment_id", "integer", required},
      member_key,
      {"entered_at", "timestamp with time zone", required},
      {"enter_reason", "text", required},
      {"definition_version", "integer", required},
      {"via", "text", required}},
     6,
     "%s, segment_id"},
    {"segment_name",
     "the names of the segments in the member tables",
     "segment_id",
     {{"segment_id", "integer", required}, {"name", "text", "NOT NULL UNIQUE"}, {"uid", "uuid", required}},
     3,
     nullptr},
    {"segment_stay",
     "closed stays: who was in which segment from when to when",
     "segment_id, %s, entered_at",
     {{"segment_id", "integer", required},
      member_key,
      {"entered_at", "timestamp with time zone", required},
      {"exited_at", "timestamp with time zone", required},
      {"during", "tstzrange", "GENERATED ALWAYS AS (tstzrange(entered_at, exited_at)) STORED"},
      {"enter_reason", "text", required},
      {"exit_reason", "text", required}},
     7,
     nullptr},
    {"segment_change",
     "who entered and who exited, in the order of the refreshes",
     "seq",
     {{"seq", "bigint", "GENERATED ALWAYS AS IDENTITY"},
      {"xid", "xid8", "NOT NULL DEFAULT pg_current_xact_id()"},
      {"segment_id", "integer", required},
      member_key,
      {"change", "text", "NOT NULL CHECK (change IN ('entered', 'exited'))"},
      {"at", "timestamp with time zone", required},
      {"as_of", "timestamp with time zone", required},
      {"reason", "text", required},
      {"definition_version", "integer", required}},
     9,
     nullptr},
    {"segment_override",
     "who is in or out of which segment whatever its definition says; written by segment.include and exclude",
     "segment_id, %s",
     {{"segment_id", "integer", required},
      member_key,
      {"override", "text", "NOT NULL CHECK (override IN ('include', 'exclude'))"},
      {"reason", "text", ""},
      {"until", "timestamp with time zone", ""},
      {"author", "text", required},
      {"at", "timestamp with time zone", required}},
     7,
     nullptr},
    {"segment_list",
     "who is on which list; written by segment.add_to_list and remove_from_list",
     "list, %s",
     {{"list", "text", required},
      member_key,
      {"until", "timestamp with time zone", ""},
      {"author", "text", required},
      {"at", "timestamp with time zone", required}},
     5,
     nullptr},
};

bool has_member_key(const MemberTable *table) {
    return std::any_of(table->columns, table->columns + table->column_count, [](const MemberColumn &c) { return c.name == nullptr; });
}

constexpr const char *views[] = {"segment_history", "segments", "segment"};

Oid relation_oid(const Population *population, const char *suffix) {
    Oid schema = get_namespace_oid(population->schema, true);
    return OidIsValid(schema) ? get_relname_relid(member_relation_name(population, suffix), schema) : InvalidOid;
}

bool exists(const Population *population, const char *suffix) {
    return OidIsValid(relation_oid(population, suffix));
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

void create_table(const Population *population, const MemberTable *table, const char *key_type_sql, const char *collation) {
    const char *sql = member_relation_sql(population, table->suffix);
    const char *key = quote_identifier(member_column(population));
    StringInfoData create;
    initStringInfo(&create);
    appendStringInfo(&create, "CREATE TABLE %s (", sql);
    for (int i = 0; i < table->column_count; i++) {
        const MemberColumn &column = table->columns[i];
        if (column.name == nullptr) {
            appendStringInfo(&create, "%s %s%s%s NOT NULL, ", key, key_type_sql, collation[0] != '\0' ? " COLLATE " : "", collation);
        } else {
            appendStringInfo(&create, "%s %s %s, ", column.name, column.type, column.constraint);
        }
    }
    appendStringInfo(&create, "PRIMARY KEY (%s))", psprintf(table->primary_key, key));
    run_ddl(create.data);
    if (table->index != nullptr) {
        run_ddl(psprintf("CREATE INDEX ON %s (%s)", sql, psprintf(table->index, key)));
    }
    comment("TABLE", sql, table->comment);
}

// A table that is there already is taken over if it is the caller's and has the columns that it would have.
void check_table(const Population *population, const MemberTable *table, const char *key_type_sql) {
    UserRelation *relation = relation_of_oid(relation_oid(population, table->suffix));
    const char *difference = nullptr;
    for (int i = 0; i < table->column_count && difference == nullptr; i++) {
        const MemberColumn &wanted = table->columns[i];
        const char *name = wanted.name == nullptr ? member_column(population) : wanted.name;
        const char *type = wanted.name == nullptr ? key_type_sql : wanted.type;
        const Column *column = find_column(relation, name);
        if (column == nullptr) {
            difference = psprintf("It has no column \"%s\".", name);
        } else if (strcmp(column->type_sql, type) != 0) {
            difference = psprintf("Its column \"%s\" is %s instead of %s.", name, column->type_sql, type);
        }
    }
    if (difference == nullptr && get_rel_relkind(relation->oid) != RELKIND_RELATION) {
        difference = "It is not a table.";
    }
    if (difference == nullptr && member_relation_owner(population, table->suffix) != GetUserId()) {
        difference = psprintf("It is not owned by \"%s\".", GetUserNameFromId(GetUserId(), false));
    }
    if (difference != nullptr) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE),
                        errmsg("%s already exists and cannot be taken over", member_relation_sql(population, table->suffix)),
                        errdetail("%s", difference), errhint("Drop what is there, or pass another prefix.")));
    }
}

void create_views(const Population *population) {
    const char *member = member_relation_sql(population, "segment_member");
    const char *name = member_relation_sql(population, "segment_name");
    const char *key = quote_identifier(member_column(population));
    const char *segment_view = member_relation_sql(population, "segment");
    run_ddl(psprintf(
        "CREATE OR REPLACE VIEW %s AS SELECT n.name AS segment, m.segment_id, m.%s, m.entered_at FROM %s m JOIN %s n USING (segment_id)",
        segment_view, key, member, name));
    comment("VIEW", segment_view, "who is in which segment, by the segments' names");

    const char *segments_view = member_relation_sql(population, "segments");
    run_ddl(
        psprintf("CREATE OR REPLACE VIEW %s AS SELECT m.%s, array_agg(n.name ORDER BY n.name) AS segments FROM %s m JOIN %s n USING "
                 "(segment_id) GROUP BY m.%s",
                 segments_view, key, member, name, key));
    comment("VIEW", segments_view, "each member's segments");

    const char *history_view = member_relation_sql(population, "segment_history");
    run_ddl(
        psprintf("CREATE OR REPLACE VIEW %s AS "
                 "SELECT n.name AS segment, s.segment_id, s.%s, s.entered_at, s.exited_at, s.during, s.enter_reason, s.exit_reason "
                 "FROM %s s JOIN %s n USING (segment_id) "
                 "UNION ALL SELECT n.name, m.segment_id, m.%s, m.entered_at, NULL, tstzrange(m.entered_at, NULL), m.enter_reason, NULL "
                 "FROM %s m JOIN %s n USING (segment_id)",
                 history_view, key, member_relation_sql(population, "segment_stay"), name, key, member, name));
    comment("VIEW", history_view, "all stays, the open ones with exited_at null");
}

}  // namespace

void begin_membership_write() {
    writing_transaction = GetTopTransactionId();
    writing_in = GetCurrentSubTransactionId();
}

void end_membership_write() {
    writing_in = InvalidSubTransactionId;
}

void guard_table(Oid table, const char *sql) {
    if (!OidIsValid(get_trigger_oid(table, "segment_guard", true))) {
        run_ddl(
            psprintf("CREATE TRIGGER segment_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s "
                     "FOR EACH STATEMENT EXECUTE FUNCTION segment.guard_membership()",
                     sql));
        run_ddl(psprintf("ALTER TRIGGER segment_guard ON %s DEPENDS ON EXTENSION segment", sql));
    }
}

void guard_member_tables(const Population *population) {
    for (const MemberTable &table : tables) {
        guard_table(relation_oid(population, table.suffix), member_relation_sql(population, table.suffix));
    }
}

bool create_member_tables(const Population *population, const char *key_type_sql, Oid key_collation) {
    bool taken_over = exists(population, "segment_member") && exists(population, "segment_name");
    if (!taken_over) {
        for (const MemberTable &table : tables) {
            refuse_existing(population, table.suffix);
        }
        for (const char *view : views) {
            refuse_existing(population, view);
        }
    }
    const char *collation = collation_sql(key_collation);
    // Names in the statements below mean pg_catalog's, whatever the caller's search_path.
    Identity caller = begin_identity(GetUserId());
    for (const MemberTable &table : tables) {
        if (exists(population, table.suffix)) {
            check_table(population, &table, key_type_sql);
        } else {
            create_table(population, &table, key_type_sql, collation);
        }
    }
    guard_member_tables(population);
    create_views(population);
    end_identity(caller);
    return taken_over;
}

void change_member_tables_owner(const Population *population, Oid owner) {
    const char *role = quote_identifier(GetUserNameFromId(owner, false));
    const auto change = [&](const char *kind, const char *suffix) {
        if (exists(population, suffix)) {
            run_ddl(psprintf("ALTER %s %s OWNER TO %s", kind, member_relation_sql(population, suffix), role));
        }
    };
    for (const MemberTable &table : tables) {
        change("TABLE", table.suffix);
    }
    for (const char *view : views) {
        change("VIEW", view);
    }
}

void rename_member_column(const Population *population, const char *new_name) {
    const char *column = quote_identifier(member_column(population));
    for (const MemberTable &table : tables) {
        if (has_member_key(&table)) {
            run_ddl(psprintf("ALTER TABLE %s RENAME COLUMN %s TO %s", member_relation_sql(population, table.suffix), column,
                             quote_identifier(new_name)));
        }
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
    for (const MemberTable &table : tables) {
        if (exists(population, table.suffix)) {
            run_ddl(psprintf("DROP TABLE %s", member_relation_sql(population, table.suffix)));
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
