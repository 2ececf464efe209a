// Reports on the revenue of a population's members: segment.mrr and segment.mrr_events.
#include <algorithm>
#include <memory_resource>
#include <unordered_map>
#include <vector>

#include "core/definition/nearest.hpp"
#include "core/revenue/report.hpp"
#include "pg/amount.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/bridge_row.hpp"
#include "pg/definition_type.hpp"
#include "pg/identity.hpp"
#include "pg/interrupts.hpp"
#include "pg/periods.hpp"
#include "pg/subscription_lines.hpp"

namespace segment::pg {

namespace {

using revenue::Group;
using revenue::Membership;

constexpr Group max_groups = 10000;
constexpr std::size_t members_between_polls = 16384;
constexpr Group no_group = UINT32_MAX;

Membership membership_argument(FunctionCallInfo fcinfo, int index) {
    const char *value = required_text(fcinfo, index, "membership");
    static constexpr struct {
        const char *name;
        Membership membership;
    } names[] = {{"start", Membership::start}, {"end", Membership::end}, {"current", Membership::current}, {"flow", Membership::flow}};
    for (const auto &known : names) {
        if (strcmp(value, known.name) == 0) {
            return known.membership;
        }
    }
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("membership must be 'start', 'end', 'current' or 'flow', not '%s'", value)));
}

const char *membership_name(Membership membership) {
    switch (membership) {
        case Membership::start:
            return "start";
        case Membership::end:
            return "end";
        case Membership::flow:
            return "flow";
        case Membership::current:
            break;
    }
    return "current";
}

// The nearest of some names, palloc'd, or null. `offer_all` is called with the search.
template <typename OfferAll>
const char *nearest_of(const char *name, OfferAll offer_all) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&]() -> const char * {
        definition::Nearest search(name);
        offer_all(search);
        const std::string_view best = search.best();
        if (best.empty()) {
            return nullptr;
        }
        auto *copy = static_cast<char *>(ContextResource(context).allocate(best.size() + 1, 1));
        best.copy(copy, best.size());
        copy[best.size()] = '\0';
        return copy;
    });
}

// A report's members, found as the user who asks, or as the population's owner where he has that role.
struct Asked {
    Identity caller;
    Run *run;
    members::BitSet *members, *base;  // those of the report, and all who count
};

void take_chunk(void *state, uint32 chunk, const match::Evaluation *evaluation, const match::Staging *) {
    auto *asked = static_cast<Asked *>(state);
    boundary::core([&] {
        asked->members->assign(chunk, evaluation->members(asked->run->compilation->segments.back().root));
        asked->base->assign(chunk, evaluation->base_members());
    });
}

Asked begin_report(const Population *population, const char *filter) {
    Asked asked{};
    auto *segments = static_cast<Segments *>(palloc(sizeof(Segments)));
    *segments = with_definition(segments_of(population), canonical_definition(filter != nullptr ? filter : "everyone"));
    const int32 last = segments->count - 1;
    const Oid owner = population_owner(population);
    asked.caller = begin_identity(has_privs_of_role(GetUserId(), owner) ? owner : GetUserId());
    asked.run = begin_run(population, segments, &last, 1, GetCurrentTransactionStartTimestamp(), nullptr, Keep::no);
    MemoryContext context = asked.run->context;
    boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        asked.members = make_in_context<members::BitSet>(context, memory);
        asked.base = make_in_context<members::BitSet>(context, memory);
    });
    evaluate_run(asked.run, take_chunk, &asked);
    return asked;
}

// The groups of a report by a trait, and which of them each member is in.
struct Groups {
    char **values;  // null: missing
    Group count;
    Group **of_members;  // by chunk, then ordinal within it; null: all in the first group

    Group of(members::Ordinal member) const {
        return of_members == nullptr ? 0 : of_members[member / members::chunk_size][member % members::chunk_size];
    }
};

