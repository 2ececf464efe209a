-- The satisfaction of a population's members by period, segment and trait. The first figures were worked out by hand, the others by plain SQL.
\set SHOW_CONTEXT never
SET TimeZone = 'America/New_York';  -- must not matter
CREATE TABLE customer (id int PRIMARY KEY, plan text, seats int);
INSERT INTO customer VALUES (1, 'pro', 10), (2, 'pro', 5), (3, 'free', 1), (4, 'free', 2), (5, NULL, 3), (6, 'basic', 1);
CREATE TABLE response (customer_id bigint, sent_at timestamptz, seq int, question text, score int, rating numeric, comment text);
CREATE INDEX ON response (customer_id, sent_at);
INSERT INTO response (customer_id, sent_at, seq, question, score) VALUES
    (1, '2026-01-05Z', 1, 'nps', 3), (1, '2026-01-20Z', 1, 'nps', 9), (1, '2026-01-25Z', 1, 'nps', NULL),  -- 9; the last one was not answered
    (2, '2026-01-10Z', 1, 'nps', 10), (2, '2026-01-11Z', 1, 'nps', 11),                                    -- 10; there is no 11
    (3, '2026-01-31 23:59:59.999999Z', 1, 'nps', 6), (3, '2026-02-01Z', 1, 'nps', 7),                      -- 6 in January, 7 in February
    (4, '2026-01-15Z', 1, 'nps', NULL),                                                                    -- asked in vain
    (5, '2026-02-10Z', 2, 'nps', 0), (5, '2026-02-10Z', 1, 'nps', 10),                                     -- 0: it has the greater tie-breaker
    (6, '2026-02-10Z', 1, 'effort', 2), (1, '2026-02-11Z', 1, 'effort', 6),
    (1, '2025-12-31 23:59:59.999999Z', 1, 'nps', 0), (1, '2026-03-01Z', 1, 'nps', 0),                      -- outside of what is asked for
    (99, '2026-01-10Z', 1, 'nps', 0), (NULL, '2026-01-10Z', 1, 'nps', 0), (5000000000, '2026-01-10Z', 1, 'nps', 0), (2, NULL, 1, 'nps', 0);
SELECT segment.create_population('customer', 'customer', key => 'id') > 0 AS created;
SELECT segment.add_events('customer', 'response', 'response', key => 'customer_id', occurred_at => 'sent_at', event_name => 'question', tie_break => 'seq');

-- January: of 1, 2, 3 and 4, who were asked, three answered 9, 10 and 6: NPS 100 / 3, error 100 sqrt((1 - 1/9) / 3). February: 7 and 0.
\x
SELECT period_start, period_end, by_value, asked, answers, out_of_scale, promoters, passives, detractors, nps, round(nps_standard_error::numeric, 6) AS error,
       round(nps_low::numeric, 6) AS low, round(nps_high::numeric, 6) AS high, csat, ces, mean, response_rate
FROM segment.survey('customer', 'response', 'score', '2026-01-01', '2026-03-01', event => 'nps');
\x
CREATE FUNCTION scores(segment text DEFAULT NULL, by text DEFAULT NULL, filter text DEFAULT NULL, event text DEFAULT 'nps', scale text DEFAULT '0-10', per_member text DEFAULT 'last')
RETURNS TABLE (month text, by_value text, asked bigint, answers bigint, rejected bigint, p bigint, n bigint, d bigint, nps numeric, csat numeric, mean numeric) LANGUAGE sql AS $$
    SELECT to_char(period_start AT TIME ZONE 'UTC', 'Mon'), by_value, asked, answers, out_of_scale, promoters, passives, detractors, round(nps, 2), round(csat, 2), round(mean, 4)
    FROM segment.survey('customer', 'response', 'score', '2026-01-01', '2026-03-01', segment => $1, by => $2, filter => $3, event => $4, scale => $5, per_member => $6) $$;
