#include "pg/catalog.hpp"

#include "pg/identity.hpp"
#include "pg/named_object.hpp"
#include "pg/nearest.hpp"

namespace segment::pg {

namespace {

constexpr const char *population_columns =
    "id, name, relation_schema::pg_catalog.text, relation_name::pg_catalog.text, key::pg_catalog.text, key_type, time_zone, week_start, "
    "base, "
    "schema::pg_catalog.text, prefix::pg_catalog.text, as_of, owner::pg_catalog.text";

Population *population_of(const Rows &rows, uint64 row) {
    auto *population = static_cast<Population *>(palloc0(sizeof(Population)));
    population->id = DatumGetInt32(value_of(rows, row, 0));
    population->name = text_of(rows, row, 1);
    population->relation_schema = text_of(rows, row, 2);
    population->relation_name = text_of(rows, row, 3);
    population->key = text_of(rows, row, 4);
    population->key_type = text_of(rows, row, 5);
    population->time_zone = text_of(rows, row, 6);
    population->week_start = DatumGetInt32(value_of(rows, row, 7));
    population->base = text_of(rows, row, 8);
    population->schema = text_of(rows, row, 9);
    population->prefix = text_of(rows, row, 10);
    population->owner = text_of(rows, row, 12);
    population->has_as_of = !is_null(rows, row, 11);
    population->as_of = population->has_as_of ? DatumGetTimestampTz(value_of(rows, row, 11)) : 0;
    return population;
}

Population *population_where(const char *condition, Oid type, Datum value, Lock lock) {
    char *sql = psprintf("SELECT %s FROM segment.catalog_population WHERE %s%s", population_columns, condition,
                         lock == Lock::exclusive ? " FOR UPDATE" : "");
    Rows rows = catalog_execute(sql, {{type, value}});
    return rows.count == 0 ? nullptr : population_of(rows, 0);
}

// One of the population's own tables by its suffix.
Oid own_relation(const Population *population, const char *suffix) {
    Oid schema = get_namespace_oid(population->schema, true);
    return OidIsValid(schema) ? get_relname_relid(member_relation_name(population, suffix), schema) : InvalidOid;
}

// The population that this session is refreshing; 0 is none.
int32 refreshing = 0;

void refuse_refreshing(const Population *population) {
    if (population != nullptr && refreshing == population->id) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), errmsg("population \"%s\" is being refreshed by this session", population->name),
                        errdetail("A view or function that the refresh reads changes or refreshes its own population.")));
    }
}

Oid owner_of(Oid relation) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) {
        return InvalidOid;
    }
    Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
    ReleaseSysCache(tuple);
    return owner;
}

}  // namespace

spi::Argument text_argument(const char *value) {
    return value == nullptr ? spi::null_argument(TEXTOID) : spi::Argument{TEXTOID, CStringGetTextDatum(value)};
}

char *text_of(const Rows &rows, uint64 row, int column) {
    return is_null(rows, row, column) ? nullptr : text_to_cstring(DatumGetTextPP(value_of(rows, row, column)));
}

Rows caller_execute(const char *sql, spi::Arguments arguments, spi::Options options) {
    MemoryContext caller = CurrentMemoryContext;
    Rows rows{};
    options.read_only = options.read_only || IsInParallelMode();
    spi::connect();
    rows.count = spi::execute(sql, arguments, options);
    if (SPI_tuptable != nullptr) {
        TupleDesc description = SPI_tuptable->tupdesc;
        rows.columns = description->natts;
        MemoryContext spi = MemoryContextSwitchTo(caller);
        Size cells = rows.count * static_cast<Size>(rows.columns);
        rows.values = static_cast<Datum *>(palloc_extended(sizeof(Datum) * (cells + 1), MCXT_ALLOC_HUGE));
        rows.nulls = static_cast<bool *>(palloc_extended(cells + 1, MCXT_ALLOC_HUGE));
        for (uint64 row = 0; row < rows.count; row++) {
            for (int column = 0; column < rows.columns; column++) {
                Size cell = row * rows.columns + column;
                Form_pg_attribute attribute = TupleDescAttr(description, column);
                rows.values[cell] = SPI_getbinval(SPI_tuptable->vals[row], description, column + 1, &rows.nulls[cell]);
                if (!rows.nulls[cell]) {
                    rows.values[cell] = datumCopy(rows.values[cell], attribute->attbyval, attribute->attlen);
                }
            }
        }
        MemoryContextSwitchTo(spi);
    }
    spi::finish();
    return rows;
}