const definition::Trait *find_trait(const Binding *binding, const char *name) {
    const definition::Trait *found = nullptr;
    std::string_view wanted(name);
    for (const definition::Trait &trait : binding->vocabulary.traits) {
        const bool prefixed = !trait.prefix.empty() && wanted.size() == trait.prefix.size() + 1 + trait.name.size() &&
                              wanted.starts_with(trait.prefix) && wanted[trait.prefix.size()] == '.' && wanted.ends_with(trait.name);
        if (prefixed || (trait.prefix.empty() && trait.name == wanted)) {
            found = &trait;
        }
    }
    if (found == nullptr) {
        const char *near = nearest_of(name, [&](definition::Nearest &search) {
            for (const definition::Trait &trait : binding->vocabulary.traits) {
                search.offer(trait.name);
            }
        });
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("unknown trait \"%s\"", name),
                        near != nullptr ? errhint("Did you mean \"%s\"?", near) : 0));
    }
    return found;
}

struct GroupReading {
    const Asked *asked;
    MemoryContext context, row_context;
    Groups *groups;
    std::pmr::unordered_map<std::pmr::string, Group> *known;
    Group missing;
};

bool receive_value(void *state, TupleTableSlot *slot) {
    auto *reading = static_cast<GroupReading *>(state);
    MemoryContextReset(reading->row_context);
    MemoryContext before = MemoryContextSwitchTo(reading->row_context);
    const members::Ordinal ordinal =
        slot->tts_isnull[0] ? members::no_ordinal : reading->asked->run->numbering->keys->find(slot->tts_values[0]);
    if (ordinal != members::no_ordinal && reading->asked->members->contains(ordinal)) {
        Group *group = &reading->missing;
        if (!slot->tts_isnull[1]) {
            const std::string_view value = view(DatumGetTextPP(slot->tts_values[1]));
            group = boundary::core([&] {
                return &reading->known->try_emplace(std::pmr::string(value, reading->known->get_allocator().resource()), no_group)
                            .first->second;
            });
        }
        if (*group == no_group) {
            if (reading->groups->count == max_groups) {
                ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the report would have more than %u groups", max_groups),
                                errhint("Divide by a trait with fewer values.")));
            }
            *group = reading->groups->count++;
        }
        Group *&chunk = reading->groups->of_members[ordinal / members::chunk_size];
        if (chunk == nullptr) {
            chunk = static_cast<Group *>(MemoryContextAllocZero(reading->context, sizeof(Group) * members::chunk_size));
        }
        chunk[ordinal % members::chunk_size] = *group;
    }
    MemoryContextSwitchTo(before);
    return true;
}

// Every member in one group without a value.
Groups single_group() {
    return {static_cast<char **>(palloc0(sizeof(char *))), 1, nullptr};
}

// The report's members by the values of a trait, as text.
Groups groups_by_trait(const Asked *asked, const char *by) {
    const Run *run = asked->run;
    Groups groups{};
    groups.of_members = static_cast<Group **>(palloc0(sizeof(Group *) * (asked->members->chunks() + 1)));
    const definition::Trait *trait = find_trait(&run->binding, by);
    const definition::Vocabulary &vocabulary = run->binding.vocabulary;
    StringInfoData sql;
    initStringInfo(&sql);
    const auto append = [&](std::string_view part) { appendBinaryStringInfo(&sql, part.data(), static_cast<int>(part.size())); };
    append("SELECT ");
    append(vocabulary.key_sql);
    append(", (");
    append(trait->sql);
    append(")::text FROM ");
    append(vocabulary.from_sql);
    if (trait->join >= 0) {
        append(" ");
        append(vocabulary.joins[static_cast<size_t>(trait->join)]);
    }
    GroupReading reading{};
    reading.asked = asked;
    reading.context = CurrentMemoryContext;
    reading.row_context = AllocSetContextCreate(CurrentMemoryContext, "segment group row", ALLOCSET_SMALL_SIZES);
    reading.groups = &groups;
    reading.missing = no_group;
    reading.known = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(reading.context, reading.context);
        return make_in_context<std::pmr::unordered_map<std::pmr::string, Group>>(reading.context, memory);
    });
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_value, &reading), sql.data, {}, {.read_only = true});
    spi::finish();
    MemoryContextDelete(reading.row_context);
    groups.values = static_cast<char **>(palloc0(sizeof(char *) * (groups.count + 1)));
    for (const auto &[value, group] : *reading.known) {
        groups.values[group] = pstrdup(value.c_str());
    }
    return groups;
}

