-- Renaming segments, changing and dropping populations.
CREATE ROLE segment_owner;
CREATE ROLE segment_other;
CREATE ROLE segment_stranger;
GRANT segment_other TO segment_owner;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner, segment_other;
GRANT USAGE ON SCHEMA shop TO segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, plan text, signup_at timestamptz, signup_day date);
INSERT INTO shop.customer VALUES
    (1, 'pro', '2024-12-01 23:30:00+00', '2024-12-02'), (2, 'free', '2024-12-02 12:00:00+00', '2024-12-01'), (3, NULL, NULL, NULL);
GRANT SELECT ON shop.customer TO segment_other;
SELECT segment.create_population('customer', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('pro', $$plan = 'pro'$$), ('not "pro"''s', $$not in segment 'pro'$$),
    ('both', $$in segment 'pro' and ever in segment 'pro' and plan != 'in segment ''pro'''$$),
    ('today', 'signup_at today')) AS s(name, definition);
SELECT count(*) FROM segment.refresh('customer', as_of => '2024-12-02 13:00:00+00');

-- Definitions follow a rename, without a new version and without a change of members.
SELECT segment.rename_segment('pro', E'it''s "pro"; \\');
SELECT name, definition, version FROM segment.segment ORDER BY id;
SELECT segment, customer_id FROM shop.customer_segment ORDER BY segment COLLATE "C", customer_id;
SELECT sum(entered), sum(exited) FROM segment.refresh('customer', as_of => '2024-12-02 13:00:00+00');
SELECT segment.alter_segment('both', $$in segment 'it''s "pro"; \'$$);
SELECT segment.rename_segment(E'customer.it''s "pro"; \\', 'pro');
SELECT name, definition, version FROM segment.segment ORDER BY id;
SELECT segment, version, definition FROM segment.segment_version WHERE segment = 'both' ORDER BY version;
SELECT segment.rename_segment('pro', 'pro');
SELECT segment.rename_segment('pro', 'both');
SELECT segment.rename_segment('pro', '');
SELECT segment.rename_segment('pro', repeat('x', 64));
SELECT segment.rename_segment('prp', 'x');
SELECT segment.rename_segment('pro', NULL);

-- A change of the zone or the week changes what definitions mean at the next refresh.
SELECT segment.alter_population('customer', time_zone => 'Asia/Tokyo', week_start => 7);
SELECT name, owner, time_zone, week_start, base FROM segment.population;
SELECT * FROM segment.refresh('customer', ARRAY['today'], as_of => '2024-12-02 14:00:00+00');
SELECT segment.alter_population('customer', base => 'plan is set');
SELECT * FROM segment.refresh('customer', as_of => '2024-12-02 14:00:00+00') ORDER BY segment COLLATE "C";
SELECT segment.alter_population('customer');
SELECT segment.alter_population('customer', base => 'plam is set');
SELECT segment.alter_population('customer', base => $$in segment 'pro'$$);
SELECT segment.alter_population('customer', time_zone => 'CET');
SELECT segment.alter_population('customer', week_start => 8);
SELECT segment.alter_population('customer', new_name => 'segment');
SELECT segment.alter_population('customer', new_name => '');
SELECT segment.alter_population('customer', owner => 'segment_nobody');
\set VERBOSITY sqlstate
SELECT segment.alter_population('customer', owner => 'segment_stranger');
\set VERBOSITY default
SELECT name, owner, time_zone, week_start, base FROM segment.population;

-- The population's name is in the member column.
SELECT segment.alter_population('customer', new_name => 'Kund"e');
SELECT * FROM shop.customer_segment_history WHERE segment = 'pro' AND false;
SELECT * FROM shop.customer_segments ORDER BY "Kund""e_id";
SELECT sum(entered), sum(exited) FROM segment.refresh('Kund"e', as_of => '2024-12-02 14:00:00+00');
SELECT segment.alter_population('Kund"e', new_name => 'customer');
SELECT segment.create_population('second', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT segment.alter_population('second', new_name => 'customer');

-- The owner can hand over to a role that he is a member of, which must be able to read.
SELECT segment.alter_population('customer', owner => 'segment_other');
SELECT name, owner FROM segment.population ORDER BY name;
SELECT relname, relowner::regrole FROM pg_class WHERE relname LIKE 'customer\_segment%' AND relkind IN ('r', 'v') AND relnamespace = 'shop'::regnamespace ORDER BY relname;
SET ROLE segment_stranger;
SELECT segment.alter_population('customer', owner => 'segment_stranger');
SELECT segment.alter_population('custome', week_start => 1);
SELECT segment.rename_segment('pro', 'x');
SET ROLE segment_other;
SELECT count(*) FROM segment.refresh('customer');
\set VERBOSITY sqlstate
SELECT segment.alter_population('customer', owner => 'segment_owner');
\set VERBOSITY default
-- After a role's rename the member tables tell who may name the new one.
RESET ROLE;
ALTER ROLE segment_other RENAME TO segment_renamed;
SET ROLE segment_stranger;
SELECT segment.alter_population('customer', owner => 'segment_stranger');
SET ROLE segment_renamed;
SELECT * FROM segment.refresh('customer');
SELECT segment.alter_population('customer', owner => 'segment_renamed');
SELECT sum(entered), sum(exited) FROM segment.refresh('customer');
RESET ROLE;

-- Dropping refuses what is used, and says by whom.
SELECT segment.drop_segment('pro');
SELECT segment.drop_population('customer');
SELECT segment.drop_population('customer', cascade => true);
SELECT segment.drop_population('second');
SELECT count(*) FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relname LIKE '%segment%';
DROP SCHEMA shop CASCADE;
DROP ROLE segment_owner;
DROP ROLE segment_renamed;
DROP ROLE segment_stranger;
