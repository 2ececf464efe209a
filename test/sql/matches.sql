-- segment.matches keeps what it has prepared from call to call, and forgets it as soon as anything it depends on is another.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE matches_owner;
CREATE ROLE matches_reader;
CREATE ROLE matches_stranger;
CREATE SCHEMA matched AUTHORIZATION matches_owner;
GRANT USAGE ON SCHEMA matched TO PUBLIC;
SET ROLE matches_owner;
CREATE TABLE matched.guest (id int PRIMARY KEY, plan text, seats int, seen_at timestamptz);
INSERT INTO matched.guest VALUES (1, 'pro', 5, now()), (2, 'free', 7, now() - interval '10 days'), (3, 'pro', NULL, NULL), (4, NULL, 2, now());
SELECT segment.create_population('guest', 'matched.guest', key => 'id') > 0;
SELECT count(segment.create_segment(name, 'guest', definition)) FROM (VALUES
    ('pro', $$plan = 'pro'$$), ('large', 'seats >= 5'), ('both', $$in segment 'pro' and in segment 'large'$$), ('neither', $$not in segment 'both'$$),
    ('seen', 'seen_at within 7 days'), ('top', 'seats in top 1')) AS d (name, definition);
-- For whom it holds.
CREATE FUNCTION matched.who(name text, as_of timestamptz DEFAULT clock_timestamp()) RETURNS int[] LANGUAGE sql AS
    $$ SELECT coalesce(array_agg(id ORDER BY id) FILTER (WHERE segment.matches(name, id, as_of)), '{}') FROM matched.guest $$;
GRANT EXECUTE ON FUNCTION matched.who TO PUBLIC;
SELECT name, matched.who(name) FROM unnest('{pro,large,both,neither,seen,top}'::text[]) AS name;
SELECT matched.who('seen', now() - interval '9 days'), matched.who('seen', now() + interval '6 days'), matched.who('seen', now() + interval '8 days');
SELECT segment.matches('pro', 99), segment.matches('pro', '3'), segment.matches('guest.pro', 3), segment.matches('pro', NULL::text);
SELECT segment.matches('pro', 'three');
SELECT segment.matches('prof', 3);

-- What a transaction has not committed, and what it takes back.
BEGIN;
SELECT segment.alter_segment('pro', $$plan = 'free'$$);
SELECT matched.who('pro'), matched.who('both'), matched.who('neither');
SAVEPOINT s;
SELECT segment.alter_segment('pro', $$plan is not set$$);
SELECT segment.alter_segment('large', $$everyone$$);
UPDATE matched.guest SET plan = NULL WHERE id = 3;
SELECT matched.who('pro'), matched.who('both'), matched.who('neither');
ROLLBACK TO s;
SELECT matched.who('pro'), matched.who('both'), matched.who('neither');
ROLLBACK;
SELECT matched.who('pro'), matched.who('both'), matched.who('neither');

-- Names.
SELECT segment.rename_segment('large', 'big');
SELECT segment.matches('large', 1);
SELECT segment.matches('big', 1), segment.matches('both', 1);
SELECT segment.create_segment('large', 'guest', 'seats < 5') > 0;
SELECT matched.who('large'), matched.who('both');
SELECT segment.create_population('other', 'matched.guest', key => 'id') > 0;
SELECT segment.create_segment('pro', 'other', $$plan = 'free'$$) > 0;
SELECT segment.matches('pro', 1);
SELECT segment.matches('guest.pro', 1), segment.matches('other.pro', 1);
SELECT segment.drop_population('other', cascade => true);
SELECT segment.matches('pro', 1);
SELECT segment.drop_segment('large');
SELECT segment.matches('large', 1);

-- Overrides, lists, schemes, the base, the zone.
SELECT segment.include('pro', 2), segment.exclude('pro', 1);
SELECT matched.who('pro'), matched.who('both');
SELECT segment.clear_override('pro', 1), segment.clear_override('pro', 2);
SELECT matched.who('pro');
SELECT segment.create_list('beta', 'guest'), segment.create_segment('listed', 'guest', $$in list 'beta'$$) > 0;
SELECT matched.who('listed'), segment.add_to_list('beta', ARRAY[2, 4]);
SELECT matched.who('listed');
SELECT segment.create_scheme('size', 'guest', '[{"name": "big", "definition": "seats >= 5"}, {"name": "other", "otherwise": true}]') > 0,
    segment.create_segment('others', 'guest', $$size is 'other'$$) > 0;
SELECT matched.who('size.big'), matched.who('size.other'), matched.who('others');
SELECT segment.create_scheme('size', 'guest', '[{"name": "big", "definition": "seats >= 7"}, {"name": "other", "otherwise": true}]', if_exists => 'replace') > 0;
SELECT matched.who('size.big'), matched.who('size.other'), matched.who('others');
SELECT segment.alter_population('guest', base => $$plan is set$$);
SELECT matched.who('size.other'), matched.who('neither'), matched.who('listed');
SELECT segment.alter_population('guest', base => 'everyone');
SELECT segment.create_segment('at_noon', 'guest', $$seen_at >= '2026-06-01 12:00'$$) > 0;
INSERT INTO matched.guest VALUES (5, 'pro', 1, '2026-06-01 11:00+00');
SELECT segment.matches('at_noon', 5);
SELECT segment.alter_population('guest', time_zone => 'Europe/Berlin');
SELECT segment.matches('at_noon', 5);

