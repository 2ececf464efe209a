-- Satisfaction: the answers to a question on a scale, and the scores that are made of them. Works on any table; nothing has to be registered.

CREATE TYPE segment.survey;

CREATE FUNCTION segment.survey_in(cstring) RETURNS segment.survey
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_in';
COMMENT ON FUNCTION segment.survey_in(cstring) IS 'input of segment.survey, validated';
CREATE FUNCTION segment.survey_out(segment.survey) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_out';
COMMENT ON FUNCTION segment.survey_out(segment.survey) IS 'output of segment.survey: scale, how many were asked, answers out of scale, answers';
CREATE FUNCTION segment.survey_recv(internal) RETURNS segment.survey
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_recv';
COMMENT ON FUNCTION segment.survey_recv(internal) IS 'binary input of segment.survey: a version byte, the scale and the counts, validated';
CREATE FUNCTION segment.survey_send(segment.survey) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_send';
COMMENT ON FUNCTION segment.survey_send(segment.survey) IS 'binary output of segment.survey';
CREATE TYPE segment.survey (
    INPUT = segment.survey_in, OUTPUT = segment.survey_out, RECEIVE = segment.survey_recv, SEND = segment.survey_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = plain
);
COMMENT ON TYPE segment.survey IS 'how many gave which answer on a scale, and how many were asked';

-- What can be asked of a survey; first, because the aggregates end with some of it.

CREATE FUNCTION segment.nps(survey segment.survey) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_nps';
COMMENT ON FUNCTION segment.nps(segment.survey) IS 'the Net Promoter Score: the share of promoters less that of detractors, from -100 to 100';
CREATE FUNCTION segment.nps_standard_error(survey segment.survey) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_nps_standard_error';
COMMENT ON FUNCTION segment.nps_standard_error(segment.survey) IS 'the standard error of the Net Promoter Score, in points';
CREATE FUNCTION segment.nps_interval(survey segment.survey, confidence float8 DEFAULT 0.95, OUT low float8, OUT high float8) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_nps_interval';
COMMENT ON FUNCTION segment.nps_interval(segment.survey, float8) IS 'the confidence interval of the Net Promoter Score (Wald)';
CREATE FUNCTION segment.csat(survey segment.survey) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_csat';
COMMENT ON FUNCTION segment.csat(segment.survey) IS 'the percentage of satisfied answers';
CREATE FUNCTION segment.csat(survey segment.survey, satisfied_from integer) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_csat_from';
COMMENT ON FUNCTION segment.csat(segment.survey, integer) IS 'the percentage of answers of at least this one';
CREATE FUNCTION segment.csat_interval(survey segment.survey, confidence float8 DEFAULT 0.95, OUT low float8, OUT high float8) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_csat_interval';
COMMENT ON FUNCTION segment.csat_interval(segment.survey, float8) IS 'the confidence interval of the percentage of satisfied answers (Wilson)';
CREATE FUNCTION segment.ces(survey segment.survey) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_mean';
COMMENT ON FUNCTION segment.ces(segment.survey) IS 'the Customer Effort Score: the mean answer';
CREATE FUNCTION segment.ces_agree(survey segment.survey) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_ces_agree';
COMMENT ON FUNCTION segment.ces_agree(segment.survey) IS 'the percentage of answers above the middle of the scale';
CREATE FUNCTION segment.ces_net(survey segment.survey) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_ces_net';
COMMENT ON FUNCTION segment.ces_net(segment.survey) IS 'the percentage of answers above the middle of the scale less that of answers below it';
CREATE FUNCTION segment.mean(survey segment.survey) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_mean';
COMMENT ON FUNCTION segment.mean(segment.survey) IS 'the mean answer';
CREATE FUNCTION segment.mean_standard_error(survey segment.survey) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_mean_standard_error';
COMMENT ON FUNCTION segment.mean_standard_error(segment.survey) IS 'the standard error of the mean answer';
CREATE FUNCTION segment.mean_interval(survey segment.survey, confidence float8 DEFAULT 0.95, OUT low float8, OUT high float8) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_mean_interval';
COMMENT ON FUNCTION segment.mean_interval(segment.survey, float8) IS 'the confidence interval of the mean answer (Students t)';
CREATE FUNCTION segment.scale(survey segment.survey) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_scale';
COMMENT ON FUNCTION segment.scale(segment.survey) IS 'the scale of the answers';
CREATE FUNCTION segment.asked(survey segment.survey) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_asked';
COMMENT ON FUNCTION segment.asked(segment.survey) IS 'how many were asked';
CREATE FUNCTION segment.answers(survey segment.survey) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_answers';
COMMENT ON FUNCTION segment.answers(segment.survey) IS 'how many answers count: those on the scale';
CREATE FUNCTION segment.out_of_scale(survey segment.survey) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_out_of_scale';
COMMENT ON FUNCTION segment.out_of_scale(segment.survey) IS 'how many answers were rejected because the scale does not have them';
CREATE FUNCTION segment.promoters(survey segment.survey) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_promoters';
COMMENT ON FUNCTION segment.promoters(segment.survey) IS 'how many answers are a promoters';
CREATE FUNCTION segment.passives(survey segment.survey) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_passives';
COMMENT ON FUNCTION segment.passives(segment.survey) IS 'how many answers are a passives';
CREATE FUNCTION segment.detractors(survey segment.survey) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_detractors';
COMMENT ON FUNCTION segment.detractors(segment.survey) IS 'how many answers are a detractors';
CREATE FUNCTION segment.response_rate(survey segment.survey) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_response_rate';
COMMENT ON FUNCTION segment.response_rate(segment.survey) IS 'answers over how many were asked';
CREATE FUNCTION segment.distribution(survey segment.survey, OUT answer integer, OUT answers bigint, OUT share numeric) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'segment_survey_distribution';
COMMENT ON FUNCTION segment.distribution(segment.survey) IS 'how many gave each answer of the scale';

