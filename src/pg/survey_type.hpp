// The type segment.survey: a varlena that holds the core's answers as they are. It is stored plain and aligned, so that a datum can be
// read, and as the state of an aggregate be changed, in place.
#pragma once

#include "core/survey/answers.hpp"
#include "pg/pg.hpp"

namespace segment::pg {

struct SurveyDatum {
    int32 header;  // as of every varlena
    int32 reserved;
    survey::Answers answers;
};
static_assert(offsetof(SurveyDatum, answers) == 8 && alignof(SurveyDatum) == 8);

// Palloc'd in the current context.
SurveyDatum *make_survey(const survey::Answers &answers);

// The survey of an argument, which must not be NULL.
SurveyDatum *survey_argument(FunctionCallInfo fcinfo, int index);

// An answer as the core wants it: what is no small whole number is survey::no_answer.
int answer_of_numeric(const varlena *numeric);
int answer_of(Datum value, Oid type);
// Whether columns of a type can hold answers.
bool is_answer_type(Oid type);

}  // namespace segment::pg