-- Every answer; then of each member the mean, as 6 of customer 1 (3 and 9).
SELECT * FROM scores(per_member => 'all');
SELECT * FROM scores(per_member => 'mean');
SELECT * FROM scores(event => NULL);
SELECT * FROM scores(event => 'effort', scale => '1-7');
SELECT * FROM scores(event => 'unasked');
SELECT * FROM scores(by => 'plan');
SELECT * FROM scores(filter => 'seats >= 2');
-- Segments as they are stored, with rows or as a set, and the segments of a scheme.
SELECT count(segment.create_segment(name, 'customer', 'seats >= 5', materialize => kind)) FROM (VALUES ('large', 'rows'), ('large set', 'set')) AS s (name, kind);
SELECT segment.create_scheme('size', 'customer', '[{"name": "large", "definition": "seats >= 5"}, {"name": "small", "otherwise": true}]') IS NOT NULL AS created;
SELECT * FROM segment.refresh('customer', as_of => '2026-01-15Z');
UPDATE customer SET seats = 1 WHERE id = 2;
SELECT * FROM scores('large');
SELECT * FROM segment.refresh('customer', as_of => '2026-02-15Z');
SELECT * FROM scores('large');
SELECT * FROM scores('large set');
SELECT * FROM scores(by => 'size');
SELECT * FROM scores('large', by => 'plan') WHERE month = 'Jan';

-- Means that lie between answers have reached the lower one: 8.5 is a passive, 6.5 a detractor.
TRUNCATE response;
INSERT INTO response (customer_id, sent_at, question, score) SELECT c, '2026-01-02Z', 'nps', a FROM (VALUES (1, 8), (1, 9), (2, 6), (2, 7), (3, 9), (3, 9), (3, 9), (4, 8), (4, 8), (4, 7)) AS v (c, a);
SELECT * FROM scores(per_member => 'mean') WHERE month = 'Jan';

-- A year of random answers in another zone, with days of 23 and 25 hours; times of three types, answers of five. Plain SQL says the same.
TRUNCATE response;
CREATE FUNCTION uniform(i bigint, n int) RETURNS float8 LANGUAGE sql AS 'SELECT (hashint8extended(i, n) & 4294967295)::float8 / 4294967296';
INSERT INTO customer SELECT i, CASE i % 4 WHEN 0 THEN 'pro' WHEN 1 THEN 'free' WHEN 2 THEN 'basic' END, i % 9 FROM generate_series(7, 60) AS i;
INSERT INTO response SELECT 1 + floor(uniform(i, 1) * 65), timestamptz '2025-01-01Z' + floor(uniform(i, 2) * 366 * 24 * 4) * interval '15 minutes', floor(uniform(i, 3) * 3),
                            CASE WHEN uniform(i, 4) < 0.8 THEN 'nps' ELSE 'effort' END, CASE WHEN uniform(i, 5) < 0.8 THEN floor(uniform(i, 6) * 13)::int - 1 END
FROM generate_series(1, 4000) AS i;
UPDATE response SET rating = score + CASE WHEN seq = 1 AND score % 5 = 2 THEN 0.5 ELSE 0.00 END;
CREATE VIEW local_response AS SELECT customer_id::int, sent_at AT TIME ZONE 'Europe/Berlin' AS sent_at, (sent_at AT TIME ZONE 'Europe/Berlin')::date AS day, seq, question, score::smallint AS small,
                                     score::bigint AS big, rating::float8 AS double, rating::real AS single, rating FROM response;
SELECT segment.alter_population('customer', time_zone => 'Europe/Berlin');
SELECT segment.add_events('customer', 'local', 'local_response', key => 'customer_id', occurred_at => 'sent_at', event_name => 'question', tie_break => 'seq');
SELECT segment.add_events('customer', 'daily', 'local_response', key => 'customer_id', occurred_at => 'day', event_name => 'question', tie_break => 'seq');
CREATE FUNCTION expected(since timestamp, until timestamp, grain interval, per_member text, daily boolean)
RETURNS TABLE (period_start timestamptz, by_value text, asked bigint, answers bigint, out_of_scale bigint, promoters bigint, passives bigint, detractors bigint, nps numeric, csat numeric, mean numeric, response_rate numeric)
LANGUAGE sql AS $$
WITH period AS (
    SELECT edge AS s, lead(edge) OVER (ORDER BY edge) AS e FROM (SELECT least(since + i * grain, until) AT TIME ZONE 'Europe/Berlin' AS edge FROM generate_series(0, 45) AS i GROUP BY 1) AS g),
answer AS (
    SELECT p.s, c.id, coalesce(c.plan, '-') AS plan, r.rating, r.rating BETWEEN 0 AND 10 AND r.rating = floor(r.rating) AS valid, at, seq
    FROM period AS p JOIN (SELECT *, CASE WHEN daily THEN (sent_at AT TIME ZONE 'Europe/Berlin')::date::timestamp AT TIME ZONE 'Europe/Berlin' ELSE sent_at END AS at FROM response) AS r ON at >= p.s AND at < p.e
         JOIN customer AS c ON c.id = r.customer_id WHERE question = 'nps' AND p.e IS NOT NULL),
