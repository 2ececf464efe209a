// What can be asked of a survey: scores, shares, how sure they are, and the answers themselves.
#include <optional>

#include "core/survey/estimate.hpp"
#include "pg/boundary.hpp"
#include "pg/bridge_row.hpp"
#include "pg/memory.hpp"
#include "pg/survey_type.hpp"

namespace segment::pg {

namespace {

using survey::Answers;
using survey::Groups;
using survey::Interval;
using survey::ScaleRules;

const Answers &answers_argument(FunctionCallInfo fcinfo) {
    return survey_argument(fcinfo, 0)->answers;
}

// Null without answers.
Datum percent(FunctionCallInfo fcinfo, revenue::Money part, int64 whole) {
    const NullableDatum value = quotient(100 * part, whole);
    fcinfo->isnull = value.isnull;
    return value.value;
}

Datum estimate(FunctionCallInfo fcinfo, std::optional<double> value) {
    fcinfo->isnull = !value;
    return Float8GetDatum(value.value_or(0));
}

// A row of low and high; both are null without answers.
template <typename Find>
Datum interval(FunctionCallInfo fcinfo, Find find) {
    TupleDesc description;
    if (get_call_result_type(fcinfo, nullptr, &description) != TYPEFUNC_COMPOSITE) {
        elog(ERROR, "an interval must be a row");
    }
    const float8 confidence = PG_GETARG_FLOAT8(1);
    const std::optional<Interval> found = boundary::core([&] { return find(answers_argument(fcinfo), confidence); });
    const Interval bounds = found.value_or(Interval{0, 0});
    Datum values[] = {Float8GetDatum(bounds.low), Float8GetDatum(bounds.high)};
    bool nulls[] = {!found, !found};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(description), values, nulls));
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;
using namespace segment::survey;

SEGMENT_FUNCTION(segment_survey_scale) {
    const std::string_view name = rules(answers_argument(fcinfo).scale).name;
    PG_RETURN_TEXT_P(cstring_to_text_with_len(name.data(), static_cast<int>(name.size())));
}

SEGMENT_FUNCTION(segment_survey_asked) {
    PG_RETURN_INT64(answers_argument(fcinfo).asked);
}

SEGMENT_FUNCTION(segment_survey_answers) {
    PG_RETURN_INT64(groups_of(answers_argument(fcinfo)).answers);
}

SEGMENT_FUNCTION(segment_survey_out_of_scale) {
    PG_RETURN_INT64(answers_argument(fcinfo).out_of_scale);
}

SEGMENT_FUNCTION(segment_survey_promoters) {
    PG_RETURN_INT64(groups_of(answers_argument(fcinfo)).promoters);
}

SEGMENT_FUNCTION(segment_survey_passives) {
    PG_RETURN_INT64(groups_of(answers_argument(fcinfo)).passives);
}

SEGMENT_FUNCTION(segment_survey_detractors) {
    PG_RETURN_INT64(groups_of(answers_argument(fcinfo)).detractors);
}

SEGMENT_FUNCTION(segment_survey_response_rate) {
    const Answers &answers = answers_argument(fcinfo);
    const NullableDatum rate = quotient(groups_of(answers).answers, answers.asked);
    fcinfo->isnull = rate.isnull;
    return rate.value;
}

SEGMENT_FUNCTION(segment_survey_nps) {
    const Groups groups = groups_of(answers_argument(fcinfo));
    return percent(fcinfo, groups.promoters - groups.detractors, groups.answers);
}

SEGMENT_FUNCTION(segment_survey_nps_standard_error) {
    return estimate(fcinfo, nps_standard_error(groups_of(answers_argument(fcinfo))));
}

SEGMENT_FUNCTION(segment_survey_nps_interval) {
    return interval(fcinfo, [](const Answers &answers, double confidence) { return nps_interval(groups_of(answers), confidence); });
}

SEGMENT_FUNCTION(segment_survey_csat) {
    const Groups groups = groups_of(answers_argument(fcinfo));
    return percent(fcinfo, groups.satisfied, groups.answers);
}

// Satisfied from another answer on than the scale's.
SEGMENT_FUNCTION(segment_survey_csat_from) {
    const Answers &answers = answers_argument(fcinfo);
    const ScaleRules &bounds = rules(answers.scale);
    const int32 from = PG_GETARG_INT32(1);
    if (from < bounds.lowest || from > bounds.highest) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the scale %s has no answer %d", bounds.name.data(), from)));
    }
    return percent(fcinfo, answers_from(answers, from), groups_of(answers).answers);
}

SEGMENT_FUNCTION(segment_survey_csat_interval) {
    return interval(fcinfo, [](const Answers &answers, double confidence) {
        const Groups groups = groups_of(answers);
        return share_interval(groups.satisfied, groups.answers, confidence);
    });
}

// Both the mean and the customer effort score, which is one.
SEGMENT_FUNCTION(segment_survey_mean) {
    const Answers &answers = answers_argument(fcinfo);
    const NullableDatum mean = quotient(sum_of(answers), groups_of(answers).answers);
    fcinfo->isnull = mean.isnull;
    return mean.value;
}

SEGMENT_FUNCTION(segment_survey_mean_standard_error) {
    return estimate(fcinfo, mean_standard_error(answers_argument(fcinfo)));
}

SEGMENT_FUNCTION(segment_survey_mean_interval) {
    return interval(fcinfo, [](const Answers &answers, double confidence) { return mean_interval(answers, confidence); });
}

SEGMENT_FUNCTION(segment_survey_ces_agree) {
    const Answers &answers = answers_argument(fcinfo);
    return percent(fcinfo, effort_of(answers).easy, groups_of(answers).answers);
}

SEGMENT_FUNCTION(segment_survey_ces_net) {
    const Answers &answers = answers_argument(fcinfo);
    const Effort effort = effort_of(answers);
    return percent(fcinfo, effort.easy - effort.hard, groups_of(answers).answers);
}

SEGMENT_FUNCTION(segment_survey_distribution) {
    const Answers &answers = answers_argument(fcinfo);
    const int64 total = groups_of(answers).answers;
    InitMaterializedSRF(fcinfo, 0);
    const RowOutput output = begin_rows(fcinfo);
    for (int answer = rules(answers.scale).lowest; answer <= rules(answers.scale).highest; answer++) {
        const int64 count = answers.of[static_cast<std::size_t>(answer)];
        Row row{};
        row.add(Int32GetDatum(answer));
        row.add(Int64GetDatum(count));
        row.add(quotient(count, total));
        put_row(output, row);
    }
    end_rows(output);
    return static_cast<Datum>(0);
}