Rows catalog_execute(const char *sql, spi::Arguments arguments) {
    Identity identity = begin_identity(extension_owner());
    // Plans are kept while the catalog grows: those for tables that are small now would read large ones from end to end.
    pin_setting("enable_seqscan", "off");
    pin_setting("jit", "off");
    Rows rows = caller_execute(sql, arguments, {.kept = true});
    end_identity(identity);
    return rows;
}

Population *find_population(const char *name, Lock lock) {
    return population_where("name OPERATOR(pg_catalog.=) $1", TEXTOID, CStringGetTextDatum(name), lock);
}

Population *get_population(const char *name, Lock lock) {
    Population *population = find_population(name, lock);
    if (population == nullptr) {
        Rows names = caller_execute("SELECT name FROM segment.population ORDER BY name", {}, {.kept = true});
        const char *near = nearest_name(name, names, 0);
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" does not exist", name),
                        near != nullptr ? errhint("Did you mean \"%s\"?", near)
                                        : errhint("Register it with segment.create_population, or see the view segment.population.")));
    }
    if (lock == Lock::exclusive) {
        refuse_refreshing(population);
    }
    return population;
}

Population *population_of_id(int32 id, Lock lock) {
    Population *population = population_where("id OPERATOR(pg_catalog.=) $1", INT4OID, Int32GetDatum(id), lock);
    if (population != nullptr && lock == Lock::exclusive) {
        refuse_refreshing(population);
    }
    return population;
}

void begin_refreshing(const Population *population, MemoryContext context) {
    auto *callback = static_cast<MemoryContextCallback *>(MemoryContextAllocZero(context, sizeof(MemoryContextCallback)));
    callback->func = [](void *) { refreshing = 0; };
    MemoryContextRegisterResetCallback(context, callback);
    refreshing = population->id;
}

void lock_populations() {
    catalog_execute("LOCK TABLE segment.catalog_population IN SHARE ROW EXCLUSIVE MODE");
}

TraitRelations trait_relations(const Population *population) {
    Rows rows = catalog_execute(
        "SELECT relation_schema::pg_catalog.text, relation_name::pg_catalog.text, key::pg_catalog.text, prefix, "
        "foreign_key::pg_catalog.text FROM segment.catalog_traits "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 ORDER BY position",
        {{INT4OID, Int32GetDatum(population->id)}});
    TraitRelations result{static_cast<int32>(rows.count), static_cast<TraitRelation *>(palloc0(sizeof(TraitRelation) * (rows.count + 1)))};
    for (uint64 row = 0; row < rows.count; row++)
        result.items[row] = {text_of(rows, row, 0), text_of(rows, row, 1), text_of(rows, row, 2), text_of(rows, row, 3),
                             text_of(rows, row, 4)};
    return result;
}

DerivedTraits derived_traits(const Population *population) {
    Rows rows = catalog_execute(
        "SELECT name, formula FROM segment.catalog_derived_trait WHERE population_id OPERATOR(pg_catalog.=) $1 ORDER BY name",
        {int4_argument(population->id)});
    DerivedTraits result{static_cast<int32>(rows.count), static_cast<DerivedTrait *>(palloc0(sizeof(DerivedTrait) * (rows.count + 1)))};
    for (uint64 row = 0; row < rows.count; row++) {
        result.items[row] = {text_of(rows, row, 0), text_of(rows, row, 1)};
    }
    return result;
}

EventRelations event_relations(const Population *population) {
    Rows rows = catalog_execute(
        "SELECT id, name, relation_schema::pg_catalog.text, relation_name::pg_catalog.text, key::pg_catalog.text, "
        "columns OPERATOR(pg_catalog.->>) 'occurred_at', columns OPERATOR(pg_catalog.->>) 'event_name', "
        "columns OPERATOR(pg_catalog.->>) 'tie_break' FROM segment.catalog_source "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 AND kind OPERATOR(pg_catalog.=) 'events' ORDER BY name",
        {int4_argument(population->id)});
    EventRelations result{static_cast<int32>(rows.count), static_cast<EventRelation *>(palloc0(sizeof(EventRelation) * (rows.count + 1)))};
    for (uint64 row = 0; row < rows.count; row++)
        result.items[row] = {DatumGetInt32(value_of(rows, row, 0)),
                             text_of(rows, row, 1),
                             text_of(rows, row, 2),
                             text_of(rows, row, 3),
                             text_of(rows, row, 4),
                             text_of(rows, row, 5),
                             text_of(rows, row, 6),
                             text_of(rows, row, 7)};
    return result;
}

