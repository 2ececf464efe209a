// Why a member is in a segment, or not: every condition with what it looked at, and when time will change it.
#include "core/members/words.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/explanation.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/needed_segments.hpp"
#include "pg/reading.hpp"

namespace segment::pg {

namespace {

// What is asked, and what the run finds.
struct Question {
    Explanation explanation;
    const Segment *segment;
    const Segment *earlier;  // the rule of its scheme that has the member before the segment could; null if there is none
    const Run *run;
    bool in_base, is_member;
};

void add_explanation(void *state, Compilation *compilation) {
    add_lines(&static_cast<Question *>(state)->explanation, compilation);
}

struct Row {
    const char *path, *condition;
    bool holds;
    const char *value, *threshold, *margin;
    bool changes;
    TimestampTz changes_at;
};

void put(ReturnSetInfo *result, const Row &row) {
    const char *texts[] = {row.value, row.threshold, row.margin};
    Datum values[7] = {CStringGetTextDatum(row.path), CStringGetTextDatum(row.condition), BoolGetDatum(row.holds)};
    bool nulls[lengthof(values)] = {};
    for (int i = 0; i < 3; i++) {
        nulls[3 + i] = texts[i] == nullptr;
        values[3 + i] = nulls[3 + i] ? 0 : CStringGetTextDatum(texts[i]);
    }
    nulls[6] = !row.changes;
    values[6] = TimestampTzGetDatum(row.changes_at);
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// The override in force, if there is one.
bool read_override(const Population *population, const Segment *segment, const Column *key, const spi::Argument &key_value,
                   TimestampTz as_of, Row *row) {
    if (!segment->includes && !segment->excludes) {
        return false;
    }
    Rows rows = caller_execute(
        psprintf("SELECT override, reason, until FROM %s WHERE segment_id = $1 AND %s %s $2 AND "
                 "(until IS NULL OR until > $3)",
                 member_relation_sql(population, "segment_override"), quote_identifier(member_column(population)), equality_sql(key->type)),
        {int4_argument(segment->id), key_value, timestamptz_argument(as_of)}, {.read_only = true});
    if (rows.count == 0) {
        return false;
    }
    bool ends = !is_null(rows, 0, 2);
    *row = {"override", text_of(rows, 0, 0),
            true,       text_of(rows, 0, 1),
            nullptr,    nullptr,
            ends,       ends ? DatumGetTimestampTz(value_of(rows, 0, 2)) : 0};
    return true;
}

bool comes_before(const Segment *rule, const Segment *segment) {
    return segment->scheme_id != 0 && rule->scheme_id == segment->scheme_id && rule->scheme_position < segment->scheme_position;
}

// There is one member, so a set says yes or no.
void take_chunk(void *state, uint32, const match::Evaluation *evaluation, const match::Staging *) {
    auto *question = static_cast<Question *>(state);
    const auto holds = [&](match::RootId root) { return members::count(evaluation->members(root)) > 0; };
    for (uint32 i = 0; i < question->explanation.count; i++) {
        Line *line = &question->explanation.lines[i];
        line->holds = holds(line->root);
    }
    question->in_base = holds(question->explanation.base_root);
    for (const CompiledSegment &compiled : question->run->compilation->segments) {
        if (compiled.segment == question->segment) {
            question->is_member = holds(compiled.root);
        } else if (comes_before(compiled.segment, question->segment) && holds(compiled.root)) {
            question->earlier = compiled.segment;
        }
    }
}

char *key_text(const Column *key, Datum value) {
    Oid output;
    bool is_varlena;
    getTypeOutputInfo(key->type, &output, &is_varlena);
    return OidOutputFunctionCall(output, value);
}

void explain(FunctionCallInfo fcinfo) {
    const char *name = required_text(fcinfo, 0, "name");
    TimestampTz as_of = as_of_argument(fcinfo, 2);
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    SegmentReference reference = get_segment(name, Lock::none);
    const Population *population = reference.population;
    Identity caller = begin_reading(population);
    const Column *key = key_column(population);
    spi::Argument key_value = key_argument(fcinfo, 1, key);
    const char *text = key_text(key, key_value.value);

    Segments segments = needed_segments(population, reference.segment.id, reference.segment.definition);
    int32 index = index_of(&segments, reference.segment.id);
    Question question{};
    question.segment = &segments.items[index];
    Explanation &explanation = question.explanation;
    explanation.context = CurrentMemoryContext;
    explanation.definition = question.segment->definition;
    explanation.narrowed =
        psprintf("m.%s %s %s::%s", quote_identifier(key->name), equality_sql(key->type), quote_literal_cstr(text), type_sql(key->type));
    Addition addition{add_explanation, &question, true};
    Run *run = begin_run(population, &segments, &index, 1, as_of, nullptr, Keep::no, &addition);
    if (scanned_rows(run->scan) == 0) {
        ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("population \"%s\" has no member with key \"%s\"", population->name, text)));
    }
    question.run = run;
    evaluate_run(run, take_chunk, &question);
    const Rows *values = read_values(&explanation);

    Row row{"", explanation.definition, question.is_member, nullptr, nullptr, nullptr, false, 0};
    row.changes = let_time_pass(&explanation, as_of, &row.changes_at);
    Row base{"base", population->base, question.in_base, nullptr, nullptr, nullptr, false, 0};
    Row override_row;
    bool overridden = read_override(population, &reference.segment, key, key_value, as_of, &override_row);
    if (overridden) {
        row.changes = override_row.changes;
        row.changes_at = override_row.changes_at;
    }
    if (question.earlier != nullptr) {
        row.changes = false;
    }
    row.holds = row.holds && base.holds;
    row.changes = row.changes && base.holds;
    put(result, row);
    put(result, base);
    if (overridden) {
        put(result, override_row);
    }
    if (question.earlier != nullptr) {
        put(result,
            {"scheme", psprintf("in segment %s", quote_literal_cstr(question.earlier->name)), true, nullptr, nullptr, nullptr, false, 0});
    }
    for (uint32 i = 0; i < explanation.count; i++) {
        const Line &line = explanation.lines[i];
        const LineReadings readings = readings_of(values, i);
        const auto text = [&](int which) { return text_of(*readings.rows, 0, readings.column + which); };
        put(result, {line.path, line.condition, line.holds, text(0), text(1), text(2), line.changes, line.changes_at});
    }
    end_run(run);
    end_identity(caller);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_explain) {
    explain(fcinfo);
    return static_cast<Datum>(0);
}
