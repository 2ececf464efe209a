#include "pg/vocabulary.hpp"

#include <string>

#include "core/definition/type.hpp"
#include "pg/boundary.hpp"
#include "pg/score_names.hpp"
#include "pg/subscription.hpp"

namespace segment::pg {

namespace {

using definition::TypeClass;

TypeClass class_of(Oid type) {
    switch (type) {
        case BOOLOID:
            return TypeClass::boolean;
        case INT2OID:
        case INT4OID:
        case INT8OID:
            return TypeClass::integer;
        case NUMERICOID:
            return TypeClass::numeric;
        case FLOAT4OID:
        case FLOAT8OID:
            return TypeClass::floating;
        case DATEOID:
            return TypeClass::date;
        case TIMESTAMPOID:
            return TypeClass::timestamp;
        case TIMESTAMPTZOID:
            return TypeClass::timestamptz;
        case TIMEOID:
            return TypeClass::time;
        case INTERVALOID:
            return TypeClass::interval;
        case UUIDOID:
            return TypeClass::uuid;
        case JSONBOID:
            return TypeClass::jsonb;
        default:
            break;
    }
    if (OidIsValid(get_element_type(type)))
        return TypeClass::array;
    if (get_typtype(type) == TYPTYPE_ENUM)
        return TypeClass::enumeration;
    char category;
    bool preferred;
    get_type_category_preferred(type, &category, &preferred);
    return category == TYPCATEGORY_STRING ? TypeClass::text : TypeClass::other;
}

bool is_citext(Oid type) {
    HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
    if (!HeapTupleIsValid(tuple)) {
        return false;
    }
    bool result = strcmp(NameStr(reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple))->typname), "citext") == 0;
    ReleaseSysCache(tuple);
    return result;
}

// The schema of a type's equality operator, quoted; empty where it is pg_catalog, which the pinned search_path finds.
const char *operator_schema(Oid type) {
    Oid equality = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
    HeapTuple tuple = OidIsValid(equality) ? SearchSysCache1(OPEROID, ObjectIdGetDatum(equality)) : nullptr;
    if (!HeapTupleIsValid(tuple)) {
        return "";
    }
    Oid schema = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple))->oprnamespace;
    ReleaseSysCache(tuple);
    return schema == PG_CATALOG_NAMESPACE ? "" : quote_identifier(get_namespace_name(schema));
}

// SQL can say what we evaluate only where the default order's operators have their usual names (hstore's have not).
bool is_ordered(Oid type) {
    TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_CMP_PROC | TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);
    return OidIsValid(entry->cmp_proc) && OidIsValid(entry->eq_opr) && OidIsValid(entry->lt_opr) &&
           strcmp(get_opname(entry->eq_opr), "=") == 0 && strcmp(get_opname(entry->lt_opr), "<") == 0;
}

// Whether a numeric column has at most 1,000 digits before the decimal point; its scale can be negative.
bool is_bounded(int32 modifier) {
    if (modifier < static_cast<int32>(VARHDRSZ))
        return false;
    int32 packed = modifier - static_cast<int32>(VARHDRSZ);
    int32 precision = (packed >> 16) & 0xFFFF, scale = ((packed & 0x7FF) ^ 1024) - 1024;
    return precision - scale <= NUMERIC_MAX_PRECISION;
}

definition::Type type_of(const Column *column) {
    definition::Type result;
    result.type_class = class_of(column->type);
    result.sql_name = type_sql(column->type);
    result.operator_schema = operator_schema(column->type);
    result.collation = collation_sql(column->collation);
    result.ordered = is_ordered(column->type);
    result.deterministic = !OidIsValid(column->collation) || get_collation_isdeterministic(column->collation);
    result.case_insensitive = is_citext(column->type);
    result.bounded = column->type == NUMERICOID && is_bounded(column->modifier);
    Oid element = get_element_type(column->type);
    if (OidIsValid(element)) {
        result.element_class = class_of(getBaseType(element));
        result.element_sql_name = type_sql(element);
    }
    return result;
}

struct TraitList {
    definition::Trait *items;
    int32 count, capacity;
};

