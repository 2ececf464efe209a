#include "pg/report_groups.hpp"

#include <algorithm>
#include <memory_resource>
#include <unordered_map>

#include "pg/boundary.hpp"
#include "pg/nearest.hpp"

namespace segment::pg {

namespace {

using revenue::Group;

constexpr Group max_groups = 10000;

void append(StringInfo buffer, std::string_view text) {
    appendBinaryStringInfo(buffer, text.data(), static_cast<int>(text.size()));
}

// ------------------------------------------------------------------------------------------------------------- traits

const definition::Trait *find_trait(const Binding *binding, std::string_view name) {
    for (const definition::Trait &trait : binding->vocabulary.traits) {
        const bool prefixed = !trait.prefix.empty() && name.size() == trait.prefix.size() + 1 + trait.name.size() &&
                              name.starts_with(trait.prefix) && name[trait.prefix.size()] == '.' && name.ends_with(trait.name);
        if (prefixed || (trait.prefix.empty() && trait.name == name)) {
            refuse_absent(trait.absence);
            return &trait;
        }
    }
    return nullptr;
}

// Looked up by a view of the value.
struct ValueHash : std::hash<std::string_view> {
    using is_transparent = void;
};
using GroupsOfValues = std::pmr::unordered_map<std::pmr::string, Group, ValueHash, std::equal_to<>>;

struct TraitReading {
    const Run *run;
    const members::BitSet *members;
    MemoryContext context, row_context;
    Groups *groups;
    GroupsOfValues *known;
};

Group new_group(TraitReading *reading, std::string_view value) {
    if (reading->groups->count == max_groups) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the report would have more than %u groups", max_groups),
                        errhint("Divide by a trait with fewer values.")));
    }
    const Group group = reading->groups->count++;
    boundary::core([&] { reading->known->emplace(value, group); });
    return group;
}

bool receive_value(void *state, TupleTableSlot *slot) {
    auto *reading = static_cast<TraitReading *>(state);
    MemoryContextReset(reading->row_context);
    MemoryContext before = MemoryContextSwitchTo(reading->row_context);
    const members::Ordinal ordinal = slot->tts_isnull[0] ? members::no_ordinal : reading->run->numbering->keys->find(slot->tts_values[0]);
    if (ordinal != members::no_ordinal && !slot->tts_isnull[1] && reading->members->contains(ordinal)) {
        const std::string_view value = view(DatumGetTextPP(slot->tts_values[1]));
        const auto known = reading->known->find(value);
        reading->groups->of_members[ordinal / members::chunk_size][ordinal % members::chunk_size] =
            known != reading->known->end() ? known->second : new_group(reading, value);
    }
    MemoryContextSwitchTo(before);
    return true;
}

// By value, members without one last.
void sort_groups(Groups *groups) {
    groups->order = static_cast<Group *>(palloc(sizeof(Group) * groups->count));
    for (Group i = 0; i < groups->count; i++) {
        groups->order[i] = (i + 1) % groups->count;
    }
    std::sort(groups->order, groups->order + groups->count - 1,
              [&](Group a, Group b) { return strcmp(groups->values[a], groups->values[b]) < 0; });
}

// What a trait's value is computed from, as SQL.
struct TraitValue {
    const char *value_sql, *from_sql;
};

TraitValue value_of_trait(const Binding *binding, const definition::Trait *trait) {
    const definition::Vocabulary &vocabulary = binding->vocabulary;
    StringInfoData from;
    initStringInfo(&from);
    append(&from, vocabulary.from_sql);
    if (trait->join >= 0) {
        append(&from, " ");
        append(&from, vocabulary.joins[static_cast<size_t>(trait->join)]);
    }
    return {to_cstring(trait->sql), from.data};
}

