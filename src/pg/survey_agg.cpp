// The aggregates over answers: nps, csat, ces and survey_agg. All of them count in a survey, which is both their state and what
// survey_agg returns, so that those over the same answers and scale share one.
#include "pg/boundary.hpp"
#include "pg/memory.hpp"
#include "pg/survey_type.hpp"

namespace segment::pg {

namespace {

using survey::Answers;
using survey::Scale;

// Of the aggregates that are not told a scale, nor have one in their initial state.
constexpr Scale default_scale = Scale::zero_to_ten;

void check_context(FunctionCallInfo fcinfo) {
    if (AggCheckCallContext(fcinfo, nullptr) == 0) {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("function is only called as part of an aggregate")));
    }
}

// The state so far. The executor has copied it into the aggregate's memory, so it may be changed in place.
SurveyDatum *state_argument(FunctionCallInfo fcinfo) {
    return reinterpret_cast<SurveyDatum *>(PG_GETARG_VARLENA_P(0));
}

template <Oid type>
int answer_argument(FunctionCallInfo fcinfo) {
    if constexpr (type == INT4OID) {
        return survey::whole_answer(int64{PG_GETARG_INT32(1)});
    } else if constexpr (type == FLOAT8OID) {
        return survey::whole_answer(PG_GETARG_FLOAT8(1));
    } else {
        return answer_of_numeric(PG_GETARG_VARLENA_PP(1));
    }
}

template <Oid type>
Datum add_answer(FunctionCallInfo fcinfo, SurveyDatum *state) {
    if (PG_ARGISNULL(1)) {
        state->answers.add_unanswered();
    } else {
        state->answers.add(answer_argument<type>(fcinfo));
    }
    PG_RETURN_POINTER(state);
}

// (state, answer)
template <Oid type>
Datum add(FunctionCallInfo fcinfo) {
    check_context(fcinfo);
    return add_answer<type>(fcinfo, PG_ARGISNULL(0) ? make_survey(Answers(default_scale)) : state_argument(fcinfo));
}

[[noreturn]] void refuse_other_scale(const SurveyDatum *state, Scale scale) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the scale must be the same for all answers"),
                    errdetail("It is %s and %s.", survey::rules(state->answers.scale).name.data(), survey::rules(scale).name.data()),
                    errhint("Group by it, or convert the answers to one scale.")));
    pg_unreachable();
}

// (state, answer, scale)
template <Oid type>
Datum add_on_scale(FunctionCallInfo fcinfo) {
    check_context(fcinfo);
    if (PG_ARGISNULL(2)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("scale must not be null")));
    }
    const std::string_view name = view(PG_GETARG_TEXT_PP(2));
    SurveyDatum *state;
    if (PG_ARGISNULL(0)) {
        state = make_survey(Answers(survey::scale_of(name)));
    } else {
        state = state_argument(fcinfo);
        if (name != survey::rules(state->answers.scale).name) {
            refuse_other_scale(state, survey::scale_of(name));
        }
    }
    return add_answer<type>(fcinfo, state);
}

}  // namespace

}  // namespace segment::pg

using namespace segment::pg;

SEGMENT_FUNCTION(segment_survey_add_int4) {
    return add<INT4OID>(fcinfo);
}

SEGMENT_FUNCTION(segment_survey_add_float8) {
    return add<FLOAT8OID>(fcinfo);
}

SEGMENT_FUNCTION(segment_survey_add_numeric) {
    return add<NUMERICOID>(fcinfo);
}

SEGMENT_FUNCTION(segment_survey_add_int4_scale) {
    return add_on_scale<INT4OID>(fcinfo);
}

SEGMENT_FUNCTION(segment_survey_add_float8_scale) {
    return add_on_scale<FLOAT8OID>(fcinfo);
}

SEGMENT_FUNCTION(segment_survey_add_numeric_scale) {
    return add_on_scale<NUMERICOID>(fcinfo);
}

// Strict. A step of rollup_agg, and what brings the states of parallel workers together.
SEGMENT_FUNCTION(segment_survey_combine) {
    check_context(fcinfo);
    SurveyDatum *state = survey_argument(fcinfo, 0);
    const SurveyDatum *other = survey_argument(fcinfo, 1);
    segment::boundary::core([&] { state->answers.add(other->answers); });
    PG_RETURN_POINTER(state);
}