picked AS (
    SELECT s, plan, 1::bigint AS asked, count(*) FILTER (WHERE NOT valid) AS out,
           CASE per_member WHEN 'mean' THEN avg(rating) FILTER (WHERE valid) ELSE (array_agg(rating ORDER BY at DESC, seq DESC, rating) FILTER (WHERE valid))[1] END AS rating
    FROM answer WHERE per_member <> 'all' GROUP BY s, id, plan
    UNION ALL SELECT s, plan, 1, CASE WHEN NOT valid THEN 1 ELSE 0 END, CASE WHEN valid THEN rating END FROM answer WHERE per_member = 'all')
SELECT p.s, nullif(g.plan, '-'), coalesce(sum(asked), 0)::bigint, count(rating), coalesce(sum(out), 0)::bigint, count(*) FILTER (WHERE rating >= 9), count(*) FILTER (WHERE rating >= 7 AND rating < 9),
       count(*) FILTER (WHERE rating < 7), round(100.0 * (count(*) FILTER (WHERE rating >= 9) - count(*) FILTER (WHERE rating < 7)) / nullif(count(rating), 0), 8),
       round(100.0 * count(*) FILTER (WHERE rating >= 8) / nullif(count(rating), 0), 8), round(avg(rating), 8), round(count(rating)::numeric / nullif(sum(asked), 0), 8)
FROM period AS p CROSS JOIN (SELECT DISTINCT coalesce(plan, '-') AS plan FROM customer) AS g LEFT JOIN picked AS k ON k.s = p.s AND k.plan = g.plan
WHERE p.e IS NOT NULL GROUP BY p.s, g.plan $$;
SELECT v.*, x.rows, x.answers, x.different
FROM (VALUES ('response', 'rating', '1 month', 'last', timestamp '2025-02-01', timestamp '2025-11-15'),
             ('response', 'rating', '1 month', 'mean', timestamp '2025-02-01', timestamp '2025-11-15'),
             ('response', 'rating', '1 month', 'all', timestamp '2025-02-01', timestamp '2025-11-15'),
             ('response', 'rating', '1 year', 'mean', timestamp '2025-02-01', timestamp '2025-11-15'),
             ('local', 'double', '1 week', 'last', timestamp '2025-02-01', timestamp '2025-11-15'),
             ('local', 'single', '13 days', 'mean', timestamp '2025-02-01', timestamp '2025-11-15'),
             ('local', 'rating', '1 day', 'last', timestamp '2025-03-20', timestamp '2025-04-10'),
             ('daily', 'rating', '1 day', 'last', timestamp '2025-03-20', timestamp '2025-04-10'),
             ('daily', 'double', '1 month', 'mean', timestamp '2025-02-01', timestamp '2025-11-15'))
     AS v (source, answer, grain, per_member, since, until),
     LATERAL (SELECT count(*) AS rows, sum(coalesce(f.answers, 0)) AS answers,
                     count(*) FILTER (WHERE (f.*) IS DISTINCT FROM (e.*)) AS different
              FROM (SELECT period_start, by_value, asked, answers, out_of_scale, promoters, passives, detractors, round(nps, 8), round(csat, 8), round(mean, 8), round(response_rate, 8)
                    FROM segment.survey('customer', v.source, v.answer::name, v.since, v.until, v.grain::interval, by => 'plan', event => 'nps', per_member => v.per_member))
                    AS f (period_start, by_value, asked, answers, out_of_scale, promoters, passives, detractors, nps, csat, mean, response_rate)
                   FULL JOIN expected(v.since, v.until, v.grain::interval, v.per_member, v.source = 'daily') AS e
                   ON e.period_start = f.period_start AND e.by_value IS NOT DISTINCT FROM f.by_value) AS x;
SELECT count(DISTINCT (s.*)::text) FROM unnest('{small,big}'::name[]) AS a, LATERAL (SELECT array_agg(s.* ORDER BY period_start) FROM segment.survey('customer', 'local', a, '2025-01-01', '2026-01-01') AS s) AS s;
-- The report is survey_agg of what counts.
SELECT count(*) AS months, bool_and(r.nps = segment.nps(s) AND r.answers = segment.answers(s) AND r.asked = segment.asked(s) AND r.out_of_scale = segment.out_of_scale(s) AND r.csat = segment.csat(s)
       AND r.ces = segment.ces(s) AND r.response_rate = segment.response_rate(s) AND abs(r.nps_standard_error - segment.nps_standard_error(s)) < 1e-9 AND abs(r.nps_low - i.low) < 1e-9 AND abs(r.nps_high - i.high) < 1e-9) AS equal
