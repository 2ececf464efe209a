-- Why a member is in a segment or not.
SET timezone = 'America/New_York';
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, plan text, mrr numeric, seats int, signup_at timestamptz, birthday date, tags text[], renewal_at timestamp);
INSERT INTO shop.customer VALUES
    (1, 'pro', 120.50, 3, '2024-11-11 08:00:00+00', '2000-02-29', '{vip}', '2025-01-15 00:00:00'),
    (2, 'free', 80, NULL, '2024-01-31 12:00:00+00', '2006-12-24', NULL, NULL),
    (3, NULL, NULL, 2147483647, NULL, NULL, '{}', 'infinity');
CREATE TABLE shop.usage (customer_id int PRIMARY KEY, logins float8);
INSERT INTO shop.usage VALUES (1, 7.5);
SELECT segment.create_population('customer', 'shop.customer', key => 'id', time_zone => 'Europe/Vienna') IS NOT NULL AS created;
SELECT segment.add_traits('customer', 'shop.usage', key => 'customer_id', prefix => 'usage');
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('pro', $$plan = 'pro'$$),
    ('numbers', 'mrr >= 100 and seats < 5 and (mrr - 20 between 90 and 200 or usage.logins > 8) and not mrr = 120 and seats not between 1 and 2'),
    ('others', $$plan in ('pro', 'team') and plan starts with 'p' and tags includes 'vip' and plan is set and in segment 'pro' and plan != 'free'$$),
    ('times', 'signup_at within 30 days or birthday more than 18 years ago or renewal_at within next 30 days'),
    ('new', 'signup_at within 1 month and not signup_at within 14 days'),
    ('adult', 'age(birthday) >= 18'), ('is 24', 'age(birthday) = 24'), ('month', 'signup_at in this month'),
    ('rank', 'mrr in top 1'), ('anniversary', 'anniversary(birthday) within next 7 days')) AS s(name, definition);

CREATE VIEW shop.why AS SELECT n.name, c.id, e.* FROM (VALUES ('numbers'), ('others'), ('times'), ('new'), ('adult'), ('is 24'), ('month'), ('rank')) AS n(name),
    shop.customer c, segment.explain(n.name, c.id, '2024-12-01 00:00:00+00') AS e WHERE path <> 'base';
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT id, path, condition, holds, value, threshold, margin FROM shop.why WHERE name = 'numbers' ORDER BY id, path;
SELECT path, condition, holds, value FROM segment.explain('others', 1);
SELECT path, holds, value FROM segment.explain('others', '2');
-- Times: the margin is what is left of the window or what is missing, the change comes by itself.
SELECT id, path, condition, holds, value, threshold, margin, changes_at FROM shop.why WHERE name IN ('times', 'new') ORDER BY name, id, path;
SELECT name, id, path, holds, value, threshold, margin, changes_at FROM shop.why WHERE name IN ('adult', 'is 24', 'month', 'rank') AND path <> '' ORDER BY name, id, path;
SELECT path, holds, value, changes_at FROM segment.explain('anniversary', 1, '2024-12-01 00:00:00+00');

-- What it announces, happens: nothing changes before, and at that instant it has.
SELECT w.name, w.id, w.holds AS now,
       EXISTS (SELECT FROM segment.preview('customer', s.definition, as_of => w.changes_at - interval '1 us') p WHERE w.id::text = ANY (p.sample)) AS before,
       EXISTS (SELECT FROM segment.preview('customer', s.definition, as_of => w.changes_at) p WHERE w.id::text = ANY (p.sample)) AS at
FROM shop.why w JOIN segment.segment s USING (name) WHERE w.path = '' AND w.changes_at IS NOT NULL ORDER BY 1, 2;
-- And the result is what a refresh finds.
SELECT count(*) FROM segment.refresh('customer');
SELECT count(*) AS compared, count(*) FILTER (WHERE e.holds IS DISTINCT FROM EXISTS (
    SELECT FROM shop.customer_segment m WHERE m.segment = s.name AND m.customer_id = c.id)) AS differing
FROM segment.segment s, shop.customer c, segment.explain(s.name, c.id, s.as_of) AS e WHERE e.path = '';

-- Overrides have the last word.
SELECT segment.include('pro', 2, reason => 'pays by invoice', until => '2099-01-01'), segment.exclude('pro', 1);
SELECT path, condition, holds, value, changes_at FROM segment.explain('pro', 2);
SELECT path, condition, holds, value, changes_at FROM segment.explain('pro', 1);
SELECT path, holds FROM segment.explain('pro', 3);
SELECT path, condition, holds FROM segment.explain('others', 1) WHERE path IN ('', '5');
-- So has the base.
SELECT segment.alter_population('customer', base => 'mrr > 100');
SELECT path, condition, holds FROM segment.explain('pro', 2);

