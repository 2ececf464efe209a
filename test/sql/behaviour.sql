-- Behaviour: which members fulfil what, derived by hand from the rows below. All previews agree with the rows of to_sql.
\pset format unaligned
\pset tuples_only on
SET TimeZone = 'America/New_York';  -- must not matter
CREATE TABLE customer (id int PRIMARY KEY, signup_at timestamptz);
CREATE TABLE event (customer_id bigint, at timestamptz, name text, product text, amount numeric, seq int, properties jsonb);
CREATE TABLE survey (id int, day date, score int);
CREATE TABLE door (id int, opened timestamp);
CREATE TABLE nothing (id int, at timestamptz);
INSERT INTO customer SELECT n, CASE WHEN n < 6 THEN '2026-03-01 10:00+01'::timestamptz END FROM generate_series(1, 6) AS n;
SELECT 'population ' || (segment.create_population('customer', 'customer', key => 'id', time_zone => 'Europe/Berlin') > 0);
SELECT segment.add_events('customer', 'activity', 'event', key => 'customer_id', occurred_at => 'at', event_name => 'name', tie_break => 'seq');
CREATE INDEX ON event (customer_id, at);
SELECT segment.add_events('customer', 'activity', 'event', key => 'customer_id', occurred_at => 'at', event_name => 'name', tie_break => 'seq', if_exists => 'replace');
SET client_min_messages = warning;
SELECT segment.add_events('customer', 'survey', 'survey', key => 'id', occurred_at => 'day');
SELECT segment.add_events('customer', 'door', 'door'::regclass, key => 'id', occurred_at => 'opened');
SELECT segment.add_events('customer', 'nothing', 'nothing', key => 'id', occurred_at => 'at');
RESET client_min_messages;

-- Noon in Berlin, the day after clocks went from 2 to 3 o'clock.
CREATE FUNCTION who(definition text, as_of timestamptz DEFAULT '2026-03-30 12:00+02') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    previewed text;
    selected text;
BEGIN
    SELECT array_to_string(sample, ' ') INTO previewed FROM segment.preview('customer', definition, as_of => as_of);
    EXECUTE 'SELECT string_agg(id::text, '' '' ORDER BY id) FROM (' || segment.definition_to_sql('customer', definition, as_of) || ') AS s(id)' INTO selected;
    RETURN format('%-12s %s', previewed, definition) || CASE WHEN previewed <> coalesce(selected, '') THEN ' BUT to_sql ' || coalesce(selected, 'none') ELSE '' END;
END $$;

-- Time: 1 at the edge of two days, 2 a microsecond later, 3 at as_of, 4 a microsecond later, 5 nothing, 6 what is ignored.
INSERT INTO event (customer_id, at, name) VALUES
    (1, '2026-03-28 12:00+01', 'login'), (2, '2026-03-28 12:00:00.000001+01', 'login'), (3, '2026-03-30 12:00+02', 'login'),
    (4, '2026-03-30 12:00:00.000001+02', 'login'), (6, NULL, 'login'), (6, '2026-03-30 11:00+02', NULL), (NULL, '2026-03-30 11:00+02', 'login'),
    (99, '2026-03-30 11:00+02', 'login'), (6, 'infinity', 'login');
SELECT who(d) FROM unnest(ARRAY[
    $$did 'login'$$,
    $$did 'login' within 2 days$$,
    $$did not 'login' within 2 days$$,
    $$did 'login' within 48 hours$$,                            -- an hour more: the 29th had 23
    $$did 'login' within 47 hours$$,
    $$did 'login' more than 2 days ago$$,
    $$did 'login' between 3 days and 2 days ago$$,
    $$last 'login' within 2 days$$,
    $$last 'login' more than 2 days ago$$,                      -- who never did counts
    $$did any event$$,
    $$did any event of 'activity' within 2 hours$$,
    $$did 'login' today$$,
    $$did 'login' in this month$$,
    $$did 'login' in last 2 calendar days$$,                    -- the 28th and the 29th
    $$did 'login' from '2026-03-28 12:00' to '2026-03-28 12:00:00.000001'$$,
    $$did 'login' since '2026-03-28 12:00:00.000001'$$,
    $$did 'login' from '2026-03-30' to '2026-04-30'$$,          -- not 4: it has not happened
    $$did 'login' within 28 days of signup_at$$,                -- [1 March 10:00, 29 March 10:00)
    $$did 'login' since signup_at$$,
    $$did not 'login' since signup_at$$,
    $$days since last 'login' = 0$$,
    $$days since last 'login' <= 1.95833$$,                     -- 47 hours are 1.958333…
    $$days since last 'login' < 1.95834$$,
    $$never did 'login' or did 'login' at least 2 times$$]) AS d;
