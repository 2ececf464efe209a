-- Answers on scales: scores, surveys and what can be asked of them, their input and output. Expectations were worked out by hand, by plain
-- SQL, or are published.
CREATE FUNCTION repeated(answers int[], times int[]) RETURNS SETOF int LANGUAGE sql AS $$
    SELECT a FROM unnest(answers, times) AS t (a, n), generate_series(1, n) $$;

-- Half promoters, a third passives and a sixth detractors among 324: NPS 33.33, standard error 100 sqrt(5/9) / 18 = 4.14
-- (W. Huber, stats.stackexchange.com/q/18603).
SELECT round(segment.nps(s), 2) AS nps, round(segment.nps_standard_error(s)::numeric, 2) AS error, segment.promoters(s), segment.passives(s), segment.detractors(s),
       round(low::numeric, 2) AS low, round(high::numeric, 2) AS high
FROM (SELECT segment.survey_agg(a) FROM repeated('{10,9,8,7,6,0}', '{81,81,54,54,27,27}') AS a) AS x (s), segment.nps_interval(s);
-- The example of calc_nps_std_error of the R package IUHhelpers: two of each kind and one without an answer: sqrt(2/3) / sqrt(6) = 1/3.
SELECT segment.nps(s)::float8, round(segment.nps_standard_error(s)::numeric, 6) AS error, segment.answers(s), segment.asked(s), segment.response_rate(s)::float8
FROM (SELECT segment.survey_agg(a) FROM unnest('{1,8,8,10,5,NULL,9}'::int[]) AS a) AS x (s);
-- Score intervals of R. Newcombe, Two-sided confidence intervals for the single proportion (1998), table I.
SELECT satisfied, n, round(low::numeric / 100, 4) AS low, round(high::numeric / 100, 4) AS high
FROM (VALUES (81, 263), (15, 148), (0, 20), (1, 29)) AS v (satisfied, n),
     LATERAL (SELECT segment.survey_agg(a, '1-5') FROM repeated('{5,2}', ARRAY[satisfied, n - satisfied]) AS a) AS x (s), segment.csat_interval(s);
-- The mean of 2, 4, 4, 4, 5, 5, 7, 7: 4.75, sum of squares 19.5, standard error sqrt(19.5 / 7 / 8) = 0.590097; t is 2.364624 for seven
-- degrees of freedom at 95 %, 3.499483 at 99 %.
SELECT segment.mean(s)::float8, segment.ces(s)::float8, round(segment.mean_standard_error(s)::numeric, 6) AS error, round(i.low::numeric, 4) AS low,
       round(i.high::numeric, 4) AS high, round(j.low::numeric, 4) AS low99, round(j.high::numeric, 4) AS high99
FROM (SELECT segment.survey_agg(a, '1-7') FROM unnest('{2,4,4,4,5,5,7,7}'::int[]) AS a) AS x (s), segment.mean_interval(s) AS i, segment.mean_interval(s, 0.99) AS j;
-- Four of eight above 4, one below.
SELECT segment.ces_agree(s)::float8, segment.ces_net(s)::float8, segment.csat(s)::float8, segment.csat(s, 5)::float8, segment.csat(s, 1)::float8
FROM (SELECT segment.survey_agg(a, '1-7') FROM unnest('{2,4,4,4,5,5,7,7}'::int[]) AS a) AS x (s);

-- What each answer counts as on each scale.
SELECT scale, string_agg(a::text, ' ' ORDER BY a) FILTER (WHERE segment.promoters(s) = 1) AS promoter, string_agg(a::text, ' ' ORDER BY a) FILTER (WHERE segment.passives(s) = 1) AS passive,
       string_agg(a::text, ' ' ORDER BY a) FILTER (WHERE segment.detractors(s) = 1) AS detractor, string_agg(a::text, ' ' ORDER BY a) FILTER (WHERE segment.csat(s) = 100) AS satisfied,
       string_agg(a::text, ' ' ORDER BY a) FILTER (WHERE segment.ces_net(s) = 100) AS easy, string_agg(a::text, ' ' ORDER BY a) FILTER (WHERE segment.ces_net(s) = -100) AS hard,
       string_agg(a::text, ' ' ORDER BY a) FILTER (WHERE segment.out_of_scale(s) = 1) AS out