-- What the aggregates are made of. The state is a survey.

CREATE FUNCTION segment.survey_add(segment.survey, integer) RETURNS segment.survey
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_add_int4';
COMMENT ON FUNCTION segment.survey_add(segment.survey, integer) IS 'a step of the aggregates over answers';
CREATE FUNCTION segment.survey_add(segment.survey, integer, text) RETURNS segment.survey
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_add_int4_scale';
COMMENT ON FUNCTION segment.survey_add(segment.survey, integer, text) IS 'a step of the aggregates over answers';
CREATE FUNCTION segment.survey_add(segment.survey, numeric) RETURNS segment.survey
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_add_numeric';
COMMENT ON FUNCTION segment.survey_add(segment.survey, numeric) IS 'a step of the aggregates over answers';
CREATE FUNCTION segment.survey_add(segment.survey, numeric, text) RETURNS segment.survey
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_add_numeric_scale';
COMMENT ON FUNCTION segment.survey_add(segment.survey, numeric, text) IS 'a step of the aggregates over answers';
CREATE FUNCTION segment.survey_add(segment.survey, float8) RETURNS segment.survey
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_add_float8';
COMMENT ON FUNCTION segment.survey_add(segment.survey, float8) IS 'a step of the aggregates over answers';
CREATE FUNCTION segment.survey_add(segment.survey, float8, text) RETURNS segment.survey
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_add_float8_scale';
COMMENT ON FUNCTION segment.survey_add(segment.survey, float8, text) IS 'a step of the aggregates over answers';
CREATE FUNCTION segment.survey_combine(segment.survey, segment.survey) RETURNS segment.survey
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_survey_combine';
COMMENT ON FUNCTION segment.survey_combine(segment.survey, segment.survey) IS
    'a step of rollup_agg, and the parallel part of the aggregates over answers';

-- Answers are whole numbers: any other one is out of scale. Smaller integers and bigint columns find the overload for float8.

