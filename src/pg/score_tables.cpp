// The tables of scores: ordinary ones of the population's owner, in the schema of its member tables.
#include <span>

#include "pg/bulk_insert.hpp"
#include "pg/identity.hpp"
#include "pg/member_tables.hpp"
#include "pg/relation.hpp"
#include "pg/score.hpp"

namespace segment::pg {

namespace {

struct ScoreColumn {
    const char *name;
    const char *type;  // null: the key's
    const char *constraint;
};

struct ScoreTable {
    const char *ending;
    const char *comment;
    const char *primary_key;
    ScoreColumn columns[6];
    int column_count;
    const char *index;  // another one, or null
};

constexpr ScoreTable tables[] = {
    {"",
     "each member's score; written by segment.refresh",
     "key",
     {{"key", nullptr, "NOT NULL"},
      {"score", "double precision", ""},
      {"band", "text", ""},
      {"coverage", "double precision", "NOT NULL"},
      {"trend", "double precision", ""},
      {"at", "timestamp with time zone", "NOT NULL"}},
     6,
     nullptr},
    {"_history",
     "what each member's score has been from when on; written by segment.refresh",
     "key, at",
     {{"key", nullptr, "NOT NULL"},
      {"at", "timestamp with time zone", "NOT NULL"},
      {"score", "double precision", ""},
      {"band", "text", ""},
      {"version", "integer", "NOT NULL"}},
     5,
     "USING brin (at)"},  // rows come in this order, and trends ask for those of some hours
    {"_value",
     "the last known value of each metric, kept because of missing => 'carry_forward'; written by segment.refresh",
     "key, metric",
     {{"key", nullptr, "NOT NULL"},
      {"metric", "text", "NOT NULL"},
      {"value", "double precision", "NOT NULL"},
      {"known_at", "timestamp with time zone", ""}},
     4,
     nullptr},
};
constexpr size_t kept = 2;  // the table that only some scores have

char *table_suffix(const char *score, const ScoreTable &table) {
    return psprintf("score_%s%s", score, table.ending);
}

Oid table_oid(const Population *population, const char *score, const ScoreTable &table) {
    Oid schema = get_namespace_oid(population->schema, true);
    return OidIsValid(schema) ? get_relname_relid(member_relation_name(population, table_suffix(score, table)), schema) : InvalidOid;
}

void create(const Population *population, const char *score, const ScoreTable &table, const char *key_type_sql, const char *collation) {
    const char *sql = member_relation_sql(population, table_suffix(score, table));
    StringInfoData create;
    initStringInfo(&create);
    appendStringInfo(&create, "CREATE TABLE %s (", sql);
    for (int i = 0; i < table.column_count; i++) {
        const ScoreColumn &column = table.columns[i];
        if (column.type == nullptr) {
            appendStringInfo(&create, "%s %s%s%s %s, ", column.name, key_type_sql, collation[0] != '\0' ? " COLLATE " : "", collation,
                             column.constraint);
        } else {
            appendStringInfo(&create, "%s %s %s, ", column.name, column.type, column.constraint);
        }
    }
    appendStringInfo(&create, "PRIMARY KEY (%s))", table.primary_key);
    caller_execute(create.data);
    caller_execute(psprintf("COMMENT ON TABLE %s IS %s", sql, quote_literal_cstr(table.comment)));
    if (table.index != nullptr) {
        caller_execute(psprintf("CREATE INDEX ON %s %s", sql, table.index));
    }
}

// What is there already is taken over if it is the owner's and has the columns that it would have.
void check(const Population *population, const char *score, const ScoreTable &table, Oid oid, const char *key_type_sql) {
    UserRelation *relation = relation_of_oid(oid);
    const char *difference = nullptr;
    for (int i = 0; i < table.column_count && difference == nullptr; i++) {
        const ScoreColumn &wanted = table.columns[i];
        const char *type = wanted.type == nullptr ? key_type_sql : wanted.type;
        const Column *column = find_column(relation, wanted.name);
        if (column == nullptr) {
            difference = psprintf("It has no column \"%s\".", wanted.name);
        } else if (strcmp(column->type_sql, type) != 0) {
            difference = psprintf("Its column \"%s\" is %s instead of %s.", wanted.name, column->type_sql, type);
        }
    }
    if (difference == nullptr && get_rel_relkind(oid) != RELKIND_RELATION) {
        difference = "It is not a table.";
    }
    if (difference == nullptr && member_relation_owner(population, table_suffix(score, table)) != GetUserId()) {
        difference = psprintf("It is not owned by \"%s\".", GetUserNameFromId(GetUserId(), false));
    }
    if (difference != nullptr) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE), errmsg("%s already exists and cannot be taken over", relation->sql),
                        errdetail("%s", difference), errhint("Drop what is there, or give the score another name.")));
    }
}

