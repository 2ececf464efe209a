-- Scores: the vendors' published examples, every shape and rule against a hand calculation, history and trend, definitions that
-- speak of them, and what is refused.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE SCHEMA scores;
SET search_path = scores, public;

-- What a score gives each member, rounded to what pages print.
CREATE FUNCTION shown(score text, digits int DEFAULT 2) RETURNS TABLE (key text, score numeric, band text, coverage numeric) LANGUAGE sql AS
    'SELECT key, round(score::numeric, digits), band, round(coverage::numeric, 2) FROM segment.scores($1) ORDER BY key';
CREATE FUNCTION refreshed(population text, as_of timestamptz DEFAULT NULL) RETURNS text LANGUAGE sql AS
    'SELECT string_agg(segment || '': '' || members, '', '' ORDER BY segment) FROM segment.refresh($1, as_of => $2)';

-- Natero: 83, 71, 78 and 54 with weights 7, 5, 8 and 3 are 75.
CREATE TABLE natero (id int PRIMARY KEY, usage int, adoption int, support int, payment int);
INSERT INTO natero VALUES (1, 83, 71, 78, 54), (2, 0, 100, NULL, NULL), (3, NULL, NULL, NULL, 50);
SELECT segment.create_population('natero', 'natero', key => 'id') > 0 AS created;
SELECT segment.create_score('natero_health', 'natero') > 0 AS created;
SELECT segment.add_score_metric('natero_health', 'usage', 'usage', worst => 0, best => 100, weight => 7);
SELECT segment.add_score_metric('natero_health', 'adoption', 'adoption', worst => 0, best => 100, weight => 5);
SELECT segment.add_score_metric('natero_health', 'support', 'support', worst => 0, best => 100, weight => 8);
SELECT segment.add_score_metric('natero_health', 'payment', 'payment', worst => 0, best => 100, weight => 3);
SELECT refreshed('natero');
SELECT * FROM shown('natero_health', 0);
-- 2 has 12 of the 23 weights, 3 has 3: less than half is no score.
SELECT round(score::numeric, 6) = round(500 / 12.0, 6) AS left_out_re_weights, round(coverage::numeric, 6) = round(12 / 23.0, 6) AS covered
FROM natero_score_natero_health WHERE key = 2;

-- Vitally: 10, 10 and 0 of 10 are 6.67; a null is ignored.
CREATE TABLE vitally (id int PRIMARY KEY, logins int, seats int, tickets int);
INSERT INTO vitally VALUES (1, 25, 9, 7), (2, 25, 4, NULL), (3, 8, 2, 0);
SELECT segment.create_population('vitally', 'vitally', key => 'id') > 0 AS created;
SELECT segment.create_score('vitally_health', 'vitally', scale_max => 10,
    bands => '[{"band": "poor", "from": 0}, {"band": "concerning", "from": 3.333}, {"band": "healthy", "from": 6.666}]') > 0 AS created;
SELECT segment.add_score_metric('vitally_health', 'logins', 'logins', shape => 'steps',
    steps => '[{"from": 0, "value": 0}, {"from": 5, "value": 0.5}, {"from": 20, "value": 1}]');
SELECT segment.add_score_metric('vitally_health', 'seats', 'seats', shape => 'steps',
    steps => '[{"from": 0, "value": 0}, {"from": 3, "value": 0.5}, {"from": 8, "value": 1}]');
SELECT segment.add_score_metric('vitally_health', 'tickets', 'tickets', shape => 'steps',
    steps => '[{"from": 0, "value": 1}, {"from": 2, "value": 0.5}, {"from": 5, "value": 0}]');
SELECT refreshed('vitally');
-- (10 + 10 + 0) / 3, (10 + 5) / 2, (5 + 0 + 10) / 3
SELECT * FROM shown('vitally_health');

-- Akita: components are filters worth points, the sum can go below zero.
CREATE TABLE akita (id int PRIMARY KEY, has_admin boolean, mrr int, open_tickets int);
INSERT INTO akita VALUES (1, true, 500, 0), (2, false, 50, 3), (3, true, 50, 3), (4, NULL, NULL, NULL);
SELECT segment.create_population('akita', 'akita', key => 'id') > 0 AS created;
SELECT segment.create_score('akita_health', 'akita', mode => 'additive', scale_min => '-Infinity', scale_max => 'Infinity',
    bands => '[{"band": "bad", "from": -5}, {"band": "fair", "from": 0}, {"band": "good", "from": 8}]') > 0 AS created;
