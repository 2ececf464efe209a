// What each condition of a definition takes away or lets in.
#include "core/match/attrition.hpp"

#include "core/definition/printer.hpp"
#include "core/error.hpp"
#include "core/members/words.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/definition_type.hpp"
#include "pg/memory.hpp"
#include "pg/needed_segments.hpp"
#include "pg/reading.hpp"
#include "pg/run.hpp"

namespace segment::pg {

namespace {

// Each of them needs two sets of members.
constexpr size_t conditions_max = 1000;

struct Step {
    char *path, *condition;
    match::AttritionStep roots;
    int64 remaining, without_it;
};

// Plain data in `context`.
struct Attrition {
    const char *definition;
    MemoryContext context;
    size_t count;
    Step *steps;
    int64 base;
};

char *copy(ContextResource &memory, std::string_view text) {
    auto *result = static_cast<char *>(memory.allocate(text.size() + 1, 1));
    text.copy(result, text.size());
    result[text.size()] = '\0';
    return result;
}

void add_steps(void *state, Compilation *compilation) {
    auto *attrition = static_cast<Attrition *>(state);
    ContextResource memory(attrition->context);
    const definition::Node &root = compilation->parse(attrition->definition);
    const auto outline = definition::outline(root, definition::Negations::closed, &memory);
    if (outline.size() > conditions_max) {
        throw Error(ErrorCode::program_limit_exceeded, "definition has more than " + std::to_string(conditions_max) + " conditions");
    }
    const auto steps = match::attrition(
        outline, root.kind != definition::Kind::disjunction, [&](const definition::Node &part) { return compilation->node(part); },
        compilation->plan, &memory);
    attrition->count = outline.size();
    attrition->steps = static_cast<Step *>(memory.allocate(sizeof(Step) * outline.size(), alignof(Step)));
    for (size_t i = 0; i < outline.size(); i++) {
        std::pmr::string text(&memory);
        definition::print(*outline[i].node, text);
        attrition->steps[i] = {copy(memory, outline[i].path), copy(memory, text), steps[i], 0, 0};
    }
}

void take_chunk(void *state, uint32, const match::Evaluation *evaluation, const match::Staging *) {
    auto *attrition = static_cast<Attrition *>(state);
    attrition->base += members::count(evaluation->base_members());
    for (size_t i = 0; i < attrition->count; i++) {
        Step *step = &attrition->steps[i];
        step->remaining += members::count(evaluation->members(step->roots.remaining));
        step->without_it += members::count(evaluation->members(step->roots.without_it));
    }
}

void put(ReturnSetInfo *result, const char *path, const char *condition, int64 remaining, const int64 *without_it) {
    Datum values[] = {CStringGetTextDatum(path), CStringGetTextDatum(condition), Int64GetDatum(remaining),
                      without_it != nullptr ? Int64GetDatum(*without_it) : 0};
    bool nulls[] = {false, false, false, without_it == nullptr};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void attrition(FunctionCallInfo fcinfo, const char *text) {
    const char *population_name = required_text(fcinfo, 0, "population");
    TimestampTz as_of = as_of_argument(fcinfo, 2);
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    Population *population = get_population(population_name, Lock::none);
    Identity caller = begin_reading(population);
    Attrition attrition{canonical_definition(text), CurrentMemoryContext, 0, nullptr, 0};
    Segments segments = needed_segments(population, pstrdup(attrition.definition));
    int32 last = segments.count - 1;
    Progress *progress = begin_progress(population->name);
    Addition addition{add_steps, &attrition};
    Run *run = begin_run(population, &segments, &last, 1, as_of, progress, Keep::no, &addition);
    evaluate_run(run, take_chunk, &attrition);
    put(result, "base", population->base, attrition.base, nullptr);
    for (size_t i = 0; i < attrition.count; i++) {
        const Step &step = attrition.steps[i];
        put(result, step.path, step.condition, step.remaining, &step.without_it);
    }
    end_run(run);
    end_progress(progress);
    end_identity(caller);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_attrition) {
    attrition(fcinfo, required_text(fcinfo, 1, "definition"));
    return static_cast<Datum>(0);
}

SEGMENT_FUNCTION(segment_attrition_definition) {
    attrition(fcinfo, required_definition(fcinfo, 1));
    return static_cast<Datum>(0);
}