// The stays of one segment, by member.
struct Stays {
    struct Stay {
        members::Ordinal member;
        TimestampTz entered_at, exited_at;
    };
    Stay *items;
    Size count, capacity;
    TimestampTz known_from;
    const Run *run;
    MemoryContext context, row_context;
};

bool receive_stay(void *state, TupleTableSlot *slot) {
    auto *stays = static_cast<Stays *>(state);
    MemoryContextReset(stays->row_context);
    MemoryContext before = MemoryContextSwitchTo(stays->row_context);
    const TimestampTz entered_at = DatumGetTimestampTz(slot->tts_values[1]);
    stays->known_from = std::min(stays->known_from, entered_at);
    const members::Ordinal member = stays->run->numbering->keys->find(slot->tts_values[0]);
    MemoryContextSwitchTo(stays->context);
    if (member != members::no_ordinal) {
        if (stays->count == stays->capacity) {
            stays->capacity *= 2;
            stays->items = static_cast<Stays::Stay *>(repalloc_huge(stays->items, sizeof(Stays::Stay) * stays->capacity));
        }
        stays->items[stays->count++] = {member, entered_at,
                                        slot->tts_isnull[2] ? revenue::never : DatumGetTimestampTz(slot->tts_values[2])};
    }
    MemoryContextSwitchTo(before);
    return true;
}

Stays *read_stays(const Run *run, int32 segment_id) {
    auto *stays = static_cast<Stays *>(palloc0(sizeof(Stays)));
    stays->capacity = 1024;
    stays->items = static_cast<Stays::Stay *>(palloc(sizeof(Stays::Stay) * stays->capacity));
    stays->known_from = revenue::never;
    stays->run = run;
    stays->context = CurrentMemoryContext;
    stays->row_context = AllocSetContextCreate(CurrentMemoryContext, "segment stay", ALLOCSET_SMALL_SIZES);
    const char *sql = psprintf("SELECT %.*s, entered_at, exited_at FROM %.*s WHERE segment_id = $1",
                               static_cast<int>(run->binding.vocabulary.member_column.size()), run->binding.vocabulary.member_column.data(),
                               static_cast<int>(run->binding.vocabulary.history_sql.size()), run->binding.vocabulary.history_sql.data());
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_stay, stays), sql, {int4_argument(segment_id)}, {.read_only = true});
    spi::finish();
    MemoryContextDelete(stays->row_context);
    std::sort(stays->items, stays->items + stays->count, [](const Stays::Stay &a, const Stays::Stay &b) {
        return a.member != b.member ? a.member < b.member : a.entered_at < b.entered_at;
    });
    return stays;
}

struct Question {
    const PeriodEdges *periods;
    revenue::Granularity granularity;
    Membership membership;
};