-- The relation: other types, another table of its name, keys that are not unique, a key of another type.
BEGIN;
ALTER TABLE matched.guest ALTER plan TYPE varchar(10);
SELECT matched.who('pro');
ALTER TABLE matched.guest RENAME COLUMN plan TO tariff;
SELECT segment.matches('pro', 1);
ROLLBACK;
SELECT matched.who('pro');
BEGIN;
ALTER TABLE matched.guest RENAME TO former_guest;
CREATE TABLE matched.guest AS SELECT id, 'pro'::text AS plan, seats, seen_at FROM matched.former_guest WHERE id > 3;
SELECT segment.matches('pro', 1), segment.matches('pro', 4);
INSERT INTO matched.guest VALUES (4, 'pro'), (4, 'free');
SELECT segment.matches('pro', 4);
ROLLBACK;
RESET ROLE;
ALTER SCHEMA matched RENAME TO unmatched;
SET ROLE matches_owner;
SELECT segment.matches('pro', 1);
RESET ROLE;
ALTER SCHEMA unmatched RENAME TO matched;
SET ROLE matches_owner;
SELECT segment.matches('pro', 1);
CREATE TYPE matched.level AS ENUM ('low', 'high');
ALTER TABLE matched.guest ADD level matched.level;
UPDATE matched.guest SET level = 'high' WHERE id = 2;
SELECT segment.create_segment('high', 'guest', $$level = 'high'$$) > 0;
SELECT matched.who('high');
ALTER TYPE matched.level RENAME TO degree;
SELECT matched.who('high');
ALTER TYPE matched.degree RENAME VALUE 'high' TO 'top';
SELECT segment.matches('high', 2);

-- Each role by its own rights, row by row.
RESET ROLE;
GRANT SELECT ON matched.guest, matched.guest_segment_member TO matches_reader;
SET ROLE matches_reader;
SELECT matched.who('pro');
RESET ROLE;
ALTER TABLE matched.guest ENABLE ROW LEVEL SECURITY;
CREATE POLICY later_guests ON matched.guest TO matches_reader USING (id > 1);
SET ROLE matches_reader;
SELECT segment.matches('pro', 1), segment.matches('pro', 3);
SET ROLE matches_owner;
SELECT segment.matches('pro', 1), segment.matches('pro', 3);
SET ROLE matches_stranger;
SELECT segment.matches('pro', 1);
RESET ROLE;
SELECT segment.matches('pro', 1), segment.matches('pro', 3);
REVOKE SELECT ON matched.guest FROM matches_reader;
SET ROLE matches_reader;
SELECT segment.matches('pro', 3);
RESET ROLE;
GRANT SELECT ON matched.guest TO matches_reader;
REVOKE SELECT ON matched.guest_segment_member FROM matches_reader;
SET ROLE matches_reader;
SELECT segment.matches('pro', 3);
RESET ROLE;
GRANT matches_owner TO matches_stranger;
SET ROLE matches_stranger;
SELECT segment.matches('pro', 3);
RESET ROLE;
REVOKE matches_owner FROM matches_stranger;
SET ROLE matches_stranger;
SELECT segment.matches('pro', 3);
RESET ROLE;
GRANT SELECT ON matched.guest_segment_member TO matches_reader;
REVOKE USAGE ON SCHEMA matched FROM PUBLIC;
SET ROLE matches_reader;
SELECT segment.matches('pro', 3);
RESET ROLE;

-- A view that asks for itself, more segments than are kept, and what nobody but the trigger may call.
GRANT USAGE ON SCHEMA matched TO PUBLIC;
SET ROLE matches_owner;
CREATE VIEW matched.asking AS SELECT id, CASE WHEN id = 1 THEN segment.matches('asked', 2) ELSE id = 2 END AS holds FROM matched.guest;
SELECT segment.create_population('asking', 'matched.asking', key => 'id') > 0;
SELECT segment.create_segment('asked', 'asking', 'holds') > 0;
SELECT segment.matches('asked', 1), segment.matches('asked', 2), segment.matches('asked', 3);
SELECT count(segment.create_segment('n' || n, 'guest', 'id = ' || n % 5 + 1)) FROM generate_series(1, 300) AS n;
SELECT count(*) FILTER (WHERE segment.matches('n' || n, id)), count(*) FILTER (WHERE segment.matches('n' || n, id) <> (id = n % 5 + 1))
FROM generate_series(1, 300) AS n, matched.guest;
SELECT segment.definitions_changed();
RESET ROLE;
SELECT count(segment.drop_population(name, cascade => true)) FROM segment.population WHERE name IN ('guest', 'asking');
SELECT segment.matches('pro', 1);
DROP SCHEMA matched CASCADE;
DROP ROLE matches_owner, matches_reader, matches_stranger;