// Of one of two traits with the same name neither is meant.
void add_trait(TraitList *list, Binding *binding, const Population *population, const char *prefix, const char *alias, int32 join,
               const UserRelation *relation, const Column *column) {
    // Rows within rows are missing in ways of their own.
    if (get_typtype(column->type) == TYPTYPE_COMPOSITE) {
        return;
    }
    const definition::Absence *absence = nullptr;
    for (int32 i = 0; i < list->count; i++) {
        if (list->items[i].name == column->name && list->items[i].prefix == prefix) {
            absence = note_absence(binding, relation->sql,
                                   {ERRCODE_DUPLICATE_COLUMN,
                                    psprintf("population \"%s\" would have two traits called \"%s\"", population->name, column->name),
                                    nullptr, "Give the added relation a prefix, or rename one of the columns."});
            list->items[i].absence = absence;
        }
    }
    if (list->count == list->capacity) {
        list->capacity *= 2;
        list->items = static_cast<definition::Trait *>(repalloc(list->items, sizeof(definition::Trait) * list->capacity));
    }
    list->items[list->count++] = {prefix,          column->name, psprintf("%s.%s", alias, quote_identifier(column->name)),
                                  type_of(column), join,         absence};
}

// A derived trait is called by a bare name, which must not be a column's.
void note_column_of_name(const TraitList *list, Binding *binding, const Population *population, definition::DerivedTrait *trait) {
    const char *name = trait->name.data();
    for (int32 i = 0; i < list->count; i++) {
        const definition::Trait &column = list->items[i];
        if (column.prefix.empty() && column.name == name) {
            const Fault fault{ERRCODE_DUPLICATE_COLUMN,
                              psprintf("population \"%s\" would have two traits called \"%s\"", population->name, name),
                              "One is a column, the other one is derived.",
                              psprintf("Rename the column, or drop the trait with segment.drop_trait(%s, %s).",
                                       quote_literal_cstr(population->name), quote_literal_cstr(name))};
            note_absence(binding, (column.join < 0 ? binding->relation : binding->added[column.join].relation)->sql, fault);
            trait->absence = note_absence(binding, psprintf("trait \"%s\"", name), fault);
        }
    }
}

std::span<const std::string_view> names_in(const char *table, const Population *population) {
    Rows rows = catalog_execute(psprintf("SELECT name FROM segment.%s WHERE population_id OPERATOR(pg_catalog.=) $1", table),
                                {int4_argument(population->id)});
    auto *names = static_cast<std::string_view *>(palloc(sizeof(std::string_view) * (rows.count + 1)));
    for (uint64 row = 0; row < rows.count; row++) {
        names[row] = text_of(rows, row, 0);
    }
    return {names, rows.count};
}

bool is_integer(Oid type) {
    return type == INT2OID || type == INT4OID || type == INT8OID;
}

// Whether keys of the two types are compared by an operator of pg_catalog, or of their own, that indexes of both support.
bool keys_match(Oid key, Oid member_key) {
    const auto is_text = [](Oid type) { return type == TEXTOID || type == VARCHAROID; };
    return key == member_key || (is_integer(key) && is_integer(member_key)) || (is_text(key) && is_text(member_key));
}

// Whether the members' hashing and equality serve the keys of a source.
bool tells_keys_apart(const Column *key, const Column *member_key) {
    return is_integer(key->type) || key->collation == member_key->collation;
}

// The place of the column among those of the vocabulary; notes a fault if it is not there or its type does not fit.
int32 source_column(const UserRelation *relation, const definition::Trait *columns, int32 count, const char *name, const char *role,
                    const char *expected, bool (*fits)(const definition::Type &), Fault *fault) {
    const Column *column = get_column(relation, name, fault);
    for (int32 i = 0; column != nullptr && i < count; i++) {
        if (columns[i].name == column->name && fits(columns[i].type))
            return i;
    }
    if (column != nullptr) {
        report(fault, {ERRCODE_DATATYPE_MISMATCH, psprintf("column \"%s\" of %s cannot be %s", column->name, relation->sql, role),
                       psprintf("It is %s; %s is needed.", column->type_sql, expected), nullptr});
    }
    return 0;
}

bool is_event_time(const definition::Type &type) {
    return definition::is_moment(type);
}

