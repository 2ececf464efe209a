-- Taking over and mending member tables: whose right it is, and what there is to find. Dumps are tested in test/t.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, plan text);
INSERT INTO shop.customer VALUES (1, 'pro'), (2, NULL);
SELECT segment.create_population('o"h''', 'shop.customer', key => 'id', prefix => 'c"''') IS NOT NULL AS created;
SELECT segment.create_segment('p''"ro', 'o"h''', $$plan = 'pro'$$) IS NOT NULL AS created;
SELECT * FROM segment.refresh('o"h''');
SELECT * FROM segment.repair('o"h''');
SELECT * FROM segment.adopt('o"h''');
SELECT * FROM segment.refresh('o"h''');

-- A guard that is gone, a name that is another one, a stay in the time of the present one.
DROP TRIGGER segment_guard ON shop."c""'_segment_stay";
INSERT INTO shop."c""'_segment_stay" (segment_id, "o""h'_id", entered_at, exited_at, enter_reason, exit_reason)
SELECT segment_id, 1, '2020-01-01', '2999-01-01', 'x', 'x' FROM shop."c""'_segment_name";
ALTER TABLE shop."c""'_segment_name" DISABLE TRIGGER segment_guard;
UPDATE shop."c""'_segment_name" SET name = 'x';
SELECT * FROM segment.repair('o"h''');
SELECT name FROM shop."c""'_segment_name";
SELECT * FROM segment.repair('o"h''');
DELETE FROM shop."c""'_segment_stay";
-- Another segment under the same id.
ALTER TABLE shop."c""'_segment_name" DISABLE TRIGGER segment_guard;
UPDATE shop."c""'_segment_name" SET uid = '00000000-0000-0000-0000-000000000001';
ALTER TABLE shop."c""'_segment_name" ENABLE TRIGGER segment_guard;
\set VERBOSITY terse
SELECT * FROM segment.refresh('o"h''');
SELECT * FROM segment.repair('o"h''');
\set VERBOSITY default
SELECT * FROM segment.adopt('o"h''');
SELECT * FROM segment.refresh('o"h''');

GRANT SELECT ON shop."c""'_segment_member" TO segment_reader;
SET ROLE segment_reader;
SELECT * FROM segment.repair('o"h''');
SELECT * FROM segment.adopt('o"h''');
SET ROLE segment_stranger;
SELECT * FROM segment.repair('o"h''');
SELECT * FROM segment.adopt('o"h''');
SELECT * FROM segment.adopt('nobody');
SELECT * FROM segment.repair(NULL);
RESET ROLE;
-- As a superuser: what is written belongs to the owner.
SELECT * FROM segment.adopt('o"h''');
SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'shop'::regnamespace;
SET ROLE segment_owner;
BEGIN READ ONLY;
SELECT * FROM segment.repair('o"h''');
ROLLBACK;
SELECT segment.drop_population('o"h''', cascade => true);
DROP TABLE shop.customer;
RESET ROLE;
DROP SCHEMA shop;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;