Groups groups_by_value(const Run *run, const TraitValue &value, const members::BitSet *members) {
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, "SELECT ");
    append(&sql, run->binding.vocabulary.key_sql);
    appendStringInfo(&sql, ", (%s)::text FROM %s", value.value_sql, value.from_sql);
    Groups groups{};
    groups.count = 1;
    groups.divided = true;
    groups.of_members = static_cast<Group **>(palloc0(sizeof(Group *) * (members->chunks() + 1)));
    for (uint32 chunk = 0; chunk < members->chunks(); chunk++) {
        if (!members::is_empty(members->words(chunk))) {
            groups.of_members[chunk] = static_cast<Group *>(palloc0(sizeof(Group) * members::chunk_size));
        }
    }
    TraitReading reading{};
    reading.run = run;
    reading.members = members;
    reading.context = CurrentMemoryContext;
    reading.row_context = AllocSetContextCreate(CurrentMemoryContext, "segment group row", ALLOCSET_SMALL_SIZES);
    reading.groups = &groups;
    reading.known = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(reading.context, reading.context);
        return make_in_context<GroupsOfValues>(reading.context, memory);
    });
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_value, &reading), sql.data, {}, {.read_only = true});
    spi::finish();
    MemoryContextDelete(reading.row_context);
    groups.values = static_cast<char **>(palloc0(sizeof(char *) * groups.count));
    for (const auto &[value, group] : *reading.known) {
        groups.values[group] = pstrdup(value.c_str());
    }
    sort_groups(&groups);
    return groups;
}

// ------------------------------------------------------------------------------------------------------------ schemes

Groups groups_by_scheme(const Run *run, const char *scheme, int32 scheme_id, const Segments *segments) {
    auto *rules = static_cast<const Segment **>(palloc(sizeof(Segment *) * static_cast<Size>(segments->count + 1)));
    int count = 0;
    for (int32 i = 0; i < segments->count; i++) {
        if (segments->items[i].scheme_id == scheme_id) {
            rules[count++] = &segments->items[i];
        }
    }
    std::sort(rules, rules + count, [](const Segment *a, const Segment *b) { return a->scheme_position < b->scheme_position; });
    auto *ids = static_cast<int32 *>(palloc(sizeof(int32) * static_cast<Size>(count + 1)));
    Groups groups{};
    groups.count = static_cast<Group>(count) + 1;
    groups.divided = true;
    groups.values = static_cast<char **>(palloc0(sizeof(char *) * groups.count));
    groups.order = static_cast<Group *>(palloc0(sizeof(Group) * groups.count));
    for (int i = 0; i < count; i++) {
        ids[i] = rules[i]->id;
        groups.values[i + 1] = rules[i]->name + strlen(scheme) + 1;
        groups.order[i] = static_cast<Group>(i) + 1;
    }
    groups.stays = read_stays(run, ids, count);
    return groups;
}

[[noreturn]] void refuse_name(const Binding *binding, const char *name, const Rows &schemes) {
    const Size traits = binding->vocabulary.traits.size() + binding->vocabulary.derived.size();
    auto **known = static_cast<const char **>(palloc(sizeof(char *) * (traits + schemes.count + 1)));
    int32 count = 0;
    for (const definition::Trait &trait : binding->vocabulary.traits) {
        const char *bare = pnstrdup(trait.name.data(), trait.name.size());
        known[count++] =
            trait.prefix.empty() ? bare : psprintf("%.*s.%s", static_cast<int>(trait.prefix.size()), trait.prefix.data(), bare);
    }
    for (const definition::DerivedTrait &trait : binding->vocabulary.derived) {
        known[count++] = to_cstring(trait.name);
    }
    for (uint64 row = 0; row < schemes.count; row++) {
        known[count++] = text_of(schemes, row, 1);
    }
    const char *near = nearest_name(name, known, count);
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("unknown trait or scheme \"%s\"", name),
                    near != nullptr ? errhint("Did you mean \"%s\"?", near) : 0));
}

// ----------------------------------------------------------------------------------------------------------- history

struct StayReading {
    const Run *run;
    const int32 *segment_ids;
    int segment_count;
    Stays *stays;
    MemoryContext row_context;
};

