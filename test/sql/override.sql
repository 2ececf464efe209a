-- Overrides: included and excluded whatever the definition says.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, mrr int);
INSERT INTO shop.customer SELECT i, i * 10 FROM generate_series(1, 6) AS i;
INSERT INTO shop.customer VALUES (7, NULL);
SELECT segment.create_population('customer', 'shop.customer', key => 'id', base => 'mrr is set') IS NOT NULL AS created;
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('big', 'mrr >= 50'), ('small', $$not in segment 'big'$$), ('ever big', $$entered segment 'big' within 1 day$$)) AS s(name, definition);
-- Before the first refresh an override is only written down.
SELECT segment.include('big', 1, reason => 'asked for it');
SELECT * FROM shop.customer_segment;
SELECT * FROM segment.refresh('customer');
SELECT customer_id, override, reason, until, author FROM shop.customer_segment_override;
CREATE VIEW shop.who AS SELECT segment, array_agg(customer_id ORDER BY customer_id) AS members FROM shop.customer_segment GROUP BY segment;
CREATE VIEW shop.change AS
    SELECT seq, name, customer_id, change, reason FROM shop.customer_segment_change JOIN shop.customer_segment_name USING (segment_id);
SELECT * FROM shop.who ORDER BY 1;

-- Later ones take effect at once; what depends on the segment follows with the refresh.
SELECT segment.include('customer.big', '2');
SELECT segment.exclude('big', 6::bigint, reason => 'internal');
SELECT * FROM shop.who ORDER BY 1;
SELECT customer_id, enter_reason, via FROM shop.customer_segment_member JOIN shop.customer_segment_name USING (segment_id) WHERE name = 'big' ORDER BY 1;
SELECT customer_id, exit_reason, exited_at > entered_at AS positive FROM shop.customer_segment_stay;
SELECT name, customer_id, change, reason FROM shop.change ORDER BY seq;
SELECT name, members FROM segment.segment ORDER BY id;
SELECT * FROM segment.refresh('customer');
SELECT * FROM shop.who ORDER BY 1;
SELECT sum(entered), sum(exited) FROM segment.refresh('customer');
SELECT * FROM segment.preview('customer', $$in segment 'big'$$);