SELECT segment.add_score_metric('akita_health', 'admin', condition => 'has_admin', shape => 'points', points => 5);
SELECT segment.add_score_metric('akita_health', 'paying', condition => 'mrr >= 100', shape => 'points', points => 4);
SELECT segment.add_score_metric('akita_health', 'tickets', condition => 'open_tickets > 2', shape => 'points', points => -10);
SELECT refreshed('akita');
-- 5 + 4, -10 (below the first band, which it has all the same), 5 - 10, nothing
SELECT * FROM shown('akita_health');

-- Planhat: 5, factors add and subtract, from 0 to 10.
SELECT segment.create_score('planhat', 'akita', mode => 'additive', base => 5, scale_max => 10, bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('planhat', 'admin', condition => 'has_admin', shape => 'points', points => 3);
SELECT segment.add_score_metric('planhat', 'paying', condition => 'mrr >= 100', shape => 'points', points => 4);
SELECT segment.add_score_metric('planhat', 'tickets', 'open_tickets', worst => 0, best => 2, points => -8);
SELECT refreshed('akita');
-- 5 + 3 + 4 = 12 is 10; 5 - 8 is 0; 5 + 3 - 8; of 15 points 8 are missing, so none
SELECT * FROM shown('planhat');

-- Gainsight: percents within groups and of groups; what is not available drops out of its group.
CREATE TABLE gainsight (id int PRIMARY KEY, adoption int, depth int, nps int, support int);
INSERT INTO gainsight VALUES (1, 80, 60, 40, 90), (2, 80, NULL, 40, 90), (3, 80, NULL, NULL, NULL), (4, NULL, NULL, 40, 90);
SELECT segment.create_population('gainsight', 'gainsight', key => 'id') > 0 AS created;
SELECT segment.create_score('scorecard', 'gainsight') > 0 AS created;
SELECT segment.add_score_group('scorecard', 'product', weight => 70);
SELECT segment.add_score_metric('scorecard', 'adoption', 'adoption', worst => 0, best => 100, weight => 60, metric_group => 'product');
SELECT segment.add_score_metric('scorecard', 'depth', 'depth', worst => 0, best => 100, weight => 40, metric_group => 'product');
SELECT segment.add_score_metric('scorecard', 'nps', 'nps', worst => 0, best => 100, weight => 1, metric_group => 'voice');
SELECT segment.add_score_metric('scorecard', 'support', 'support', worst => 0, best => 100, weight => 1, metric_group => 'voice');
SELECT segment.add_score_group('scorecard', 'voice', weight => 30);
SELECT refreshed('gainsight');
-- 0.7 (0.6 80 + 0.4 60) + 0.3 (40 + 90) / 2 = 69.9; 0.7 80 + 19.5 = 75.5; 80, from 42 % of the weights, is none; 65 from 30 % is none
SELECT * FROM shown('scorecard');

-- Custify: an impact of none, low, medium or high.
SELECT segment.create_score('custify', 'gainsight') > 0 AS created;
SELECT segment.add_score_metric('custify', 'adoption', 'adoption', worst => 50, best => 90, weight => 3);
SELECT segment.add_score_metric('custify', 'depth', 'depth', worst => 100, best => 20, weight => 2);
SELECT segment.add_score_metric('custify', 'nps', 'nps', worst => 0, best => 100, weight => 1);
SELECT segment.add_score_metric('custify', 'support', 'support', worst => 0, best => 100, weight => 0);
SELECT refreshed('gainsight');
-- 1: (3 0.75 + 2 0.5 + 0.4) / 6 = 60.83; 2: (3 0.75 + 0.4) / 4 = 66.25
SELECT * FROM shown('custify');

-- Quivly: a pulse that is older than 90 days counts for nothing, its weight goes to the others.
CREATE TABLE quivly (id int PRIMARY KEY, usage int);
INSERT INTO quivly VALUES (1, 40), (2, 40), (3, 40);
CREATE TABLE pulse (account int, at timestamptz, name text, score int);
INSERT INTO pulse VALUES (1, '2026-01-01', 'pulse', 100), (1, '2025-06-01', 'pulse', 0), (2, '2025-09-01', 'pulse', 100), (1, '2026-01-05', 'call', 7);
CREATE INDEX ON pulse (account, at);
SELECT segment.create_population('quivly', 'quivly', key => 'id') > 0 AS created;
SELECT segment.add_events('quivly', 'feeling', 'pulse', key => 'account', occurred_at => 'at', event_name => 'name');
SELECT segment.create_score('quivly_health', 'quivly', bands => '[{"band": "risk", "from": 0}, {"band": "low", "from": 25}, {"band": "fair", "from": 50}, {"band": "well", "from": 75}]') > 0 AS created;
SELECT segment.add_score_metric('quivly_health', 'usage', 'usage', worst => 0, best => 100, weight => 60);
SELECT segment.add_score_metric('quivly_health', 'pulse', $$last score of 'pulse'$$, worst => 0, best => 100, weight => 40, stale_after => '90 days');
SELECT refreshed('quivly', '2026-02-01');
SELECT * FROM shown('quivly_health');
-- It is stale from 90 days on, not before.
SELECT refreshed('quivly', '2026-04-01 00:00:00+00'::timestamptz - interval '1 microsecond');
SELECT key, score FROM shown('quivly_health') WHERE key = '1';
SELECT refreshed('quivly', '2026-04-01');
SELECT key, score FROM shown('quivly_health') WHERE key = '1';
SELECT key, at, score, band FROM quivly_score_quivly_health_history ORDER BY key, at;

-- Percentile is percent_rank, from worst to best; recency decays by half.
CREATE TABLE shapes (id int PRIMARY KEY, x float8, days float8);
INSERT INTO shapes SELECT i, CASE WHEN i % 5 <> 0 THEN (i * 7) % 4 END, CASE WHEN i <> 9 THEN i * 5 - 5 END FROM generate_series(1, 12) AS i;
INSERT INTO shapes VALUES (13, 'NaN', 'Infinity');
SELECT segment.create_population('shapes', 'shapes', key => 'id') > 0 AS created;
SELECT segment.create_score('up', 'shapes', scale_max => 1) > 0 AS created;
SELECT segment.add_score_metric('up', 'x', 'x', shape => 'percentile');
SELECT segment.create_score('down', 'shapes', scale_max => 1) > 0 AS created;
SELECT segment.add_score_metric('down', 'x', 'x', shape => 'percentile', worst => 1, best => 0);
SELECT segment.create_score('recent', 'shapes', scale_max => 1) > 0 AS created;
SELECT segment.add_score_metric('recent', 'days', 'days - 5', shape => 'recency_decay', half_life => '10 days');
SELECT refreshed('shapes');
SELECT count(*), count(*) FILTER (WHERE up.score IS DISTINCT FROM round(e.up::numeric, 9)::float8 OR down.score IS DISTINCT FROM round(e.down::numeric, 9)::float8) AS different
FROM (SELECT id, percent_rank() OVER (ORDER BY x) AS up, percent_rank() OVER (ORDER BY x DESC) AS down FROM shapes WHERE x <> 'NaN') AS e
JOIN shapes_score_up AS up ON up.key = id JOIN shapes_score_down AS down ON down.key = id;
SELECT count(*), count(up.score) + count(down.score) AS with_score FROM shapes JOIN shapes_score_up AS up ON up.key = id JOIN shapes_score_down AS down ON down.key = id
WHERE x IS NULL OR x = 'NaN';
SELECT count(*) FILTER (WHERE score IS DISTINCT FROM round(power(0.5, greatest(days - 5, 0) / 10)::numeric, 9)::float8) AS different, count(score) AS with_score
FROM shapes JOIN shapes_score_recent ON key = id WHERE days <> 'Infinity';

-- What is missing counts by the rule; coverage tells how much was there.
CREATE TABLE rules (id int PRIMARY KEY, a float8, b float8);
INSERT INTO rules VALUES (1, 80, 3), (2, 80, NULL), (3, NULL, NULL);
SELECT segment.create_population('rules', 'rules', key => 'id') > 0 AS created;
SELECT segment.create_score('r_' || rule, 'rules', missing => rule, min_coverage => 0) > 0 AS created
FROM unnest(ARRAY['exclude', 'zero', 'neutral', 'worst']) AS rule;
SELECT segment.add_score_metric(name, 'a', 'a', worst => 0, best => 100, weight => 3) > 0 AS added FROM segment.score WHERE population = 'rules';
SELECT segment.add_score_metric(name, 'b', 'b', shape => 'steps', steps => '[{"from": 1, "value": 0.2}, {"from": 3, "value": 0.6}]') > 0 AS added
FROM segment.score WHERE population = 'rules';
SELECT refreshed('rules');
-- exclude: 75, 80, none; zero: 60 for 2; neutral: 72.5 and 50; worst: b is 20 then: 65 and 5
SELECT name, s.* FROM segment.score, LATERAL shown(name) AS s WHERE population = 'rules' ORDER BY name, key;
SELECT segment.create_score('points_' || rule, 'rules', mode => 'additive', missing => rule, min_coverage => 0, scale_min => '-Infinity', bands => '[]') > 0 AS created
FROM unnest(ARRAY['exclude', 'zero', 'neutral', 'worst']) AS rule;
SELECT segment.add_score_metric(name, 'a', 'a', worst => 0, best => 100, points => 10) > 0 AS added FROM segment.score WHERE name LIKE 'points%';
SELECT segment.add_score_metric(name, 'b', 'b', worst => 0, best => 6, points => -4) > 0 AS added FROM segment.score WHERE name LIKE 'points%';
SELECT refreshed('rules');
-- 8 - 2; of 2 without b 8, with the rules 8, 8 - 2 and 8 - 4; of 3 nothing, 0, 5 - 2 and -4
SELECT name, s.key, s.score, s.coverage FROM segment.score, LATERAL shown(name) AS s WHERE name LIKE 'points%' ORDER BY name, key;

-- Carried forward: the last value that a refresh knew, for 30 days.
CREATE TABLE carried (id int PRIMARY KEY, a int, b int);
INSERT INTO carried VALUES (1, 80, 20), (2, NULL, 20), (3, 50, 50);
SELECT segment.create_population('carried', 'carried', key => 'id') > 0 AS created;
SELECT segment.create_score('carries', 'carried', missing => 'carry_forward', bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('carries', 'a', 'a', worst => 0, best => 100, stale_after => '30 days');
SELECT segment.add_score_metric('carries', 'b', 'b', worst => 0, best => 100);
SELECT refreshed('carried', '2026-01-01');
UPDATE carried SET a = NULL, b = NULL WHERE id = 1;
SELECT refreshed('carried', '2026-01-11');
SELECT * FROM shown('carries');
TABLE carried_score_carries_value ORDER BY key, metric;
SELECT metric, value, normalized FROM segment.explain_score('carries', 1) ORDER BY metric;
-- a was known last on 1 January, b may be as old as it likes; what comes back is known again.
UPDATE carried SET a = 60 WHERE id = 2;
SELECT refreshed('carried', '2026-01-30');
SELECT * FROM shown('carries');
SELECT refreshed('carried', '2026-01-31');
SELECT * FROM shown('carries');
UPDATE carried SET a = 90 WHERE id = 1;
DELETE FROM carried WHERE id = 3;
SELECT refreshed('carried', '2026-02-20');
SELECT * FROM shown('carries');
TABLE carried_score_carries_value ORDER BY key, metric;
-- Another definition has known nothing.
UPDATE carried SET a = NULL;
SELECT segment.add_score_metric('carries', 'a', 'a * 2', worst => 0, best => 100, if_exists => 'replace');
SELECT refreshed('carried', '2026-02-21');
SELECT * FROM shown('carries');
SELECT segment.create_score('carries', 'carried', missing => 'zero', if_exists => 'replace') > 0 AS replaced;
SELECT segment.add_score_metric('carries', 'a', 'a', worst => 0, best => 100, stale_after => '30 days', if_exists => 'replace');

-- Caps and floors; the strictest counts, and caps before floors.
CREATE TABLE limits (id int PRIMARY KEY, x int, p1 boolean, p2 boolean, vip boolean);
INSERT INTO limits VALUES (1, 90, false, false, false), (2, 90, true, true, false), (3, 10, false, false, true), (4, 90, true, false, true), (5, NULL, true, false, false);
SELECT segment.create_population('limits', 'limits', key => 'id') > 0 AS created;
SELECT segment.create_score('limited', 'limits') > 0 AS created;
SELECT segment.add_score_metric('limited', 'x', 'x', worst => 0, best => 100);
SELECT segment.add_score_metric('limited', 'p1', condition => 'p1', shape => 'points', cap => 40);
SELECT segment.add_score_metric('limited', 'p2', condition => 'p2', shape => 'points', cap => 30);
SELECT segment.add_score_metric('limited', 'vip', condition => 'vip', shape => 'points', floor => 60);
SELECT refreshed('limits');
SELECT * FROM shown('limited');
-- A condition of a weighted score counts 1 or 0, the other way round with negative points.
SELECT segment.create_score('filters', 'limits', bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('filters', 'vip', condition => 'vip', shape => 'points', weight => 3);
SELECT segment.add_score_metric('filters', 'calm', condition => 'p1', shape => 'points', points => -1);
SELECT refreshed('limits');
SELECT * FROM shown('filters');

-- Bands begin where they say.
CREATE TABLE edges (id int PRIMARY KEY, x float8);
INSERT INTO edges VALUES (1, 39.9999999), (2, 40), (3, 69.9999999), (4, 70), (5, 100), (6, 0), (7, -5), (8, 130);
SELECT segment.create_population('edges', 'edges', key => 'id') > 0 AS created;
SELECT segment.create_score('edge', 'edges') > 0 AS created;
SELECT segment.add_score_metric('edge', 'x', 'x', worst => 0, best => 100);
-- A third of it three times is not x to the last digit, but the score is.
SELECT segment.add_score_metric('edge', 'y', 'x / 3.0', worst => 0, best => 100 / 3.0, weight => 1.7);
SELECT refreshed('edges');
SELECT * FROM shown('edge', 7);

-- Definitions, in the same refresh.
CREATE TABLE customer (id int PRIMARY KEY, usage int, plan text);
INSERT INTO customer VALUES (1, 90, 'pro'), (2, 50, 'pro'), (3, 60.3, 'free'), (4, NULL, 'free');
SELECT segment.create_population('customer', 'customer', key => 'id', base => $$plan != 'internal'$$) > 0 AS created;
SELECT segment.create_score('health', 'customer', bands => '[{"band": "poor", "from": 0}, {"band": "good", "from": 55}]') > 0 AS created;
SELECT segment.add_score_metric('health', 'usage', 'usage', worst => 0, best => 100);
SELECT segment.create_segment(name, 'customer', definition) > 0 AS created FROM (VALUES
    ('low', 'health < 60'), ('poor', $$health is 'poor'$$), ('not_good', $$health is not 'good'$$), ('none', 'health is not set'),
    ('fell', 'health fell by 20 within 14 days'), ('fell_percent', 'health fell by 50 percent within 14 days'),
    ('fell_high', 'health fell by 20 within 14 days from at least 80'),
    ('rose', 'health rose by 10 within 1 week'), ('top', 'health in top 1'), ('sum', 'health * 2 > 170')) AS s (name, definition);
SELECT refreshed('customer', '2026-01-01');
UPDATE customer SET usage = CASE id WHEN 1 THEN 70 WHEN 2 THEN 20 WHEN 3 THEN 80 END;
SELECT refreshed('customer', '2026-01-10');
-- 1 is 20 below, 2 more than half; 14 days after the first refresh, and no more 14 days after the second.
SELECT refreshed('customer', '2026-01-15');
SELECT key, score, trend FROM segment.scores('health') ORDER BY key;
SELECT refreshed('customer', '2026-01-24');
SELECT key, score, trend FROM segment.scores('health') ORDER BY key;
-- Only what changes is written.
SELECT key, at, score, band FROM customer_score_health_history ORDER BY key, at;
SELECT key, score, at FROM customer_score_health ORDER BY key;
-- 40.3 less 20.3 is 20.
UPDATE customer SET usage = NULL WHERE id <> 3;
SELECT segment.add_score_metric('health', 'usage', 'usage + 0.3', worst => 0, best => 100, if_exists => 'replace');
SELECT segment.add_score_metric('health', 'usage', 'usage + 0.3', worst => 0, best => 100, if_exists => 'replace');
UPDATE customer SET usage = 40 WHERE id = 3;
SELECT refreshed('customer', '2026-02-01');
UPDATE customer SET usage = 20 WHERE id = 3;
SELECT refreshed('customer', '2026-02-15');
-- Another definition of the score breaks the trend.
SELECT segment.add_score_metric('health', 'usage', 'usage', worst => 0, best => 200, if_exists => 'replace');
SELECT refreshed('customer', '2026-02-16');
SELECT key, score, trend FROM segment.scores('health') WHERE key = '3';
SELECT key, at, score, version FROM customer_score_health_history WHERE key = 3 ORDER BY at;

-- Those who leave.
UPDATE customer SET plan = 'internal' WHERE id = 3;
DELETE FROM customer WHERE id = 1;
SELECT refreshed('customer', '2026-03-01');
SELECT key, score FROM segment.scores('health') ORDER BY key;
SELECT key, at, score FROM customer_score_health_history WHERE at >= '2026-03-01' ORDER BY key;
INSERT INTO customer VALUES (1, 33, 'pro');
SELECT refreshed('customer', '2026-03-02');
SELECT key, score FROM segment.scores('health') ORDER BY key;

-- Scores of scores, and segments in metrics as they were stored.
SELECT segment.create_score('overall', 'customer', min_coverage => 0) > 0 AS created;
SELECT segment.add_score_metric('overall', 'health', 'health', worst => 0, best => 100);
SELECT segment.add_score_metric('overall', 'poor', condition => $$in segment 'poor'$$, shape => 'points', points => -1);
SELECT refreshed('customer', '2026-03-03');
SELECT * FROM shown('overall');
SELECT segment.rename_segment('poor', 'bad health');
SELECT metric, condition FROM segment.score_metric WHERE score = 'overall' AND metric = 'poor';
SELECT segment.drop_segment('bad health');
SELECT segment.add_score_metric('health', 'overall', 'overall', worst => 0, best => 100);
SELECT segment.drop_score('health');
SELECT segment.remove_source('quivly', 'feeling');
SELECT name, used_by, version, members, stale FROM segment.score WHERE population = 'customer' ORDER BY name;
SELECT segment.remove_score_metric('overall', 'health');
SELECT segment.remove_score_metric('overall', 'healthy');
SELECT segment.remove_score_metric('overall', 'poor');
SELECT segment.drop_score('overall');
SELECT to_regclass('customer_score_overall'), to_regclass('customer_score_overall_history');

-- Refused.
SELECT segment.create_score('health', 'customer');
SELECT segment.create_score('health', 'customer', if_exists => 'keep') > 0 AS kept;
SELECT segment.create_score('plan', 'customer');
SELECT segment.create_score('', 'customer');
SELECT segment.create_score(repeat('x', 50), 'customer');
SELECT segment.create_score('x_history', 'customer');
SELECT segment.create_score('x', 'customer', mode => 'averaged');
SELECT segment.create_score('x', 'customer', missing => 'ignore');
SELECT segment.create_score('x', 'customer', min_coverage => 1.5);
SELECT segment.create_score('x', 'customer', min_coverage => 'NaN');
SELECT segment.create_score('x', 'customer', scale_min => 5, scale_max => 5);
SELECT segment.create_score('x', 'customer', scale_max => 'Infinity');
SELECT segment.create_score('x', 'customer', base => 5);
SELECT segment.create_score('x', 'customer', bands => '{}');
SELECT segment.create_score('x', 'customer', bands => '[1]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a"}]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a", "from": "1"}]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a", "from": 1}, {"band": "a", "from": 2}]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a", "from": 2}, {"band": "b", "from": 2}]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a", "from": 2, "to": 3}]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a", "from": 1e400}]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a", "from": 1e-400}]');
SELECT segment.create_score('x', 'customer', bands => '[{"band": "a", "from": 1e101}]');
SELECT segment.create_score('x', 'customer', mode => 'additive', base => 1e101);
SELECT segment.create_score('x', 'customer', scale_max => 1.7e308);
SELECT segment.create_score('x', 'customer', bands => '[{"band": "", "from": 2}]');
SELECT segment.create_score('x', 'customer', bands => NULL);
SELECT segment.create_score('x', 'nobody');
SELECT segment.add_score_metric('healthy', 'm', 'usage', worst => 0, best => 1);
SELECT segment.add_score_metric('health', 'm', 'usages', worst => 0, best => 1);
SELECT segment.add_score_metric('health', 'm', 'plan', worst => 0, best => 1);
SELECT segment.add_score_metric('health', 'm', 'usage >', worst => 0, best => 1);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 1, best => 1);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 1);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 'NaN', best => 1);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => '-Infinity', best => 1);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 0, best => 1, weight => -1);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 0, best => 1, points => 3);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 0, best => 1, cap => 3);
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 0, best => 1, shape => 'sigmoid');
SELECT segment.add_score_metric('health', 'm', condition => 'usage > 3');
SELECT segment.add_score_metric('health', 'm', 'usage', condition => 'usage > 3', shape => 'points');
SELECT segment.add_score_metric('health', 'm', 'usage', shape => 'steps');
SELECT segment.add_score_metric('health', 'm', 'usage', shape => 'steps', steps => '[]');
SELECT segment.add_score_metric('health', 'm', 'usage', shape => 'steps', steps => '[{"from": 0, "value": 2}]');
SELECT segment.add_score_metric('health', 'm', 'usage', shape => 'steps', steps => '[{"from": 1, "value": 1}, {"from": 0, "value": 0}]');
SELECT segment.add_score_metric('health', 'm', 'usage', shape => 'recency_decay');
SELECT segment.add_score_metric('health', 'm', 'usage', shape => 'recency_decay', half_life => '0 days');
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 0, best => 1, stale_after => '90 days');
SELECT segment.add_score_metric('health', 'm', condition => 'usage > 3', shape => 'points', stale_after => '90 days');
SELECT segment.add_score_metric('health', 'usage', 'usage', worst => 0, best => 1);
SELECT segment.add_score_metric('planhat', 'm', 'mrr', worst => 0, best => 1);
SELECT segment.add_score_metric('planhat', 'm', 'mrr', worst => 0, best => 1, points => 1, weight => 2);
SELECT segment.add_score_group('planhat', 'g', 2);
SELECT segment.add_score_group('health', 'g', -2);
SELECT segment.create_segment('x', 'customer', $$health is 'awful'$$);
SELECT segment.create_segment('x', 'customer', $$healht < 4$$);
SELECT segment.create_segment('x', 'customer', $$health = 'poor'$$);
SELECT segment.create_segment('x', 'customer', $$wealth fell by 20 within 14 days$$);
SELECT segment.alter_population('customer', base => 'health > 3');
SELECT segment.create_score('health', 'customer', bands => '[{"band": "bad", "from": 0}]', if_exists => 'replace');
SELECT segment.drop_population('customer');
INSERT INTO customer_score_health SELECT * FROM customer_score_health;
DELETE FROM customer_score_health_history;