-- A quarter of an hour later 4 is there and 2 is gone; an hour before the first of them nobody was.
SELECT who($$did 'login'$$, '2026-03-30 12:15+02');
SELECT who($$did 'login' within 2 days$$, '2026-03-30 12:15+02');
SELECT who($$did 'login'$$, '2026-03-28 11:00+01');

-- Numbers. 1: 10 A, 20 B, 30 A, none A. 2: at one instant 5 B, then 5 A. 3: 100 C in February, 50 C.
INSERT INTO event (customer_id, at, name, product, amount, seq) VALUES
    (1, '2026-03-01 09:00+01', 'buy', 'A', 10, 1), (1, '2026-03-10 09:00+01', 'buy', 'B', 20, 2), (1, '2026-03-20 09:00+01', 'buy', 'A', 30, 3),
    (1, '2026-03-30 09:00+02', 'buy', 'A', NULL, 4),
    (2, '2026-03-05 09:00+01', 'buy', 'B', 5, 1), (2, '2026-03-05 09:00+01', 'buy', 'A', 5, 2),
    (3, '2026-02-25 09:00+01', 'buy', 'C', 100, 1), (3, '2026-03-29 09:00+02', 'buy', 'C', 50, NULL);
SELECT who(d) FROM unnest(ARRAY[
    $$did 'buy' at least 3 times$$,
    $$did 'buy' at most 2 times$$,
    $$did 'buy' exactly 2 times$$,
    $$did 'buy' fewer than 2 times$$,
    $$did 'buy' more than 2 times$$,
    $$did 'buy' between 2 and 4 times$$,
    $$did not 'buy' between 2 and 4 times$$,
    $$did 'buy' at least 0 times$$,
    $$did 'buy' exactly 0 times$$,
    $$did 'buy' where (amount > 10) at least 2 times$$,
    $$did 'buy' where (not amount > 10)$$,                      -- the complement in the rows: the missing amount is in
    $$did 'buy' where (product in ('B', 'C') and amount is set) within 30 days$$,
    $$did any of ('buy', 'login') at least 3 times$$,
    $$did event like 'b%' at least 4 times$$,
    $$count of 'buy' = 4$$,
    $$count of 'buy' within 30 days = 1$$,
    $$sum(amount) of 'buy' = 60$$,
    $$sum(amount) of 'buy' = 0$$,
    $$avg(amount) of 'buy' = 20$$,
    $$avg(amount) of 'buy' < 1000$$,
    $$not avg(amount) of 'buy' < 1000$$,
    $$min(amount) of 'buy' = 10$$,
    $$max(amount) of 'buy' within 30 days = 50$$,
    $$median(amount) of 'buy' = 75$$,
    $$median(amount) of 'buy' between 5 and 20$$,
    $$count distinct product of 'buy' = 2$$,
    $$count distinct product of 'buy' = 0$$,
    $$most frequent product of 'buy' = 'A'$$,                   -- of 2's, the smaller
    $$last product of 'buy' = 'A'$$,                            -- of 2's, the greater tie-breaker
    $$first product of 'buy' = 'B'$$,
    $$last amount of 'buy' is set$$,
    $$last amount of 'buy' where (amount is set) > 25$$,
    $$(max(at) of 'buy') within 2 days$$,
    $$(last at of 'buy') more than 20 days ago$$,
    $$share of 'buy' where (product = 'A') >= 50 percent$$,
    $$share of 'buy' where (product = 'A') < 60 percent$$,      -- who has none has no share
    $$share of 'buy' where (amount > 10) within 30 days = 2 / 4$$,
    $$count of 'buy' > count of 'login'$$,
    $$count of 'buy' - count of 'login' = 1$$,
    $$sum(amount) of 'buy' in top 2$$,
    $$count of 'buy' in top 1$$]) AS d;