// Each member's changes go to its groups. Of members outside of the segment, which are the group after the last, only transfers are told.
revenue::GroupedBridges *add_up(const SubscriptionLedger *lines, const Question *question, const Groups *groups, const Stays *stays) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        BackendInterrupts interrupts;
        auto *memory = make_in_context<ContextResource>(context, context);
        const Group outside = groups->count;
        auto *bridges = make_in_context<revenue::GroupedBridges>(
            context, revenue::Edges(question->periods->edges, static_cast<std::size_t>(question->periods->count)), question->granularity,
            stays != nullptr ? question->membership : Membership::current, stays != nullptr ? stays->known_from : revenue::never,
            outside + 1, memory);
        revenue::LedgerReader ledger(*lines->bytes, memory);
        std::pmr::vector<revenue::Spell> spells(memory);
        const Stays::Stay *stay = stays != nullptr ? stays->items : nullptr;
        const Stays::Stay *end = stays != nullptr ? stays->items + stays->count : nullptr;
        for (std::size_t i = 0; ledger.next(); ++i) {
            if (i % members_between_polls == 0) {
                interrupts.poll();
            }
            const auto member = static_cast<members::Ordinal>(ledger.key().number);
            const Group group = groups->of(member);
            if (stays == nullptr) {
                bridges->add(ledger.changes(), {{}, group, group});
                continue;
            }
            // Both come in the order of ordinals.
            spells.clear();
            for (; stay != end && stay->member <= member; ++stay) {
                if (stay->member == member) {
                    spells.push_back({stay->entered_at, stay->exited_at, group});
                }
            }
            const bool is_member = !spells.empty() && spells.back().exited_at == revenue::never;
            bridges->add(ledger.changes(), {spells, outside, is_member ? group : outside});
        }
        bridges->finish();
        return bridges;
    });
}

// The groups by their values, the missing one last.
Group *in_order(const Groups *groups) {
    auto *order = static_cast<Group *>(palloc(sizeof(Group) * (groups->count + 1)));
    for (Group i = 0; i < groups->count; i++) {
        order[i] = i;
    }
    std::sort(order, order + groups->count, [&](Group a, Group b) {
        const char *left = groups->values[a], *right = groups->values[b];
        if (left == nullptr || right == nullptr) {
            return left != nullptr;
        }
        return strcmp(left, right) < 0;
    });
    return order;
}

int32 segment_id(const Population *population, const char *name) {
    Segments segments = segments_of(population);
    for (int32 i = 0; i < segments.count; i++) {
        if (strcmp(segments.items[i].name, name) == 0) {
            return segments.items[i].id;
        }
    }
    const char *near = nearest_of(name, [&](definition::Nearest &search) {
        for (int32 i = 0; i < segments.count; i++) {
            search.offer(segments.items[i].name);
        }
    });
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" has no segment \"%s\"", population->name, name),
                    near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("The view segment.segment lists the segments.")));
}

struct Range {
    Timestamp since, until;
};

Range range_arguments(FunctionCallInfo fcinfo, int first) {
    for (int i = first; i < first + 2; i++) {
        if (PG_ARGISNULL(i)) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", i == first ? "since" : "until")));
        }
    }
    return {PG_GETARG_TIMESTAMP(first), PG_GETARG_TIMESTAMP(first + 1)};
}

void put_bridges(ReturnSetInfo *result, const PeriodEdges *periods, const Groups *groups, const revenue::GroupedBridges *bridges,
                 int scale) {
    const Group *order = in_order(groups);
    for (int32 period = 0; period < periods->count - 1; period++) {
        for (Group i = 0; i < groups->count; i++) {
            const revenue::GroupBridge &bridge = bridges->bridge(order[i], static_cast<std::size_t>(period));
            const char *value = groups->values[order[i]];
            Row row{};
            row.add(TimestampTzGetDatum(periods->edges[period]));
            row.add(TimestampTzGetDatum(periods->edges[period + 1]));
            row.add(value == nullptr ? NullableDatum{0, true} : NullableDatum{CStringGetTextDatum(value), false});
            add_amounts(&row, bridge, scale);
            add_customers(&row, bridge);
            add_rates(&row, bridge, scale);
            row.add(CStringGetTextDatum(membership_name(bridges->membership(static_cast<std::size_t>(period)))));
            put_row(result, &row);
        }
    }
}