bool receive_stay(void *state, TupleTableSlot *slot) {
    auto *reading = static_cast<StayReading *>(state);
    Stays *stays = reading->stays;
    MemoryContextReset(reading->row_context);
    MemoryContext before = MemoryContextSwitchTo(reading->row_context);
    const TimestampTz entered_at = DatumGetTimestampTz(slot->tts_values[1]);
    const TimestampTz exited_at = slot->tts_isnull[2] ? revenue::never : DatumGetTimestampTz(slot->tts_values[2]);
    const members::Ordinal member = reading->run->numbering->keys->find(slot->tts_values[0]);
    MemoryContextSwitchTo(before);
    stays->known_from = std::min(stays->known_from, entered_at);
    if (member == members::no_ordinal) {
        return true;
    }
    if (stays->count == stays->capacity) {
        stays->capacity *= 2;
        stays->items = static_cast<Stays::Stay *>(repalloc_huge(stays->items, sizeof(Stays::Stay) * stays->capacity));
    }
    const int32 *id = std::find(reading->segment_ids, reading->segment_ids + reading->segment_count, DatumGetInt32(slot->tts_values[3]));
    stays->items[stays->count++] = {member, {entered_at, exited_at, static_cast<Group>(id - reading->segment_ids) + 1}};
    return true;
}

}  // namespace

const Stays *read_stays(const Run *run, const int32 *segment_ids, int count) {
    auto *stays = static_cast<Stays *>(palloc0(sizeof(Stays)));
    stays->capacity = 1024;
    stays->items = static_cast<Stays::Stay *>(palloc(sizeof(Stays::Stay) * stays->capacity));
    stays->known_from = revenue::never;
    auto *ids = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<Size>(count + 1)));
    for (int i = 0; i < count; i++) {
        ids[i] = Int32GetDatum(segment_ids[i]);
    }
    StayReading reading{run, segment_ids, count, stays, AllocSetContextCreate(CurrentMemoryContext, "segment stay", ALLOCSET_SMALL_SIZES)};
    const definition::Vocabulary &vocabulary = run->binding.vocabulary;
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, "SELECT ");
    append(&sql, vocabulary.member_column);
    append(&sql, ", entered_at, exited_at, segment_id FROM ");
    append(&sql, vocabulary.history_sql);
    append(&sql, " WHERE segment_id = ANY ($1)");
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_stay, &reading), sql.data,
                    {{INT4ARRAYOID, PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT))}},
                    {.read_only = true});
    spi::finish();
    MemoryContextDelete(reading.row_context);
    std::sort(stays->items, stays->items + stays->count, [](const Stays::Stay &a, const Stays::Stay &b) {
        return a.member != b.member ? a.member < b.member : a.spell.entered_at < b.spell.entered_at;
    });
    return stays;
}

Groups single_group() {
    Groups groups{};
    groups.count = 1;
    groups.values = static_cast<char **>(palloc0(sizeof(char *)));
    groups.order = static_cast<Group *>(palloc0(sizeof(Group)));
    return groups;
}

Groups groups_by(const Run *run, const char *by, const members::BitSet *members, const Segments *segments) {
    const Rows schemes =
        catalog_execute("SELECT id, name FROM segment.catalog_scheme WHERE population_id OPERATOR(pg_catalog.=) $1 ORDER BY name",
                        {int4_argument(run->population->id)});
    for (uint64 row = 0; row < schemes.count; row++) {
        if (strcmp(text_of(schemes, row, 1), by) == 0) {
            return groups_by_scheme(run, by, DatumGetInt32(value_of(schemes, row, 0)), segments);
        }
    }
    if (const definition::Trait *trait = find_trait(&run->binding, by); trait != nullptr) {
        return groups_by_value(run, value_of_trait(&run->binding, trait), members);
    }
    for (const definition::DerivedTrait &trait : run->binding.vocabulary.derived) {
        if (trait.name == by) {
            const DerivedValue value = derived_value(run->compilation, run->binding.vocabulary, trait);
            if (value.value_sql == nullptr) {
                ereport(ERROR,
                        (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("a report cannot be divided by the time elapsed, trait \"%s\"", by)));
            }
            return groups_by_value(run, {value.value_sql, value.from_sql}, members);
        }
    }
    refuse_name(&run->binding, by, schemes);
}

}  // namespace segment::pg
