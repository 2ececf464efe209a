// Schemes: ordered sets of segments that exclude each other.
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/check.hpp"
#include "pg/identity.hpp"
#include "pg/registered_name.hpp"
#include "pg/named_object.hpp"
#include "pg/segment.hpp"
#include "pg/vocabulary.hpp"

namespace segment::pg {

namespace {

struct Rule {
    char *segment;  // the name of its segment
    char *definition;
};

struct Rules {
    uint64 count;
    Rule *items;
};

[[noreturn]] void refuse_rule(uint64 number, const char *problem) {
    ereport(
        ERROR,
        (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("rule %d of the scheme %s", static_cast<int>(number) + 1, problem),
         errhint("A rule is {\"name\": \"...\", \"definition\": \"...\"}; the last one may be {\"name\": \"...\", \"otherwise\": true}.")));
}

bool is(const Rows &rows, uint64 row, int column, const char *type) {
    return !is_null(rows, row, column) && strcmp(text_of(rows, row, column), type) == 0;
}

Rules read_rules(const char *scheme, Datum rules) {
    Identity caller = begin_identity(GetUserId());
    Rows kind = caller_execute("SELECT jsonb_typeof($1)", {{JSONBOID, rules}});
    if (!is(kind, 0, 0, "array")) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the rules of a scheme must be a JSON array")));
    }
    Rows rows = caller_execute(
        "SELECT jsonb_typeof(r), jsonb_typeof(r -> 'name'), r ->> 'name', jsonb_typeof(r -> 'definition'), r ->> 'definition', r ->> "
        "'otherwise', "
        "CASE WHEN jsonb_typeof(r) = 'object' THEN (SELECT min(k) FROM jsonb_object_keys(r) AS k "
        "WHERE k NOT IN ('name', 'definition', 'otherwise')) END FROM jsonb_array_elements($1) WITH ORDINALITY AS e(r, i) ORDER BY i",
        {{JSONBOID, rules}});
    end_identity(caller);
    if (rows.count == 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a scheme needs a rule")));
    }
    Rules result{rows.count, static_cast<Rule *>(palloc(sizeof(Rule) * rows.count))};
    for (uint64 row = 0; row < rows.count; row++) {
        if (!is(rows, row, 0, "object")) {
            refuse_rule(row, "is no JSON object");
        }
        if (!is_null(rows, row, 6)) {
            refuse_rule(row, psprintf("has the unknown key \"%s\"", text_of(rows, row, 6)));
        }
        if (!is(rows, row, 1, "string") || text_of(rows, row, 2)[0] == '\0') {
            refuse_rule(row, "has no name");
        }
        bool otherwise = is(rows, row, 5, "true");
        if (otherwise ? !is_null(rows, row, 3) : !is(rows, row, 3, "string")) {
            refuse_rule(row, otherwise ? "has both a definition and otherwise" : "has no definition");
        }
        if (otherwise && row + 1 < rows.count) {
            refuse_rule(row, "is for all others, but not the last one");
        }
        result.items[row] = {psprintf("%s.%s", scheme, text_of(rows, row, 2)), otherwise ? pstrdup("everyone") : text_of(rows, row, 4)};
        check_registered_name("segment", result.items[row].segment);
        for (uint64 other = 0; other < row; other++) {
            if (strcmp(result.items[other].segment, result.items[row].segment) == 0) {
                refuse_rule(row, psprintf("has the name of rule %d", static_cast<int>(other) + 1));
            }
        }
    }
    return result;
}

// A bare name in a definition means one thing.
void refuse_trait(const Population *population, const char *name) {
    Segments none{};
    Identity caller = begin_identity(population_owner(population));
    Binding binding = bind(population, &none);
    end_identity(caller);
    if (const char *kind = kind_of_name(population, name); kind != nullptr) {
        ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
                        errmsg("population \"%s\" already has a %s called \"%s\"", population->name, kind, name),
                        errhint("Give the scheme another name.")));
    }
    for (const definition::Trait &trait : binding.vocabulary.traits) {
        if (trait.prefix.empty() ? trait.name == name : trait.prefix == name) {
            ereport(ERROR,
                    (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("population \"%s\" has a trait called \"%s\"", population->name, name),
                     errhint("Give the scheme another name.")));
        }
    }
}

int32 find_scheme(const Population *population, const char *name) {
    Rows rows = catalog_execute(
        "SELECT id FROM segment.catalog_scheme WHERE population_id OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) $2",
        {int4_argument(population->id), text_argument(name)});
    return rows.count == 0 ? 0 : DatumGetInt32(value_of(rows, 0, 0));
}

