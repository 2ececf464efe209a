-- Members of segments, derived by hand from eight rows.
SET timezone = 'America/New_York';  -- the session's settings never matter
SET datestyle = 'SQL, DMY';
CREATE TABLE customer (
    id int PRIMARY KEY, plan text, mrr numeric(10, 2), seats int, country text, has_admin boolean, signup_at timestamptz, last_login date);
INSERT INTO customer VALUES
    (1, 'pro',   100.00, 10, 'DE', true,  '2024-11-20 12:00:00+00', '2024-11-30'),
    (2, 'pro',    99.99,  3, 'AT', false, '2024-11-01 00:00:00+00', '2024-11-01'),
    (3, 'free',    0.00,  1, 'US', NULL,  '2024-10-31 23:59:59.999999+00', '2024-10-15'),
    (4, NULL,      NULL, NULL, NULL, NULL, NULL, NULL),
    (5, 'Pro',   250.50, 50, 'DE', true,  '2023-01-01 00:00:00+00', '2024-12-01'),
    (6, '',       10.00,  2, 'CH', false, '2024-12-01 00:00:00+00', '2024-12-02'),
    (7, 'free',   -5.00,  0, 'US', true,  '2024-12-01 00:00:00.000001+00', '2024-11-02'),
    (8, 'team', 100.001, 20, 'GB', false, '2022-05-05 05:05:05+00', '2020-02-29');
SELECT segment.create_population('customer', 'customer', key => 'id') IS NOT NULL AS created;

SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('everyone',      'everyone'),
    ('pro',           $$plan = 'pro'$$),
    ('not pro',       $$plan != 'pro'$$),
    ('strictly not',  $$plan is set and plan != 'pro'$$),
    ('hundred',       'mrr >= 100'),
    ('below',         'mrr < 100'),
    ('exactly',       'mrr = 100'),
    ('range',         'seats between 2 and 20'),
    ('out of range',  'seats not between 2 and 20'),
    ('dach',          $$country in ('DE', 'AT', 'CH')$$),
    ('elsewhere',     $$country not in ('DE', 'AT', 'CH')$$),
    ('no plan',       'plan is not set'),
    ('admin',         'has_admin'),
    ('no admin',      'not has_admin'),
    ('is false',      'has_admin is false'),
    ('is not true',   'has_admin is not true'),
    ('month',         'signup_at within 30 days'),
    ('older',         'signup_at more than 30 days ago'),
    ('recent login',  'last_login within 30 days'),
    ('mixed',         $$(plan = 'pro' or country = 'DE') and not (mrr < 100)$$),
    ('nested',        $$in segment 'mixed' and not in segment 'month'$$),
    ('fraction',      'seats >= 2.5'),
    ('literal date',  $$signup_at < '2023-01-01'$$),
    ('negative',      'mrr < 0 or mrr = 0')
) AS s(name, definition);

SELECT * FROM segment.refresh('customer', as_of => '2024-12-01 00:00:00+00') ORDER BY segment;
SELECT segment, array_agg(customer_id ORDER BY customer_id) FROM customer_segment GROUP BY segment ORDER BY segment COLLATE "C";

-- Nothing changes when nothing changed.
SELECT sum(entered) AS entered, sum(exited) AS exited FROM segment.refresh('customer', as_of => '2024-12-01 00:00:00+00');
-- The first population writes no changes.
SELECT count(*) FROM customer_segment_change;

-- Rows change, come and go, and time passes.
UPDATE customer SET plan = 'pro' WHERE id = 3;
UPDATE customer SET mrr = 99.99 WHERE id = 1;
DELETE FROM customer WHERE id = 8;
INSERT INTO customer VALUES (9, 'pro', 1, 1, 'FR', true, '2024-12-01 06:00:00+00', '2024-12-01');
SELECT * FROM segment.refresh('customer', as_of => '2024-12-02 00:00:00+00') WHERE entered > 0 OR exited > 0 ORDER BY segment COLLATE "C";
SELECT n.name, c.customer_id, c.change, c.reason, c.as_of AT TIME ZONE 'UTC' AS as_of
FROM customer_segment_change c JOIN customer_segment_name n USING (segment_id) ORDER BY n.name COLLATE "C", c.customer_id;
SELECT segment, customer_id, entered_at AT TIME ZONE 'UTC' AS entered_at, exited_at AT TIME ZONE 'UTC' AS exited_at, enter_reason, exit_reason
FROM customer_segment_history WHERE segment IN ('pro', 'month') ORDER BY segment, customer_id;
SELECT segments FROM customer_segments WHERE customer_id = 9;

