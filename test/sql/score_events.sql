-- Metrics whose values or conditions come from events: all members' from one pass, the same as by plain SQL.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA score_events;
SET search_path = score_events, public;
CREATE TABLE customer (id int PRIMARY KEY, seats int, price float8, fee numeric, vip boolean);
INSERT INTO customer SELECT i, CASE WHEN i % 7 > 0 THEN i % 6 END, CASE WHEN i % 5 > 0 THEN i / 8.0 END, (i % 9) / 100.0, i % 3 = 0 FROM generate_series(1, 600) AS i;
CREATE TABLE event (customer int, at timestamptz, name text, amount numeric(10, 2), units int);
INSERT INTO event SELECT (i * 7919) % 700, '2026-03-01'::timestamptz + (i * 613 % 1440) * interval '1 hour', (ARRAY['a', 'a', 'b', 'c'])[1 + i % 11 % 4], (i % 37) / 4.0, i % 5
FROM generate_series(1, 6000) AS i;
CREATE INDEX ON event (customer, at);
SELECT segment.create_population('customer', 'customer', key => 'id', time_zone => 'Europe/Vienna', base => 'id <= 590') > 0 AS created;
SELECT segment.add_events('customer', 'activity', 'event', key => 'customer', occurred_at => 'at', event_name => 'name');
SELECT segment.create_segment('vip', 'customer', 'vip') > 0 AS created;
SELECT count(*) FROM segment.refresh('customer', as_of => '2026-04-19 12:34Z');

-- The score is the value itself; -1000 where that is missing.
CREATE FUNCTION of(names text, days numeric, what text DEFAULT 'count(*)') RETURNS text LANGUAGE sql AS $$
    SELECT format('(SELECT %s FROM event AS e WHERE e.customer = c.id AND e.name = ANY (%L) AND e.at <= ''2026-04-20''%s)', what, names,
        CASE WHEN days IS NOT NULL THEN format(' AND e.at > (''2026-04-20''::timestamptz AT TIME ZONE ''Europe/Vienna'' - %s * interval ''1 day'') AT TIME ZONE ''Europe/Vienna''', days) END)
$$;
CREATE TABLE formula (name text PRIMARY KEY, value text, stale_after interval, expected text);
INSERT INTO formula VALUES
    ('quotient', $$count of 'a' within 30 days / count of 'b' within 30 days$$, NULL, format('%s / nullif(%s, 0)::numeric', of('{a}', 30), of('{b}', 30))),
    ('decimal', $$count of 'a' within 30 days / 100 * 100$$, NULL, of('{a}', 30)),
    ('difference', $$(count of 'a' - count of any event) * 2.5$$, NULL, format('(%s - %s) * 2.5', of('{a}', NULL), of('{a,b,c}', NULL))),
    ('a_seat', $$count of 'a' within 30 days / seats$$, NULL, format('%s / nullif(c.seats, 0)::numeric', of('{a}', 30))),
    ('mixed', $$-count of 'a' + sum(amount) of 'b' within 40 days / 4 - fee$$, NULL, format('-%s + coalesce(%s, 0) / 4.0 - c.fee', of('{a}', NULL), of('{b}', 40, 'sum(amount)'))),
    ('percent', $$100 * count of 'c' within 10 days / count of 'c'$$, NULL, format('100 * %s / nullif(%s, 0)::numeric', of('{c}', 10), of('{c}', NULL))),
    ('mean', $$avg(amount) of 'b' - 3$$, NULL, format('%s - 3', of('{b}', NULL, 'avg(amount)'))),
    ('distinct', $$count distinct units of 'a' within 20 days / (seats + 1)$$, NULL, format('%s / (c.seats + 1)::numeric', of('{a}', 20, 'count(DISTINCT units)'))),
    ('floating', $$count of 'a' / price$$, NULL, format('%s / nullif(c.price, 0)', of('{a}', NULL))),
    ('last', $$last amount of 'b' + count of 'a'$$, NULL, format('%s + %s', of('{b}', NULL, '(array_agg(amount ORDER BY at DESC, amount))[1]'), of('{a}', NULL))),
    ('stale', $$count of 'c'$$, '20 days', format('CASE WHEN %s > 0 THEN %s END', of('{c}', 20), of('{c}', NULL))),
    ('stale_month', $$sum(amount) of 'b' within 40 days / count of 'c'$$, '1 month -20 days',
        format('CASE WHEN %s > 0 THEN coalesce(%s, 0) / nullif(%s, 0) END', of('{b,c}', 11), of('{b}', 40, 'sum(amount)'), of('{c}', NULL))),
    ('stale_hours', $$count of 'a' / 4$$, '100 hours', format('CASE WHEN %s > 0 THEN %s / 4.0 END', of('{a}', 100 / 24.0), of('{a}', NULL)));
