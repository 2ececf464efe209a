#include "pg/subscription.hpp"

#include "core/definition/type.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/identity.hpp"
#include "pg/registered_name.hpp"

namespace segment::pg {

namespace {

// A registered relation with its columns found and their types looked at.
struct BillingRelation {
    const UserRelation *relation;
    const Column *key, *starts_at, *ends_at, *mrr;
    const Column *plan, *quantity, *currency, *trial_ends_at, *renews_at;  // or null
};

bool is_time(Oid type) {
    return type == TIMESTAMPTZOID || type == TIMESTAMPOID || type == DATEOID;
}

bool is_exact_number(Oid type) {
    return type == NUMERICOID || type == INT2OID || type == INT4OID || type == INT8OID;
}

const Column *column_of(const UserRelation *relation, const char *name, const char *role, bool (*fits)(Oid), const char *expected,
                        const char *hint, Fault *fault) {
    if (name == nullptr) {
        return nullptr;
    }
    const Column *column = get_column(relation, name, fault);
    if (column != nullptr && fits != nullptr && !fits(column->type)) {
        report(fault, {ERRCODE_DATATYPE_MISMATCH, psprintf("column \"%s\" of %s cannot be %s", column->name, relation->sql, role),
                       psprintf("It is %s; %s is needed.", column->type_sql, expected), hint});
    }
    return column;
}

// With a `fault` that may be noted in the place of an error; the result is not to be used then.
BillingRelation open_relation(const Population *population, const SubscriptionRelation *source, const Column *member_key,
                              Fault *fault = nullptr) {
    constexpr const char *time = "a timestamp with or without time zone or a date";
    constexpr const char *number = "numeric or an integer";
    const UserRelation *relation =
        relation_registered(source->relation_schema, source->relation_name,
                            psprintf("the relation of source \"%s\" of population \"%s\"", source->name, population->name), fault);
    BillingRelation billing{};
    billing.relation = relation;
    billing.key = relation == nullptr ? nullptr : get_column(relation, source->key, fault);
    if (billing.key == nullptr || !check_key_type(relation, billing.key, member_key, population, fault)) {
        return billing;
    }
    const auto column = [&](const char *name, const char *role, bool (*fits)(Oid), const char *expected, const char *hint = nullptr) {
        return column_of(relation, name, role, fits, expected, hint, fault);
    };
    billing.starts_at = column(source->starts_at, "the start of lines", is_time, time);
    billing.ends_at = column(source->ends_at, "the end of lines", is_time, time);
    billing.mrr = column(source->mrr, "the amount of lines", is_exact_number, number,
                         "Money is exact: register a view that casts it to numeric and rounds it.");
    billing.plan = column(source->plan, "the plan", nullptr, "");
    billing.quantity = column(source->quantity, "the quantity", is_exact_number, number);
    billing.currency = column(source->currency, "the currency", nullptr, "");
    billing.trial_ends_at = column(source->trial_ends_at, "the end of trials", is_time, time);
    billing.renews_at = column(source->renews_at, "the next renewal", is_time, time);
    return billing;
}

// The instant of a column, as the population's zone says; NULL without a column.
const char *instant_of(const Column *column, const char *time_zone) {
    if (column == nullptr) {
        return "NULL::timestamptz";
    }
    return instant_of_column(psprintf("s.%s", quote_identifier(column->name)), column, time_zone);
}

const char *cast_of(const Column *column, const char *type) {
    return column == nullptr ? psprintf("NULL::%s", type) : psprintf("s.%s::%s", quote_identifier(column->name), type);
}

// The same for a scan. Where the zone is UTC, a local time has the bits of its instant, and converting it costs more than the rest of
// the scan.
const char *scanned_instant_of(const Column *column, const char *time_zone) {
    if (column->type == TIMESTAMPTZOID || strcmp(time_zone, "UTC") != 0) {
        return instant_of(column, time_zone);
    }
    return cast_of(column, "timestamp");
}

// A line that is a trial first counts from its end on.
const char *counts_from(const BillingRelation *billing, const char *time_zone) {
    const char *start = instant_of(billing->starts_at, time_zone);
    if (billing->trial_ends_at == nullptr) {
        return start;
    }
    return psprintf("CASE WHEN %s IS NOT NULL THEN greatest(%s, %s) END", start, start, instant_of(billing->trial_ends_at, time_zone));
}

const char *finite_amount(const BillingRelation *billing) {
    const char *name = quote_identifier(billing->mrr->name);
    return billing->mrr->type == NUMERICOID ? psprintf("s.%s < 'Infinity' AND s.%s > '-Infinity'", name, name)
                                            : psprintf("s.%s IS NOT NULL", name);
}

// What happened to the MRR of each member, computed member by member.
const char *movements_sql(const char *lines) {
    return psprintf(
        "(SELECT member, at, CASE WHEN before = 0 AND ever THEN 'reactivation' WHEN before = 0 THEN 'new' WHEN mrr = 0 THEN 'churn' "
        "WHEN mrr > before THEN 'expansion' ELSE 'contraction' END AS movement FROM ("
        "SELECT member, at, mrr, coalesce(lag(mrr) OVER (PARTITION BY member ORDER BY at), 0) AS before, "
        "coalesce(max(mrr) OVER (PARTITION BY member ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS ever FROM ("
        "SELECT member, at, greatest(0, sum(sum(amount)) OVER (PARTITION BY member ORDER BY at)) AS mrr FROM ("
        "SELECT line.member, edge.at, edge.amount FROM %s AS line, "
        "LATERAL (VALUES (line.starts_at, line.mrr), (line.ends_at, -line.mrr)) AS edge (at, amount) WHERE edge.at IS NOT NULL"
        ") AS change GROUP BY member, at) AS balance) AS step WHERE mrr <> before)",
        lines);
}

definition::EventSource movements(const char *lines, const char *member_equality) {
    auto *columns = static_cast<definition::Trait *>(palloc0(2 * sizeof(definition::Trait)));
    columns[0] = {"", "at", "at", definition::timestamptz_type};
    columns[1] = {"", "movement", "movement", definition::text_type};
    definition::EventSource source;
    source.name = "subscription";
    source.relation_sql = movements_sql(lines);
    source.key_sql = "member";
    source.equality_sql = member_equality;
    source.columns = {columns, 2};
    source.occurred_at = 0;
    source.event_name = 1;
    return source;
}

}  // namespace

const definition::Subscriptions *bind_subscriptions(const Population *population, Binding *binding) {
    SubscriptionRelations sources = subscription_relations(population);
    binding->subscription_count = sources.count;
    binding->subscriptions = static_cast<int32 *>(palloc(sizeof(int32) * (sources.count + 1)));
    if (sources.count == 0) {
        return nullptr;
    }
    auto *subscriptions = static_cast<definition::Subscriptions *>(palloc0(sizeof(definition::Subscriptions)));
    // Lines that count, and beside them trials that have not become any.
    StringInfoData all, counting;
    initStringInfo(&all);
    initStringInfo(&counting);
    bool same_type = true;
    const char *equality = "=";
    for (int32 i = 0; i < sources.count; i++) {
        binding->subscriptions[i] = sources.items[i].id;
        Fault fault{};
        BillingRelation billing = open_relation(population, &sources.items[i], binding->key, &fault);
        if (fault.message != nullptr) {
            subscriptions->absence =
                note_absence(binding, quote_qualified_identifier(sources.items[i].relation_schema, sources.items[i].relation_name), fault);
            continue;
        }
        subscriptions->has_plan = subscriptions->has_plan || billing.plan != nullptr;
        subscriptions->has_quantity = subscriptions->has_quantity || billing.quantity != nullptr;
        subscriptions->has_renewal = subscriptions->has_renewal || billing.renews_at != nullptr;
        same_type = same_type && billing.key->type == binding->key->type;
        equality = key_equality_sql(billing.key, binding->key);
        const char *start = instant_of(billing.starts_at, population->time_zone), *end = instant_of(billing.ends_at, population->time_zone);
        const char *from = counts_from(&billing, population->time_zone);
        const char *key = quote_identifier(billing.key->name);
        const char *line = psprintf(
            "SELECT s.%s AS member, %s AS starts_at, %s AS ends_at, %s AS mrr, %s AS plan, %s AS quantity, %s AS renews_at, "
            "%s AS trial_starts_at, %s AS trial_ends_at FROM %s AS s WHERE s.%s IS NOT NULL AND %s IS NOT NULL AND %s",
            key, from, end, cast_of(billing.mrr, "numeric"), cast_of(billing.plan, "text"), cast_of(billing.quantity, "numeric"),
            instant_of(billing.renews_at, population->time_zone), start, instant_of(billing.trial_ends_at, population->time_zone),
            billing.relation->sql, key, start, finite_amount(&billing));
        appendStringInfo(&all, "%s%s AND (%s IS NULL OR %s > %s)", i > 0 ? " UNION ALL " : "", line, end, end, start);
        appendStringInfo(&counting, "%s%s AND (%s IS NULL OR %s > %s)", i > 0 ? " UNION ALL " : "", line, end, end, from);
    }
    subscriptions->lines_sql = psprintf("(%s)", all.data);
    subscriptions->equality_sql = same_type ? equality : "=";
    subscriptions->movements = movements(psprintf("(%s)", counting.data), same_type ? equality : "=");
    return subscriptions;
}

LinesQuery lines_query(const Population *population, const SubscriptionRelation *source, const Column *member_key, bool quantities) {
    const BillingRelation billing = open_relation(population, source, member_key);
    LinesQuery query{};
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(&sql, "SELECT s.%s", quote_identifier(billing.key->name));
    int columns = 1;
    const auto select = [&](const Column *column, const char *expression) {
        if (column == nullptr) {
            return LinesQuery::Field{-1, InvalidOid};
        }
        appendStringInfo(&sql, ", %s", expression);
        return LinesQuery::Field{columns++, column->type};
    };
    const auto instant = [&](const Column *column) {
        return select(column, column == nullptr ? nullptr : scanned_instant_of(column, population->time_zone));
    };
    const auto number = [&](const Column *column) {
        return select(column, column == nullptr ? nullptr : psprintf("s.%s", quote_identifier(column->name)));
    };
    query.member = {0, billing.key->type};
    query.starts_at = instant(billing.starts_at);
    query.ends_at = instant(billing.ends_at);
    query.trial_ends_at = instant(billing.trial_ends_at);
    query.mrr = number(billing.mrr);
    query.quantity = number(quantities ? billing.quantity : nullptr);
    query.currency = select(billing.currency, cast_of(billing.currency, "text"));
    appendStringInfo(&sql, " FROM %s AS s", billing.relation->sql);
    query.sql = sql.data;
    return query;
}

namespace {

// Conditions on subscriptions look at the lines of one member; a key that cannot be there twice leaves no room for earlier amounts.
void advise_indexes(const UserRelation *relation, const char *key) {
    char kind = get_rel_relkind(relation->oid);
    if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_MATVIEW) {
        return;
    }
    Identity caller = begin_identity(GetUserId());
    Rows found = caller_execute(
        "SELECT count(*) > 0, coalesce(bool_or(i.indisunique AND i.indnkeyatts = 1), false) "
        "FROM pg_index AS i JOIN pg_attribute AS k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0] "
        "WHERE i.indrelid = $1 AND i.indisvalid AND i.indpred IS NULL AND k.attname = $2",
        {{OIDOID, ObjectIdGetDatum(relation->oid)}, text_argument(key)});
    end_identity(caller);
    if (!DatumGetBool(value_of(found, 0, 0))) {
        ereport(NOTICE, (errmsg("no index of %s begins with the key", relation->sql),
                         errhint("CREATE INDEX ON %s (%s);", relation->sql, quote_identifier(key))));
    }
    if (DatumGetBool(value_of(found, 0, 1))) {
        ereport(NOTICE, (errmsg("%s has one line for each member, so revenue has no history", relation->sql),
                         errdetail("A unique index on \"%s\" lets a changed amount only take the place of the one before.", key),
                         errhint("Register a relation that keeps a line for each amount, from its start to its end.")));
    }
}

void add_subscriptions(const UserRelation *relation, FunctionCallInfo fcinfo) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const char *name = required_text(fcinfo, 1, "name");
    const char *key = required_name(fcinfo, 3, "key");
    static constexpr const char *columns[] = {"starts_at", "ends_at", "mrr"};
    const char *required[lengthof(columns)];
    for (int i = 0; i < static_cast<int>(lengthof(columns)); i++) {
        required[i] = required_name(fcinfo, 4 + i, columns[i]);
    }
    IfExists if_exists = if_exists_argument(fcinfo, 14);
    PreventCommandIfReadOnly("segment.add_subscriptions()");
    check_registered_name("source", name);
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);

    if (refuse_name(population, name, "source of subscriptions", if_exists) && if_exists == IfExists::keep) {
        return;
    }
    Unsound before = find_unsound(population);
    catalog_execute(
        "INSERT INTO segment.catalog_source AS s (population_id, name, kind, relation_schema, relation_name, key, columns) "
        "SELECT $1, $2, 'subscriptions', $3, $4, $5, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("
        "'starts_at', $6, 'ends_at', $7, 'mrr', $8, 'plan', $9, 'quantity', $10, 'currency', $11, 'billing_interval', $12, "
        "'trial_ends_at', $13, 'renews_at', $14, 'churn_reason', $15)) "
        "ON CONFLICT (population_id, name) DO UPDATE SET relation_schema = excluded.relation_schema, "
        "relation_name = excluded.relation_name, key = excluded.key, columns = excluded.columns",
        {int4_argument(population->id), text_argument(name), text_argument(relation->schema), text_argument(relation->name),
         text_argument(key), text_argument(required[0]), text_argument(required[1]), text_argument(required[2]),
         text_argument(optional_name(fcinfo, 7)), text_argument(optional_name(fcinfo, 8)), text_argument(optional_name(fcinfo, 9)),
         text_argument(optional_name(fcinfo, 10)), text_argument(optional_name(fcinfo, 11)), text_argument(optional_name(fcinfo, 12)),
         text_argument(optional_name(fcinfo, 13))});
    for (int index : {10, 13}) {
        if (const char *described = optional_name(fcinfo, index); described != nullptr) {
            get_column(relation, described);
        }
    }
    // The columns must be there and of the right types, and the definitions still mean something.
    check_population(population, before, relation->sql);
    advise_indexes(relation, key);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_add_subscriptions) {
    add_subscriptions(relation_named(required_text(fcinfo, 2, "relation")), fcinfo);
    PG_RETURN_VOID();
}

SEGMENT_FUNCTION(segment_add_subscriptions_regclass) {
    add_subscriptions(relation_of_oid(required_oid(fcinfo, 2, "relation")), fcinfo);
    PG_RETURN_VOID();
}
