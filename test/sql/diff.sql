-- What a change of a definition would do, what versions changed, and what definitions can speak of.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, plan text, mrr int, "Odd name" json, properties jsonb, signup_at timestamptz);
INSERT INTO shop.customer
SELECT i, CASE WHEN i % 2 = 0 THEN 'pro' END, i * 10, NULL, jsonb_build_object('n', i % 3), '2024-01-01 00:00:00+00'::timestamptz + i * interval '1 day'
FROM generate_series(1, 10) AS i;
CREATE TABLE shop.usage (customer_id int PRIMARY KEY, logins int);
INSERT INTO shop.usage VALUES (1, 5), (2, 5);
SELECT segment.create_population('customer', 'shop.customer', key => 'id', base => 'mrr < 100') IS NOT NULL AS created;
SELECT segment.add_traits('customer', 'shop.usage', key => 'customer_id', prefix => 'usage');
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('big', 'mrr >= 50'), ('pro', $$plan = 'pro' and in segment 'big'$$), ('active', 'usage.logins > 3 or properties.n = 1')) AS s(name, definition);

-- Members are 1 to 9: ten is outside of the base.
SELECT * FROM segment.diff('big', 'mrr >= 70 or mrr = 10') ORDER BY change, key;
SELECT * FROM segment.diff('customer.big', 'mrr >= 50');
SELECT * FROM segment.diff('pro', $$plan = 'pro'$$::segment.definition) ORDER BY key;
SELECT * FROM segment.diff('big', 'signup_at within 2 days', as_of => '2024-01-05 00:00:00+00') ORDER BY key;
-- Overrides count on both sides.
SELECT segment.include('big', 1), segment.exclude('big', 9);
SELECT * FROM segment.diff('big', 'mrr >= 80') ORDER BY key;
SELECT * FROM segment.diff('big', 'everyone') ORDER BY key;
SELECT segment.diff('bug', 'everyone');
SELECT segment.diff('big', 'mrrr > 5');
SELECT segment.diff('big', 'mrr >');
SELECT segment.diff('big', 'everyone', as_of => NULL);
SELECT segment.diff('big', 'everyone', as_of => 'infinity');
SELECT segment.diff('big', NULL::text);

-- Versions beside the ones before.
SELECT segment.alter_segment('big', 'mrr >= 60');
SELECT segment, version, previous_definition, definition FROM segment.segment_version ORDER BY 1, 2;

-- Traits.
SELECT trait, type, source, round(null_share::numeric, 3) AS null_share, distinct_values, used_by FROM segment.traits('customer');
SELECT * FROM segment.traits('custome');
SELECT * FROM segment.traits(NULL);
-- A trait's name is written as in definitions.
ALTER TABLE shop.customer RENAME COLUMN signup_at TO "sign ""up";
SELECT segment.create_segment('name', 'customer', '"sign ""up" is set') IS NOT NULL AS created;
SELECT trait, used_by FROM segment.traits('customer') WHERE trait LIKE '%sign%';
TRUNCATE shop.customer;
SELECT trait, null_share, distinct_values FROM segment.traits('customer') WHERE trait IN ('plan', '"Odd name"');

-- Whose rights: the reader's own.
GRANT SELECT ON shop.customer_segment_member TO segment_reader;
SET ROLE segment_reader;
\set VERBOSITY sqlstate
SELECT * FROM segment.diff('big', 'everyone');
SELECT * FROM segment.traits('customer');
\set VERBOSITY default
SELECT segment, previous_definition FROM segment.segment_version WHERE version > 1;
SET ROLE segment_owner;
GRANT SELECT ON shop.customer, shop.usage, shop.customer_segment_override TO segment_reader;
INSERT INTO shop.customer (id, mrr) VALUES (1, 60);
SET ROLE segment_reader;
SELECT * FROM segment.diff('big', 'not everyone');
SELECT count(*) FROM segment.traits('customer');
SET ROLE segment_stranger;
SELECT * FROM segment.diff('big', 'everyone');
SELECT * FROM segment.traits('customer');
SELECT count(*) FROM segment.segment_version;
SELECT count(*) FROM segment.overview;
SET ROLE segment_owner;
SELECT segment.drop_population('customer', cascade => true);
RESET ROLE;
DROP TABLE shop.customer, shop.usage;
DROP SCHEMA shop;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;