SELECT segment.create_score(name, 'customer', mode => 'additive', base => -1000, min_coverage => 0, scale_min => '-Infinity', scale_max => 'Infinity', bands => '[]') > 0 AS created FROM formula;
SELECT segment.add_score_metric(name, 'x', value, worst => -1000, best => 1000, points => 2000, stale_after => stale_after) > 0 AS added FROM formula;

-- 1 where the condition holds, as its segment's SQL tells it.
CREATE TABLE condition (name text PRIMARY KEY, definition text);
INSERT INTO condition VALUES
    ('did', $$did 'c' within 10 days$$), ('did_not', $$did not 'c' within 10 days$$), ('times', $$did 'a' at least 4 times within 30 days$$),
    ('with_trait', $$did 'c' within 20 days and seats > 2 or vip$$), ('without', $$not (did 'b' or seats is set)$$), ('fell', $$count of 'a' fell by 50 percent within 14 days$$),
    ('sequence', $$did 'a' then 'b' within 3 days$$), ('chain', $$did ('b' then 'c' where (units > 2)) within 30 days and not vip$$), ('streak', $$streak of any event by week >= 2$$),
    ('share', $$share of 'a' where (units > 2) >= 40 percent$$), ('total', $$sum(amount) of 'b' > 10.25$$), ('days', $$did 'a' on at least 3 distinct days within 30 days$$),
    ('compared', $$count of 'a' within 30 days > count of 'b' within 30 days$$), ('per_member', $$sum(units) of 'a' > seats * 3$$), ('member', $$in segment 'vip' and did 'c' within 20 days$$),
    ('recent', $$last 'c' within 9 days or first units of 'b' = 4$$), ('resumed', $$resumed 'a' after 5 days within 40 days$$), ('anything', 'everyone and not did any event');
SELECT segment.create_segment('s_' || name, 'customer', definition) > 0 AS created FROM condition;
SELECT segment.create_score('c_' || name, 'customer', mode => 'additive', bands => '[]') > 0 AS created FROM condition;
SELECT segment.add_score_metric('c_' || name, 'x', condition => definition, shape => 'points', points => 1) > 0 AS added FROM condition;

CREATE FUNCTION wrong_formulas() RETURNS TABLE (score text, members bigint, missing bigint, wrong bigint) LANGUAGE plpgsql AS $$
DECLARE
    f formula;
BEGIN
    FOR f IN SELECT * FROM formula ORDER BY name LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, count(*), count(*) FILTER (WHERE value IS NULL), count(*) FILTER (WHERE abs(s.score - coalesce(value, -1000)) > 1e-9) FROM (SELECT id, (%s)::float8 AS value FROM customer AS c WHERE id <= 590) AS x JOIN %I AS s ON s.key = x.id',
            f.name, f.expected, 'customer_score_' || f.name);
    END LOOP;
END $$;
CREATE FUNCTION wrong_conditions() RETURNS TABLE (score text, members bigint, few boolean, wrong bigint) LANGUAGE plpgsql AS $$
DECLARE
    c condition;
