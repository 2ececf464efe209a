-- What an analyst can do to a score: values that are none, members alone, weights of nothing, clocks that jump, names and spans without end.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE SCHEMA edges;
SET search_path = edges, public;
CREATE FUNCTION shown(score text) RETURNS TABLE (key text, score numeric, band text, coverage numeric) LANGUAGE sql AS
    'SELECT key, round(score::numeric, 4), band, round(coverage::numeric, 4) FROM segment.scores($1) ORDER BY key';

-- Numerics are read as their text would be.
CREATE TABLE number (id int PRIMARY KEY, n numeric);
INSERT INTO number
SELECT row_number() OVER (), n FROM (
    SELECT sign * (digits || '.' || fraction)::numeric * power(10::numeric, exponent) AS n
    FROM unnest(ARRAY['0', '1', '7', '9999', '10000', '123456789', '9007199254740992', '9007199254740993', '99999999999999999']) AS digits,
         unnest(ARRAY['0', '1', '25', '0001', '333333333', '00000000000000000000001']) AS fraction, unnest(ARRAY[-30, -22, -7, 0, 5, 19, 23]) AS exponent, unnest(ARRAY[1, -1]) AS sign) AS n;
INSERT INTO number VALUES (2001, 'NaN'), (2002, 'Infinity'), (2003, '-Infinity'), (2004, NULL), (2005, '1e400'), (2006, '-1e400'), (2007, '1e-400'), (2008, 0.1 + 0.2), (2009, 1e15 + 0.3);
SELECT segment.create_population('number', 'number', key => 'id') > 0 AS created;
-- All of them between the ends, so that a percentile tells every digit; and the value itself.
SELECT segment.create_score('rank', 'number', scale_max => 1, bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('rank', 'n', 'n', shape => 'percentile');
SELECT segment.create_score('same', 'number', mode => 'additive', scale_min => '-Infinity', scale_max => 'Infinity', bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('same', 'n', 'n', worst => 0, best => 1e21, points => 1e21);
SELECT count(*) FROM segment.refresh('number');
SELECT count(*) AS numbers, count(*) FILTER (WHERE rank IS DISTINCT FROM s.score) AS different FROM (
    SELECT id, round(percent_rank() OVER (ORDER BY f)::numeric, 9)::float8 AS rank
    FROM (SELECT id, n::text::float8 AS f FROM number WHERE n < 1e300 AND n > -1e300 AND id <> 2007 UNION ALL VALUES (2007, 0::float8)) AS n) AS e JOIN number_score_rank AS s ON s.key = e.id;
SELECT count(*) AS members, count(score) AS with_score FROM number_score_rank WHERE key > 2000;
SELECT count(*) AS different FROM number_score_same AS s JOIN number AS n ON n.id = s.key
WHERE n.n BETWEEN 0 AND 1e5 AND n.id <> 2007 AND s.score IS DISTINCT FROM round((1e21::float8 * (n.n::text::float8 / 1e21::float8))::numeric, 9)::float8;
SELECT segment.drop_population('number', cascade => true);

-- Nobody, one, everybody without a value, no metric, weights of nothing.
CREATE TABLE member (id int PRIMARY KEY, a float8, b float8, flag boolean);
SELECT segment.create_population('member', 'member', key => 'id') > 0 AS created;
SELECT segment.create_score(name, 'member') > 0 AS created FROM unnest(ARRAY['empty', 'weightless', 'grouped', 'alone', 'mixed']) AS name;
SELECT segment.add_score_metric('weightless', 'a', 'a', worst => 0, best => 1, weight => 0);
SELECT segment.add_score_metric('grouped', 'a', 'a', worst => 0, best => 1, metric_group => 'nothing');
SELECT segment.add_score_metric('grouped', 'b', 'b', worst => 0, best => 1);
SELECT segment.add_score_group('grouped', 'nothing', 0);
SELECT segment.add_score_metric('alone', 'a', 'a', shape => 'percentile');
SELECT segment.add_score_metric('mixed', 'a', 'a', worst => 0, best => 1);
SELECT segment.add_score_metric('mixed', 'flag', condition => 'flag', shape => 'points', weight => 0.5, cap => 60, points => 1);
SELECT segment.create_segment('all', 'member', 'everyone') > 0 AS created;
SELECT * FROM segment.refresh('member');
SELECT segment, members, scores FROM segment.overview WHERE population = 'member';
INSERT INTO member VALUES (1, 0.25, 1, true);
SELECT * FROM segment.refresh('member');
SELECT name, s.* FROM segment.score, LATERAL shown(name) AS s WHERE population = 'member' ORDER BY name;
SELECT name, e.metric, e.value, e.normalized, round(e.weight::numeric, 4) AS weight, e.contribution, e.population_mean
FROM segment.score, LATERAL segment.explain_score(name, 1) AS e WHERE population = 'member' ORDER BY name, e.metric;
INSERT INTO member VALUES (2, 'NaN', 'Infinity', NULL), (3, NULL, '-Infinity', false), (4, -0.0, 1e308, true), (5, 0, 1e-310, true), (6, 0.25, 1, NULL);
SELECT * FROM segment.refresh('member');
SELECT name, s.* FROM segment.score, LATERAL shown(name) AS s WHERE population = 'member' ORDER BY name, key;
SELECT e.normalized FROM segment.explain_score('alone', 6) AS e;
SELECT e.value, e.normalized, e.contribution FROM segment.explain_score('alone', 2) AS e;
UPDATE member SET a = NULL, b = 'NaN';
SELECT * FROM segment.refresh('member');
SELECT name, s.* FROM segment.score, LATERAL shown(name) AS s WHERE population = 'member' AND key = '4' ORDER BY name;
SELECT segment, members, scores FROM segment.overview WHERE population = 'member';
TRUNCATE member;
SELECT * FROM segment.refresh('member');
SELECT count(*) FROM member_score_mixed;
SELECT count(*), count(score) FROM member_score_mixed_history;

-- Another mode asks for other metrics; everything else of a score can be replaced, and its history stays.
SELECT segment.create_score('mixed', 'member', mode => 'additive', if_exists => 'replace');
SELECT segment.remove_score_metric('mixed', metric) FROM segment.score_metric WHERE score = 'mixed' ORDER BY metric;
SELECT segment.create_score('mixed', 'member', mode => 'additive', base => 50, bands => '[]', if_exists => 'replace') > 0 AS replaced;
SELECT segment.add_score_metric('mixed', 'flag', condition => 'flag', shape => 'points', points => 7);
INSERT INTO member VALUES (1, 0.25, 1, true);
SELECT * FROM segment.refresh('member');
SELECT * FROM shown('mixed');
SELECT count(*) > 8 AS stays FROM member_score_mixed_history;

-- Refused.
SELECT segment.add_score_metric('alone', repeat('m', 64), 'a', worst => 0, best => 1);
SELECT segment.add_score_metric('alone', repeat('m', 63), 'a', worst => 0, best => 1) > 0 AS added;
SELECT segment.add_score_metric('alone', 'm', 'a', worst => 0, best => 1, metric_group => repeat('g', 64));
SELECT segment.add_score_metric('alone', 'm', 'a', worst => 0, best => 1, metric_group => '');
SELECT segment.add_score_group('alone', repeat('g', 64), 1);
SELECT segment.add_score_metric('alone', 'm', 'a', shape => 'recency_decay', half_life => '-3 days');
SELECT segment.add_score_metric('alone', 'm', 'a', shape => 'recency_decay', half_life => '1001 years');
SELECT segment.add_score_metric('alone', 'm', 'a', worst => 0, best => 1, stale_after => '100000 years');
SELECT segment.add_score_metric('alone', 'm', 'a', worst => 0, best => 1, stale_after => '1 month -30 days');
SELECT * FROM segment.validate_score('alone', 'flag', '-3 days');
SELECT * FROM segment.validate_score('alone', 'flag', '170000 years');
SELECT * FROM segment.validate_score('alone', 'flag', '1 month -2000000000 days');
SELECT * FROM segment.validate_score('alone', 'flag', NULL);
SELECT statistic, members FROM segment.validate_score('alone', 'flag', '1000 years') WHERE statistic = 'auc';
SELECT segment.create_score('many', 'member') > 0 AS created;
SELECT max(segment.add_score_metric('many', 'm' || i, 'a', worst => 0, best => i)) FROM generate_series(1, 200) AS i;
SELECT segment.add_score_metric('many', 'm201', 'a', worst => 0, best => 1);
SELECT segment.add_score_metric('many', 'm1', 'a', worst => 0, best => 2, if_exists => 'replace') > 0 AS replaced;
SELECT count(*) FROM segment.refresh('member');
SELECT score > 0 AS computed FROM segment.scores('many');
SELECT segment.drop_population('member', cascade => true);

-- Two weeks are two weeks of the population's clock: these have an hour less.
CREATE TABLE vienna (id int PRIMARY KEY, x int);
INSERT INTO vienna VALUES (1, 80);
SELECT segment.create_population('vienna', 'vienna', key => 'id', time_zone => 'Europe/Vienna') > 0 AS created;
SELECT segment.create_score('score', 'vienna') > 0 AS created;
SELECT segment.add_score_metric('vienna.score', 'x', 'x', worst => 0, best => 100);
SELECT count(*) FROM segment.refresh('vienna', as_of => '2026-03-20 12:00 Europe/Vienna');
UPDATE vienna SET x = 50;
SELECT count(*) FROM segment.refresh('vienna', as_of => '2026-04-03 12:00 Europe/Vienna'::timestamptz - interval '1 microsecond');
SELECT score, trend FROM segment.scores('vienna.score');
SELECT count(*) FROM segment.refresh('vienna', as_of => '2026-04-03 12:00 Europe/Vienna');
SELECT score, trend FROM segment.scores('vienna.score');
-- A member that has left and come back is compared with what it was.
DELETE FROM vienna;
SELECT count(*) FROM segment.refresh('vienna', as_of => '2026-04-04 12:00 Europe/Vienna');
INSERT INTO vienna VALUES (1, 60), (2, 60);
SELECT count(*) FROM segment.refresh('vienna', as_of => '2026-04-05 12:00 Europe/Vienna');
SELECT key, score, trend FROM segment.scores('vienna.score') ORDER BY key;
-- Two weeks after it was away it has nothing to be compared with.
SELECT count(*) FROM segment.refresh('vienna', as_of => '2026-04-18 12:00 Europe/Vienna');
SELECT key, score, trend FROM segment.scores('vienna.score') ORDER BY key;
SELECT count(*) FROM segment.refresh('vienna', as_of => '2026-04-19 12:00 Europe/Vienna');
SELECT key, score, trend FROM segment.scores('vienna.score') ORDER BY key;

SELECT segment.drop_population('vienna', cascade => true);

-- Trends over two months of changes, against the history that was written: scores that change, get lost, leave and come back.
CREATE TABLE moving (id int PRIMARY KEY, x float8);
INSERT INTO moving SELECT i, (i * 37) % 100 FROM generate_series(1, 300) AS i;
SELECT segment.create_population('moving', 'moving', key => 'id', time_zone => 'Europe/Vienna') > 0 AS created;
SELECT segment.create_score('score', 'moving') > 0 AS created;
SELECT segment.add_score_metric('moving.score', 'x', 'x', worst => 0, best => 300);
-- Beyond a million scores are not rounded.
SELECT segment.create_score('large', 'moving', mode => 'additive', min_coverage => 0, scale_max => 1e9, bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('moving.large', 'x', 'x', worst => 0, best => 301, points => 2e7);
CREATE FUNCTION wrong_trends(score text, as_of timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    EXECUTE format($q$
        SELECT count(*) FROM %1$I AS s, LATERAL (
            SELECT (SELECT h.score FROM %2$I AS h WHERE h.key = s.key AND h.at <= ($1 AT TIME ZONE 'Europe/Vienna' - interval '14 days') AT TIME ZONE 'Europe/Vienna'
                    ORDER BY h.at DESC LIMIT 1) AS then) AS p
        WHERE abs(s.trend - (s.score - p.then)) > 1e-8 OR (s.trend IS NULL) <> (s.score - p.then IS NULL)$q$, 'moving_score_' || score, 'moving_score_' || score || '_history') INTO wrong USING as_of;
    RETURN wrong;
END $$;
CREATE FUNCTION move() RETURNS TABLE (refreshes int, wrong bigint, wrong_large bigint, trends bigint) LANGUAGE plpgsql AS $$
DECLARE
    step int := 0;
    at timestamptz := '2026-02-20 09:00Z';
BEGIN
    refreshes := 0; wrong := 0; wrong_large := 0; trends := 0;
    WHILE at < '2026-04-20' LOOP
        step := step + 1;
        UPDATE moving SET x = CASE WHEN (id + step) % 4 = 0 THEN NULL ELSE (id * 37 + step * 61) % 300 END WHERE (id + 3 * step) % 7 = 0;
        DELETE FROM moving WHERE (id + step) % 23 = 0;
        INSERT INTO moving SELECT i, (i * step) % 250 FROM generate_series(1, 310) AS i WHERE (i + step) % 3 = 0 ON CONFLICT DO NOTHING;
        PERFORM segment.refresh('moving', as_of => at);
        refreshes := refreshes + 1;
        wrong := wrong + wrong_trends('score', at);
        wrong_large := wrong_large + wrong_trends('large', at);
        trends := trends + (SELECT count(trend) FROM moving_score_score);
        at := at + CASE step % 3 WHEN 0 THEN interval '7 hours' WHEN 1 THEN interval '2 days' ELSE interval '30 minutes' END;
    END LOOP;
    RETURN NEXT;
END $$;
SELECT refreshes, wrong, wrong_large, trends > 5000 AS many FROM move();
SELECT segment.drop_population('moving', cascade => true);
DROP SCHEMA edges CASCADE;