-- A new definition: the changes say so.
SELECT segment.alter_segment('pro', $$plan = 'free'$$);
SELECT segment.alter_segment('pro', $$  plan   =   'free' $$) AS "same definition, same version";
SELECT * FROM segment.refresh('customer', ARRAY['pro'], as_of => '2024-12-02 00:00:00+00');
SELECT n.name, c.customer_id, c.change, c.reason, c.definition_version
FROM customer_segment_change c JOIN customer_segment_name n USING (segment_id) WHERE reason = 'definition' ORDER BY 1, 2, 3;
SELECT name, version, members, refreshed_version FROM segment.segment WHERE name = 'pro';
SELECT segment, version, definition FROM segment.segment_version WHERE segment = 'pro' ORDER BY version;

-- A stay of zero length leaves only changes.
SELECT segment.alter_segment('pro', $$plan = 'pro'$$);
SELECT count(*) FROM segment.refresh('customer', ARRAY['pro'], as_of => '2024-12-02 00:00:00+00');
SELECT customer_id, exit_reason FROM customer_segment_stay JOIN customer_segment_name USING (segment_id) WHERE name = 'pro' ORDER BY 1;

-- Dependencies are refreshed along; a rerun is recorded.
SELECT segment FROM segment.refresh('customer', ARRAY['nested'], as_of => '2024-12-02 00:00:00+00') ORDER BY 1;
SELECT population, mode, member_rows, segments, entered, exited FROM segment.refresh_run ORDER BY id;

-- The base: who counts at all. Leaving it is a reason of its own.
SELECT segment.create_population('customer', 'customer', key => 'id', base => $$country is set$$, if_exists => 'replace') IS NOT NULL AS replaced;
INSERT INTO customer (id, plan) VALUES (10, 'pro');
SELECT * FROM segment.refresh('customer', ARRAY['everyone', 'not pro'], as_of => '2024-12-02 00:00:00+00');
SELECT n.name, c.customer_id, c.change FROM customer_segment_change c JOIN customer_segment_name n USING (segment_id)
WHERE reason = 'base' ORDER BY n.name, c.customer_id;

-- Announced segments write changes from the start.
SELECT segment.create_segment('announced', 'customer', $$country = 'DE'$$, announce => true) IS NOT NULL AS created;
SELECT count(*) FROM segment.refresh('customer', ARRAY['announced'], as_of => '2024-12-02 00:00:00+00');
SELECT customer_id, change, reason FROM customer_segment_change JOIN customer_segment_name USING (segment_id) WHERE name = 'announced' ORDER BY 1;

-- Previews store nothing, and look at any instant.
SELECT * FROM segment.preview('customer', $$plan = 'pro'$$, as_of => '2024-12-02 00:00:00+00');
SELECT * FROM segment.preview('customer', $$plan = 'pro'$$::segment.definition, sample => 1);
SELECT members, sample FROM segment.preview('customer', 'signup_at within 30 days', as_of => '2024-12-01 00:00:00+00');
SELECT members, round(share::numeric, 4) AS share FROM segment.preview('customer', $$in segment 'pro' and seats > 1$$);

-- Dropping.
SELECT segment.drop_segment('mixed');
SELECT segment.drop_segment('mixed', cascade => true);
SELECT name FROM segment.segment WHERE name IN ('mixed', 'nested');
SELECT segment.drop_population('customer');
SELECT segment.drop_population('customer', cascade => true);
SELECT count(*) FROM segment.population;
SELECT relname FROM pg_class WHERE relname LIKE 'customer\_segment%';
DROP TABLE customer;