CREATE AGGREGATE segment.nps(answer integer) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.nps,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.nps(integer) IS 'the Net Promoter Score of answers on a scale from 0 to 10';
CREATE AGGREGATE segment.nps(answer numeric) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.nps,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.nps(numeric) IS 'the Net Promoter Score of answers on a scale from 0 to 10';
CREATE AGGREGATE segment.nps(answer float8) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.nps,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.nps(float8) IS 'the Net Promoter Score of answers on a scale from 0 to 10';
CREATE AGGREGATE segment.nps(answer integer, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.nps,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.nps(integer, text) IS 'the Net Promoter Score of answers on the scale';
CREATE AGGREGATE segment.nps(answer numeric, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.nps,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.nps(numeric, text) IS 'the Net Promoter Score of answers on the scale';
CREATE AGGREGATE segment.nps(answer float8, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.nps,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.nps(float8, text) IS 'the Net Promoter Score of answers on the scale';
CREATE AGGREGATE segment.csat(answer integer) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.csat, INITCOND = '1-5 asked 0 out 0 answers 0 0 0 0 0',
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.csat(integer) IS 'the percentage of satisfied answers (4 and 5) on a scale from 1 to 5';
CREATE AGGREGATE segment.csat(answer numeric) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.csat, INITCOND = '1-5 asked 0 out 0 answers 0 0 0 0 0',
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.csat(numeric) IS 'the percentage of satisfied answers (4 and 5) on a scale from 1 to 5';
CREATE AGGREGATE segment.csat(answer float8) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.csat, INITCOND = '1-5 asked 0 out 0 answers 0 0 0 0 0',
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.csat(float8) IS 'the percentage of satisfied answers (4 and 5) on a scale from 1 to 5';
CREATE AGGREGATE segment.csat(answer integer, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.csat,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.csat(integer, text) IS 'the percentage of satisfied answers on the scale';
CREATE AGGREGATE segment.csat(answer numeric, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.csat,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.csat(numeric, text) IS 'the percentage of satisfied answers on the scale';
CREATE AGGREGATE segment.csat(answer float8, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.csat,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.csat(float8, text) IS 'the percentage of satisfied answers on the scale';
CREATE AGGREGATE segment.ces(answer integer) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.ces, INITCOND = '1-7 asked 0 out 0 answers 0 0 0 0 0 0 0',
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.ces(integer) IS 'the Customer Effort Score: the mean of answers on a scale from 1 to 7';
CREATE AGGREGATE segment.ces(answer numeric) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.ces, INITCOND = '1-7 asked 0 out 0 answers 0 0 0 0 0 0 0',
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.ces(numeric) IS 'the Customer Effort Score: the mean of answers on a scale from 1 to 7';
CREATE AGGREGATE segment.ces(answer float8) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.ces, INITCOND = '1-7 asked 0 out 0 answers 0 0 0 0 0 0 0',
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.ces(float8) IS 'the Customer Effort Score: the mean of answers on a scale from 1 to 7';
CREATE AGGREGATE segment.ces(answer integer, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.ces,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.ces(integer, text) IS 'the Customer Effort Score: the mean of answers on the scale';
CREATE AGGREGATE segment.ces(answer numeric, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.ces,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.ces(numeric, text) IS 'the Customer Effort Score: the mean of answers on the scale';
CREATE AGGREGATE segment.ces(answer float8, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120, FINALFUNC = segment.ces,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.ces(float8, text) IS 'the Customer Effort Score: the mean of answers on the scale';
CREATE AGGREGATE segment.survey_agg(answer integer) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.survey_agg(integer) IS 'the survey of answers on a scale from 0 to 10; a null is one who was asked and did not answer';
CREATE AGGREGATE segment.survey_agg(answer numeric) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.survey_agg(numeric) IS 'the survey of answers on a scale from 0 to 10; a null is one who was asked and did not answer';
CREATE AGGREGATE segment.survey_agg(answer float8) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.survey_agg(float8) IS 'the survey of answers on a scale from 0 to 10; a null is one who was asked and did not answer';
CREATE AGGREGATE segment.survey_agg(answer integer, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.survey_agg(integer, text) IS 'the survey of answers on the scale; a null is one who was asked and did not answer';
CREATE AGGREGATE segment.survey_agg(answer numeric, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.survey_agg(numeric, text) IS 'the survey of answers on the scale; a null is one who was asked and did not answer';
CREATE AGGREGATE segment.survey_agg(answer float8, scale text) (
    SFUNC = segment.survey_add, STYPE = segment.survey, SSPACE = 120,
    COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.survey_agg(float8, text) IS 'the survey of answers on the scale; a null is one who was asked and did not answer';
CREATE AGGREGATE segment.rollup_agg(segment.survey) (
    SFUNC = segment.survey_combine, STYPE = segment.survey, SSPACE = 120, COMBINEFUNC = segment.survey_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.rollup_agg(segment.survey) IS 'the survey of all answers of several';

-- Of a population's members: the answers in a source that add_events has registered.

CREATE FUNCTION segment.survey(
    population text, source text, answer name, since timestamp, until timestamp, grain interval DEFAULT '1 month',
    segment text DEFAULT NULL, by text DEFAULT NULL, filter text DEFAULT NULL, event text DEFAULT NULL, scale text DEFAULT '0-10',
    per_member text DEFAULT 'last', confidence float8 DEFAULT 0.95,
    OUT period_start timestamptz, OUT period_end timestamptz, OUT by_value text, OUT asked bigint, OUT answers bigint,
    OUT out_of_scale bigint, OUT promoters bigint, OUT passives bigint, OUT detractors bigint, OUT nps numeric,
    OUT nps_standard_error float8, OUT nps_low float8, OUT nps_high float8, OUT csat numeric, OUT ces numeric, OUT mean numeric,
    OUT response_rate numeric) RETURNS SETOF record
    LANGUAGE C STABLE ROWS 24 AS 'MODULE_PATHNAME', 'segment_survey';
COMMENT ON FUNCTION segment.survey(text, text, name, timestamp, timestamp, interval, text, text, text, text, text, text, float8) IS
    'satisfaction by period, of all members, a segment, or each value of a trait or scheme; local times in the population''s zone';
