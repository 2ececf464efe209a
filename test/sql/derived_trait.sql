-- Derived traits: a formula takes the place of a name.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, country text, mrr numeric(12,2), seats int, score float8, data jsonb, started_at timestamptz);
INSERT INTO shop.customer SELECT i, CASE WHEN i % 3 <> 0 THEN 'C' || i % 3 END, nullif(i * 10, 50), i % 5, i / 10.0,
    jsonb_build_object('city', 'X' || i % 2, 'size', i), timestamptz '2025-01-01 00:00:00+00' - i * interval '60 days'
    FROM generate_series(1, 12) AS i;
CREATE TABLE shop.usage (customer_id int PRIMARY KEY, logins int);
INSERT INTO shop.usage SELECT i, i * 2 FROM generate_series(1, 9) AS i;
CREATE TABLE shop.event (customer_id int, at timestamptz, name text, amount numeric);
INSERT INTO shop.event SELECT i % 12 + 1, timestamptz '2024-12-01 00:00:00+00' + i * interval '1 hour', 'buy', i FROM generate_series(1, 60) AS i;
CREATE INDEX ON shop.event (customer_id, at);
SELECT segment.create_population('customer', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT segment.add_traits('customer', 'shop.usage', key => 'customer_id', prefix => 'usage');
SELECT segment.add_events('customer', 'purchase', 'shop.event', key => 'customer_id', occurred_at => 'at', event_name => 'name');

SELECT segment.add_trait('customer', 'per_seat', 'mrr / seats');
SELECT segment.add_trait('customer', 'twice', segment.formula 'per_seat * 2');
SELECT segment.add_trait('customer', 'logins_per_seat', 'usage.logins / seats');
SELECT segment.add_trait('customer', 'spent', $$sum(amount) of 'buy' within 7 days$$);
SELECT segment.add_trait('customer', 'city', 'data.city');
SELECT segment.add_trait('customer', 'tenure', 'now() - started_at');
SELECT segment.add_trait('customer', 'Weird "name"', 'score + 1');
SELECT name, population, formula, author FROM segment.derived_trait ORDER BY name COLLATE "C";
SELECT trait, type, source, null_share, distinct_values FROM segment.traits('customer') WHERE source !~ '^shop' ORDER BY trait COLLATE "C";

-- What a definition says with them and what plain SQL says.
CREATE TABLE shop.cases (definition text, condition text);
INSERT INTO shop.cases VALUES
    ('per_seat >= 20', 'mrr / nullif(seats, 0) >= 20'),
    ('not per_seat >= 20', '(mrr / nullif(seats, 0) >= 20) IS NOT TRUE'),
    ('per_seat is set', 'mrr IS NOT NULL AND seats <> 0'),
    ('per_seat is not set', 'mrr IS NULL OR seats = 0'),
    ('twice between 20 and 40', '2 * mrr / nullif(seats, 0) BETWEEN 20 AND 40'),
    ('twice > per_seat * 2', 'false'),
    ('twice - per_seat = per_seat', 'mrr / nullif(seats, 0) IS NOT NULL'),
    ('2 + per_seat * seats > 52', '2 + mrr > 52 AND seats <> 0'),
    ('logins_per_seat > 3', '(SELECT logins FROM shop.usage WHERE customer_id = id) > 3.0 * nullif(seats, 0)'),
    ('spent >= 100', $$(SELECT coalesce(sum(amount), 0) FROM shop.event WHERE customer_id = id AND at > '2024-11-26 00:00:00+00' AND at <= '2024-12-03 00:00:00+00') >= 100$$),
    ('spent in top 3', $$id IN (SELECT customer_id FROM shop.event WHERE at > '2024-11-26 00:00:00+00' AND at <= '2024-12-03 00:00:00+00' GROUP BY 1 ORDER BY sum(amount) DESC LIMIT 3)$$),
    ('per_seat in top 3', 'id IN (SELECT id FROM (SELECT id, rank() OVER (ORDER BY mrr / seats DESC) AS r FROM shop.customer WHERE mrr / nullif(seats, 0) IS NOT NULL) AS x WHERE r <= 3)'),
    ('per_seat above median', 'mrr / nullif(seats, 0) > (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY mrr / seats) FROM shop.customer WHERE mrr / nullif(seats, 0) IS NOT NULL)'),
    ('mrr in top 1 per city', $$id IN (SELECT DISTINCT ON (data->>'city') id FROM shop.customer WHERE mrr IS NOT NULL ORDER BY data->>'city', mrr DESC)$$),
    ($$city = 'X1'$$, 'id % 2 = 1'),
    ($$city in ('X0', 'Y')$$, 'id % 2 = 0'),
    ($$city contains 'X' and city != 'X1'$$, 'id % 2 = 0'),
    ('tenure >= 1 year', $$started_at <= timestamptz '2023-12-03 00:00:00+00'$$),
    ('"Weird ""name""" > 1.5', 'score + 1 > 1.5'),
    ('mrr > 0 and (per_seat < 15 or twice > 100)', 'mrr > 0 AND (mrr / nullif(seats, 0) < 15 OR 2 * mrr / nullif(seats, 0) > 100)');
CREATE FUNCTION shop.agrees(definition text, condition text, OUT same boolean, OUT members int) LANGUAGE plpgsql AS $$
DECLARE ours text[]; translated text[]; theirs text[];
BEGIN
    SELECT coalesce(array_agg(s ORDER BY s), '{}') INTO ours
    FROM unnest((segment.preview('customer', definition, 100, timestamptz '2024-12-03 00:00:00+00')).sample) AS s;
    EXECUTE format('SELECT coalesce(array_agg(id::text ORDER BY id::text), ''{}'') FROM (%s) AS x(id)',
        segment.definition_to_sql('customer', definition, timestamptz '2024-12-03 00:00:00+00')) INTO translated;
    EXECUTE format('SELECT coalesce(array_agg(id::text ORDER BY id::text), ''{}'') FROM shop.customer WHERE %s', condition) INTO theirs;
    same := ours = theirs AND translated = theirs;
    members := cardinality(theirs);
END $$;
SELECT definition, same, members FROM shop.cases, shop.agrees(definition, condition) ORDER BY definition COLLATE "C";

-- In stored segments, explain, attrition and traits; what a value loses is a warning of the run.
SELECT segment.create_segment('dear', 'customer', 'twice > 50') IS NOT NULL AS created;
SELECT * FROM segment.refresh('customer', as_of => '2024-12-03 00:00:00+00');
SELECT warnings FROM segment.refresh_run;
SELECT path, condition, holds, value, threshold, margin FROM segment.explain('dear', 6);
SELECT * FROM segment.attrition('customer', 'twice > 50 and per_seat < 50');
SELECT trait, used_by FROM segment.traits('customer') WHERE trait IN ('mrr', 'seats', 'per_seat', 'twice', 'city') ORDER BY trait;
SELECT segment.definition_to_sql('customer', 'twice > 50', '2024-12-03 00:00:00+00');

-- Again and otherwise.
SELECT segment.add_trait('customer', 'per_seat', 'mrr / seats');
SELECT segment.add_trait('customer', 'per_seat', 'mrr', if_exists => 'keep');
SELECT segment.add_trait('customer', 'per_seat', '(mrr)/seats', if_exists => 'replace');
SELECT formula FROM segment.derived_trait WHERE name = 'per_seat';
SELECT segment.add_trait('customer', 'per_seat', 'mrr / (seats + 1)', if_exists => 'replace');
SELECT sum(entered) > 0 OR sum(exited) > 0 AS changes FROM segment.refresh('customer', as_of => '2024-12-03 00:00:00+00');
SELECT segment.add_trait('customer', 'per_seat', 'country', if_exists => 'replace');
SELECT segment.add_trait('customer', 'per_seat', 'twice', if_exists => 'replace');
SELECT segment.add_trait('customer', 'per_seat', 'per_seat', if_exists => 'replace');
SELECT formula FROM segment.derived_trait WHERE name = 'per_seat';

-- Mistakes.
SELECT segment.add_trait('customer', 'mrr', 'seats');
SELECT segment.add_trait('customer', 'usage', 'seats');
SELECT segment.add_trait('customer', 'purchase', 'seats');
SELECT segment.add_trait('customer', 'subscription', 'seats');
SELECT segment.add_trait('customer', 'event', 'seats');
SELECT segment.add_trait('customer', 'step1', 'seats');
SELECT segment.add_trait('customer', '', 'seats');
SELECT segment.add_trait('customer', repeat('x', 64), 'seats');
SELECT segment.add_trait('customer', 'x', 'seat * 2');
SELECT segment.add_trait('customer', 'x', 'seats *');
SELECT segment.add_trait('customer', 'x', 'seats > 2');
SELECT segment.add_trait('customer', 'x', $$in segment 'dear'$$);
SELECT segment.add_trait('customer', 'x', 'seats / 0');
SELECT segment.add_trait('customer', 'x', 'seats', if_exists => 'maybe');
SELECT segment.add_trait('custom', 'x', 'seats');
SELECT segment.add_trait(NULL, 'x', 'seats');
SELECT segment.add_trait('customer', NULL, 'seats');
SELECT segment.add_trait('customer', 'x', NULL::text);
SELECT segment.add_trait('customer', 'x', NULL::segment.formula);
SELECT segment.add_trait('customer', 'x', 'seats', NULL);
SELECT * FROM segment.preview('customer', 'per_seet > 1');
SELECT * FROM segment.preview('customer', 'per_seat.x > 1');
SELECT * FROM segment.preview('customer', $$per_seat = 'many'$$);
SELECT * FROM segment.preview('customer', $$did 'buy' where (per_seat > 1)$$);
SELECT segment.create_scheme('per_seat', 'customer', '[{"name": "a", "otherwise": true}]');
SELECT segment.add_parent('customer', 'per_seat', 'shop.usage', foreign_key => 'id');
SELECT segment.add_events('customer', 'per_seat', 'shop.event', key => 'customer_id', occurred_at => 'at');
SELECT segment.add_traits('customer', 'shop.event', key => 'customer_id', prefix => 'per_seat');

-- Limits: depth, levels, length; none of them is a crash or a long wait.
SELECT segment.add_trait('customer', 'deep', repeat('(', 50) || 'seats' || repeat(' + 1)', 50));
SELECT count(segment.add_trait('customer', 't' || i, CASE WHEN i = 1 THEN 'seats' ELSE format('t%s + t%1$s', i - 1) END)) FROM generate_series(1, 8) AS i;
SELECT segment.add_trait('customer', 't9', 't8 + t8');
SELECT members FROM segment.preview('customer', 't8 > 200');
SELECT count(segment.drop_trait('customer', 't' || i)) FROM generate_series(8, 1, -1) AS i;
SELECT segment.add_trait('customer', 'long', (SELECT string_agg('(seats + ' || repeat('1', 900) || ')', ' + ') FROM generate_series(1, 30)));
SELECT members FROM segment.preview('customer', 'seats in (1, 2)' || repeat(' or long > 1', 100));

-- A column that is gone is told by the next run; a column of the trait's name also.
ALTER TABLE shop.customer RENAME seats TO chairs;
SELECT * FROM segment.refresh('customer');
SELECT segment.drop_trait('customer', 'logins_per_seat');
ALTER TABLE shop.customer RENAME chairs TO seats;
ALTER TABLE shop.customer ADD COLUMN per_seat int;
SELECT * FROM segment.refresh('customer');
ALTER TABLE shop.customer DROP COLUMN per_seat;
SELECT count(*) FROM segment.refresh('customer');

-- Dropping.
SELECT segment.drop_trait('customer', 'per_seet');
SELECT segment.drop_trait('customer', 'twice');
SELECT segment.drop_trait('customer', 'per_seat');
SELECT segment.create_segment('nested', 'customer', $$not in segment 'dear'$$) IS NOT NULL AS created;
SELECT segment.create_scheme('tier', 'customer', '[{"name": "a", "definition": "twice > 80"}, {"name": "b", "otherwise": true}]') IS NOT NULL AS created;
SELECT segment.drop_trait('customer', 'per_seat', cascade => true);
SELECT segment.drop_scheme('tier');
SELECT segment.alter_population('customer', base => 'per_seat is set');
SELECT segment.drop_trait('customer', 'twice');
SELECT segment.drop_trait('customer', 'per_seat', cascade => true);
SELECT segment.alter_population('customer', base => 'everyone');
SELECT segment.drop_trait('customer', 'per_seat', cascade => true);
SELECT name FROM segment.derived_trait ORDER BY name COLLATE "C";
SELECT name FROM segment.segment;
SELECT count(*) FROM segment.refresh('customer');

-- A source that only a trait reads.
SELECT segment.add_trait('customer', 'bought', $$count of 'buy' within 30 days$$);
SELECT segment.remove_source('customer', 'purchase');
SELECT segment.drop_trait('customer', 'bought');

-- Privileges.
SELECT segment.add_trait('customer', 'per_seat', 'mrr / seats');
GRANT SELECT ON shop.customer_segment_member TO segment_reader;
SET ROLE segment_reader;
SELECT name, formula FROM segment.derived_trait WHERE name = 'per_seat';
SELECT segment.add_trait('customer', 'mine', 'mrr');
SELECT segment.add_trait('customer', 'per_seat', 'mrr', if_exists => 'replace');
SELECT segment.drop_trait('customer', 'per_seat');
SELECT * FROM segment.preview('customer', 'per_seat > 1');
SET ROLE segment_stranger;
SELECT count(*) FROM segment.derived_trait;
SELECT segment.add_trait('customer', 'mine', 'mrr');
SELECT segment.drop_trait('customer', 'per_seat');
SELECT segment.drop_trait('custome', 'per_seat');
RESET ROLE;
SELECT segment.drop_population('customer', cascade => true);
SELECT count(*) FROM segment.catalog_derived_trait;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
DROP ROLE segment_owner, segment_reader, segment_stranger;
