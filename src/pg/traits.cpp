// What the definitions of a population can speak of: its traits, how full they are, and who uses them.
#include <algorithm>

#include "core/definition/printer.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/memory.hpp"
#include "pg/reading.hpp"

namespace segment::pg {

namespace {

// Each trait takes two columns of the 1,664 that a target list can have.
constexpr size_t traits_per_query = 500;

// A trait as definitions write it.
char *display_name(const definition::Trait &trait) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        ContextResource memory(context);
        const definition::Name::Part parts[] = {{trait.prefix}, {trait.name}};
        definition::Name node{{definition::Kind::name}, std::span(parts).subspan(trait.prefix.empty() ? 1 : 0), {}};
        std::pmr::string name(&memory);
        definition::print(node, name);
        auto *copy = static_cast<char *>(memory.allocate(name.size() + 1, 1));
        name.copy(copy, name.size());
        copy[name.size()] = '\0';
        return copy;
    });
}

void append(StringInfo buffer, std::string_view text) {
    appendBinaryStringInfo(buffer, text.data(), static_cast<int>(text.size()));
}

// How many members have a value, and how many values there are, of some traits, after the number of members.
Rows count_values(const Binding *binding, std::span<const definition::Trait> traits) {
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, "SELECT count(*)");
    for (const definition::Trait &trait : traits) {
        append(&sql, ", count(");
        append(&sql, trait.sql);
        // What has no order is not told apart.
        append(&sql, trait.type.ordered ? "), count(DISTINCT " : "), NULL::int8");
        if (trait.type.ordered) {
            append(&sql, trait.sql);
            append(&sql, ")");
        }
    }
    append(&sql, " FROM ");
    append(&sql, binding->vocabulary.from_sql);
    for (size_t join = 0; join < binding->vocabulary.joins.size(); join++) {
        if (std::any_of(traits.begin(), traits.end(), [&](const definition::Trait &t) { return t.join == static_cast<int>(join); })) {
            append(&sql, " ");
            append(&sql, binding->vocabulary.joins[join]);
        }
    }
    return caller_execute(sql.data, {}, {.read_only = true});
}

// The names of the segments whose definitions `uses` says to use the trait.
template <class Uses>
Datum users_of(const Compilation *compilation, const Segments *segments, Uses uses) {
    auto *names = static_cast<Datum *>(palloc(sizeof(Datum) * (compilation->segments.size() + 1)));
    int count = 0;
    for (int32 i = 0; i < segments->count; i++) {
        for (const CompiledSegment &compiled : compilation->segments) {
            if (compiled.segment == &segments->items[i] && uses(compiled.checked)) {
                names[count++] = CStringGetTextDatum(segments->items[i].name);
            }
        }
    }
    return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

// How many members have a value of a derived trait, and how many values there are, after the number of members.
Rows count_derived(const DerivedValue *value) {
    return caller_execute(psprintf("SELECT count(*), count(%s), %s FROM %s", value->value_sql,
                                   value->ordered ? psprintf("count(DISTINCT %s)", value->value_sql) : "NULL::int8", value->from_sql),
                          {}, {.read_only = true});
}

// Derived traits, with the formula in the place of the source.
void put_derived(ReturnSetInfo *result, Compilation *compilation, const Segments *segments, const definition::Vocabulary &vocabulary) {
    for (uint32 index = 0; index < vocabulary.derived.size(); index++) {
        const definition::DerivedTrait &trait = vocabulary.derived[index];
        DerivedValue value{};
        boundary::ErrorRecord error{};
        const bool sound = derived_value(compilation, vocabulary, trait, &value, error);
        const auto uses = [&](const definition::Checked &checked) { return std::ranges::binary_search(checked.derived, index); };
        Datum values[] = {CStringGetTextDatum(display_name({{}, trait.name, {}, {}})),
                          sound ? CStringGetTextDatum(value.type_sql) : 0,
                          PointerGetDatum(to_text(trait.formula)),
                          0,
                          0,
                          users_of(compilation, segments, uses)};
        bool nulls[] = {false, !sound, false, true, true, false};
        if (value.value_sql != nullptr) {
            Rows counts = count_derived(&value);
            auto members = static_cast<float8>(DatumGetInt64(value_of(counts, 0, 0)));
            values[3] = Float8GetDatum(1 - static_cast<float8>(DatumGetInt64(value_of(counts, 0, 1))) / members);
            values[4] = value_of(counts, 0, 2);
            nulls[3] = members == 0;
            nulls[4] = is_null(counts, 0, 2);
        }
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
}

void traits(FunctionCallInfo fcinfo) {
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    Population *population = get_population(required_text(fcinfo, 0, "population"), Lock::none);
    Identity caller = begin_reading(population);
    Segments segments = segments_of(population);
    Binding binding = bind(population, &segments);
    auto *errors = static_cast<boundary::ErrorRecord *>(palloc0(sizeof(boundary::ErrorRecord) * static_cast<Size>(segments.count + 1)));
    Compilation *compilation =
        compile_sound(CurrentMemoryContext, population, &binding, &segments, instant_sql(GetCurrentTimestamp()), errors);
    if (compilation == nullptr) {
        // Raises what is wrong with the base.
        compile(CurrentMemoryContext, population, &binding, &segments, nullptr, 0, "now()");
    }
    std::span<const definition::Trait> rest = binding.vocabulary.traits;
    while (!rest.empty()) {
        std::span<const definition::Trait> some = rest.first(std::min(rest.size(), traits_per_query));
        Rows counts = count_values(&binding, some);
        auto members = static_cast<float8>(DatumGetInt64(value_of(counts, 0, 0)));
        for (size_t i = 0; i < some.size(); i++) {
            const definition::Trait &trait = some[i];
            int column = static_cast<int>(1 + 2 * i);
            auto set = static_cast<float8>(DatumGetInt64(value_of(counts, 0, column)));
            const auto uses = [&](const definition::Checked &checked) {
                return std::ranges::find(checked.traits, &trait) != checked.traits.end();
            };
            const UserRelation *source = trait.join < 0 ? binding.relation : binding.added[trait.join].relation;
            Datum values[] = {CStringGetTextDatum(display_name(trait)), PointerGetDatum(to_text(trait.type.sql_name)),
                              CStringGetTextDatum(source->sql),         Float8GetDatum(members > 0 ? 1 - set / members : 0),
                              value_of(counts, 0, column + 1),          users_of(compilation, &segments, uses)};
            bool nulls[] = {false, false, false, members == 0, is_null(counts, 0, column + 1), false};
            tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
        }
        rest = rest.subspan(some.size());
    }
    put_derived(result, compilation, &segments, binding.vocabulary);
    end_identity(caller);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_traits) {
    traits(fcinfo);
    return static_cast<Datum>(0);
}