// The order first, then what is new in it; all of it is checked once it is complete.
void write_rules(const Population *population, int32 scheme_id, const Rules *rules) {
    Segments before = segments_of(population);
    for (uint64 i = 0; i < rules->count; i++) {
        const Segment *existing = find_segment(&before, rules->items[i].segment);
        if (existing != nullptr && existing->scheme_id != scheme_id) {
            ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
                            errmsg("segment \"%s\" already exists in population \"%s\"", existing->name, population->name)));
        }
        if (existing != nullptr) {
            catalog_execute("UPDATE segment.catalog_segment SET scheme_position = $2 WHERE id OPERATOR(pg_catalog.=) $1",
                            {int4_argument(existing->id), int4_argument(static_cast<int32>(i) + 1)});
        }
    }
    for (uint64 i = 0; i < rules->count; i++) {
        const Rule &rule = rules->items[i];
        const Segment *existing = find_segment(&before, rule.segment);
        if (existing != nullptr) {
            change_definition(population, existing, rule.definition);
        } else {
            NewSegment segment{rule.segment, rule.definition, "rows", {}, scheme_id, static_cast<int32>(i) + 1};
            insert_segment(population, &segment);
        }
    }
    Segments segments = segments_of(population);
    for (int32 i = 0; i < segments.count; i++) {
        if (segments.items[i].scheme_id == scheme_id) {
            check_segment(population, segments.items[i].id, segments.items[i].definition);
        }
    }
}

spi::Argument ids_argument(const Segments *segments, int32 scheme_id, const Rules *but) {
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<Size>(segments->count + 1)));
    int count = 0;
    for (int32 i = 0; i < segments->count; i++) {
        const Segment &segment = segments->items[i];
        bool kept = false;
        for (uint64 j = 0; but != nullptr && j < but->count; j++) {
            kept = kept || strcmp(but->items[j].segment, segment.name) == 0;
        }
        if (segment.scheme_id == scheme_id && !kept) {
            ids[count++] = Int32GetDatum(segment.id);
        }
    }
    return {INT4ARRAYOID, PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT))};
}

// Rules that are not there any more go, unless other segments use them.
void drop_rules(const Population *population, int32 scheme_id, const char *name, const Rules *but) {
    Segments segments = segments_of(population);
    Rows users = segments_and_users(ids_argument(&segments, scheme_id, but));
    refuse_used(users, "a rule of scheme", name, false, scheme_id, "Change or drop them first.");
    for (uint64 row = 0; row < users.count; row++) {
        if (DatumGetBool(value_of(users, row, 2))) {
            delete_segment(population, DatumGetInt32(value_of(users, row, 0)));
        }
    }
}

int32 create_scheme(FunctionCallInfo fcinfo) {
    const char *name = required_text(fcinfo, 0, "name");
    const char *population_name = required_text(fcinfo, 1, "population");
    if (PG_ARGISNULL(2)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("rules must not be null")));
    }
    IfExists if_exists = if_exists_argument(fcinfo, 3);
    PreventCommandIfReadOnly("segment.create_scheme()");
    check_registered_name("scheme", name);
    Rules rules = read_rules(name, PG_GETARG_DATUM(2));
    Population *population = get_population(population_name, Lock::exclusive);
    check_may_change(population);
    check_member_tables(population);
    int32 id = find_scheme(population, name);
    if (id != 0 && if_exists == IfExists::error) {
        ereport(ERROR,
                (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("scheme \"%s\" already exists in population \"%s\"", name, population->name),
                 errhint("Pass if_exists => 'keep' or 'replace' to run this again.")));
    }
    if (id != 0 && if_exists == IfExists::keep) {
        return id;
    }
    if (id == 0) {
        refuse_trait(population, name);
        Rows row =
            catalog_execute("INSERT INTO segment.catalog_scheme (population_id, name, author) VALUES ($1, $2, $3) RETURNING id",
                            {int4_argument(population->id), text_argument(name), text_argument(GetUserNameFromId(GetUserId(), false))});
        id = DatumGetInt32(value_of(row, 0, 0));
    } else {
        drop_rules(population, id, name, &rules);
    }
    write_rules(population, id, &rules);
    return id;
}

void drop_scheme(const char *name, bool cascade) {
    PreventCommandIfReadOnly("segment.drop_scheme()");
    const NamedObject found = named_object("scheme", name, Lock::exclusive);
    Population *population = found.population;
    const int32 id = found.place;
    check_may_change(population);
    check_member_tables(population);
    Segments segments = segments_of(population);
    Rows users = segments_and_users(ids_argument(&segments, id, nullptr));
    refuse_used(users, "scheme", found.name, cascade, id);
    for (uint64 row = 0; row < users.count; row++) {
        delete_segment(population, DatumGetInt32(value_of(users, row, 0)));
    }
    catalog_execute("DELETE FROM segment.catalog_scheme WHERE id OPERATOR(pg_catalog.=) $1", {int4_argument(id)});
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_create_scheme) {
    return Int32GetDatum(create_scheme(fcinfo));
}

SEGMENT_FUNCTION(segment_drop_scheme) {
    drop_scheme(required_text(fcinfo, 0, "name"), PG_GETARG_BOOL(1));
    PG_RETURN_VOID();
}