bool is_event_name(const definition::Type &type) {
    return type.type_class == TypeClass::text || type.type_class == TypeClass::enumeration;
}

bool is_tie_break(const definition::Type &type) {
    return type.ordered && type.type_class != TypeClass::jsonb;
}

// Notes a fault if the relation's columns are not what they have to be.
definition::EventSource bind_events(const EventRelation *source, const UserRelation *relation, const Column *member_key,
                                    const Population *population, Fault *fault) {
    const Column *key = get_column(relation, source->key, fault);
    if (key == nullptr || !check_key_type(relation, key, member_key, population, fault)) {
        return {};
    }
    auto *columns = static_cast<definition::Trait *>(palloc(sizeof(definition::Trait) * (relation->column_count + 1)));
    int32 count = 0;
    for (int32 i = 0; i < relation->column_count; i++) {
        const Column *column = &relation->columns[i];
        if (get_typtype(column->type) != TYPTYPE_COMPOSITE)
            columns[count++] = {"", column->name, quote_identifier(column->name), type_of(column)};
    }
    definition::EventSource result;
    result.relation_sql = relation->sql;
    result.key_sql = quote_identifier(key->name);
    result.equality_sql = key_equality_sql(key, member_key);
    result.columns = {columns, static_cast<size_t>(count)};
    result.occurred_at = source_column(relation, columns, count, source->occurred_at, "the time of events",
                                       "a timestamp with or without time zone or a date", is_event_time, fault);
    if (source->event_name != nullptr)
        result.event_name =
            source_column(relation, columns, count, source->event_name, "the name of events", "a text or an enum", is_event_name, fault);
    if (source->tie_break != nullptr)
        result.tie_break =
            source_column(relation, columns, count, source->tie_break, "a tie-breaker", "a type with an order", is_tie_break, fault);
    return result;
}

}  // namespace

const char *equality_sql(Oid type) {
    const char *schema = operator_schema(type);
    return schema[0] == '\0' ? "=" : psprintf("OPERATOR(%s.=)", schema);
}

bool check_key_type(const UserRelation *relation, const Column *key, const Column *member_key, const Population *population, Fault *fault) {
    if (keys_match(key->type, member_key->type)) {
        return true;
    }
    report(fault, {ERRCODE_DATATYPE_MISMATCH,
                   psprintf("key \"%s\" of %s is %s, but the keys of population \"%s\" are %s", key->name, relation->sql, key->type_sql,
                            population->name, population->key_type),
                   nullptr,
                   psprintf("Register a view that casts it: SELECT %s::%s AS %s, ... FROM %s.", quote_identifier(key->name),
                            type_sql(member_key->type), quote_identifier(key->name), relation->sql)});
    return false;
}

const char *key_equality_sql(const Column *key, const Column *member_key) {
    return key->type == member_key->type ? equality_sql(key->type) : "=";
}

void refuse_absent(const definition::Absence *absence) {
    if (absence != nullptr) {
        boundary::core([&] {
            throw Error(absence->code, std::string(absence->message), Error::no_position, std::string(absence->detail),
                        std::string(absence->hint));
        });
    }
}

namespace {

ErrorCode code_of(const Fault &fault) {
    switch (fault.sqlstate) {
        case ERRCODE_UNDEFINED_COLUMN:
            return ErrorCode::undefined_column;
        case ERRCODE_DUPLICATE_COLUMN:
            return ErrorCode::duplicate_column;
        case ERRCODE_DATATYPE_MISMATCH:
            return ErrorCode::datatype_mismatch;
        default:
            return ErrorCode::undefined_table;
    }
}

}  // namespace

const definition::Absence *note_absence(Binding *binding, const char *what, const Fault &fault) {
    auto *unreadable = static_cast<Unreadable *>(palloc(sizeof(Unreadable)));
    *unreadable = {what, fault};
    binding->unreadable = lappend(binding->unreadable, unreadable);
    auto *absence = static_cast<definition::Absence *>(palloc0(sizeof(definition::Absence)));
    absence->code = code_of(fault);
    absence->message = fault.message;
    if (fault.detail != nullptr) {
        absence->detail = fault.detail;
    }
    if (fault.hint != nullptr) {
        absence->hint = fault.hint;
    }
    return absence;
}