SubscriptionRelations subscription_relations(const Population *population) {
    Rows rows = catalog_execute(
        "SELECT id, name, relation_schema::pg_catalog.text, relation_name::pg_catalog.text, key::pg_catalog.text, "
        "c.starts_at, c.ends_at, c.mrr, c.plan, c.quantity, c.currency, c.trial_ends_at, c.renews_at FROM segment.catalog_source, "
        "pg_catalog.jsonb_to_record(columns) AS c (starts_at text, ends_at text, mrr text, plan text, quantity text, currency text, "
        "trial_ends_at text, renews_at text) "
        "WHERE population_id OPERATOR(pg_catalog.=) $1 AND kind OPERATOR(pg_catalog.=) 'subscriptions' ORDER BY name",
        {int4_argument(population->id)});
    SubscriptionRelations result{static_cast<int32>(rows.count),
                                 static_cast<SubscriptionRelation *>(palloc0(sizeof(SubscriptionRelation) * (rows.count + 1)))};
    for (uint64 row = 0; row < rows.count; row++) {
        const auto text = [&](int column) { return text_of(rows, row, column); };
        result.items[row] = {DatumGetInt32(value_of(rows, row, 0)),
                             text(1),
                             text(2),
                             text(3),
                             text(4),
                             text(5),
                             text(6),
                             text(7),
                             text(8),
                             text(9),
                             text(10),
                             text(11),
                             text(12)};
    }
    return result;
}

Segments segments_where(const char *condition, spi::Arguments arguments) {
    char *sql = psprintf(
        "SELECT s.id, s.name, s.version, v.definition, coalesce(s.refreshed_version, 0), s.announce, s.uid, "
        "s.materialize OPERATOR(pg_catalog.=) 'rows', coalesce(s.members, -1), s.includes, s.excludes, coalesce(s.scheme_id, 0), "
        "coalesce(s.scheme_position, 0) FROM segment.catalog_segment s "
        "JOIN segment.catalog_segment_version v ON v.segment_id OPERATOR(pg_catalog.=) s.id AND v.version OPERATOR(pg_catalog.=) s.version "
        "WHERE %s ORDER BY s.id",
        condition);
    Rows rows = catalog_execute(sql, arguments);
    Segments result{static_cast<int32>(rows.count), static_cast<Segment *>(palloc0(sizeof(Segment) * (rows.count + 1)))};
    for (uint64 row = 0; row < rows.count; row++)
        result.items[row] = {DatumGetInt32(value_of(rows, row, 0)),  text_of(rows, row, 1),
                             DatumGetInt32(value_of(rows, row, 2)),  text_of(rows, row, 3),
                             DatumGetInt32(value_of(rows, row, 4)),  DatumGetBool(value_of(rows, row, 5)),
                             *DatumGetUUIDP(value_of(rows, row, 6)), DatumGetBool(value_of(rows, row, 7)),
                             DatumGetInt64(value_of(rows, row, 8)),  DatumGetInt32(value_of(rows, row, 0)),
                             DatumGetBool(value_of(rows, row, 9)),   DatumGetBool(value_of(rows, row, 10)),
                             DatumGetInt32(value_of(rows, row, 11)), DatumGetInt32(value_of(rows, row, 12))};
    return result;
}

Segments segments_of(const Population *population) {
    return segments_where("s.population_id OPERATOR(pg_catalog.=) $1", {int4_argument(population->id)});
}

const Segment *find_segment(const Population *population, const char *name) {
    Segments found = segments_where("s.population_id OPERATOR(pg_catalog.=) $1 AND s.name OPERATOR(pg_catalog.=) $2",
                                    {int4_argument(population->id), text_argument(name)});
    return found.count == 0 ? nullptr : found.items;
}

const Segment *find_segment(const Segments *segments, const char *name) {
    for (int32 i = 0; i < segments->count; i++) {
        if (strcmp(segments->items[i].name, name) == 0) {
            return &segments->items[i];
        }
    }
    return nullptr;
}

int32 index_of(const Segments *segments, int32 id) {
    for (int32 i = 0; i < segments->count; i++) {
        if (segments->items[i].id == id) {
            return i;
        }
    }
    elog(ERROR, "segment %d is not in the catalog", id);
}