BEGIN
    FOR c IN SELECT * FROM condition ORDER BY name LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, count(*), sum(s.score) BETWEEN 1 AND 589, count(*) FILTER (WHERE (s.score = 1) <> (s.key IN (%s)) OR (s.score = 1) <> segment.is_member(%L, s.key)) FROM %I AS s',
            c.name, segment.to_sql('s_' || c.name, '2026-04-20'), 's_' || c.name, 'customer_score_c_' || c.name);
    END LOOP;
END $$;
SELECT count(*) FROM segment.refresh('customer', as_of => '2026-04-20');
SELECT * FROM wrong_formulas();
SELECT * FROM wrong_conditions();
-- explain_score asks for one member, by subqueries.
SELECT f.name, count(*) FILTER (WHERE abs(e.value - (s.score::numeric)::float8) > 1e-9 AND s.score > -1000 OR (e.value IS NULL) <> (s.score = -1000)) AS different
FROM formula AS f, LATERAL (SELECT key, score FROM segment.scores(f.name) ORDER BY key LIMIT 7) AS s, LATERAL segment.explain_score(f.name, s.key) AS e GROUP BY f.name ORDER BY f.name;

-- All in one score, in as many passes as a megabyte asks for; a cap, carried values and percentiles beside it.
SELECT segment.create_score('all_in', 'customer', missing => 'carry_forward', min_coverage => 0) > 0 AS created;
SELECT segment.add_score_metric('all_in', name, value, worst => -10, best => 10) > 0 AS added FROM formula WHERE stale_after IS NULL;
SELECT segment.add_score_metric('all_in', 'ranked', $$count of 'a' within 30 days / seats$$, shape => 'percentile') > 0 AS added;
SELECT segment.add_score_metric('all_in', 'gone', condition => $$did not 'c' within 10 days and seats > 1$$, shape => 'points', cap => 40) > 0 AS added;
SET segment.refresh_memory = '1MB';
SELECT count(*) FROM segment.refresh('customer', as_of => '2026-04-20');
RESET segment.refresh_memory;
CREATE VIEW part AS SELECT s.key, s.score, s.coverage, s2.part FROM customer_score_all_in AS s JOIN (
    SELECT key, avg(part) AS part FROM (
        SELECT s.key, f.name, CASE WHEN s.score > -1000 THEN greatest(0, least(1, (s.score + 10) / 20)) END AS part FROM formula AS f, LATERAL segment.scores(f.name) AS s WHERE f.stale_after IS NULL
        UNION ALL SELECT key, 'ranked', percent_rank() OVER (ORDER BY score) FROM segment.scores('a_seat') WHERE score > -1000) AS p GROUP BY key) AS s2 ON s2.key = s.key::text;
SELECT count(*) AS members, count(*) FILTER (WHERE abs(score - CASE WHEN c.score_of = 1 AND c.seats > 1 THEN least(40, 100 * part) ELSE 100 * part END) > 1e-6) AS wrong, round(min(coverage)::numeric, 3) AS least
FROM part JOIN (SELECT id, seats, s.score AS score_of FROM customer JOIN customer_score_c_did_not AS s ON s.key = id) AS c ON c.id = part.key;

-- A source that is gone is an error of the scores that read it, before anything is written.
ALTER TABLE event RENAME TO elsewhere;
SELECT count(*) FROM segment.refresh('customer', as_of => '2026-04-21');
ALTER TABLE elsewhere RENAME TO event;
-- Rows of nobody, of nobody known, and of no time.
INSERT INTO event VALUES (NULL, '2026-04-19', 'a'), (100000, '2026-04-19', 'a'), (5, NULL, 'a'), (5, '2026-04-20 00:00:01Z', 'a'), (6, 'infinity', 'a'), (6, '-infinity', 'a');
DELETE FROM event WHERE at = '-infinity';
SELECT count(*) FROM segment.refresh('customer', as_of => '2026-04-20');
SELECT sum(wrong) FROM wrong_formulas();
DROP VIEW part;
SELECT segment.drop_population('customer', cascade => true);
DROP SCHEMA score_events CASCADE;