-- Periods and changes. The two last 15 days begin on 15 March and on 28 February at noon.
SELECT who(d) FROM unnest(ARRAY[
    $$did 'buy' on at least 2 distinct days$$,
    $$did 'buy' on exactly 1 distinct day$$,
    $$did 'buy' on at least 3 distinct weeks$$,                 -- 1: from 23 February, 9, 16, 30 March; 3: two
    $$did 'buy' in at least 2 of the last 2 months$$,
    $$did 'buy' in at least 1 of the last 1 month$$,
    $$did 'buy' in fewer than 1 of the last 2 months$$,
    $$did 'buy' for the first time within 30 days$$,
    $$did 'buy' for the first time more than 30 days ago$$,
    $$did 'buy' for the first time in this month$$,
    $$did not 'buy' for the first time in this month$$,
    $$count of 'buy' fell by 50 percent within 15 days$$,
    $$count of 'buy' fell by 2 within 15 days$$,
    $$count of 'buy' fell by 50 percent within 15 days from at least 3$$,
    $$count of 'buy' rose by 10 percent within 15 days$$,       -- from 0
    $$count of 'buy' rose by 1 within 15 days$$,
    $$count of 'buy' rose by 2 within 15 days$$,
    $$sum(amount) of 'buy' rose by 50 within 15 days$$,
    $$avg(amount) of 'buy' rose by 100 percent within 15 days$$,
    $$median(amount) of 'buy' rose by 90 percent within 15 days$$,  -- 1: from 15 to 30
    $$stopped 'buy' for 15 days$$,
    $$stopped 'buy' for 35 hours$$,
    $$resumed 'buy' after 20 days within 7 days$$,
    $$resumed 'buy' after 10 days within 7 days$$,              -- 1: at 9 o'clock both, ten days by the calendar
    $$resumed 'buy' after 240 hours within 7 days$$,            -- which were 239 hours
    $$resumed 'buy' after 32 days within 7 days$$,
    $$resumed 'buy' after 33 days within 7 days$$]) AS d;

-- Streaks: 1 on 28, 29 and 30; 2 on 28 and 29, in UTC both on 28; 3 on 27 and 28; 4 on 28 and 30.
INSERT INTO event (customer_id, at, name) VALUES
    (1, '2026-03-28 23:59:59.999999+01', 'open'), (1, '2026-03-29 00:00+01', 'open'), (1, '2026-03-30 00:00+02', 'open'),
    (2, '2026-03-28 23:30+01', 'open'), (2, '2026-03-29 00:30+01', 'open'), (2, '2026-03-31 00:30+02', 'open'),
    (3, '2026-03-27 12:00+01', 'open'), (3, '2026-03-28 12:00+01', 'open'),
    (4, '2026-03-28 12:00+01', 'open'), (4, '2026-03-30 09:00+02', 'open'), (4, '2026-03-30 10:00+02', 'open');
SELECT who(d) FROM unnest(ARRAY[
    $$streak of 'open' by day = 3$$,
    $$streak of 'open' by day = 2$$,
    $$streak of 'open' by day = 1$$,
    $$streak of 'open' by day = 0$$,
    $$streak of 'open' by week = 2$$,
    $$streak of 'open' by month = 1$$,
    $$did 'open' on at least 2 distinct days within 2 days$$]) AS d;

-- Sequences. 1 with a c in between, 2 seven days later, 3 a microsecond more, 4 and 5 at one instant, 6 in the wrong order.
INSERT INTO event (customer_id, at, name, product, seq) VALUES
    (1, '2026-03-01 10:00+01', 'a', 'x', 1), (1, '2026-03-03 10:00+01', 'c', NULL, 2), (1, '2026-03-05 10:00+01', 'b', 'x', 3),
    (2, '2026-03-01 10:00+01', 'a', 'x', 1), (2, '2026-03-08 10:00+01', 'b', 'y', 2),
    (3, '2026-03-01 10:00+01', 'a', 'x', 1), (3, '2026-03-08 10:00:00.000001+01', 'b', 'y', 2), (3, '2026-03-01 10:00:00+01', 'a', 'y', 1),
    (4, '2026-03-01 10:00+01', 'a', 'x', NULL), (4, '2026-03-01 10:00+01', 'b', 'x', 2),
    (5, '2026-03-01 10:00+01', 'a', 'x', 1), (5, '2026-03-01 10:00+01', 'b', 'x', 1),
    (6, '2026-03-01 10:00+01', 'a', 'x', 1), (6, '2026-02-20 10:00+01', 'b', 'x', 2),
    (1, '2026-03-23 10:00+01', 'd', NULL, 1), (1, '2026-03-29 10:00+02', 'e', NULL, 2), (1, '2026-03-30 12:00:00.000001+02', 'f', NULL, 3),
    (2, '2026-03-20 12:00+01', 'd', NULL, 1), (2, '2026-03-29 11:00+02', 'e', NULL, 2), (2, '2026-03-29 12:00+02', 'f', NULL, 3);