namespace {

// The population's own relation and key.
void bind_population(Binding *binding, const Population *population, Fault *fault) {
    const char *role = psprintf("the relation of population \"%s\"", population->name);
    binding->relation = relation_registered(population->relation_schema, population->relation_name, role, fault);
    binding->key = binding->relation == nullptr ? nullptr : get_column(binding->relation, population->key, fault);
    if (binding->key != nullptr && strcmp(binding->key->type_sql, population->key_type) != 0) {
        report(fault, {ERRCODE_DATATYPE_MISMATCH,
                       psprintf("key \"%s\" of %s is %s, but the members of population \"%s\" are kept as %s", binding->key->name,
                                binding->relation->sql, binding->key->type_sql, population->name, population->key_type),
                       nullptr, "Change the column back, or drop the population and create it again."});
    }
}

// The relation of a trait source or parent with its key, and the column of the population's that refers to it; notes a fault if it
// cannot be joined.
AddedRelation bind_added(const Binding *binding, const Population *population, const TraitRelation *item, const Column **member_key,
                         Fault *fault) {
    const UserRelation *relation = relation_registered(item->relation_schema, item->relation_name,
                                                       psprintf("a trait relation of population \"%s\"", population->name), fault);
    const Column *key = relation == nullptr ? nullptr : get_column(relation, item->key, fault);
    *member_key = item->foreign_key == nullptr ? binding->key : get_column(binding->relation, item->foreign_key, fault);
    if (key == nullptr || *member_key == nullptr) {
        return {nullptr, nullptr};
    }
    if (item->foreign_key == nullptr) {
        return check_key_type(relation, key, *member_key, population, fault) ? AddedRelation{relation, key}
                                                                             : AddedRelation{nullptr, nullptr};
    }
    if (!keys_match(key->type, (*member_key)->type)) {
        report(fault, {ERRCODE_DATATYPE_MISMATCH,
                       psprintf("key \"%s\" of %s is %s, but \"%s\" of %s, which refers to it, is %s", key->name, relation->sql,
                                key->type_sql, (*member_key)->name, binding->relation->sql, (*member_key)->type_sql),
                       nullptr, "Register a view that casts one of them."});
        return {nullptr, nullptr};
    }
    return {relation, key};
}

}  // namespace

bool is_bindable(const Population *population) {
    Binding binding{};
    Fault fault{};
    bind_population(&binding, population, &fault);
    return fault.message == nullptr;
}

