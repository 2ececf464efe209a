-- Users of one server who do not trust each other.
CREATE ROLE segment_alice;
CREATE ROLE segment_bob;
CREATE SCHEMA alice AUTHORIZATION segment_alice;
CREATE SCHEMA bob AUTHORIZATION segment_bob;

SET ROLE segment_alice;
CREATE TABLE alice.customer (id int PRIMARY KEY, plan text);
INSERT INTO alice.customer VALUES (1, 'pro'), (2, 'free');
SELECT segment.create_population('acust', 'alice.customer', key => 'id') > 0 AS created;
SELECT segment.create_segment('paying', 'acust', $$plan = 'pro'$$) > 0 AS created;
SELECT * FROM segment.refresh();

-- Names of others are in nobody's way, and are not told.
SET ROLE segment_bob;
CREATE TABLE bob.customer (id int PRIMARY KEY, plan text);
SELECT segment.create_population('bcust', 'bob.customer', key => 'id') > 0 AS created;
SELECT segment.create_segment('paying', 'bcust', 'everyone') > 0 AS created;
SELECT segment.create_segment('acust.paying', 'bcust', 'everyone') > 0 AS created;
SELECT segment.to_sql('acust.paying');
SELECT * FROM segment.refresh() ORDER BY segment;
SET ROLE segment_alice;
SELECT segment.to_sql('paying');
SELECT segment.alter_segment('acust.paying', $$plan in ('pro', 'team')$$);
RESET ROLE;
SELECT segment.to_sql('paying');
-- Where both can be read, it is ambiguous which one is meant.
SELECT segment.to_sql('acust.paying');
SELECT segment.to_sql('bcust.acust.paying');

-- A table of the right name makes nobody an owner.
ALTER SCHEMA alice RENAME TO moved;
CREATE SCHEMA alice AUTHORIZATION segment_bob;
SET ROLE segment_bob;
CREATE TABLE alice.acust_segment_member (segment_id int, acust_id int);
SELECT name FROM segment.population ORDER BY name;
SELECT segment.drop_population('acust', cascade => true);
SELECT segment.preview('acust', 'everyone');
DROP SCHEMA alice CASCADE;
RESET ROLE;
ALTER SCHEMA moved RENAME TO alice;

-- A superuser's preview runs nobody's functions as the superuser.
SET ROLE segment_alice;
CREATE FUNCTION alice.who() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT current_user::text';
CREATE VIEW alice.seen AS SELECT id, alice.who() AS who FROM alice.customer;
SELECT segment.add_traits('acust', 'alice.seen', key => 'id', prefix => 'seen');
RESET ROLE;
SELECT members FROM segment.preview('acust', $$seen.who = 'segment_alice'$$);

-- The names beside the members are guarded, and mended where triggers were off.
SET ROLE segment_alice;
DELETE FROM alice.acust_segment_name;
ALTER TABLE alice.acust_segment_name DISABLE TRIGGER segment_guard;
DELETE FROM alice.acust_segment_name;
ALTER TABLE alice.acust_segment_name ENABLE TRIGGER segment_guard;
SELECT segment, members FROM segment.refresh('acust');
SELECT segment, acust_id FROM alice.acust_segment;

-- A rule that keeps rows away is noticed.
CREATE RULE away AS ON INSERT TO alice.acust_segment_member DO INSTEAD NOTHING;
INSERT INTO alice.customer VALUES (3, 'pro');
SELECT * FROM segment.refresh('acust');
DROP RULE away ON alice.acust_segment_member;
SELECT * FROM segment.refresh('acust');

-- A refresh within a refresh of the same population is refused.
CREATE FUNCTION alice.again() RETURNS int LANGUAGE sql VOLATILE AS $$SELECT count(*)::int FROM segment.refresh('acust')$$;
CREATE VIEW alice.recursive AS SELECT id, alice.again() AS n FROM alice.customer;
SELECT segment.add_traits('acust', 'alice.recursive', key => 'id', prefix => 'again');
SELECT segment.create_segment('again', 'acust', 'again.n > 0') > 0 AS created;
SELECT * FROM segment.refresh('acust');
SELECT segment.drop_segment('again');
SELECT * FROM segment.refresh('acust');

SELECT segment.drop_population('acust', cascade => true);
SET ROLE segment_bob;
SELECT segment.drop_population('bcust', cascade => true);
RESET ROLE;
DROP SCHEMA alice CASCADE;
DROP SCHEMA bob CASCADE;
DROP ROLE segment_alice;
DROP ROLE segment_bob;