SELECT who(d) FROM unnest(ARRAY[
    $$did 'a' then 'b'$$,
    $$did 'a' then 'b' within 7 days$$,
    $$did not ('a' then 'b' within 7 days)$$,
    $$never did ('a' then 'b')$$,
    $$did 'a' then not 'c' then 'b'$$,
    $$did 'a' then 'c' then 'b'$$,
    $$did 'a' then not 'b'$$,
    $$did 'a' then not 'b' within 7 days$$,
    $$did 'b' then not 'x' within 30 days$$,                    -- 6 only: the others' time is not over
    $$did 'a' then 'b' where (product = step1.product)$$,       -- 3: with the second a
    $$did 'a' then 'b' where (product != step1.product)$$,
    $$did 'a' then not 'b' where (product = step1.product)$$,
    $$did 'a' where (product = 'y') then 'b'$$,
    $$did ('d' then 'e') within 10 days$$,                      -- 2's d is at the edge
    $$did ('d' then 'e') within 11 days$$,
    $$did 'd' then 'e' within 8 days within 10 days$$,
    $$did ('d' then 'e') in last 2 calendar weeks$$,
    $$did 'e' then 'f'$$,
    $$did 'e' then not 'f'$$,
    $$did 'e' then not 'f' within 1 day$$,                      -- 1: until 30 March at 10, and it did not happen then
    $$did 'e' then 'f' within 1 hour$$,
    $$did 'a' then any of ('b', 'survey')$$,                    -- 4: within a source its tie-breaker counts
    $$did any of ('a', 'survey') then any of ('b', 'survey')$$,
    $$did any of ('a', 'survey') then not any of ('b', 'survey') then 'c'$$]) AS d;

-- Dates: 1 today, 2 two days ago, 3 tomorrow, 4 without a date. Local times: at the edge of 36 hours, and of as_of.
INSERT INTO survey VALUES (1, '2026-03-30', 9), (1, '2026-03-30', 3), (2, '2026-03-28', 7), (2, '2025-03-30', 1), (3, '2026-03-31', 5), (4, NULL, 5);
INSERT INTO door VALUES (1, '2026-03-28 23:00'), (2, '2026-03-28 23:00:00.000001'), (3, '2026-03-30 12:00'), (4, '2026-03-30 12:00:00.000001'), (5, NULL);
SELECT who(d) FROM unnest(ARRAY[
    $$did 'survey'$$,
    $$did 'survey' within 2 days$$,
    $$did 'survey' within 3 days$$,
    $$did 'survey' more than 2 days ago$$,
    $$did 'survey' today$$,
    $$did 'survey' in this week$$,
    $$days since last 'survey' = 2$$,
    $$last score of 'survey' = 3$$,                             -- nothing orders the two of that day: the smallest
    $$first score of 'survey' = 1$$,
    $$did 'survey' on at least 2 distinct days$$,
    $$did 'survey' in at least 2 of the last 13 months$$,
    $$resumed 'survey' after 300 days within 3 days$$,
    $$streak of 'survey' by month = 1$$,
    $$did 'door'$$,
    $$did 'door' within 36 hours$$,
    $$did 'door' more than 36 hours ago$$,
    $$did 'door' today$$,
    $$did any of ('survey', 'door') at least 3 times$$,
    $$did 'door' then 'survey'$$,                               -- a date begins at midnight: 1's is after the 28th, 2's before
    $$did 'b' then 'survey' then not 'door'$$,
    $$did any event within 2 days$$,
    $$did any event on at least 4 distinct days within 10 days$$,           -- 23, 28, 29, 30
    $$did 'nothing' or count of 'nothing' > 0 or streak of 'nothing' by day > 0 or stopped 'nothing' for 3 days$$,
    $$did not 'nothing' and count of 'nothing' = 0 and not days since last 'nothing' > 0 and did not ('nothing' then 'nothing')$$]) AS d;