Binding bind(const Population *population, const Segments *segments) {
    Binding binding{};
    bind_population(&binding, population, nullptr);

    TraitList traits{static_cast<definition::Trait *>(palloc(sizeof(definition::Trait) * 64)), 0, 64};
    for (int32 i = 0; i < binding.relation->column_count; i++)
        add_trait(&traits, &binding, population, "", "m", -1, binding.relation, &binding.relation->columns[i]);

    DerivedTraits derived = derived_traits(population);
    auto *formulas = static_cast<definition::DerivedTrait *>(palloc(sizeof(definition::DerivedTrait) * (derived.count + 1)));
    for (int32 i = 0; i < derived.count; i++) {
        formulas[i] = {derived.items[i].name, derived.items[i].formula, nullptr};
    }

    const char *key_sql = psprintf("m.%s", quote_identifier(binding.key->name));
    TraitRelations added = trait_relations(population);
    binding.added = static_cast<AddedRelation *>(palloc(sizeof(AddedRelation) * (added.count + 1)));
    binding.added_count = added.count;
    auto *joins = static_cast<std::string_view *>(palloc(sizeof(std::string_view) * (added.count + count_scores(population) + 1)));
    auto *trait_sources = static_cast<definition::TraitSource *>(palloc0(sizeof(definition::TraitSource) * (added.count + 1)));
    trait_sources[0] = {"", binding.relation->sql, nullptr};
    for (int32 i = 0; i < added.count; i++) {
        const TraitRelation *item = &added.items[i];
        const char *sql = quote_qualified_identifier(item->relation_schema, item->relation_name);
        const Column *member_key;
        Fault fault{};
        binding.added[i] = bind_added(&binding, population, item, &member_key, &fault);
        const auto [relation, key] = binding.added[i];
        trait_sources[i + 1] = {item->prefix != nullptr ? item->prefix : "", sql,
                                relation == nullptr ? note_absence(&binding, sql, fault) : nullptr};
        if (relation == nullptr) {
            joins[i] = {};
            continue;
        }
        const char *alias = psprintf("t%d", i + 1);
        joins[i] = psprintf("LEFT JOIN %s AS %s ON %s.%s %s m.%s", relation->sql, alias, alias, quote_identifier(key->name),
                            key_equality_sql(key, member_key), quote_identifier(member_key->name));
        for (int32 j = 0; j < relation->column_count; j++) {
            // Without a prefix the key would only repeat the population's.
            if (item->prefix != nullptr || &relation->columns[j] != key)
                add_trait(&traits, &binding, population, item->prefix != nullptr ? item->prefix : "", alias, i, relation,
                          &relation->columns[j]);
        }
    }

    for (int32 i = 0; i < derived.count; i++) {
        note_column_of_name(&traits, &binding, population, &formulas[i]);
    }

    definition::Vocabulary &vocabulary = binding.vocabulary;
    size_t join_count = static_cast<size_t>(added.count);
    vocabulary.scores = bind_scores(population, &binding, key_sql, joins, &join_count);

    EventRelations events = event_relations(population);
    binding.sources = static_cast<BoundSource *>(palloc(sizeof(BoundSource) * (events.count + 1)));
    auto *sources = static_cast<definition::EventSource *>(palloc(sizeof(definition::EventSource) * (events.count + 1)));
    for (int32 i = 0; i < events.count; i++) {
        const EventRelation *item = &events.items[i];
        Fault fault{};
        const UserRelation *relation =
            relation_registered(item->relation_schema, item->relation_name,
                                psprintf("the relation of source \"%s\" of population \"%s\"", item->name, population->name), &fault);
        sources[i] = relation == nullptr ? definition::EventSource{} : bind_events(item, relation, binding.key, population, &fault);
        if (fault.message == nullptr) {
            binding.sources[i] = {item->id, relation, tells_keys_apart(get_column(relation, item->key), binding.key)};
        } else {
            binding.sources[i] = {item->id, nullptr, false};
            sources[i] = {};
            sources[i].event_name = item->event_name != nullptr ? 0 : -1;
            sources[i].absence = note_absence(&binding, quote_qualified_identifier(item->relation_schema, item->relation_name), fault);
        }
        sources[i].name = item->name;
    }

    auto *names = static_cast<definition::SegmentName *>(palloc(sizeof(definition::SegmentName) * (segments->count + 1)));
    size_t named = 0;
    for (int32 i = 0; i < segments->count; i++) {
        if (segments->items[i].name[0] != '\0') {
            names[named++] = {segments->items[i].name, segments->items[i].id, segments->items[i].has_rows};
        }
    }

    vocabulary.population = population->name;
    vocabulary.time_zone = population->time_zone;
    vocabulary.week_start = population->week_start;
    vocabulary.from_sql = psprintf("%s AS m", binding.relation->sql);
    vocabulary.joins = {joins, join_count};
    vocabulary.key_sql = key_sql;
    vocabulary.key_type_sql = type_sql(binding.key->type);
    vocabulary.traits = {traits.items, static_cast<size_t>(traits.count)};
    vocabulary.trait_sources = {trait_sources, static_cast<size_t>(added.count) + 1};
    vocabulary.derived = {formulas, static_cast<size_t>(derived.count)};
    vocabulary.segments = {names, named};
    vocabulary.schemes = names_in("catalog_scheme", population);
    vocabulary.lists = names_in("catalog_list", population);
    vocabulary.key_equals = equality_sql(binding.key->type);
    vocabulary.list_sql = member_relation_sql(population, "segment_list");
    vocabulary.override_sql = member_relation_sql(population, "segment_override");
    vocabulary.events = {sources, static_cast<size_t>(events.count)};
    vocabulary.subscriptions = bind_subscriptions(population, &binding);
    vocabulary.history_sql = member_relation_sql(population, "segment_history");
    vocabulary.member_column = quote_identifier(member_column(population));
    return binding;
}

}  // namespace segment::pg