-- Whose rights.
CREATE ROLE score_reader;
GRANT USAGE ON SCHEMA scores TO score_reader;
SET ROLE score_reader;
SELECT count(*) FROM segment.score;
SELECT * FROM segment.scores('health');
RESET ROLE;
GRANT SELECT ON customer_segment_member TO score_reader;
SET ROLE score_reader;
SELECT count(*) FROM segment.score;
SELECT * FROM segment.scores('health');
SELECT segment.add_score_metric('health', 'm', 'usage', worst => 0, best => 1);
SELECT segment.drop_score('health');
SELECT * FROM segment.catalog_score;
RESET ROLE;
GRANT SELECT ON customer_score_health TO score_reader;
SET ROLE score_reader;
SELECT count(*) FROM segment.scores('health');
RESET ROLE;
CREATE ROLE score_owner;
GRANT ALL ON SCHEMA scores TO score_owner;
GRANT SELECT ON limits TO score_owner;
SELECT segment.alter_population('limits', owner => 'score_owner');
SELECT relname, relowner::regrole FROM pg_class WHERE relname LIKE 'limits\_score\_limited%' AND relkind = 'r' ORDER BY relname;

SELECT segment.drop_population(name, cascade => true) FROM segment.population WHERE schema = 'scores' ORDER BY name;
SELECT relname FROM pg_class WHERE relnamespace = 'scores'::regnamespace AND relname LIKE '%score%';
DROP SCHEMA scores CASCADE;
DROP OWNED BY score_reader, score_owner;
DROP ROLE score_reader, score_owner;
