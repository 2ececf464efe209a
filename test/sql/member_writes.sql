-- How the rows of a refresh get into the member table: in bulk where nothing of the user's wants to see them, else by statements; and
-- what keeps them away.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE TABLE pupil (id int PRIMARY KEY, grade int);
INSERT INTO pupil SELECT n, n % 10 FROM generate_series(1, 2500) AS n;
SELECT segment.create_population('pupil', 'pupil', key => 'id') > 0, segment.create_segment('good', 'pupil', 'grade < 5') > 0;
CREATE FUNCTION differences() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM (SELECT pupil_id FROM pupil_segment WHERE segment = 'good') AS s FULL JOIN (SELECT id FROM pupil WHERE grade < 5) AS p ON s.pupil_id = p.id
    WHERE s.pupil_id IS NULL OR p.id IS NULL $$;
-- Everything enters anew.
CREATE FUNCTION again() RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    PERFORM segment.drop_segment('good');
    PERFORM segment.create_segment('good', 'pupil', 'grade < 5');
    RETURN QUERY SELECT r.members, r.entered, differences() FROM segment.refresh('pupil') AS r;
END $$;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);

-- The first rows of an empty table, whose indexes are built afterwards, while a query of the session reads it.
BEGIN;
SELECT segment.drop_segment('good');
COMMIT;
VACUUM pupil_segment_member;
SELECT pg_relation_size('pupil_segment_member');
SELECT segment.create_segment('good', 'pupil', 'grade < 5') > 0;
BEGIN;
DECLARE reading CURSOR FOR SELECT * FROM pupil_segment_member;
FETCH reading;
SELECT members, entered FROM segment.refresh('pupil');
FETCH reading;
CLOSE reading;
SET LOCAL enable_seqscan = off;
SELECT differences(), (SELECT count(*) FROM pupil_segment_member WHERE segment_id > 0 AND pupil_id = 11);
ROLLBACK;
SELECT members, entered, (SELECT count(*) FROM pupil_segment_member) AS seen_by_the_statement FROM segment.refresh('pupil');
SELECT differences();

-- Triggers of the user see each row.
CREATE TABLE seen (pupil_id int, operation text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen VALUES (coalesce(NEW.pupil_id, OLD.pupil_id), TG_OP);
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER note AFTER INSERT OR DELETE ON pupil_segment_member FOR EACH ROW EXECUTE FUNCTION note();
UPDATE pupil SET grade = 9 WHERE id IN (1, 2);
UPDATE pupil SET grade = 1 WHERE id IN (5, 6, 7);
SELECT entered, exited, differences() FROM segment.refresh('pupil');
SELECT * FROM seen ORDER BY pupil_id;
SELECT pupil_id, change FROM pupil_segment_change ORDER BY pupil_id;
TRUNCATE seen;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
SELECT operation, count(*) FROM seen GROUP BY operation ORDER BY operation;
DROP TRIGGER note ON pupil_segment_member;
-- Not one that is disabled.
CREATE TRIGGER note BEFORE INSERT ON pupil_segment_member FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE pupil_segment_member DISABLE TRIGGER note;
TRUNCATE seen;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
SELECT count(*) FROM seen;
DROP TRIGGER note ON pupil_segment_member;

-- Who keeps rows away stops the refresh.
CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.pupil_id <> 12 THEN NEW END; END $$;
CREATE TRIGGER swallow BEFORE INSERT ON pupil_segment_member FOR EACH ROW EXECUTE FUNCTION swallow();
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
DROP TRIGGER swallow ON pupil_segment_member;
CREATE RULE swallow AS ON INSERT TO pupil_segment_member WHERE NEW.pupil_id = 12 DO INSTEAD NOTHING;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
DROP RULE swallow ON pupil_segment_member;
ALTER TABLE pupil_segment_member ADD CONSTRAINT small CHECK (pupil_id < 2000) NOT VALID;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
ALTER TABLE pupil_segment_member DROP CONSTRAINT small;
SELECT differences();

-- Columns of the user, deferred constraints, policies that bind the owner.
ALTER TABLE pupil_segment_member ADD note text DEFAULT 'new', ADD doubled int GENERATED ALWAYS AS (pupil_id * 2) STORED;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
SELECT count(*), count(DISTINCT doubled) FROM pupil_segment_member WHERE note = 'new' AND doubled = pupil_id * 2;
ALTER TABLE pupil_segment_member DROP note, DROP doubled;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
ALTER TABLE pupil_segment_member ADD CONSTRAINT once UNIQUE (pupil_id, segment_id) DEFERRABLE INITIALLY DEFERRED;
SELECT * FROM again() AS r (members bigint, entered bigint, differences bigint);
ALTER TABLE pupil_segment_member DROP CONSTRAINT once;

-- A relation that is another one each time it is read, when it has to be read twice.
CREATE VIEW fickle AS SELECT gen_random_uuid() AS id, n FROM generate_series(1, 70000) AS n;
SELECT segment.create_population('fickle', 'fickle', key => 'id') > 0, segment.create_segment('some', 'fickle',
    (SELECT string_agg(format('n + %s > 10', i), ' and ') FROM generate_series(1, 30) AS i), materialize => 'set') > 0;
SET segment.refresh_memory = '1MB';
SELECT * FROM segment.refresh('fickle');
RESET segment.refresh_memory;
SELECT members FROM segment.refresh('fickle');
SELECT count(segment.drop_population(name, cascade => true)) FROM segment.population WHERE name IN ('pupil', 'fickle');
DROP VIEW fickle;
DROP TABLE pupil, seen;
DROP FUNCTION differences, again, note, swallow;