-- Mistakes and rights.
SELECT * FROM segment.explain('prp', 1);
SELECT * FROM segment.explain('pro', 4);
SELECT * FROM segment.explain('pro', 'x');
SELECT * FROM segment.explain('pro', NULL::text);
SELECT * FROM segment.explain('pro', 1, NULL);
SELECT * FROM segment.explain('pro', 1, '-infinity');
GRANT SELECT ON shop.customer_segment_member TO segment_reader;
SET ROLE segment_reader;
\set VERBOSITY terse
SELECT * FROM segment.explain('pro', 1);
\set VERBOSITY default
SET ROLE segment_owner;
GRANT SELECT ON shop.customer, shop.customer_segment_override TO segment_reader;
SET ROLE segment_reader;
SELECT path, holds FROM segment.explain('pro', 1);
SET ROLE segment_stranger;
SELECT * FROM segment.explain('pro', 1);
-- A member that row-level security hides is none.
RESET ROLE;
ALTER TABLE shop.customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON shop.customer FOR SELECT TO segment_reader USING (id > 1);
SET ROLE segment_reader;
SELECT * FROM segment.explain('pro', 1);
RESET ROLE;

-- Many conditions; names and keys that are none.
SET ROLE segment_owner;
CREATE TABLE shop."k""'" ("i""'d" text PRIMARY KEY, "v" int);
INSERT INTO shop."k""'" VALUES (E'o''\\"x', 1);
SELECT segment.create_population('h"''', 'shop."k""''"', key => 'i"''d') IS NOT NULL AS created;
SELECT segment.create_segment('s''"', 'h"''', (SELECT string_agg('v = ' || i, ' or ') FROM generate_series(1, 1200) AS i)) IS NOT NULL AS created;
SELECT count(*), count(*) FILTER (WHERE holds) AS holds FROM segment.explain('s''"', E'o''\\"x');
SELECT path, holds, value, threshold, margin FROM segment.explain('s''"', E'o''\\"x') WHERE path IN ('1', '700', '1200');
DROP VIEW shop.why;
SELECT segment.drop_population('h"''', cascade => true);
SELECT segment.drop_population('customer', cascade => true);
DROP TABLE shop.customer, shop.usage, shop."k""'";
RESET ROLE;
DROP SCHEMA shop;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;

-- Near the end of the years there is less than a century to look at.
CREATE TABLE late (id int PRIMARY KEY, at timestamptz);
INSERT INTO late VALUES (1, '9990-01-01 00:00:00+00');
SELECT segment.create_population('late', 'late', key => 'id') IS NOT NULL AS created;
SELECT segment.create_segment('late', 'late', 'at within 30 days') IS NOT NULL AS created;
SELECT path, holds, changes_at FROM segment.explain('late', 1, '9950-01-01 00:00:00+00');
SELECT path, holds, changes_at FROM segment.explain('late', 1, '9999-12-31 23:00:00+00');
SELECT segment.drop_population('late', cascade => true);
DROP TABLE late;

-- Events: six logins, five days apart; the third last one leaves the window on the 21st, the sum of what is left falls later.
CREATE TABLE client (id int PRIMARY KEY);
INSERT INTO client VALUES (1);
CREATE TABLE event (client_id int, at timestamptz, name text, amount int);
INSERT INTO event SELECT 1, '2024-12-01 00:00:00+00'::timestamptz - i * interval '5 days', 'login', i FROM generate_series(0, 5) AS i;
CREATE INDEX ON event (client_id, at) INCLUDE (name, amount);
SELECT segment.create_population('client', 'client', key => 'id') IS NOT NULL AS created;
SELECT segment.add_events('client', 'activity', 'event', key => 'client_id', occurred_at => 'at', event_name => 'name');
SELECT segment.create_segment('active', 'client', $$did 'login' at least 3 times within 30 days and sum(amount) of 'login' within 90 days > 5$$) IS NOT NULL AS created;
SELECT path, holds, value, threshold, margin, changes_at FROM segment.explain('active', 1, '2024-12-02 00:00:00+00');
SELECT members FROM segment.preview('client', $$in segment 'active'$$, as_of => '2024-12-20 23:59:59.999999+00');
SELECT members FROM segment.preview('client', $$in segment 'active'$$, as_of => '2024-12-21 00:00:00+00');
SELECT segment.drop_population('client', cascade => true);
DROP TABLE client, event;
