-- What vendors' scores have beyond shapes and weights: whom a score is of, bands that are left late or begin above a number, distances from
-- the mean, and trends by day.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE SCHEMA models;
SET search_path = models, public;
CREATE FUNCTION refreshed(population text, as_of timestamptz DEFAULT NULL) RETURNS text LANGUAGE sql AS
    'SELECT string_agg(segment || '': '' || members, '', '' ORDER BY segment) FROM segment.refresh($1, as_of => $2)';

-- Standard deviations from the mean of all, through the logistic function.
CREATE TABLE spread (id int PRIMARY KEY, x float8, y int, same int);
INSERT INTO spread SELECT i, CASE WHEN i % 6 > 0 THEN (i * 37 % 101) / 7.0 END, -i * i, 5 FROM generate_series(1, 40) AS i;
SELECT segment.create_population('spread', 'spread', key => 'id') > 0 AS created;
SELECT segment.create_score('z', 'spread', min_coverage => 0, scale_max => 1, bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('z', 'x', 'x', shape => 'zscore', weight => 3);
SELECT segment.add_score_metric('z', 'y', 'y', shape => 'zscore', worst => 1, best => 0);
SELECT segment.create_score('alike', 'spread', scale_max => 1, bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('alike', 'same', 'same', shape => 'zscore');
SELECT refreshed('spread');
CREATE VIEW expected AS
SELECT id, x, 1 / (1 + exp(-(x - avg(x) OVER ()) / stddev_pop(x) OVER ())) AS part_x, 1 / (1 + exp((y - avg(y) OVER ()) / stddev_pop(y) OVER ())) AS part_y FROM spread;
SELECT count(*) AS members, count(*) FILTER (WHERE abs(s.score - (3 * coalesce(part_x, 0) + part_y) / (1 + 3 * (x IS NOT NULL)::int)) < 1e-9) AS equal, count(score) AS with_score
FROM expected JOIN spread_score_z AS s ON key = id;
SELECT DISTINCT score FROM spread_score_alike;
SELECT e.metric, abs(e.normalized - x.part_x) < 1e-12 AS same_x, abs(e.normalized - x.part_y) < 1e-12 AS same_y, abs(e.population_mean - (SELECT avg(part_x) FROM expected)) < 1e-12 AS mean_x
FROM segment.explain_score('z', 7) AS e, expected AS x WHERE x.id = 7 ORDER BY e.metric;
-- Numbers whose squares no float8 holds do not tell members apart, nor does a single one.
UPDATE spread SET x = CASE WHEN id = 1 THEN 1e300 WHEN id = 2 THEN -1e300 END;
SELECT refreshed('spread');
SELECT value, normalized FROM segment.explain_score('z', 1) WHERE metric = 'x';
DELETE FROM spread WHERE id > 1;
SELECT refreshed('spread');
SELECT score FROM spread_score_z;
SELECT segment.add_score_metric('z', 'bad', 'x', shape => 'zscore', worst => 1);
SELECT segment.add_score_metric('z', 'bad', 'x', shape => 'zscore', steps => '[]');
SELECT segment.drop_population('spread', cascade => true);

-- A band is left when the score is beyond its edge by more than the hysteresis below, by at least that above.
CREATE TABLE flapping (id int PRIMARY KEY, x float8);
INSERT INTO flapping VALUES (1, 50), (2, 10);
SELECT segment.create_population('flapping', 'flapping', key => 'id') > 0 AS created;
SELECT segment.create_score('calm', 'flapping', hysteresis => 5) > 0 AS created;
SELECT segment.add_score_metric('calm', 'x', 'x', worst => 0, best => 100);
SELECT segment.create_segment('good', 'flapping', $$calm is 'good'$$) > 0 AS created;
SELECT segment.create_segment('high', 'flapping', $$calm >= 70$$) > 0 AS created;
CREATE FUNCTION steps(VARIADIC numbers float8[]) RETURNS TABLE (x float8, band text, good boolean, high boolean) LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := (SELECT coalesce(max(as_of), '2026-01-01') FROM segment.population WHERE name = 'flapping');
BEGIN
    FOREACH x IN ARRAY numbers LOOP
        at := at + interval '1 day';
        UPDATE flapping AS f SET x = steps.x WHERE id = 1;
        PERFORM segment.refresh('flapping', as_of => at);
        SELECT s.band, segment.is_member('flapping.good', 1), segment.is_member('flapping.high', 1) INTO band, good, high FROM flapping_score_calm AS s WHERE key = 1;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT * FROM steps(50, 70, 74.999, 75, 70, 65, 64.999, 69, 35, 34.999, 44.999, 45, 100, 0);
-- The same as of the same instant changes nothing; without a score the band is forgotten, and so it is by another version.
SELECT refreshed('flapping', as_of) FROM segment.population WHERE name = 'flapping';
SELECT key, score, band FROM flapping_score_calm ORDER BY key;
SELECT * FROM steps(75, 68, NULL, 68);
SELECT * FROM steps(75, 68);
SELECT segment.create_score('calm', 'flapping', hysteresis => 6, if_exists => 'replace') > 0 AS replaced;
SELECT * FROM steps(68);
SELECT segment.create_score('calm', 'flapping', hysteresis => 0, if_exists => 'replace') > 0 AS replaced;
SELECT * FROM steps(70, 69.999, 70);
SELECT segment.create_score('bad', 'flapping', hysteresis => -1);
SELECT segment.create_score('bad', 'flapping', hysteresis => 'NaN');
SELECT segment.create_score('bad', 'flapping', hysteresis => NULL);
SELECT segment.drop_population('flapping', cascade => true);

-- Gainsight: 0-50, 51-75 and 76-100, without the lower number but of the first.
CREATE TABLE ranges (id int PRIMARY KEY, x numeric);
INSERT INTO ranges VALUES (1, 0), (2, 50), (3, 50.000000001), (4, 75), (5, 75.5), (6, 100), (7, 50.0000000001);
SELECT segment.create_population('ranges', 'ranges', key => 'id') > 0 AS created;
SELECT segment.create_score('colour', 'ranges', bands => '[{"band": "red", "from": 0}, {"band": "yellow", "above": 50}, {"band": "green", "above": 75}]') > 0 AS created;
SELECT segment.add_score_metric('colour', 'x', 'x', worst => 0, best => 100);
SELECT segment.create_segment('yellow', 'ranges', $$colour is 'yellow'$$) > 0 AS created;
SELECT refreshed('ranges');
-- 7 rounds to 50
SELECT key, score, band FROM ranges_score_colour ORDER BY key;
SELECT segment.create_score('bad', 'ranges', bands => '[{"band": "a", "from": 0, "above": 1}]');
SELECT segment.create_score('bad', 'ranges', bands => '[{"band": "a", "above": "1"}]');
SELECT segment.create_score('bad', 'ranges', bands => '[{"band": "a", "above": 1}, {"band": "b", "from": 1}]');
SELECT segment.create_score('bad', 'ranges', bands => '"above"');
SELECT segment.drop_population('ranges', cascade => true);

-- Vitally: other weights for each segment; of several, the segment that was joined last decides. The view reads what refreshes store.
CREATE TABLE account (id int PRIMARY KEY, seats int, trial boolean, logins int, tickets int);
INSERT INTO account VALUES (1, 5, false, 10, 0), (2, 500, false, 10, 0), (3, 500, true, 10, 0), (4, NULL, NULL, 10, 0);
SELECT segment.create_population('account', 'account', key => 'id') > 0 AS created;
SELECT segment.create_segment(name, 'account', definition) > 0 AS created FROM (VALUES ('small', 'seats < 20'), ('large', 'seats >= 20'), ('trying', 'trial')) AS s (name, definition);
SELECT refreshed('account', '2026-01-01');
CREATE VIEW account_model AS
SELECT DISTINCT ON (account_id) account_id, segment AS model FROM account_segment ORDER BY account_id, entered_at DESC, segment;
SELECT segment.add_traits('account', 'account_model', key => 'account_id');
SELECT segment.create_score(name || '_health', 'account', scale_max => 10, bands => '[]', filter => format('model = %L', name)) > 0 AS created
FROM unnest(ARRAY['small', 'large', 'trying']) AS name;
SELECT segment.add_score_metric(name || '_health', 'logins', 'logins', worst => 0, best => 20, weight => logins) > 0 AS logins,
       segment.add_score_metric(name || '_health', 'tickets', 'tickets', worst => 4, best => 0, weight => tickets) > 0 AS tickets
FROM (VALUES ('small', 1, 1), ('large', 1, 3), ('trying', 1, 0)) AS w (name, logins, tickets);
SELECT segment.create_score('health', 'account', scale_max => 10, min_coverage => 0) > 0 AS created;
SELECT segment.add_score_metric('health', name, name || '_health', worst => 0, best => 10) > 0 AS added FROM unnest(ARRAY['small', 'large', 'trying']) AS name;
SELECT refreshed('account', '2026-01-02');
-- (5 + 10) / 2, (5 + 3 * 10) / 4; 3 is in both since the same instant, and large comes first; 4 is in none
SELECT key, score FROM account_score_health ORDER BY key;
UPDATE account SET trial = NULL WHERE id = 3;
SELECT refreshed('account', '2026-01-03');
UPDATE account SET trial = true WHERE id IN (2, 3);
SELECT refreshed('account', '2026-01-04');
-- What is asked of segments is as the refresh before has stored it.
SELECT refreshed('account', '2026-01-05');
SELECT key, score FROM account_score_health ORDER BY key;
SELECT key, score, at FROM account_score_large_health_history ORDER BY at, key;
SELECT metric, value, contribution FROM segment.explain_score('trying_health', 3) ORDER BY metric;
SELECT * FROM segment.explain_score('trying_health', 1);

-- What a filter speaks of is used.
SELECT segment.create_score('paying', 'account', filter => $$in segment 'small' and health is set$$) > 0 AS created;
SELECT segment.add_score_metric('paying', 'logins', 'logins', shape => 'percentile') > 0 AS added;
SELECT segment.rename_segment('small', 'tiny');
SELECT name, filter FROM segment.score WHERE filter IS NOT NULL ORDER BY name;
SELECT segment.drop_segment('tiny');
SELECT segment.drop_score('health');
SELECT segment.remove_source('account', 'models.account_model');
SELECT segment.create_score('health', 'account', scale_max => 10, min_coverage => 0, filter => 'paying < 3', if_exists => 'replace');
SELECT segment.create_score('own', 'account', filter => 'own < 3');
SELECT segment.create_score('bad', 'account', filter => 'seets < 3');
SELECT segment.create_score('bad', 'account', filter => 'seats <');
SELECT count(*) FROM segment.score WHERE name IN ('own', 'bad');
SELECT segment.create_score('paying', 'account', filter => 'seats > 10', if_exists => 'replace') > 0 AS replaced;
SELECT refreshed('account', '2026-01-06');
SELECT key, score FROM account_score_paying ORDER BY key;
-- Nobody is a member of the filter; then everybody again.
SELECT segment.create_score('paying', 'account', filter => 'seats > 1000', if_exists => 'replace') > 0 AS replaced;
SELECT refreshed('account', '2026-01-07');
SELECT count(*) FROM account_score_paying;
SELECT segment.create_score('paying', 'account', if_exists => 'replace') > 0 AS replaced;
SELECT refreshed('account', '2026-01-08');
SELECT key, score FROM account_score_paying ORDER BY key;
DROP VIEW account_model;
SELECT segment.drop_population('account', cascade => true);

-- The slope of daily scores, and the difference to the beginning of the span, against the same by plain SQL.
CREATE TABLE moving (id int PRIMARY KEY, x float8);
INSERT INTO moving SELECT i, (i * 37) % 100 FROM generate_series(1, 60) AS i;
SELECT segment.create_population('moving', 'moving', key => 'id', time_zone => 'Europe/Vienna') > 0 AS created;
SELECT segment.create_score('score', 'moving') > 0 AS created;
SELECT segment.add_score_metric('moving.score', 'x', 'x', worst => 0, best => 100);
DO $$
DECLARE
    at timestamptz := '2026-03-15 09:00Z';
    step int := 0;
BEGIN
    WHILE at < '2026-04-05' LOOP
        UPDATE moving SET x = CASE WHEN (id + step) % 9 = 0 THEN NULL ELSE (id * 37 + step * 61) % 100 END WHERE (id + 3 * step) % 7 = 0;
        DELETE FROM moving WHERE (id + step) % 53 = 0;
        INSERT INTO moving SELECT 100 + step, step;
        PERFORM segment.refresh('moving', as_of => at);
        step := step + 1;
        at := at + interval '17 hours';
    END LOOP;
END $$;
CREATE FUNCTION daily(days int) RETURNS TABLE (key int, before float8, slope float8) LANGUAGE sql AS $$
    SELECT s.key, max(past.score) FILTER (WHERE d = days), regr_slope(past.score, -d)
    FROM moving_score_score AS s, generate_series(0, days) AS d, segment.population AS p, LATERAL (
        SELECT (SELECT h.score FROM moving_score_score_history AS h
                WHERE h.key = s.key AND h.at <= (p.as_of AT TIME ZONE 'Europe/Vienna' - d * interval '1 day') AT TIME ZONE 'Europe/Vienna' ORDER BY h.at DESC LIMIT 1)) AS past (score)
    WHERE p.name = 'moving' GROUP BY s.key
$$;
SELECT days, count(*) = (SELECT count(*) FROM moving) AS all_members, count(t.slope) > 20 AS many, count(*) FILTER (WHERE t.before IS DISTINCT FROM e.before
    OR (t.slope IS NULL) <> (e.slope IS NULL) OR abs(t.slope - e.slope) > 1e-9 OR t.difference IS DISTINCT FROM round((t.score - e.before)::numeric, 9)::float8) AS different
FROM unnest(ARRAY[1, 7, 14, 30]) AS days, LATERAL segment.score_trend('moving.score', days * interval '1 day') AS t, LATERAL (SELECT * FROM daily(days) AS e WHERE e.key = t.key::int) AS e
GROUP BY days ORDER BY days;
SELECT direction, count(*) > 0 AS any, bool_and(CASE direction WHEN 'up' THEN difference >= 25 WHEN 'down' THEN difference <= -25 ELSE abs(difference) < 25 END) AS as_told
FROM segment.score_trend('moving.score', flat => 25) WHERE difference IS NOT NULL GROUP BY direction ORDER BY direction;
SELECT count(*) FILTER (WHERE direction IS NOT NULL) AS told FROM segment.score_trend('moving.score') WHERE difference IS NULL;
-- A change breaks the line.
SELECT segment.add_score_metric('moving.score', 'x', 'x', worst => 0, best => 200, if_exists => 'replace') > 0 AS replaced;
SELECT refreshed('moving', '2026-04-06');
SELECT count(before), count(slope) FROM segment.score_trend('moving.score');
SELECT * FROM segment.score_trend('moving.score', '1 hour');
SELECT * FROM segment.score_trend('moving.score', '-3 days');
SELECT * FROM segment.score_trend('moving.score', '11 years');
SELECT * FROM segment.score_trend('moving.score', NULL);
SELECT * FROM segment.score_trend('moving.score', flat => -1);
SELECT * FROM segment.score_trend('moving.score', flat => 'NaN');
CREATE ROLE models_reader;
GRANT USAGE ON SCHEMA models TO models_reader;
GRANT SELECT ON moving_segment_member, moving_score_score TO models_reader;
SET ROLE models_reader;
SELECT count(*) FROM segment.score_trend('moving.score');
RESET ROLE;
SELECT segment.drop_population('moving', cascade => true);
DROP SCHEMA models CASCADE;
DROP OWNED BY models_reader;
DROP ROLE models_reader;