-- The same in plain SQL.
SELECT regexp_replace(segment.to_sql('small', '2025-01-01 00:00:00+00'), 'segment_id = \d+', 'segment_id = 1', 'g');
CREATE TEMP TABLE plain (id int);
CREATE FUNCTION pg_temp.fill(sql text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM plain; EXECUTE 'INSERT INTO plain ' || sql; END $$;
SELECT pg_temp.fill(segment.to_sql('small'));
SELECT array_agg(id ORDER BY id) FROM plain;
SELECT pg_temp.fill(segment.to_sql('big'));
SELECT array_agg(id ORDER BY id) FROM plain;

-- Who is included and would be a member anyway says so, and is a member by definition when the include is gone.
SELECT segment.include('big', 5, reason => 'vip');
SELECT customer_id, via FROM shop.customer_segment_member WHERE customer_id = 5;
UPDATE shop.customer SET mrr = 60 WHERE id = 2;
SELECT segment.clear_override('big', 2), segment.clear_override('big', '3'), segment.clear_override('big', 1);
SELECT * FROM segment.refresh('customer');
SELECT customer_id, via FROM shop.customer_segment_member JOIN shop.customer_segment_name USING (segment_id) WHERE name = 'big' ORDER BY 1;
-- The last word counts; the base stays out of reach.
SELECT segment.exclude('big', 5);
SELECT segment.include('big', 7);
SELECT customer_id, override, reason FROM shop.customer_segment_override ORDER BY 1;
SELECT * FROM segment.refresh('customer');
UPDATE shop.customer SET mrr = 1 WHERE id = 7;
SELECT * FROM segment.refresh('customer');
SELECT * FROM shop.who ORDER BY 1;

-- Overrides end by themselves.
SELECT segment.include('big', 3, until => clock_timestamp() + interval '0.2 s');
SELECT segment.exclude('big', 2, until => clock_timestamp() + interval '0.2 s');
SELECT count(*) FROM segment.refresh('customer');
SELECT members FROM shop.who WHERE segment = 'big';
SELECT pg_sleep(0.3);
SELECT * FROM segment.refresh('customer', ARRAY['big']);
SELECT customer_id, via FROM shop.customer_segment_member JOIN shop.customer_segment_name USING (segment_id) WHERE name = 'big' ORDER BY 1;
SELECT customer_id, override FROM shop.customer_segment_override ORDER BY 1;
-- They outlive a changed definition and a drop of the segment takes them along.
SELECT segment.alter_segment('big', 'mrr < 0');
SELECT * FROM segment.refresh('customer', ARRAY['big']);
SELECT segment.drop_segment('big', cascade => true);
SELECT count(*) FROM shop.customer_segment_override;

-- Mistakes.
SELECT segment.create_segment('big', 'customer', 'mrr >= 50') IS NOT NULL AS created;
SELECT segment.include('big', 99);
SELECT segment.include('big', 'x');
SELECT segment.include('big', 99999999999);
SELECT segment.include('big', '00000000-0000-0000-0000-00000000000a'::uuid);
SELECT segment.include('big', NULL::text);
SELECT segment.include(NULL, 1);
SELECT segment.include('bug', 1);
SELECT segment.include('big', 1, until => '2020-01-01');
SELECT segment.include('big', 1, until => '-infinity');
INSERT INTO shop.customer_segment_override VALUES (1, 1, 'include', NULL, NULL, 'me', now());
SELECT segment.include('big', 1, until => 'infinity');
INSERT INTO shop.customer_segment_override VALUES (1, 2, 'include', NULL, NULL, 'me', now());
DELETE FROM shop.customer_segment_override;
BEGIN READ ONLY;
SELECT segment.include('big', 1);
ROLLBACK;

-- Whose rights.
SELECT count(*) FROM segment.refresh('customer');
GRANT SELECT ON shop.customer_segment_member, shop.customer_segment, shop.customer TO segment_reader;
SET ROLE segment_reader;
SELECT segment.include('big', 2);
SELECT segment.exclude('big', 2);
SELECT segment.clear_override('big', 1);
\set VERBOSITY terse
SELECT * FROM segment.preview('customer', $$in segment 'big'$$);
\set VERBOSITY default
SET ROLE segment_owner;
GRANT SELECT ON shop.customer_segment_override TO segment_reader;
SET ROLE segment_reader;
SELECT * FROM segment.preview('customer', $$in segment 'big'$$);
SET ROLE segment_stranger;
SELECT segment.include('big', 2);
SELECT segment.clear_override('customer.big', 2);
RESET ROLE;
-- A superuser may, and what he writes is the owner's.
SELECT segment.include('big', 2);
SELECT customer_id, via FROM shop.customer_segment_member ORDER BY 1;

-- Keys of other types, equal by their own operator; hostile names.
SET ROLE segment_owner;
CREATE TABLE shop."a""b" ("k'ey" uuid PRIMARY KEY);
INSERT INTO shop."a""b" VALUES ('00000000-0000-0000-0000-00000000000a'), ('00000000-0000-0000-0000-00000000000b');
SELECT segment.create_population('o"h''; --', 'shop."a""b"', key => 'k''ey', prefix => 'x"''y') IS NOT NULL AS created;
SELECT segment.create_segment('s''"', 'o"h''; --', 'not everyone') IS NOT NULL AS created;
SELECT count(*) FROM segment.refresh('o"h''; --');
SELECT segment.include('s''"', '00000000-0000-0000-0000-00000000000A', reason => 'it''s; "');
SELECT segment.include('s''"', '00000000-0000-0000-0000-00000000000b'::uuid);
SELECT segment.include('s''"', 1);
SELECT * FROM segment.refresh('o"h''; --');
SELECT "o""h'; --_id", via FROM shop."x""'y_segment_member" ORDER BY 1;
SELECT segment.drop_population('o"h''; --', cascade => true);
DROP VIEW shop.who, shop.change;
DROP FUNCTION pg_temp.fill(text);
DROP TABLE plain;
SELECT segment.drop_population('customer', cascade => true);
RESET ROLE;
CREATE EXTENSION citext SCHEMA public;
CREATE TABLE shop.person (email citext PRIMARY KEY);
INSERT INTO shop.person VALUES ('Ann@x.org'), ('bob@x.org');
SELECT segment.create_population('person', 'shop.person', key => 'email') IS NOT NULL AS created;
SELECT segment.create_segment('all', 'person', 'everyone') IS NOT NULL AS created;
SELECT segment.create_segment('rest', 'person', $$not in segment 'all'$$) IS NOT NULL AS created;
SELECT count(*) FROM segment.refresh('person');
SELECT segment.exclude('all', 'ANN@X.org');
SELECT * FROM segment.refresh('person');
SELECT segment, person_id FROM shop.person_segment ORDER BY 1;
SELECT regexp_replace(segment.to_sql('rest', '2025-01-01 00:00:00+00'), 'segment_id = \d+', 'segment_id = 1', 'g');
SELECT segment.drop_population('person', cascade => true);
DROP TABLE shop.customer, shop."a""b", shop.person;
DROP EXTENSION citext;
DROP SCHEMA shop;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;