FROM unnest('{0-10,1-10,1-7,1-5}'::text[]) WITH ORDINALITY AS c (scale, i), generate_series(-1, 12) AS a,
     LATERAL (SELECT segment.survey_agg(b, scale) FROM (SELECT a) AS r (b)) AS x (s) GROUP BY scale, i ORDER BY i;
SELECT d.* FROM (SELECT segment.survey_agg(a, '1-5') FROM unnest('{5,5,3,1,0,6,NULL}'::int[]) AS a) AS x (s), segment.distribution(s) AS d;
SELECT segment.scale(s), segment.asked(s), segment.answers(s), segment.out_of_scale(s) FROM (SELECT segment.survey_agg(a, '1-5') FROM unnest('{5,5,3,1,0,6,NULL}'::int[]) AS a) AS x (s);

-- Defaults: 0-10 for nps and survey_agg, 1-5 for csat, 1-7 for ces. Columns of all types; what is no whole number is out of scale.
SELECT segment.nps(a)::float8, segment.csat(a)::float8, segment.ces(a)::float8, segment.survey_agg(a) FROM generate_series(0, 12) AS a;
CREATE TABLE answer AS SELECT a::text AS written
FROM unnest('{0,1,5,6,7,8,9,10,10,11,-1,9.0,9.00000000000000000001,7.5,-0.0,0.5,-9,10000,90000,100,1e1,1e-30,1e30,NaN,Infinity,-Infinity,NULL}'::text[]) AS a;
SELECT segment.survey_agg(written::numeric), segment.survey_agg(written::numeric, '1-10') FROM answer;
SELECT segment.survey_agg(written::float8), segment.survey_agg(written::float8, '1-10') FROM answer WHERE written IS NULL OR length(written) < 20;
SELECT segment.survey_agg(written::float4) FROM answer WHERE written IS NULL OR written !~ '30';
SELECT segment.survey_agg(written::int), segment.survey_agg(written::int, '1-10') FROM answer WHERE written IS NULL OR written ~ '^-?\d+$';
SELECT segment.survey_agg(written::smallint) FROM answer WHERE written IS NULL OR written ~ '^-?\d{1,4}$';
SELECT segment.survey_agg(a) FROM unnest('{9,-9223372036854775808,9223372036854775807,4294967305,NULL}'::bigint[]) AS a;
SELECT segment.nps(a) IS NULL, segment.survey_agg(a) FROM unnest('{11,-1,-2147483648,2147483647}'::int[]) AS a;

-- No rows, no answers.
SELECT segment.nps(1) IS NULL, segment.csat(1) IS NULL, segment.ces(1) IS NULL, segment.nps(1, '1-5') IS NULL, segment.survey_agg(1) IS NULL, segment.survey_agg(1, '1-5') IS NULL WHERE false;
SELECT segment.nps(NULL::int), segment.csat(NULL::numeric), segment.ces(NULL::float8), segment.survey_agg(NULL::int);
SELECT segment.nps(s), segment.nps_standard_error(s), i.low, i.high, segment.csat(s), segment.csat(s, 5), j.low, segment.mean(s), segment.mean_standard_error(s), k.high, segment.ces_agree(s),
       segment.ces_net(s), segment.response_rate(s)