-- A refresh, and segments that use one another.
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('buyer', $$did 'buy'$$), ('big', $$in segment 'buyer' and sum(amount) of 'buy' > 50$$), ('asleep', $$not in segment 'buyer' and did not any event within 2 days$$))
    AS s(name, definition);
SELECT segment, members FROM segment.refresh('customer') ORDER BY 1;
SELECT customer_id, string_agg(segment, ' ' ORDER BY segment) FROM customer_segment WHERE segment <> 'asleep' GROUP BY 1 ORDER BY 1;

-- What the source says of itself.
SELECT source, event, rows, last_seen AT TIME ZONE 'Europe/Berlin' FROM segment.event_names('customer') WHERE last_seen < '2026-03-30 00:00+02';
SELECT name, kind, relation, key, columns FROM segment.source ORDER BY name;

-- Sources in use stay; one that is not goes, whatever became of its relation.
\set VERBOSITY default
SELECT segment.remove_source('customer', 'activity');
DROP TABLE nothing;
SELECT * FROM segment.refresh('customer');
SELECT segment.remove_source('customer', 'nothing');
SELECT segment.remove_source('customer', 'nohting');
SELECT segment.remove_source('customer', 'dor');
SELECT segment.drop_segment('asleep');
SELECT segment.remove_source('customer', 'nothing');
SELECT segment.remove_source('customer', 'door');
SELECT 'base ' || (segment.create_population('customer', 'customer', key => 'id', time_zone => 'Europe/Berlin', base => $$did 'survey' or did 'buy'$$, if_exists => 'replace') > 0);
SELECT segment.remove_source('customer', 'survey');
SELECT who($$everyone$$);

-- What cannot be a source.
CREATE VIEW keys AS SELECT customer_id::text AS text_key, customer_id::numeric AS numeric_key, * FROM event;
SELECT segment.add_events('customer', 'x', 'keys', key => 'text_key', occurred_at => 'at');
SELECT segment.add_events('customer', 'x', 'keys', key => 'numeric_key', occurred_at => 'at');
SELECT segment.add_events('customer', 'x', 'keys', key => 'customer', occurred_at => 'at');
SELECT segment.add_events('customer', 'x', 'keys', key => 'customer_id', occurred_at => 'seq');
SELECT segment.add_events('customer', 'x', 'keys', key => 'customer_id', occurred_at => 'happened');
SELECT segment.add_events('customer', 'x', 'keys', key => 'customer_id', occurred_at => 'at', event_name => 'amount');
SELECT segment.add_events('customer', 'x', 'keys', key => 'customer_id', occurred_at => 'at', tie_break => 'properties');
SELECT segment.add_events('customer', '', 'keys', key => 'customer_id', occurred_at => 'at');
SELECT segment.add_events('customer', 'x', 'elsewhere', key => 'customer_id', occurred_at => 'at');
SELECT segment.add_events('customer', 'x', 'event_customer_id_at_idx', key => 'customer_id', occurred_at => 'at');
SELECT segment.add_events('customers', 'x', 'event', key => 'customer_id', occurred_at => 'at');
SELECT segment.add_events('customer', 'survey', 'event', key => 'customer_id', occurred_at => 'at');
SELECT segment.add_events('customer', NULL, 'event', key => 'customer_id', occurred_at => 'at');
-- Another source with event names would leave open what the definitions mean.
SELECT segment.add_events('customer', 'web', 'keys', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT segment.add_events('customer', 'survey', 'nowhere', key => 'id', occurred_at => 'day', if_exists => 'keep');
SELECT segment.add_events('customer', 'survey', 'survey', key => 'id', occurred_at => 'day', if_exists => 'keep');
DROP TABLE survey;
SELECT * FROM segment.refresh('customer');
SELECT segment.drop_population('customer', cascade => true);
DROP VIEW keys;
DROP TABLE customer, event, door;
DROP FUNCTION who;