constexpr const char *movement_names[] = {"new", "expansion", "contraction", "churn", "reactivation"};
static_assert(lengthof(movement_names) == revenue::movement_kinds);

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_mrr) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const Range range = range_arguments(fcinfo, 1);
    if (PG_ARGISNULL(3)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("grain must not be null")));
    }
    const char *segment = optional_text(fcinfo, 4), *by = optional_text(fcinfo, 5), *filter = optional_text(fcinfo, 6);
    Question question{};
    question.membership = membership_argument(fcinfo, 7);
    question.granularity = granularity_argument(fcinfo, 8);
    Population *population = get_population(population_name, Lock::none);
    check_may_read(population);
    const int32 id = segment != nullptr ? segment_id(population, segment) : 0;
    const PeriodEdges periods = period_edges(range.since, range.until, PG_GETARG_INTERVAL_P(3), cstring_to_text(population->time_zone));
    question.periods = &periods;
    InitMaterializedSRF(fcinfo, 0);

    const Asked asked = begin_report(population, filter);
    const Groups groups = by != nullptr ? groups_by_trait(&asked, by) : single_group();
    const Stays *stays = segment != nullptr ? read_stays(asked.run, id) : nullptr;
    const SubscriptionLedger lines = read_subscriptions(asked.run, asked.members, asked.base);
    const segment::revenue::GroupedBridges *bridges = add_up(&lines, &question, &groups, stays);
    end_identity(asked.caller);
    put_bridges(reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo), &periods, &groups, bridges, lines.scale);
    end_run(asked.run);
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_mrr_events) {
    const char *population_name = required_text(fcinfo, 0, "population");
    const Range range = range_arguments(fcinfo, 1);
    const char *filter = optional_text(fcinfo, 3);
    Population *population = get_population(population_name, Lock::none);
    check_may_read(population);
    const PeriodEdges periods = single_period(range.since, range.until, cstring_to_text(population->time_zone));
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);

    const Asked asked = begin_report(population, filter);
    const SubscriptionLedger lines = read_subscriptions(asked.run, asked.members, asked.base);
    end_identity(asked.caller);
    struct Event {
        segment::members::Ordinal member;
        segment::revenue::Moved moved;
    };
    MemoryContext context = CurrentMemoryContext;
    const auto *events = segment::boundary::core([&] {
        segment::BackendInterrupts interrupts;
        auto *memory = segment::make_in_context<segment::ContextResource>(context, context);
        auto *found = segment::make_in_context<std::pmr::vector<Event>>(context, memory);
        segment::revenue::LedgerReader ledger(*lines.bytes, memory);
        for (std::size_t i = 0; ledger.next(); ++i) {
            if (i % members_between_polls == 0) {
                interrupts.poll();
            }
            const auto member = static_cast<segment::members::Ordinal>(ledger.key().number);
            segment::revenue::for_each_movement(ledger.changes(), segment::revenue::Edges(periods.edges, 2),
                                                segment::revenue::Granularity::event, [&](const segment::revenue::Moved &moved) {
                                                    found->push_back({member, moved});
                                                });
        }
        std::stable_sort(found->begin(), found->end(), [](const Event &a, const Event &b) { return a.moved.at < b.moved.at; });
        return found;
    });
    Oid output;
    bool is_varlena;
    getTypeOutputInfo(asked.run->binding.key->type, &output, &is_varlena);
    for (const Event &event : *events) {
        const char *movement = movement_names[static_cast<std::size_t>(event.moved.movement)];
        Row row{};
        row.add(CStringGetTextDatum(OidOutputFunctionCall(output, asked.run->numbering->keys->key(event.member))));
        row.add(TimestampTzGetDatum(event.moved.at));
        row.add(CStringGetTextDatum(movement));
        row.add(numeric_of(event.moved.after - event.moved.before, lines.scale));
        row.add(numeric_of(event.moved.before, lines.scale));
        row.add(numeric_of(event.moved.after, lines.scale));
        put_row(result, &row);
    }
    end_run(asked.run);
    return static_cast<Datum>(0);
}
