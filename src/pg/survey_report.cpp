// segment.survey: the answers of a population's members by period and group.
#include <iterator>
#include <optional>

#include "core/survey/estimate.hpp"
#include "core/survey/panel.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/bridge_row.hpp"
#include "pg/nearest.hpp"
#include "pg/periods.hpp"
#include "pg/report.hpp"
#include "pg/survey_type.hpp"

extern "C" {
#include "utils/datum.h"
}

namespace segment::pg {

namespace {

using revenue::Group;
using survey::Panel;
using survey::PerMember;
using survey::Scale;

PerMember per_member_argument(FunctionCallInfo fcinfo, int index) {
    const char *value = required_text(fcinfo, index, "per_member");
    static constexpr struct {
        const char *name;
        PerMember per_member;
    } names[] = {{"last", PerMember::last}, {"all", PerMember::all}, {"mean", PerMember::mean}};
    for (const auto &known : names) {
        if (strcmp(value, known.name) == 0) {
            return known.per_member;
        }
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("per_member must be 'last', 'all' or 'mean', not '%s'", value)));
}

struct Question {
    const char *source, *answer, *event;  // the last is null for all events
    Scale scale;
    PerMember per_member;
    const PeriodEdges *periods;
};

const definition::EventSource &find_source(const Run *run, const char *name, int32 *index) {
    const auto events = run->binding.vocabulary.events;
    auto **known = static_cast<const char **>(palloc(sizeof(char *) * (events.size() + 1)));
    for (size_t i = 0; i < events.size(); i++) {
        if (events[i].name == name) {
            refuse_absent(events[i].absence);
            *index = static_cast<int32>(i);
            return events[i];
        }
        known[i] = pnstrdup(events[i].name.data(), events[i].name.size());
    }
    const char *near = nearest_name(name, known, static_cast<int32>(events.size()));
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" has no source of events \"%s\"", run->population->name, name),
             near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("Register it with segment.add_events.")));
}

struct AnswerRows {
    const char *sql;
    Oid answer_type;
};

// The rows of each member after those of another, in the order of time: key, time, answer. Of rows at one time the last is the one with
// the greatest tie-breaker, then with the smallest answer, as in definitions.
AnswerRows answer_rows(const Run *run, const Question *question) {
    int32 index;
    const definition::EventSource &source = find_source(run, question->source, &index);
    const UserRelation *relation = run->binding.sources[index].relation;
    const Column *answer = get_column(relation, question->answer);
    if (!is_answer_type(answer->type)) {
        ereport(ERROR,
                (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" of %s cannot hold answers", answer->name, relation->sql),
                 errdetail("It is %s; a number is needed.", answer->type_sql), errhint("Register a view that casts it to integer.")));
    }
    if (question->event != nullptr && source.event_name < 0) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("the events of source \"%s\" have no names", question->source), errhint("Leave event out.")));
    }
    const auto name_of = [&](int32 column) {
        const std::string_view sql = source.columns[static_cast<size_t>(column)].sql;
        return psprintf("e.%.*s", static_cast<int>(sql.size()), sql.data());
    };
    const std::string_view occurred_at = source.columns[static_cast<size_t>(source.occurred_at)].name;
    const char *at = instant_of_column(name_of(source.occurred_at), get_column(relation, pnstrdup(occurred_at.data(), occurred_at.size())),
                                       run->population->time_zone);
    const char *answer_sql = psprintf("e.%s", quote_identifier(answer->name));
    const definition::Vocabulary &vocabulary = run->binding.vocabulary;
    const auto as_c = [](std::string_view text) { return pnstrdup(text.data(), text.size()); };
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfo(&sql, "SELECT %s, %s, %s FROM %s JOIN %s AS e ON e.%s %s %s WHERE %s >= $1 AND %s < $2", as_c(vocabulary.key_sql), at,
                     answer_sql, as_c(vocabulary.from_sql), as_c(source.relation_sql), as_c(source.key_sql), as_c(source.equality_sql),
                     as_c(vocabulary.key_sql), at, at);
    if (question->event != nullptr) {
        appendStringInfo(&sql, " AND %s::text = $3", name_of(source.event_name));
    }
    appendStringInfo(&sql, " ORDER BY %s, %s, ", as_c(vocabulary.key_sql), at);
    if (source.tie_break >= 0) {
        appendStringInfo(&sql, "%s NULLS FIRST, ", name_of(source.tie_break));
    }
    appendStringInfo(&sql, "%s DESC NULLS FIRST", answer_sql);
    return {sql.data, answer->type};
}

