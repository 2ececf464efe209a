#include <optional>

#include "core/survey/format.hpp"
#include "pg/survey_type.hpp"

#include "pg/boundary.hpp"
#include "pg/memory.hpp"
#include "pg/numeric_form.hpp"

namespace segment::pg {

SurveyDatum *make_survey(const survey::Answers &answers) {
    auto *datum = static_cast<SurveyDatum *>(palloc(sizeof(SurveyDatum)));
    SET_VARSIZE(datum, sizeof(SurveyDatum));
    datum->reserved = 0;
    datum->answers = answers;
    return datum;
}

SurveyDatum *survey_argument(FunctionCallInfo fcinfo, int index) {
    auto *datum = reinterpret_cast<SurveyDatum *>(PG_GETARG_VARLENA_P(index));
    if (VARSIZE(datum) != sizeof(SurveyDatum) || datum->answers.version != survey::Answers::current_version) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("survey is of an unknown version")));
    }
    return datum;
}

int answer_of_numeric(const varlena *numeric) {
    const NumericForm form = NumericForm::of(numeric);
    if (form.special || form.negative) {
        return survey::no_answer;
    }
    if (form.count == 0) {
        return 0;
    }
    return form.count == 1 && form.weight == 0 ? survey::whole_answer(int64{form.digit(0)}) : survey::no_answer;
}

int answer_of(Datum value, Oid type) {
    switch (type) {
        case INT2OID:
            return survey::whole_answer(int64{DatumGetInt16(value)});
        case INT4OID:
            return survey::whole_answer(int64{DatumGetInt32(value)});
        case INT8OID:
            return survey::whole_answer(DatumGetInt64(value));
        case FLOAT4OID:
            return survey::whole_answer(static_cast<double>(DatumGetFloat4(value)));
        case FLOAT8OID:
            return survey::whole_answer(DatumGetFloat8(value));
        default:
            return answer_of_numeric(reinterpret_cast<const varlena *>(PG_DETOAST_DATUM_PACKED(value)));
    }
}

bool is_answer_type(Oid type) {
    return type == INT2OID || type == INT4OID || type == INT8OID || type == FLOAT4OID || type == FLOAT8OID || type == NUMERICOID;
}

}  // namespace segment::pg

using namespace segment::pg;
using segment::survey::Answers;

SEGMENT_FUNCTION(segment_survey_in) {
    const char *text = PG_GETARG_CSTRING(0);
    const std::optional<Answers> answers = segment::boundary::soft(fcinfo->context, [&] { return segment::survey::from_text(text); });
    if (!answers) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(make_survey(*answers));
}

SEGMENT_FUNCTION(segment_survey_out) {
    const SurveyDatum *survey = survey_argument(fcinfo, 0);
    MemoryContext context = CurrentMemoryContext;
    PG_RETURN_CSTRING(segment::boundary::core([&] {
        segment::ContextResource memory(context);
        const std::pmr::string text = segment::survey::to_text(survey->answers, &memory);
        auto *copy = static_cast<char *>(memory.allocate(text.size() + 1, 1));
        text.copy(copy, text.size());
        copy[text.size()] = '\0';
        return copy;
    }));
}

SEGMENT_FUNCTION(segment_survey_recv) {
    auto *buffer = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const int length = buffer->len - buffer->cursor;
    const char *data = pq_getmsgbytes(buffer, length);
    const Answers answers = segment::boundary::core([&] {
        return segment::survey::from_bytes({reinterpret_cast<const std::byte *>(data), static_cast<std::size_t>(length)});
    });
    PG_RETURN_POINTER(make_survey(answers));
}

SEGMENT_FUNCTION(segment_survey_send) {
    const SurveyDatum *survey = survey_argument(fcinfo, 0);
    MemoryContext context = CurrentMemoryContext;
    StringInfoData buffer;
    pq_begintypsend(&buffer);
    const auto *bytes = segment::boundary::core([&] {
        auto *memory = segment::make_in_context<segment::ContextResource>(context, context);
        return segment::make_in_context<std::pmr::vector<std::byte>>(context, segment::survey::to_bytes(survey->answers, memory));
    });
    pq_sendbytes(&buffer, reinterpret_cast<const char *>(bytes->data()), static_cast<int>(bytes->size()));
    PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}