FROM (SELECT segment.survey_agg(NULL::int)) AS x (s), segment.nps_interval(s) AS i, segment.csat_interval(s) AS j, segment.mean_interval(s) AS k;
SELECT segment.response_rate('1-5 asked 0 out 0 answers 0 0 0 0 0') IS NULL, segment.nps(NULL::segment.survey) IS NULL;
SELECT * FROM segment.distribution(NULL);
-- One answer: no deviation. All the same: no error. The interval stays on the scale.
SELECT segment.mean_standard_error(s), segment.nps_standard_error(s), i.*, round(j.low::numeric, 4) AS low, j.high
FROM (SELECT segment.survey_agg(10)) AS x (s), segment.nps_interval(s) AS i, segment.csat_interval(s) AS j;
SELECT segment.mean_standard_error(s), i.* FROM (SELECT segment.survey_agg(7) FROM generate_series(1, 3)) AS x (s), segment.mean_interval(s) AS i;
SELECT round(low::numeric, 4) AS low, high FROM segment.nps_interval('0-10 asked 3 out 0 answers 0 1 0 0 0 0 0 0 0 0 2');
SELECT high FROM segment.mean_interval('1-5 asked 2 out 0 answers 1 0 0 0 1', 0.999999999999999);
SELECT round(low::numeric, 6), round(high::numeric, 6) FROM segment.nps_interval('0-10 asked 4 out 0 answers 1 1 0 0 0 0 0 0 0 1 1', 1e-300);

-- DISTINCT, ORDER BY, FILTER, GROUPING SETS, and states that several calls share.
CREATE TABLE asked AS SELECT i, i % 3 AS region, CASE WHEN i % 7 > 0 THEN (i * i) % 13 END AS score FROM generate_series(1, 500) AS i;
CREATE FUNCTION nps_of(promoters bigint, detractors bigint, answers bigint) RETURNS numeric LANGUAGE sql AS $$ SELECT round(100.0 * (promoters - detractors) / nullif(answers, 0), 10) $$;
-- Of (i * i) % 13 there are 0, 1, 3, 4, 9, 10 and 12.
SELECT round(segment.nps(DISTINCT score), 10) = (SELECT nps_of(2, 4, 6)) AS "distinct", segment.survey_agg(DISTINCT score),
       segment.survey_agg(score ORDER BY i DESC)::text = segment.survey_agg(score)::text AS ordered,
       round(segment.nps(score) FILTER (WHERE i % 2 = 0), 10) =
           nps_of(count(*) FILTER (WHERE i % 2 = 0 AND score IN (9, 10)), count(*) FILTER (WHERE i % 2 = 0 AND score <= 6), count(*) FILTER (WHERE i % 2 = 0 AND score <= 10)) AS filtered
FROM asked;
SELECT count(*), bool_and(round(nps, 10) = expected) AS nps,
       bool_and(segment.nps(survey) = nps AND segment.csat(survey) = csat AND segment.ces(survey) = ces) AS same, bool_and(segment.asked(survey) = n) AS asked
FROM (SELECT segment.nps(score) AS nps, segment.survey_agg(score) AS survey, segment.csat(score, '0-10') AS csat, segment.ces(score, '0-10') AS ces, count(*) AS n,
             nps_of(count(*) FILTER (WHERE score IN (9, 10)), count(*) FILTER (WHERE score <= 6), count(*) FILTER (WHERE score <= 10)) AS expected
      FROM asked GROUP BY GROUPING SETS ((region, i % 5), (region), CUBE (i % 2, i % 5))) AS g;
-- Window frames that grow, slide, begin after their row, and leave rows out.
SELECT bool_and(grown::text = (SELECT segment.survey_agg(score) FROM asked AS a WHERE a.i <= w.i)::text) AS growing,
       bool_and(slid::text = (SELECT segment.survey_agg(score) FROM asked AS a WHERE a.i BETWEEN w.i - 3 AND w.i + 2)::text) AS sliding,
       bool_and(later::text IS NOT DISTINCT FROM (SELECT segment.survey_agg(score) FROM asked AS a WHERE a.i BETWEEN w.i + 1 AND w.i + 2)::text) AS following,
       bool_and(others::text IS NOT DISTINCT FROM (SELECT segment.survey_agg(score) FROM asked AS a WHERE a.i BETWEEN w.i - 1 AND w.i + 1 AND a.i <> w.i)::text) AS excluding,
       bool_and(round(score, 10) IS NOT DISTINCT FROM (SELECT nps_of(count(*) FILTER (WHERE a.score IN (9, 10)), count(*) FILTER (WHERE a.score <= 6), count(*) FILTER (WHERE a.score <= 10))
                                                       FROM asked AS a WHERE a.i BETWEEN w.i - 3 AND w.i)) AS nps