Segments with_definition(Segments segments, char *definition) {
    // There is room for one more.
    segments.items[segments.count++] = {PG_INT32_MAX, pstrdup(""),  1,     definition, 0, false, {}, false,
                                        -1,           PG_INT32_MAX, false, false,      0, 0};
    return segments;
}

spi::Argument possible_names(const char *name) {
    auto *names = static_cast<Datum *>(palloc(sizeof(Datum) * (strlen(name) + 1)));
    int count = 0;
    names[count++] = CStringGetTextDatum(name);
    for (const char *point = strchr(name, '.'); point != nullptr; point = strchr(point + 1, '.')) {
        names[count++] = CStringGetTextDatum(point + 1);
    }
    return {TEXTARRAYOID, PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT))};
}

SegmentReference get_segment(const char *name, Lock lock) {
    const NamedObject found = named_object("segment", name, lock);
    Segments segments = segments_where("s.id OPERATOR(pg_catalog.=) $1", {int4_argument(found.place)});
    if (segments.count == 0) {
        refuse_unknown("segment", name);
    }
    return {found.population, segments.items[0], found.only};
}

char *member_relation_name(const Population *population, const char *suffix) {
    return psprintf("%s_%s", population->prefix, suffix);
}

char *member_relation_sql(const Population *population, const char *suffix) {
    return quote_qualified_identifier(population->schema, member_relation_name(population, suffix));
}

char *member_column(const Population *population) {
    return psprintf("%s_id", population->name);
}

Oid population_owner(const Population *population) {
    Oid owner = get_role_oid(population->owner, true);
    if (!OidIsValid(owner)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("role \"%s\" does not exist", population->owner),
                        errdetail("It owns population \"%s\".", population->name),
                        errhint("Name its owner with segment.alter_population(%s, owner => ...).", quote_literal_cstr(population->name))));
    }
    return owner;
}

Oid member_relation_owner(const Population *population, const char *suffix) {
    Oid table = own_relation(population, suffix);
    return OidIsValid(table) ? owner_of(table) : InvalidOid;
}

void check_may_change(const Population *population) {
    if (!has_privs_of_role(GetUserId(), population_owner(population))) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("must be owner of population \"%s\"", population->name)));
    }
}

void check_may_refresh(const Population *population) {
    Rows roles =
        catalog_execute("SELECT role::pg_catalog.text FROM segment.catalog_refresh_grant WHERE population_id OPERATOR(pg_catalog.=) $1",
                        {int4_argument(population->id)});
    for (uint64 row = 0; row < roles.count; row++) {
        Oid role = get_role_oid(text_of(roles, row, 0), true);
        if (OidIsValid(role) && has_privs_of_role(GetUserId(), role)) {
            return;
        }
    }
    if (!has_privs_of_role(GetUserId(), population_owner(population))) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("must be owner of population \"%s\"", population->name),
                        errhint("Its owner can let a role refresh it: SELECT segment.grant_refresh(%s, %s);",
                                quote_literal_cstr(population->name), quote_literal_cstr(GetUserNameFromId(GetUserId(), false)))));
    }
}

bool may_read(const Population *population) {
    Oid owner = get_role_oid(population->owner, true);
    if (!OidIsValid(owner)) {
        return superuser();
    }
    Oid table = own_relation(population, "segment_member");
    return has_privs_of_role(GetUserId(), owner) ||
           (OidIsValid(table) && owner_of(table) == owner && pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK);
}

void check_may_read(const Population *population) {
    if (!may_read(population)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for population \"%s\"", population->name),
                        errhint("Its owner can grant SELECT on %s.", member_relation_sql(population, "segment_member"))));
    }
}

void check_member_tables(const Population *population) {
    static constexpr const char *tables[] = {"segment_member", "segment_name",     "segment_stay",
                                             "segment_change", "segment_override", "segment_list"};
    for (const char *suffix : tables) {
        const char *sql = member_relation_sql(population, suffix);
        Oid table = own_relation(population, suffix);
        if (!OidIsValid(table)) {
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                            errmsg("a member table of population \"%s\" does not exist: %s", population->name, sql),
                            errhint("Drop the population with segment.drop_population(%s, cascade => true) and create it again.",
                                    quote_literal_cstr(population->name))));
        }
        if (owner_of(table) != population_owner(population)) {
            ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                            errmsg("%s is not owned by the owner of population \"%s\"", sql, population->name),
                            errdetail("It belongs to \"%s\", the population to \"%s\".", GetUserNameFromId(owner_of(table), true),
                                      population->owner)));
        }
    }
}

}  // namespace segment::pg
