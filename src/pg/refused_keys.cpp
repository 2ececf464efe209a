#include "pg/refused_keys.hpp"

#include <algorithm>

#include "pg/spi.hpp"

namespace segment::pg {

namespace {

bool has_repeated_key(const UserRelation *relation, const Column *key) {
    spi::connect();
    uint64 rows = spi::execute(
        psprintf("SELECT 1 FROM %s AS m WHERE m.%s IS NOT NULL GROUP BY m.%s HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 LIMIT 1",
                 relation->sql, quote_identifier(key->name), quote_identifier(key->name)),
        {}, {.read_only = true});
    spi::finish();
    return rows > 0;
}

const char *repeating_relation(const Binding *binding) {
    for (int32 i = 0; i < binding->added_count; i++) {
        if (binding->added[i].relation != nullptr && has_repeated_key(binding->added[i].relation, binding->added[i].key)) {
            return binding->added[i].relation->sql;
        }
    }
    return "a trait relation";
}

}  // namespace

void note_duplicate(RefusedKeys *refused, Datum key, Oid type, MemoryContext context) {
    if (refused->duplicates++ < named_keys) {
        Oid output;
        bool is_varlena;
        getTypeOutputInfo(type, &output, &is_varlena);
        MemoryContext before = MemoryContextSwitchTo(context);
        refused->keys[refused->duplicates - 1] = OidOutputFunctionCall(output, key);
        MemoryContextSwitchTo(before);
    }
}

void refuse_changing_keys(const Binding *binding) {
    ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("%s gives other keys each time it is read", binding->relation->sql),
                    errhint("A member's key must not change from one reading to the next.")));
}

void refuse_keys(const Population *population, const Binding *binding, const RefusedKeys *refused) {
    if (refused->nulls > 0)
        ereport(ERROR,
                (errcode(ERRCODE_NOT_NULL_VIOLATION),
                 errmsg_plural("key \"%s\" of %s is null in " UINT64_FORMAT " row", "key \"%s\" of %s is null in " UINT64_FORMAT " rows",
                               refused->nulls, binding->key->name, binding->relation->sql, refused->nulls),
                 errdetail("Every row of population \"%s\" is a member and needs a key.", population->name)));
    if (refused->duplicates == 0)
        return;
    StringInfoData keys;
    initStringInfo(&keys);
    for (uint64 i = 0; i < refused->duplicates && i < named_keys; i++)
        appendStringInfo(&keys, "%s%s", i > 0 ? ", " : "", refused->keys[i]);
    bool in_population = has_repeated_key(binding->relation, binding->key);
    if (in_population)
        ereport(ERROR,
                (errcode(ERRCODE_UNIQUE_VIOLATION), errmsg("key \"%s\" of %s is not unique", binding->key->name, binding->relation->sql),
                 errdetail("More than one row has the key %s%s.", keys.data, refused->duplicates > named_keys ? " and others" : ""),
                 errhint("Every row of population \"%s\" is a member: register a view with one row per key.", population->name)));
    ereport(ERROR,
            (errcode(ERRCODE_UNIQUE_VIOLATION), errmsg("%s has more than one row per member", repeating_relation(binding)),
             errdetail("That is so for the key %s%s.", keys.data, refused->duplicates > named_keys ? " and others" : ""),
             errhint("Traits of population \"%s\" come from one row per member: register a view that aggregates.", population->name)));
}

}  // namespace segment::pg
