// Why a member's score is what it is: each metric against the population's mean.
#include "core/score/total.hpp"
#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/compilation.hpp"
#include "pg/key_argument.hpp"
#include "pg/memory.hpp"
#include "pg/reading.hpp"
#include "pg/score_member.hpp"

namespace segment::pg {

namespace {

struct Line {
    double value, part;
    score::Contribution contribution;
};

// Null if there is no such member.
Line *read_lines(const Population *population, const ScoreRecord *score, const spi::Argument &key) {
    Segments segments = segments_of(population);
    Binding binding = bind(population, &segments);
    const ScoreQuery *query = score_query(population, &segments, &binding, score, instant_sql(population->as_of));
    const MemberValue *values = read_member(population, &binding, score, query, key);
    if (values == nullptr) {
        return nullptr;
    }
    const auto count = static_cast<size_t>(score->metric_count);
    auto *lines = static_cast<Line *>(palloc0(sizeof(Line) * (count + 1)));
    auto *means = static_cast<double *>(palloc(sizeof(double) * (count + 1)));
    auto *parts = static_cast<double *>(palloc(sizeof(double) * (count + 1)));
    for (size_t i = 0; i < count; i++) {
        lines[i].value = values[i].value;
        lines[i].part = parts[i] = values[i].part;
        means[i] = score->metrics[i].population_mean;
    }
    auto *contributions = static_cast<score::Contribution *>(palloc(sizeof(score::Contribution) * (count + 1)));
    MemoryContext context = CurrentMemoryContext;
    boundary::core([&] {
        ContextResource memory(context);
        score::Totals totals(score->model, &memory);
        totals.explain({parts, count}, {means, count}, {contributions, count});
    });
    for (size_t i = 0; i < count; i++) {
        lines[i].contribution = contributions[i];
    }
    return lines;
}

void explain_score(FunctionCallInfo fcinfo) {
    const char *name = required_text(fcinfo, 0, "score");
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    ScoreReference reference = get_score(name, Lock::none);
    const Population *population = reference.population;
    const ScoreRecord *score = &reference.score;
    if (score->refreshed_version != score->version) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("score \"%s\" was not computed since it was changed", score->name),
                        errhint("Call segment.refresh(%s).", quote_literal_cstr(population->name))));
    }
    Identity caller = begin_reading(population);
    const spi::Argument key = key_argument(fcinfo, 1, key_column(population));
    const Line *lines = read_lines(population, score, key);
    if (lines == nullptr) {
        Oid output;
        bool is_varlena;
        getTypeOutputInfo(key.type, &output, &is_varlena);
        ereport(ERROR,
                (errcode(ERRCODE_NO_DATA_FOUND),
                 errmsg("population \"%s\" has no member with key \"%s\"", population->name, OidOutputFunctionCall(output, key.value)),
                 score->filter != nullptr ? errdetail("Score \"%s\" is only of those with %s.", score->name, score->filter) : 0));
    }
    end_identity(caller);
    for (int32 i = 0; i < score->metric_count; i++) {
        const Line &line = lines[i];
        double mean = score->metrics[i].population_mean;
        Datum values[] = {CStringGetTextDatum(score->metrics[i].name),
                          Float8GetDatum(line.value),
                          Float8GetDatum(line.part),
                          Float8GetDatum(line.contribution.weight),
                          Float8GetDatum(line.contribution.amount),
                          Float8GetDatum(mean)};
        bool nulls[] = {false, score::is_missing(line.value), score::is_missing(line.part), false, false, score::is_missing(mean)};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_explain_score) {
    explain_score(fcinfo);
    return static_cast<Datum>(0);
}