Oid bulk_table(const Population *population, const char *score, const ScoreTable &table, Oid key_type) {
    Oid oid = table_oid(population, score, table);
    if (!OidIsValid(oid) || member_relation_owner(population, table_suffix(score, table)) != GetUserId()) {
        return InvalidOid;
    }
    Relation relation = table_open(oid, AccessShareLock);
    TupleDesc columns = RelationGetDescr(relation);
    bool takes = columns->natts == table.column_count && takes_bulk_insert(relation);
    for (int i = 0; i < columns->natts && takes; i++) {
        const FormData_pg_attribute *column = TupleDescAttr(columns, i);
        const ScoreColumn &wanted = table.columns[i];
        takes = !column->attisdropped && strcmp(NameStr(column->attname), wanted.name) == 0 &&
                (wanted.type == nullptr ? column->atttypid == key_type
                                        : strcmp(format_type_with_typemod(column->atttypid, column->atttypmod), wanted.type) == 0);
    }
    table_close(relation, NoLock);
    return takes ? oid : InvalidOid;
}

}  // namespace

BulkTables bulk_tables(const Population *population, const char *score, Oid key_type) {
    return {bulk_table(population, score, tables[0], key_type), bulk_table(population, score, tables[1], key_type)};
}

char *score_table_sql(const Population *population, const char *score) {
    return member_relation_sql(population, table_suffix(score, tables[0]));
}

char *score_history_sql(const Population *population, const char *score) {
    return member_relation_sql(population, table_suffix(score, tables[1]));
}

char *score_values_sql(const Population *population, const char *score) {
    return member_relation_sql(population, table_suffix(score, tables[kept]));
}

void create_score_tables(const Population *population, const char *score, bool keeps_values, const char *key_type_sql, Oid key_collation) {
    for (const ScoreTable &table : std::span(tables).first(keeps_values ? std::size(tables) : kept)) {
        if (Oid oid = table_oid(population, score, table); OidIsValid(oid)) {
            check(population, score, table, oid, key_type_sql);
        } else {
            create(population, score, table, key_type_sql, collation_sql(key_collation));
        }
        guard_table(table_oid(population, score, table), member_relation_sql(population, table_suffix(score, table)));
    }
}

Fault missing_score_table(const Population *population, const ScoreRecord *score) {
    const bool keeps_values = score->model.missing_rule == score::MissingRule::carry_forward;
    for (const ScoreTable &table : std::span(tables).first(keeps_values ? std::size(tables) : kept)) {
        if (!OidIsValid(table_oid(population, score->name, table))) {
            return {
                ERRCODE_UNDEFINED_TABLE,
                psprintf("a table of score \"%s\" does not exist: %s", score->name,
                         member_relation_sql(population, table_suffix(score->name, table))),
                nullptr,
                psprintf("Create it anew, empty, with segment.create_score(%s, %s, ..., if_exists => 'replace'), or drop the score with "
                         "segment.drop_score(%s).",
                         quote_literal_cstr(score->name), quote_literal_cstr(population->name), quote_literal_cstr(score->name))};
        }
    }
    return {};
}

void drop_score_tables(const Population *population, const char *score) {
    for (const ScoreTable &table : tables) {
        if (OidIsValid(table_oid(population, score, table))) {
            caller_execute(psprintf("DROP TABLE %s", member_relation_sql(population, table_suffix(score, table))));
        }
    }
}

// They are told by their names and comments: after DROP EXTENSION and CREATE EXTENSION no score is known any more.
void drop_all_score_tables(const Population *population) {
    Datum comments[std::size(tables)];
    for (size_t i = 0; i < std::size(tables); i++) {
        comments[i] = CStringGetTextDatum(tables[i].comment);
    }
    Rows found = catalog_execute(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
        "WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND c.relkind OPERATOR(pg_catalog.=) 'r' "
        "AND c.relowner OPERATOR(pg_catalog.=) $2 "
        "AND pg_catalog.starts_with(c.relname::pg_catalog.text, $3 OPERATOR(pg_catalog.||) '_score_') "
        "AND pg_catalog.obj_description(c.oid, 'pg_class') OPERATOR(pg_catalog.=) ANY ($4) AND NOT EXISTS ("
        "SELECT 1 FROM segment.catalog_population p WHERE p.id OPERATOR(pg_catalog.<>) $5 "
        "AND p.schema OPERATOR(pg_catalog.=) n.nspname AND p.prefix::pg_catalog.text OPERATOR(pg_catalog.<>) $3 "
        "AND pg_catalog.starts_with(p.prefix::pg_catalog.text, $3) "
        "AND pg_catalog.starts_with(c.relname::pg_catalog.text, p.prefix OPERATOR(pg_catalog.||) '_score_')) ORDER BY 1",
        {text_argument(population->schema),
         {OIDOID, ObjectIdGetDatum(population_owner(population))},
         text_argument(population->prefix),
         {TEXTARRAYOID, PointerGetDatum(construct_array(comments, std::size(tables), TEXTOID, -1, false, TYPALIGN_INT))},
         int4_argument(population->id)});
    for (uint64 row = 0; row < found.count; row++) {
        caller_execute(psprintf("DROP TABLE %s", text_of(found, row, 0)));
    }
}

void change_score_tables_owner(const Population *population, Oid owner) {
    Scores scores = scores_of(population);
    for (int32 i = 0; i < scores.count; i++) {
        for (const ScoreTable &table : tables) {
            if (OidIsValid(table_oid(population, scores.items[i].name, table))) {
                caller_execute(psprintf("ALTER TABLE %s OWNER TO %s",
                                        member_relation_sql(population, table_suffix(scores.items[i].name, table)),
                                        quote_identifier(GetUserNameFromId(owner, false))));
            }
        }
    }
}

}  // namespace segment::pg
