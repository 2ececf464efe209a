-- Scores in several passes over the population, their means by segment, and keys with which there is no score.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA passes;
SET search_path = passes, public;

-- The same relation as two populations: one is refreshed with room for one chunk of members at a time. Five chunks of integers that are
-- their own numbers, and two of texts.
CREATE TABLE customer (id int PRIMARY KEY, code text UNIQUE, usage float8, age int, vip boolean);
INSERT INTO customer SELECT i * 50, 'c' || i * 7, CASE WHEN i % 11 > 0 THEN (i * 37) % 1000 END, CASE WHEN i % 5 > 0 THEN i % 90 END, i % 4 = 0
FROM generate_series(1, 6000) AS i;
INSERT INTO customer SELECT 1000000 + i, 'x' || i, i % 50, i % 90, false FROM generate_series(1, 62000) AS i;
CREATE FUNCTION make(population text, key name, base text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM segment.create_population(population, 'customer', key => key, base => base);
    PERFORM segment.create_score('health', population);
    PERFORM segment.add_score_metric(population || '.health', 'usage', 'usage', worst => 0, best => 1000, weight => 2);
    PERFORM segment.add_score_metric(population || '.health', 'age', 'age', shape => 'percentile', worst => 1, best => 0);
    PERFORM segment.add_score_metric(population || '.health', 'vip', condition => 'vip', shape => 'points', floor => 30);
    PERFORM segment.create_score('kept', population, missing => 'carry_forward', min_coverage => 0);
    PERFORM segment.add_score_metric(population || '.kept', 'usage', 'usage', shape => 'percentile', stale_after => '10 days');
    PERFORM segment.add_score_metric(population || '.kept', 'age', 'age', worst => 0, best => 90);
    PERFORM segment.create_segment('vip', population, 'vip');
    PERFORM segment.create_segment('poor', population, 'health < 20');
    PERFORM segment.create_segment('nobody', population, 'usage > 5000');
END $$;
SELECT make('whole', 'id', 'id < 1000000'), make('parts', 'id', 'id < 1000000'), make('whole_text', 'code', 'everyone'), make('parts_text', 'code', 'everyone');
CREATE FUNCTION refreshed(at timestamptz, VARIADIC populations text[] DEFAULT ARRAY['whole', 'parts']) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text := '';
    name text;
BEGIN
    FOREACH name IN ARRAY populations LOOP
        PERFORM set_config('segment.refresh_memory', CASE WHEN name LIKE 'parts%' THEN '1MB' ELSE '256MB' END, false);
        SELECT result || name || ' ' || string_agg(segment || ':' || members, ' ' ORDER BY segment) || '; ' INTO result FROM segment.refresh(name, as_of => at);
    END LOOP;
    RETURN result;
END $$;
-- Rows that only one of the two has, of what is now, what was, and what is kept.
CREATE FUNCTION differences(suffix text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text := '';
    count bigint;
    kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['health', 'health_history', 'kept', 'kept_history', 'kept_value'] LOOP
        EXECUTE format('SELECT count(*) FROM ((TABLE whole%1$s_score_%2$s EXCEPT TABLE parts%1$s_score_%2$s) UNION ALL (TABLE parts%1$s_score_%2$s EXCEPT TABLE whole%1$s_score_%2$s)) AS d', suffix, kind) INTO count;
        found := found || kind || ' ' || count || ' of ';
        EXECUTE format('SELECT count(*) FROM whole%s_score_%s', suffix, kind) INTO count;
        found := found || count || '; ';
    END LOOP;
    RETURN found;
END $$;
-- Means of the overview against the members' scores.
CREATE FUNCTION wrong_means(population text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    EXECUTE format($q$
        SELECT count(*) FROM segment.overview AS o, LATERAL jsonb_each_text(o.scores) AS s (score, mean), LATERAL (
            SELECT CASE s.score WHEN 'health' THEN (SELECT avg(h.score) FROM %1$I AS m JOIN %2$I AS h ON h.key = m.%4$I WHERE m.segment = o.segment)
                                ELSE (SELECT avg(k.score) FROM %1$I AS m JOIN %3$I AS k ON k.key = m.%4$I WHERE m.segment = o.segment) END) AS e (mean)
        WHERE o.population = %5$L AND (abs(s.mean::float8 - e.mean) > 1e-6 OR (s.mean IS NULL) <> (e.mean IS NULL))$q$,
        population || '_segment', population || '_score_health', population || '_score_kept', population || '_id', population) INTO wrong;
    RETURN wrong;
END $$;

SELECT refreshed('2026-01-01', 'whole', 'parts', 'whole_text', 'parts_text');
SELECT differences('');
-- Percentiles against percent_rank, the rest by hand.
SELECT count(*) AS members, count(*) FILTER (WHERE h.score IS DISTINCT FROM round(e.score::numeric, 9)::float8) AS different FROM (
    SELECT code, CASE WHEN vip THEN greatest(30, part) ELSE part END AS score
    FROM (SELECT code, vip, 100 * (coalesce(2 * usage / 1000, 0) + coalesce(1 - older, 0)) / (CASE WHEN usage IS NULL THEN 0 ELSE 2 END + CASE WHEN age IS NULL THEN 0 ELSE 1 END) AS part,
                 (CASE WHEN usage IS NULL THEN 0 ELSE 2 END + CASE WHEN age IS NULL THEN 0 ELSE 1 END) / 3.0 AS covered
          FROM customer LEFT JOIN (SELECT code AS c, 1 - percent_rank() OVER (ORDER BY age DESC) AS older FROM customer WHERE age IS NOT NULL) AS a ON c = code) AS p
    WHERE covered >= 0.5) AS e JOIN parts_text_score_health AS h ON h.key = e.code;
SELECT segment, round((scores ->> 'health')::numeric, 4) AS health, round((scores ->> 'kept')::numeric, 4) AS kept FROM segment.overview WHERE population = 'parts' ORDER BY segment;
SELECT wrong_means('whole'), wrong_means('parts');

-- Some change, some leave, some come, some values get lost, and come back.
UPDATE customer SET usage = NULL WHERE id % 3 = 0;
UPDATE customer SET age = age + 1 WHERE id % 700 = 0;
DELETE FROM customer WHERE id % 1100 = 0;
INSERT INTO customer SELECT i * 50, 'n' || i, i % 1000, 30, true FROM generate_series(6001, 6100) AS i;
SELECT refreshed('2026-01-05', 'whole', 'parts', 'whole_text', 'parts_text');
SELECT differences(''), differences('_text');
SELECT wrong_means('whole'), wrong_means('parts'), wrong_means('whole_text'), wrong_means('parts_text');
UPDATE customer SET usage = 500 WHERE id % 9 = 0;
SELECT refreshed('2026-01-20');
SELECT differences('');
SELECT count(trend) > 0 AS trends, count(*) FILTER (WHERE trend <> 0) > 0 AS some FROM parts_score_health;
-- Nothing changes, nothing is written.
CREATE TABLE before AS SELECT ctid AS place, * FROM parts_score_health;
SELECT refreshed('2026-01-20');
SELECT count(*) AS rewritten FROM parts_score_health AS s WHERE NOT EXISTS (SELECT FROM before AS b WHERE b.place = s.ctid AND b.key = s.key);
SELECT wrong_means('whole'), wrong_means('parts');
RESET segment.refresh_memory;

-- Numbers of events come from one pass over their source; again with room for one chunk, and with percentiles, which take every chunk twice.
CREATE TABLE event (customer int, at timestamptz, name text, amount int);
INSERT INTO event SELECT (i * 7919 % 6200) * 50, '2026-01-20'::timestamptz - (i % 80) * interval '1 day 1 hour', CASE WHEN i % 3 = 0 THEN 'login' ELSE 'order' END, i % 17
FROM generate_series(0, 20000) AS i;
INSERT INTO event VALUES (NULL, '2026-01-10', 'login', 1), (50, '2027-01-01', 'login', 1), (50, NULL, 'login', 1);
SELECT segment.create_population('active', 'customer', key => 'id', base => 'id < 1000000') > 0 AS created;
SELECT segment.add_events('active', 'activity', 'event', key => 'customer', occurred_at => 'at', event_name => 'name');
SELECT segment.create_score('engaged', 'active', min_coverage => 0, bands => '[]') > 0 AS created;
SELECT segment.add_score_metric('engaged', 'logins', $$count of 'login' within 30 days$$, shape => 'percentile');
SELECT segment.add_score_metric('engaged', 'spent', $$sum(amount) of 'order' within 60 days$$, worst => 0, best => 40);
SELECT segment.add_score_metric('engaged', 'age', 'age', worst => 0, best => 90);
SELECT segment.add_score_metric('engaged', 'both', $$count of 'login' - count of 'order'$$, worst => -4, best => 4);
CREATE FUNCTION engaged_differences() RETURNS text LANGUAGE sql AS $$
    SELECT count(*) || ' ' || count(*) FILTER (WHERE abs(s.score - e.score) > 1e-6 OR s.score IS NULL) || ' ' || count(DISTINCT s.score)
    FROM (SELECT id, 100 * (percent_rank() OVER (ORDER BY logins) + least(spent / 40.0, 1) + coalesce(age / 90.0, 0) + least(1, greatest(0, (both_of + 4) / 8.0)))
                     / (3 + (age IS NOT NULL)::int) AS score
          FROM (SELECT id, age, (SELECT count(*) FROM event WHERE customer = id AND name = 'login' AND at > '2026-01-20'::timestamptz - interval '30 days' AND at <= '2026-01-20') AS logins,
                       (SELECT coalesce(sum(amount), 0) FROM event WHERE customer = id AND name = 'order' AND at > '2026-01-20'::timestamptz - interval '60 days' AND at <= '2026-01-20') AS spent,
                       (SELECT count(*) FILTER (WHERE name = 'login') - count(*) FILTER (WHERE name = 'order') FROM event WHERE customer = id AND at <= '2026-01-20') AS both_of
                FROM customer WHERE id < 1000000) AS c) AS e FULL JOIN active_score_engaged AS s ON s.key = e.id
$$;
CREATE INDEX ON event (customer, at);
SET segment.refresh_memory = '1MB';
SELECT count(*) FROM segment.refresh('active', as_of => '2026-01-20');
SELECT engaged_differences();
RESET segment.refresh_memory;
SELECT segment.add_score_metric('engaged', 'age', 'age + 0', worst => 0, best => 90, if_exists => 'replace') > 0 AS again;
SELECT count(*) FROM segment.refresh('active', as_of => '2026-01-20');
SELECT engaged_differences();
SELECT e.metric, e.value, abs(e.normalized - c.rank) < 1e-9 AS ranked FROM segment.explain_score('engaged', 5000) AS e, (
    SELECT id, percent_rank() OVER (ORDER BY (SELECT count(*) FROM event WHERE customer = id AND name = 'login' AND at > '2026-01-20'::timestamptz - interval '30 days' AND at <= '2026-01-20')) AS rank
    FROM customer WHERE id < 1000000) AS c WHERE c.id = 5000 AND e.metric = 'logins';

-- Members outside of the base do not lie densely: all are numbered anew after the scores.
CREATE TABLE sparse (id bigint PRIMARY KEY, usage int, counts_in boolean);
INSERT INTO sparse SELECT i, i % 100, true FROM generate_series(1, 500) AS i;
INSERT INTO sparse SELECT i * 1000003, i % 100, false FROM generate_series(1, 500) AS i;
SELECT segment.create_population('sparse', 'sparse', key => 'id', base => 'counts_in') > 0 AS created;
SELECT segment.create_score('health', 'sparse') > 0 AS created;
SELECT segment.add_score_metric('sparse.health', 'usage', 'usage', worst => 0, best => 99);
SELECT segment.create_segment('half', 'sparse', 'usage < 50') > 0 AS created;
SELECT * FROM segment.refresh('sparse');
SELECT segment, round((scores ->> 'health')::numeric, 6) AS health FROM segment.overview WHERE population = 'sparse';
UPDATE sparse SET counts_in = true, usage = 20 WHERE id % 1000003 = 0 AND id % 2 = 0;
SELECT * FROM segment.refresh('sparse');
SELECT segment, round((scores ->> 'health')::numeric, 6) AS health, (SELECT round(avg(usage / 0.99), 6) FROM sparse WHERE counts_in AND usage < 50) AS expected
FROM segment.overview WHERE population = 'sparse';

-- The scan for scores finds them first.
DELETE FROM sparse WHERE id > 500;
UPDATE sparse SET id = id * 1000003;
SELECT * FROM segment.refresh('sparse');
SELECT count(*), min(key), max(key) FROM sparse_score_health;
SELECT segment, round((scores ->> 'health')::numeric, 6) AS health FROM segment.overview WHERE population = 'sparse';

-- Who may not read the scores does not see their means; a score that is dropped is not shown.
CREATE ROLE passes_reader;
GRANT USAGE ON SCHEMA passes TO passes_reader;
GRANT SELECT ON sparse_segment_member TO passes_reader;
SET ROLE passes_reader;
SELECT segment, members, scores FROM segment.overview;
RESET ROLE;
GRANT SELECT ON sparse_score_health TO passes_reader;
SET ROLE passes_reader;
SELECT segment, members, scores IS NOT NULL AS sees FROM segment.overview;
RESET ROLE;
SELECT segment.drop_score('sparse.health');
SELECT segment, members, scores FROM segment.overview WHERE population = 'sparse';

-- Keys that are not unique, or not there.
CREATE TABLE twice (id int, usage int);
INSERT INTO twice SELECT i % 8, i FROM generate_series(1, 12) AS i;
SELECT segment.create_population('twice', 'twice', key => 'id') > 0 AS created;
SELECT segment.create_score('score', 'twice') > 0 AS created;
SELECT segment.add_score_metric('twice.score', 'usage', 'usage', worst => 0, best => 99);
SELECT * FROM segment.refresh('twice');
DELETE FROM twice WHERE usage > 8;
INSERT INTO twice VALUES (NULL, 1), (NULL, 2);
SELECT * FROM segment.refresh('twice');
DELETE FROM twice WHERE id IS NULL;
CREATE TABLE twice_more (id int, note int);
INSERT INTO twice_more VALUES (1, 1), (1, 2), (2, 1);
SELECT segment.add_traits('twice', 'twice_more', key => 'id');
SELECT segment.add_score_metric('twice.score', 'note', 'note', worst => 0, best => 99);
SELECT * FROM segment.refresh('twice');

SELECT segment.drop_population(name, cascade => true) FROM segment.population WHERE schema = 'passes' ORDER BY name;
DROP SCHEMA passes CASCADE;
DROP OWNED BY passes_reader;
DROP ROLE passes_reader;