FROM (SELECT i, segment.survey_agg(score) OVER (ORDER BY i) AS grown, segment.survey_agg(score) OVER (ORDER BY i ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING) AS slid,
             segment.survey_agg(score) OVER (ORDER BY i ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS later,
             segment.survey_agg(score) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS others,
             segment.nps(score) OVER (ORDER BY i ROWS 3 PRECEDING) AS score FROM asked) AS w;
-- Kept and given back in another order than they were made.
SELECT bool_and(kept = again) FROM (SELECT i, lag(s, 2) OVER (ORDER BY i)::text AS kept, (SELECT segment.survey_agg(score) FROM asked AS a WHERE a.i <= w.i - 2)::text AS again
                                    FROM (SELECT i, segment.survey_agg(score) OVER (ORDER BY i) AS s FROM asked) AS w) AS k WHERE i > 2;

-- Parts add up to the whole; workers find what one process finds.
SELECT segment.rollup_agg(part)::text = (SELECT segment.survey_agg(score)::text FROM asked) AS whole
FROM (SELECT segment.survey_agg(score) AS part FROM asked GROUP BY region, i % 11 UNION ALL SELECT NULL) AS p;
SELECT segment.rollup_agg(s) IS NULL FROM (SELECT NULL::segment.survey AS s) AS n;
SELECT bool_and(rolled::text = direct::text) FROM (SELECT i, segment.rollup_agg(part) OVER (ORDER BY i) AS rolled, segment.survey_agg(score) OVER (ORDER BY i) AS direct
                                                  FROM (SELECT i, score, segment.survey_agg(score) AS part FROM asked GROUP BY i, score) AS p) AS w;
SELECT segment.rollup_agg(s) FROM (VALUES ('1-5 asked 1 out 0 answers 1 0 0 0 0'::segment.survey), ('1-7 asked 1 out 0 answers 1 0 0 0 0 0 0')) AS v (s);
SELECT segment.rollup_agg(s) FROM (VALUES ('1-5 asked 9223372036854775807 out 0 answers 1 0 0 0 0'::segment.survey), ('1-5 asked 1 out 0 answers 1 0 0 0 0')) AS v (s);
CREATE TABLE many AS SELECT (hashint4(i) & 1023) % 14 - 1 AS score, i % 4 AS region FROM generate_series(1, 30000) AS i;
ANALYZE many;
CREATE TABLE serial AS SELECT region, segment.survey_agg(score) AS survey, segment.survey_agg(score::numeric, '1-7') AS seven, segment.nps(score) AS nps, segment.csat(score) AS csat,
                              segment.ces(score::float8) AS ces FROM many GROUP BY ROLLUP (region);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
EXPLAIN (COSTS OFF) SELECT segment.survey_agg(score), segment.csat(score) FROM many;
SELECT count(*), bool_and(s.survey::text = p.survey::text AND s.seven::text = p.seven::text AND s.nps = p.nps AND s.csat = p.csat AND s.ces = p.ces) AS equal FROM serial AS s JOIN (
    SELECT region, segment.survey_agg(score) AS survey, segment.survey_agg(score::numeric, '1-7') AS seven, segment.nps(score) AS nps, segment.csat(score) AS csat, segment.ces(score::float8) AS ces
    FROM many GROUP BY region UNION ALL
    SELECT NULL, segment.survey_agg(score), segment.survey_agg(score::numeric, '1-7'), segment.nps(score), segment.csat(score), segment.ces(score::float8) FROM many
) AS p ON s.region IS NOT DISTINCT FROM p.region;
SELECT segment.rollup_agg(survey)::text = (SELECT segment.survey_agg(score)::text FROM many) AS whole FROM (SELECT segment.survey_agg(score) AS survey FROM many GROUP BY region) AS p;
SELECT segment.survey_agg(score) FROM many WHERE score > 1000;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- Plain SQL says the same of it.
SELECT round(segment.nps(score), 8) =
           round(100.0 * (count(*) FILTER (WHERE score BETWEEN 9 AND 10) - count(*) FILTER (WHERE score BETWEEN 0 AND 6)) / count(*) FILTER (WHERE score BETWEEN 0 AND 10), 8) AS nps,
       round(segment.csat(score), 8) = round(100.0 * count(*) FILTER (WHERE score BETWEEN 4 AND 5) / count(*) FILTER (WHERE score BETWEEN 1 AND 5), 8) AS csat,
       round(segment.ces(score), 8) = round(avg(score) FILTER (WHERE score BETWEEN 1 AND 7), 8) AS ces FROM many;
SELECT round(segment.mean_standard_error(s)::numeric, 10) = round(e::numeric, 10) AS mean_error
FROM (SELECT segment.survey_agg(score), stddev_samp(score) FILTER (WHERE score BETWEEN 0 AND 10) / sqrt(count(*) FILTER (WHERE score BETWEEN 0 AND 10)) FROM many) AS x (s, e);

-- Stored, sent, read again.
CREATE TABLE kept AS SELECT 'x' AS note, survey, ARRAY[survey, seven] AS pair FROM serial;
SELECT bool_and(survey::text::segment.survey::text = survey::text AND pair[1]::text = survey::text) FROM kept;
SELECT segment.rollup_agg(survey)::text = segment.rollup_agg(pair[1])::text AS stored, segment.nps(segment.rollup_agg(survey)) = segment.nps(segment.rollup_agg(pair[1])) AS asked FROM kept;
SELECT encode(segment.survey_send('1-5 asked 300 out 2 answers 1 0 0 0 258'), 'hex');

-- What no writer writes.
SELECT ''::segment.survey;
SELECT '0-11 asked 1 out 0 answers 1'::segment.survey;
SELECT '1-5'::segment.survey;
SELECT '1-5 asked 1 out 0 answers 1 0 0 0'::segment.survey;
SELECT '1-5 asked 1 out 0 answers 1 0 0 0 0 0'::segment.survey;
SELECT '1-5 asked 1 out 0 answers 1 0 0 0 0 '::segment.survey;
SELECT '1-5  asked 1 out 0 answers 1 0 0 0 0'::segment.survey;
SELECT '1-5 answers 1 out 0 answers 1 0 0 0 0'::segment.survey;
SELECT '1-5 asked 1 out 0 answers 1 0 0 0 x'::segment.survey;
SELECT '1-5 asked 1 out 0 answers 1 0 0 0 99999999999999999999'::segment.survey;
SELECT '1-5 asked 1 out 0 answers 2 0 0 0 -1'::segment.survey;
SELECT '1-5 asked 1 out 1 answers 1 0 0 0 0'::segment.survey;
SELECT '1-5 asked 1 out 0 answers 9223372036854775807 9223372036854775807 2 0 0'::segment.survey;
SELECT '1-5 asked -1 out -1 answers 0 0 0 0 0'::segment.survey;

-- Wrong questions.
SELECT segment.nps(1, '0-11');
SELECT segment.nps(1, '1-5 ');
SELECT segment.nps(1, NULL);
SELECT segment.nps(a, scale) FROM (VALUES (1, '1-5'), (1, '1-7')) AS v (a, scale);
SELECT segment.nps(a, scale) FROM (VALUES (1, '1-5'), (1, 'x')) AS v (a, scale);
SELECT segment.nps('9'::text);
SELECT segment.csat(s, 0), segment.csat(s, 6) FROM (SELECT segment.survey_agg(1, '1-5')) AS x (s);
SELECT * FROM segment.nps_interval('1-5 asked 1 out 0 answers 1 0 0 0 0', 95);
SELECT * FROM segment.csat_interval('1-5 asked 1 out 0 answers 1 0 0 0 0', 0);
SELECT * FROM segment.mean_interval('1-5 asked 1 out 0 answers 1 0 0 0 0', 1);
SELECT * FROM segment.mean_interval('1-5 asked 1 out 0 answers 1 0 0 0 0', 'NaN');
SELECT segment.survey_add(NULL::segment.survey, 1);
SELECT segment.survey_combine(s, s) FROM (SELECT segment.survey_agg(1)) AS x (s);
DROP TABLE answer, asked, many, serial, kept;
DROP FUNCTION repeated, nps_of;