FROM segment.survey('customer', 'response', 'score', '2025-01-01', '2026-01-01', per_member => 'all', confidence => 0.9) AS r,
     LATERAL (SELECT segment.survey_agg(score) FROM response JOIN customer ON id = customer_id WHERE sent_at >= r.period_start AND sent_at < r.period_end) AS x (s), segment.nps_interval(s, 0.9) AS i;

-- Keys of other types.
CREATE TABLE account AS SELECT 'a' || id AS name, plan FROM customer;
CREATE TABLE mood AS SELECT 'a' || customer_id AS account, sent_at AS at, score FROM response;
SELECT segment.create_population('account', 'account', key => 'name') > 0 AS created;
SELECT segment.add_events('account', 'mood', 'mood', key => 'account', occurred_at => 'at');
SELECT segment.alter_population('account', time_zone => 'Europe/Berlin');
SELECT count(*), bool_and(a.answers = c.answers AND a.asked = c.asked AND a.nps IS NOT DISTINCT FROM c.nps) AS equal
FROM segment.survey('account', 'mood', 'score', '2025-02-01', '2025-11-01', by => 'plan', per_member => 'mean') AS a
     JOIN segment.survey('customer', 'response', 'score', '2025-02-01', '2025-11-01', by => 'plan', per_member => 'mean') AS c ON a.period_start = c.period_start AND a.by_value IS NOT DISTINCT FROM c.by_value;

-- Wrong questions.
CREATE FUNCTION ask(arguments text) RETURNS SETOF bigint LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT answers FROM segment.survey(' || arguments || ')'; END $$;
SELECT ask($$'customers', 'response', 'score', '2025-02-01', '2025-03-01'$$);
SELECT ask($$'customer', 'respons', 'score', '2025-02-01', '2025-03-01'$$);
SELECT ask($$'customer', 'response', 'scores', '2025-02-01', '2025-03-01'$$);
SELECT ask($$'customer', 'response', 'comment', '2025-02-01', '2025-03-01'$$);
SELECT ask($$'customer', 'response', NULL, '2025-02-01', '2025-03-01'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', NULL$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-02-01'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', grain => '0'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', segment => 'lareg'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', by => 'plann'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', filter => 'seats >'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', scale => '5-1'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', scale => NULL$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', per_member => 'first'$$);
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', confidence => 95$$);
SELECT ask($$'account', 'mood', 'score', '2025-02-01', '2025-03-01', event => 'nps'$$);

-- Rights: as the one who asks, who must see the population, its members and the answers.
CREATE ROLE surveyor;
SET ROLE surveyor;
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01'$$);
RESET ROLE;
GRANT SELECT ON customer_segment_member TO surveyor;
SET ROLE surveyor;
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01'$$);
RESET ROLE;
GRANT SELECT ON customer TO surveyor;
SET ROLE surveyor;
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01'$$);
RESET ROLE;
GRANT SELECT ON response TO surveyor;
SET ROLE surveyor;
SELECT asked > 0 AS seen FROM segment.survey('customer', 'response', 'score', '2025-02-01', '2025-03-01');
SELECT ask($$'customer', 'response', 'score', '2025-02-01', '2025-03-01', segment => 'large'$$);
RESET ROLE;
ALTER TABLE response ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON response FOR SELECT TO surveyor USING (customer_id = 2);
SET ROLE surveyor;
SELECT asked FROM segment.survey('customer', 'response', 'score', '2025-01-01', '2026-01-01', '1 year');
RESET ROLE;
-- A function of the caller's does not stand in for an operator.
CREATE SCHEMA trap;
CREATE FUNCTION trap.greater(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR trap.>= (FUNCTION = trap.greater, LEFTARG = timestamptz, RIGHTARG = timestamptz);
SET search_path = trap, public, pg_catalog;
SELECT asked > 0 AS seen FROM segment.survey('customer', 'response', 'score', '2025-01-01', '2026-01-01', '1 year');
RESET search_path;
DROP SCHEMA trap CASCADE;
SELECT segment.drop_population('customer', cascade => true), segment.drop_population('account', cascade => true);
DROP VIEW local_response;
DROP TABLE customer, response, account, mood;
DROP FUNCTION scores, expected, ask, uniform;
DROP ROLE surveyor;
