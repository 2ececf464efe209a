// Why a member is in a segment, or not: every condition with what it looked at, and when time will change it.
#include <algorithm>

#include "core/definition/outline.hpp"
#include "core/definition/printer.hpp"
#include "core/definition/reading.hpp"
#include "core/members/words.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/clock_changes.hpp"
#include "pg/identity.hpp"
#include "pg/key_argument.hpp"
#include "pg/memory.hpp"
#include "pg/needed_segments.hpp"
#include "pg/reading.hpp"
#include "pg/run.hpp"

namespace segment::pg {

namespace {

// Three columns each, of the 1,664 that a target list can have.
constexpr uint32 lines_per_query = 500;
constexpr int readings_per_line = 3;  // value, threshold, margin

// One condition of the definition; plain data.
struct Line {
    char *path, *condition;
    uint32 parent;
    definition::Kind kind;
    match::RootId root;
    char *readings[readings_per_line];  // SQL; null where there is none
    uint32 first_comparison, comparison_count;
    definition::Rule rule;
    bool negated;

    bool holds;
    bool changes;
    TimestampTz changes_at;
};

struct Explanation {
    MemoryContext context;
    const char *definition;
    const char *narrowed;  // to the member
    char *from_sql;
    bool conjunction;  // of the lines at the top
    match::RootId base_root;
    bool in_base, is_member;
    const Segment *segment;
    const Segment *earlier;  // the rule of its scheme that has the member before the segment could; null if there is none
    const Run *run;
    uint32 count, comparison_count;
    Line *lines;
    ClockComparison *comparisons;
};

char *copy(ContextResource &memory, std::string_view text) {
    auto *result = static_cast<char *>(memory.allocate(text.size() + 1, 1));
    text.copy(result, text.size());
    result[text.size()] = '\0';
    return result;
}

bool is_leaf(definition::Kind kind) {
    return kind != definition::Kind::conjunction && kind != definition::Kind::disjunction && kind != definition::Kind::negation;
}

// Adds a root for every condition. Roots speak of the base's members only; here the base is one condition more.
void add_lines(void *state, Compilation *compilation) {
    auto *explanation = static_cast<Explanation *>(state);
    ContextResource memory(explanation->context);
    match::Plan &plan = compilation->plan;
    explanation->base_root = plan.root(plan.base());
    plan.base(plan.everyone());
    compilation->narrow(explanation->narrowed);
    explanation->from_sql = copy(memory, compilation->from_sql());

    const definition::Node &root = compilation->parse(explanation->definition);
    const auto outline = definition::outline(root, definition::Negations::open, &memory);
    explanation->conjunction = root.kind != definition::Kind::disjunction;
    explanation->count = static_cast<uint32>(outline.size());
    explanation->lines = static_cast<Line *>(memory.allocate(sizeof(Line) * outline.size(), alignof(Line)));
    std::pmr::vector<ClockComparison> comparisons(&memory);
    for (size_t i = 0; i < outline.size(); i++) {
        const definition::Node &node = *outline[i].node;
        std::pmr::string text(&memory);
        definition::print(node, text);
        Line line{};
        line.path = copy(memory, outline[i].path);
        line.condition = copy(memory, text);
        line.parent = outline[i].parent;
        line.kind = node.kind;
        line.root = plan.root(compilation->node(node));
        line.first_comparison = static_cast<uint32>(comparisons.size());
        if (is_leaf(node.kind)) {
            const definition::Reading reading = definition::reading(*compilation->check_part(node).condition, compilation->scope(),
                                                                    static_cast<std::uint32_t>(comparisons.size()) + 1, &memory);
            const std::string_view readings[] = {reading.value, reading.threshold, reading.margin};
            for (size_t column = 0; column < std::size(readings); column++) {
                line.readings[column] = readings[column].empty() ? nullptr : copy(memory, readings[column]);
            }
            for (const std::pmr::string &comparison : reading.comparisons) {
                comparisons.push_back({copy(memory, comparison), false, false, 0});
            }
            line.rule = reading.rule;
            line.negated = reading.negated;
        }
        line.comparison_count = static_cast<uint32>(comparisons.size()) - line.first_comparison;
        explanation->lines[i] = line;
    }
    explanation->comparison_count = static_cast<uint32>(comparisons.size());
    explanation->comparisons =
        static_cast<ClockComparison *>(memory.allocate(sizeof(ClockComparison) * (comparisons.size() + 1), alignof(ClockComparison)));
    std::ranges::copy(comparisons, explanation->comparisons);
}

// The value, threshold and margin of each line, as texts.
Rows *read_values(const Explanation *explanation) {
    uint32 queries = (explanation->count + lines_per_query - 1) / lines_per_query;
    auto *results = static_cast<Rows *>(palloc(sizeof(Rows) * (queries + 1)));
    for (uint32 query = 0; query < queries; query++) {
        StringInfoData sql;
        initStringInfo(&sql);
        uint32 first = query * lines_per_query, last = std::min(explanation->count, first + lines_per_query);
        for (uint32 i = first; i < last; i++) {
            for (const char *reading : explanation->lines[i].readings) {
                appendStringInfo(&sql, "%s%s", sql.len == 0 ? "SELECT " : ", ", reading != nullptr ? reading : "NULL::text");
            }
        }
        appendStringInfo(&sql, " FROM %s", explanation->from_sql);
        results[query] = caller_execute(sql.data, {}, {.read_only = true});
    }
    return results;
}

bool leaf_holds(const Line &line, const bool *comparisons) {
    if (line.comparison_count == 0) {
        return line.holds;
    }
    const bool *own = comparisons + line.first_comparison;
    bool holds = line.rule == definition::Rule::first_only
                     ? own[0] && !own[1]
                     : std::all_of(own, own + line.comparison_count, [](bool comparison) { return comparison; });
    return holds != line.negated;
}

// What the lines say when the comparisons say `comparisons`, and what the definition says. From the last line to the first, so
// that operands come before what they are joined to.
bool conclude(const Explanation *explanation, const bool *comparisons, bool *lines) {
    auto *all = static_cast<bool *>(palloc(2 * explanation->count + 2)), *any = all + explanation->count + 1;
    std::fill_n(all, explanation->count + 1, true);
    std::fill_n(any, explanation->count + 1, false);
    for (uint32 i = explanation->count; i-- > 0;) {
        const Line &line = explanation->lines[i];
        lines[i] = is_leaf(line.kind)                           ? leaf_holds(line, comparisons)
                   : line.kind == definition::Kind::negation    ? !all[i]
                   : line.kind == definition::Kind::conjunction ? all[i]
                                                                : any[i];
        uint32 parent = line.parent == definition::no_parent ? explanation->count : line.parent;
        all[parent] = all[parent] && lines[i];
        any[parent] = any[parent] || lines[i];
    }
    bool result = (explanation->conjunction ? all : any)[explanation->count];
    pfree(all);
    return result;
}

// Lets the clock run and notes when each line changes first. Whether and when the definition does, is the result's.
bool let_time_pass(Explanation *explanation, TimestampTz *changes_at) {
    const ClockComparison *comparisons = explanation->comparisons;
    auto *holds = static_cast<bool *>(palloc(explanation->comparison_count + 1));
    auto *now = static_cast<bool *>(palloc(explanation->count + 1));
    auto *then = static_cast<bool *>(palloc(explanation->count + 1));
    auto *order = static_cast<uint32 *>(palloc(sizeof(uint32) * (explanation->comparison_count + 1)));
    uint32 events = 0;
    for (uint32 i = 0; i < explanation->comparison_count; i++) {
        holds[i] = comparisons[i].holds;
        if (comparisons[i].changes) {
            order[events++] = i;
        }
    }
    std::sort(order, order + events, [&](uint32 a, uint32 b) { return comparisons[a].changes_at < comparisons[b].changes_at; });
    bool before = conclude(explanation, holds, now);
    bool changed = false;
    for (uint32 i = 0; i < events; i++) {
        CHECK_FOR_INTERRUPTS();
        TimestampTz instant = comparisons[order[i]].changes_at;
        holds[order[i]] = !holds[order[i]];
        if (i + 1 < events && comparisons[order[i + 1]].changes_at == instant) {
            continue;
        }
        bool after = conclude(explanation, holds, then);
        if (!changed && after != before) {
            changed = true;
            *changes_at = instant;
        }
        for (uint32 j = 0; j < explanation->count; j++) {
            Line *line = &explanation->lines[j];
            if (!line->changes && then[j] != now[j]) {
                line->changes = true;
                line->changes_at = instant;
            }
        }
    }
    return changed;
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
    auto *explanation = static_cast<Explanation *>(state);
    const auto holds = [&](match::RootId root) { return members::count(evaluation->members(root)) > 0; };
    for (uint32 i = 0; i < explanation->count; i++) {
        explanation->lines[i].holds = holds(explanation->lines[i].root);
    }
    explanation->in_base = holds(explanation->base_root);
    for (const CompiledSegment &compiled : explanation->run->compilation->segments) {
        if (compiled.segment == explanation->segment) {
            explanation->is_member = holds(compiled.root);
        } else if (comes_before(compiled.segment, explanation->segment) && holds(compiled.root)) {
            explanation->earlier = compiled.segment;
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
    Explanation explanation{};
    explanation.context = CurrentMemoryContext;
    explanation.segment = &segments.items[index];
    explanation.definition = explanation.segment->definition;
    explanation.narrowed =
        psprintf("m.%s %s %s::%s", quote_identifier(key->name), equality_sql(key->type), quote_literal_cstr(text), type_sql(key->type));
    Addition addition{add_lines, &explanation, true};
    Run *run = begin_run(population, &segments, &index, 1, as_of, nullptr, Keep::no, &addition);
    if (scanned_rows(run->scan) == 0) {
        ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("population \"%s\" has no member with key \"%s\"", population->name, text)));
    }
    explanation.run = run;
    evaluate_run(run, take_chunk, &explanation);
    find_changes(explanation.from_sql, explanation.comparisons, static_cast<int>(explanation.comparison_count), as_of);
    const Rows *values = read_values(&explanation);

    Row row{"", explanation.definition, explanation.is_member, nullptr, nullptr, nullptr, false, 0};
    row.changes = let_time_pass(&explanation, &row.changes_at);
    Row base{"base", population->base, explanation.in_base, nullptr, nullptr, nullptr, false, 0};
    Row override_row;
    bool overridden = read_override(population, &reference.segment, key, key_value, as_of, &override_row);
    if (overridden) {
        row.changes = override_row.changes;
        row.changes_at = override_row.changes_at;
    }
    if (explanation.earlier != nullptr) {
        row.changes = false;
    }
    row.holds = row.holds && base.holds;
    row.changes = row.changes && base.holds;
    put(result, row);
    put(result, base);
    if (overridden) {
        put(result, override_row);
    }
    if (explanation.earlier != nullptr) {
        put(result, {"scheme", psprintf("in segment %s", quote_literal_cstr(explanation.earlier->name)), true, nullptr, nullptr, nullptr,
                     false, 0});
    }
    for (uint32 i = 0; i < explanation.count; i++) {
        const Line &line = explanation.lines[i];
        const Rows &rows = values[i / lines_per_query];
        int column = static_cast<int>(i % lines_per_query) * readings_per_line;
        put(result, {line.path, line.condition, line.holds, text_of(rows, 0, column), text_of(rows, 0, column + 1),
                     text_of(rows, 0, column + 2), line.changes, line.changes_at});
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
