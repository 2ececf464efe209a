-- Whose rights a thing runs with: owner, granted reader, stranger.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;

SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, plan text, region text);
INSERT INTO shop.customer VALUES (1, 'pro', 'eu'), (2, 'free', 'us'), (3, 'pro', 'us');
SELECT segment.create_population('customer', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT segment.create_segment('pro', 'customer', $$plan = 'pro'$$) IS NOT NULL AS created;
SELECT * FROM segment.refresh('customer');
GRANT SELECT ON shop.customer_segment_member, shop.customer_segment TO segment_reader;
SELECT name, owner FROM segment.population;

-- The reader sees and previews, with his own rights, and changes nothing.
SET ROLE segment_reader;
SELECT name, members FROM segment.segment;
SELECT count(*) FROM shop.customer_segment;
SELECT * FROM segment.preview('customer', $$plan = 'pro'$$);
SELECT * FROM segment.refresh('customer');
SELECT segment.create_segment('x', 'customer', 'everyone');
SELECT segment.alter_segment('pro', 'everyone');
SELECT segment.drop_segment('pro');
SELECT segment.drop_population('customer', cascade => true);
SELECT segment.add_traits('customer', 'shop.customer', key => 'id', prefix => 'x');
SELECT segment.to_sql('pro', as_of => '2024-01-01 00:00:00+00');
RESET ROLE;
GRANT SELECT ON shop.customer TO segment_reader;
SET ROLE segment_reader;
SELECT * FROM segment.preview('customer', $$plan = 'pro'$$);

-- The stranger knows nothing.
SET ROLE segment_stranger;
SELECT count(*) FROM segment.population;
SELECT count(*) FROM segment.segment;
SELECT count(*) FROM segment.source;
SELECT count(*) FROM segment.segment_version;
SELECT count(*) FROM segment.refresh_run;
SELECT segment.to_sql('pro');
SELECT * FROM segment.preview('customer', 'everyone');
SELECT * FROM segment.refresh('customer');
SELECT * FROM segment.refresh();
SELECT segment.create_segment('x', 'custome', 'everyone');
SELECT count(*) FROM segment.catalog_population;
UPDATE segment.catalog_segment SET name = 'x';
-- Nor can he register what he may not read, or use somebody's schema.
SELECT segment.create_population('theirs', 'shop.customer', key => 'id');
RESET ROLE;

-- Row-level security applies as it does to who evaluates: all rows for the owner, the visible ones for a reader's preview.
ALTER TABLE shop.customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY eu ON shop.customer FOR SELECT TO segment_reader USING (region = 'eu');
SET ROLE segment_reader;
SELECT * FROM segment.preview('customer', $$plan = 'pro'$$);
SET ROLE segment_owner;
SELECT * FROM segment.refresh('customer');

-- A view's function runs as the population's owner, in a restricted operation, whoever calls: it cannot use the rights of a
-- superuser that refreshes.
CREATE FUNCTION shop.spy() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN current_user::text || ' ' || current_setting('search_path');
END $$;
CREATE VIEW shop.spied AS SELECT id, shop.spy() AS seen FROM shop.customer;
SELECT segment.add_traits('customer', 'shop.spied', key => 'id', prefix => 'spied');
SELECT segment.create_segment('seen', 'customer', $$spied.seen = 'segment_owner pg_catalog, pg_temp'$$) IS NOT NULL AS created;
RESET ROLE;
SELECT * FROM segment.refresh('customer', ARRAY['seen']);
SET ROLE segment_owner;
CREATE OR REPLACE FUNCTION shop.spy() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE NONE;
    RETURN current_user;
END $$;
RESET ROLE;
SELECT * FROM segment.refresh('customer', ARRAY['seen']);
SELECT current_user = session_user AS same_user, current_setting('search_path') AS search_path;

-- Names that are not identifiers.
SET ROLE segment_owner;
CREATE TABLE shop."Ku""nde; DROP" ("the ""key""" text PRIMARY KEY, "select" int, "naïve col" text, "o'clock" int);
INSERT INTO shop."Ku""nde; DROP" VALUES ('a''b', 1, 'x', 1), ('c"d', 2, E'y\\', 2);
SELECT segment.create_population('Ku"n''de; --', 'shop."Ku""nde; DROP"', key => 'the "key"', prefix => 'p"re'';f') IS NOT NULL AS created;
SELECT segment.create_segment(E's"e''g;\\ --', 'Ku"n''de; --', $$"select" >= 1 and "naïve col" = 'x' and "o'clock" = 1$$) IS NOT NULL AS created;
SELECT * FROM segment.refresh('Ku"n''de; --');
SELECT "Ku""n'de; --_id" FROM shop."p""re';f_segment";
SELECT segment.to_sql(E's"e''g;\\ --', '2024-01-01 00:00:00+00');
SELECT segment.drop_population('Ku"n''de; --', cascade => true);

-- Sources: registered by the population's owner, who must be allowed to read them; read with his rights, by others with theirs.
RESET ROLE;
CREATE TABLE shop."ev;--ent" ("the ""id" int, "wh'en" timestamptz, "na\me" text);
CREATE INDEX ON shop."ev;--ent" ("the ""id", "wh'en");
INSERT INTO shop."ev;--ent" VALUES (1, '2020-01-01', 'lo''g\in'), (2, '2020-01-01', 'other'), (3, '2020-01-01', NULL);
SET ROLE segment_owner;
SELECT segment.add_events('customer', 'so"ur''ce', 'shop."ev;--ent"', key => 'the "id', occurred_at => 'wh''en', event_name => 'na\me');
RESET ROLE;
GRANT SELECT ON shop."ev;--ent" TO segment_owner;
SET ROLE segment_reader;
SELECT segment.add_events('customer', 'so"ur''ce', 'shop.customer', key => 'id', occurred_at => 'x');
SET ROLE segment_owner;
SELECT segment.add_events('customer', 'so"ur''ce', 'shop."ev;--ent"', key => 'the "id', occurred_at => 'wh''en', event_name => 'na\me');
SELECT segment.create_segment('in', 'customer', $$did 'lo''g\in' of 'so"ur''ce' where ("na\me" ends with '\in')$$) IS NOT NULL AS created;
SELECT * FROM segment.refresh('customer', ARRAY['in']);
SELECT segment.to_sql('in', '2024-01-01 00:00:00+00');
SELECT source, event, rows FROM segment.event_names('customer');
SET ROLE segment_reader;
SELECT name, kind, relation FROM segment.source ORDER BY name;
SELECT * FROM segment.event_names('customer');
SELECT * FROM segment.preview('customer', 'did any event', as_of => '2024-01-01 00:00+00');
SELECT segment.remove_source('customer', 'so"ur''ce');
SET ROLE segment_stranger;
SELECT * FROM segment.event_names('customer');
SELECT count(*) FROM segment.catalog_source;
SET ROLE segment_owner;
SELECT segment.drop_population('customer', cascade => true);
RESET ROLE;
DROP SCHEMA shop CASCADE;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;