// The current group of each member of the report, by chunk, then ordinal within it; those who are in none have `outside`.
struct CurrentGroups {
    Group **of_members;
    Group outside;

    Group of(const Report *report, members::Ordinal member) const {
        if (member == members::no_ordinal || !report->members->contains(member)) {
            return outside;
        }
        return of_members[member / members::chunk_size][member % members::chunk_size];
    }
};

CurrentGroups current_groups(const Report *report) {
    MemoryContext context = CurrentMemoryContext;
    const uint32 chunks = report->members->chunks();
    return boundary::core([&] {
        BackendInterrupts interrupts;
        ContextResource memory(context);
        Placement placement(report, &memory);
        const auto allocate = [&](std::size_t bytes) { return memory.allocate(bytes, alignof(std::max_align_t)); };
        CurrentGroups groups{static_cast<Group **>(allocate(sizeof(Group *) * (chunks + 1))), placement.outside()};
        for (uint32 chunk = 0; chunk < chunks; chunk++) {
            interrupts.poll();
            groups.of_members[chunk] = nullptr;
            const members::ChunkWords words = report->members->words(chunk);
            if (members::is_empty(words)) {
                continue;
            }
            groups.of_members[chunk] = static_cast<Group *>(allocate(sizeof(Group) * members::chunk_size));
            members::for_each_bit(words, chunk * members::chunk_size, [&](members::Ordinal member) {
                groups.of_members[chunk][member % members::chunk_size] = placement.of(member).current;
            });
        }
        return groups;
    });
}

struct Reading {
    const Report *report;
    const CurrentGroups *groups;
    Panel *panel;
    Oid answer_type;
    MemoryContext key_context, row_context;
    int16 key_length;
    bool key_by_value;
    bool has_key;
    Datum key;  // of the member before
    bool counts;
};

void begin_member(Reading *reading, Datum key) {
    MemoryContextReset(reading->key_context);
    MemoryContext before = MemoryContextSwitchTo(reading->key_context);
    reading->key = datumCopy(key, reading->key_by_value, reading->key_length);
    reading->has_key = true;
    const Group group = reading->groups->of(reading->report, reading->report->run->numbering->keys->find(reading->key));
    MemoryContextSwitchTo(before);
    reading->counts = group != reading->groups->outside;
    if (reading->counts) {
        reading->panel->begin_member(group);
    }
}

bool receive_answer(void *state, TupleTableSlot *slot) {
    auto *reading = static_cast<Reading *>(state);
    MemoryContextReset(reading->row_context);
    MemoryContext before = MemoryContextSwitchTo(reading->row_context);
    const Datum key = slot->tts_values[0];
    if (!reading->has_key || !datum_image_eq(key, reading->key, reading->key_by_value, reading->key_length)) {
        begin_member(reading, key);
    }
    if (reading->counts) {
        const bool answered = !slot->tts_isnull[2];
        reading->panel->add(DatumGetTimestampTz(slot->tts_values[1]),
                            answered ? std::optional<int>(answer_of(slot->tts_values[2], reading->answer_type)) : std::nullopt);
    }
    MemoryContextSwitchTo(before);
    return true;
}

const Panel *read_answers(const Report *report, const Question *question) {
    const Run *run = report->run;
    const CurrentGroups groups = current_groups(report);
    const AnswerRows rows = answer_rows(run, question);
    MemoryContext context = CurrentMemoryContext;
    Reading reading{};
    reading.report = report;
    reading.groups = &groups;
    reading.answer_type = rows.answer_type;
    reading.key_context = AllocSetContextCreate(context, "segment survey key", ALLOCSET_SMALL_SIZES);
    reading.row_context = AllocSetContextCreate(context, "segment survey row", ALLOCSET_SMALL_SIZES);
    get_typlenbyval(run->binding.key->type, &reading.key_length, &reading.key_by_value);
    const std::span<const survey::Instant> edges(question->periods->edges, static_cast<std::size_t>(question->periods->count));
    reading.panel = boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        return make_in_context<Panel>(context, question->scale, question->per_member, edges, report->groups.count, memory);
    });
    const spi::Argument arguments[] = {timestamptz_argument(edges.front()), timestamptz_argument(edges.back()),
                                       text_argument(question->event)};
    spi::connect();
    spi::execute_to(spi::make_receiver(receive_answer, &reading), rows.sql, std::span(arguments).first(question->event != nullptr ? 3 : 2),
                    {.read_only = true});
    spi::finish();
    boundary::core([&] { reading.panel->finish(); });
    MemoryContextDelete(reading.row_context);
    MemoryContextDelete(reading.key_context);
    return reading.panel;
}

