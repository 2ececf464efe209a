#include "pg/relation.hpp"

#include "pg/identity.hpp"
#include "pg/nearest.hpp"

namespace segment::pg {

namespace {

bool has_rows(char kind) {
    return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_VIEW || kind == RELKIND_MATVIEW ||
           kind == RELKIND_FOREIGN_TABLE;
}

bool in_pg_catalog(Oid type) {
    Oid element = get_element_type(type);
    HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(OidIsValid(element) ? element : type));
    if (!HeapTupleIsValid(tuple)) {
        return false;
    }
    bool result = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple))->typnamespace == PG_CATALOG_NAMESPACE;
    ReleaseSysCache(tuple);
    return result;
}

const char *declared_type_sql(Oid type, int32 modifier) {
    bits16 flags = FORMAT_TYPE_TYPEMOD_GIVEN | (in_pg_catalog(type) ? 0 : FORMAT_TYPE_FORCE_QUALIFY);
    return format_type_extended(type, modifier, flags);
}

UserRelation *describe(::Relation opened, Fault *fault) {
    Form_pg_class row = opened->rd_rel;
    if (!has_rows(row->relkind)) {
        report(fault, {ERRCODE_WRONG_OBJECT_TYPE, psprintf("\"%s\" is not a table or view", RelationGetRelationName(opened)),
                       "A table, partitioned table, view, materialized view or foreign table is needed.", nullptr});
        return nullptr;
    }
    if (row->relpersistence == RELPERSISTENCE_TEMP) {
        report(fault, {ERRCODE_WRONG_OBJECT_TYPE, psprintf("\"%s\" is temporary", RelationGetRelationName(opened)),
                       "A registered relation must outlive the session.", nullptr});
        return nullptr;
    }
    auto *relation = static_cast<UserRelation *>(palloc0(sizeof(UserRelation)));
    relation->oid = RelationGetRelid(opened);
    relation->schema = get_namespace_name(row->relnamespace);
    relation->name = pstrdup(NameStr(row->relname));
    relation->sql = quote_qualified_identifier(relation->schema, relation->name);
    TupleDesc description = RelationGetDescr(opened);
    relation->columns = static_cast<Column *>(palloc0(sizeof(Column) * (description->natts + 1)));
    for (int i = 0; i < description->natts; i++) {
        Form_pg_attribute attribute = TupleDescAttr(description, i);
        if (attribute->attisdropped)
            continue;
        Column *column = &relation->columns[relation->column_count++];
        column->name = pstrdup(NameStr(attribute->attname));
        column->modifier = attribute->atttypmod;
        column->type = getBaseTypeAndTypmod(attribute->atttypid, &column->modifier);
        column->collation = attribute->attcollation;
        column->type_sql = declared_type_sql(attribute->atttypid, attribute->atttypmod);
    }
    return relation;
}

UserRelation *open_relation(Oid oid, Fault *fault) {
    ::Relation opened = try_relation_open(oid, AccessShareLock);
    if (opened == nullptr) {
        report(fault, {ERRCODE_UNDEFINED_TABLE, psprintf("relation with OID %u does not exist", oid), nullptr, nullptr});
        return nullptr;
    }
    // Names and types are written the same way whatever the session's settings: they are compared later on.
    Identity caller = begin_identity(GetUserId());
    UserRelation *relation = describe(opened, fault);
    end_identity(caller);
    relation_close(opened, NoLock);
    return relation;
}

}  // namespace

UserRelation *relation_of_oid(Oid oid) {
    return open_relation(oid, nullptr);
}

UserRelation *relation_named(const char *text) {
    return relation_of_oid(RangeVarGetRelid(makeRangeVarFromNameList(qualified_name_list(text)), AccessShareLock, false));
}

UserRelation *relation_registered(const char *schema, const char *name, const char *role_in_message, Fault *fault) {
    RangeVar *range = makeRangeVar(pstrdup(schema), pstrdup(name), -1);
    Oid oid = RangeVarGetRelid(range, AccessShareLock, true);
    if (!OidIsValid(oid)) {
        report(fault,
               {ERRCODE_UNDEFINED_TABLE, psprintf("%s does not exist: %s", role_in_message, quote_qualified_identifier(schema, name)),
                nullptr, "Relations are found by name: create it again under this name, or drop what was registered on it."});
        return nullptr;
    }
    return open_relation(oid, fault);
}

const char *type_sql(Oid type) {
    return declared_type_sql(type, -1);
}

const char *collation_sql(Oid collation) {
    if (!OidIsValid(collation) || collation == DEFAULT_COLLATION_OID) {
        return "";
    }
    HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
    if (!HeapTupleIsValid(tuple)) {
        return "";
    }
    auto *row = reinterpret_cast<Form_pg_collation>(GETSTRUCT(tuple));
    char *result = quote_qualified_identifier(get_namespace_name(row->collnamespace), NameStr(row->collname));
    ReleaseSysCache(tuple);
    return result;
}

const Column *find_column(const UserRelation *relation, const char *name) {
    for (int32 i = 0; i < relation->column_count; i++) {
        if (strcmp(relation->columns[i].name, name) == 0)
            return &relation->columns[i];
    }
    return nullptr;
}

const Column *get_column(const UserRelation *relation, const char *name, Fault *fault) {
    const Column *column = find_column(relation, name);
    if (column == nullptr) {
        const char **names = static_cast<const char **>(palloc(sizeof(char *) * (relation->column_count + 1)));
        for (int32 i = 0; i < relation->column_count; i++)
            names[i] = relation->columns[i].name;
        const char *near = nearest_name(name, names, relation->column_count);
        report(fault, {ERRCODE_UNDEFINED_COLUMN, psprintf("%s has no column \"%s\"", relation->sql, name), nullptr,
                       near != nullptr ? psprintf("Did you mean \"%s\"?", near) : nullptr});
    }
    return column;
}

const char *instant_of_column(const char *name, const Column *column, const char *time_zone) {
    if (column->type == TIMESTAMPTZOID) {
        return name;
    }
    return psprintf("(%s%s AT TIME ZONE %s)", name, column->type == DATEOID ? "::timestamp" : "", quote_literal_cstr(time_zone));
}

}  // namespace segment::pg