NullableDatum estimate(std::optional<double> value) {
    return {Float8GetDatum(value.value_or(0)), !value};
}

// Of the answers that count, means of several among them.
NullableDatum mean_of(const survey::Tally &tally) {
    if (tally.groups.answers == 0) {
        return {0, true};
    }
    Datum sum = 0;
    for (auto part = tally.sums.begin(); part != tally.sums.end(); ++part) {
        const Datum of_part = quotient(part->second, part->first).value;
        sum = part == tally.sums.begin() ? of_part : DirectFunctionCall2(numeric_add, sum, of_part);
    }
    return {DirectFunctionCall2(numeric_div, sum, NumericGetDatum(int64_to_numeric(tally.groups.answers))), false};
}

void put_tally(const RowOutput &output, const TimestampTz *period, const char *value, const survey::Tally &tally, double confidence) {
    const survey::Groups &groups = tally.groups;
    const std::optional<survey::Interval> interval = boundary::core([&] { return survey::nps_interval(groups, confidence); });
    Row row{};
    row.add(TimestampTzGetDatum(period[0]));
    row.add(TimestampTzGetDatum(period[1]));
    row.add(text_or_null(value));
    for (const int64 count : {tally.asked, groups.answers, tally.out_of_scale, groups.promoters, groups.passives, groups.detractors}) {
        row.add(Int64GetDatum(count));
    }
    row.add(quotient(100 * static_cast<revenue::Money>(groups.promoters - groups.detractors), groups.answers));
    row.add(estimate(survey::nps_standard_error(groups)));
    row.add(estimate(interval ? std::optional(interval->low) : std::nullopt));
    row.add(estimate(interval ? std::optional(interval->high) : std::nullopt));
    row.add(quotient(100 * static_cast<revenue::Money>(groups.satisfied), groups.answers));
    const NullableDatum mean = mean_of(tally);
    row.add(mean);
    row.add(mean);
    row.add(quotient(groups.answers, tally.asked));
    put_row(output, row);
}

bool was_asked(const Panel *panel, Group group) {
    for (std::size_t period = 0; period < panel->periods(); period++) {
        if (panel->tally(group, period).asked > 0) {
            return true;
        }
    }
    return false;
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_survey) {
    const char *population_name = required_text(fcinfo, 0, "population");
    Question question{};
    question.source = required_text(fcinfo, 1, "source");
    question.answer = required_name(fcinfo, 2, "answer");
    const LocalRange range = range_arguments(fcinfo, 3);
    const Interval *grain = grain_argument(fcinfo, 5);
    const ReportArguments arguments = report_arguments(fcinfo, 6);
    question.event = optional_text(fcinfo, 9);
    const char *scale = required_text(fcinfo, 10, "scale");
    question.scale = segment::boundary::core([&] { return segment::survey::scale_of(scale); });
    question.per_member = per_member_argument(fcinfo, 11);
    const double confidence = required_float8(fcinfo, 12, "confidence");
    segment::boundary::core([&] { segment::survey::normal_quantile(confidence); });
    Population *population = get_population(population_name, Lock::none);
    const PeriodEdges periods = period_edges(range, grain, cstring_to_text(population->time_zone));
    question.periods = &periods;
    InitMaterializedSRF(fcinfo, 0);

    const Report report = begin_report(population, &arguments);
    check_size(&report, static_cast<uint64>(periods.count - 1));
    const segment::survey::Panel *panel = read_answers(&report, &question);
    end_identity(report.caller);
    // Members without a value are shown if any of them was asked.
    const bool all_groups = !report.groups.divided || was_asked(panel, 0);
    const RowOutput output = begin_rows(fcinfo);
    for (int32 period = 0; period < periods.count - 1; period++) {
        for (segment::revenue::Group i = 0; i < report.groups.count; i++) {
            const segment::revenue::Group group = report.groups.order[i];
            if (group > 0 || all_groups) {
                put_tally(output, &periods.edges[period], report.groups.values[group],
                          panel->tally(group, static_cast<std::size_t>(period)), confidence);
            }
        }
    }
    end_rows(output);
    end_report(&report);
    return static_cast<Datum>(0);
}
