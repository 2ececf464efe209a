-- What becomes of events that come late, change or go, whatever kind of relation they lie in: the next refresh knows.
CREATE TABLE client (id int PRIMARY KEY);
INSERT INTO client SELECT generate_series(1, 6);
CREATE TABLE plain (client_id int, at timestamptz, name text);
CREATE TABLE parted (client_id int, at timestamptz, name text) PARTITION BY RANGE (at);
CREATE TABLE parted_2024 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
CREATE INDEX ON plain (client_id, at) INCLUDE (name);
CREATE INDEX ON parted (client_id, at) INCLUDE (name);
CREATE VIEW seen AS SELECT client_id AS who, at::timestamp AS at, upper(name) AS name FROM plain WHERE name <> 'hidden';
CREATE MATERIALIZED VIEW kept AS SELECT * FROM plain;
CREATE INDEX ON kept (client_id, at);
SELECT segment.create_population('client', 'client', key => 'id', time_zone => 'UTC') IS NOT NULL AS created;
SELECT segment.add_events('client', kind, kind, key => CASE kind WHEN 'seen' THEN 'who' ELSE 'client_id' END, occurred_at => 'at', event_name => NULL)
FROM unnest(ARRAY['plain', 'parted', 'seen', 'kept']) AS kind;
SELECT segment.create_segment(kind || ' ' || n, 'client', format(definition, kind)) IS NOT NULL AS created
FROM unnest(ARRAY['plain', 'parted', 'seen', 'kept']) AS kind, (VALUES (1, $$did '%1$s' where (name ilike 'login') at least 2 times within 30 days$$),
    (2, $$last '%1$s' where (name ilike 'login') more than 20 days ago$$), (3, $$did '%1$s' where (name ilike 'login') then '%1$s' where (name ilike 'order') within 5 days$$)) AS d(n, definition);

CREATE FUNCTION write(statement text) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['plain', 'parted'] LOOP EXECUTE format(statement, kind); END LOOP;
    REFRESH MATERIALIZED VIEW kept;
END $f$;
-- The members that each kind's segments have, and whether plain SQL over the table finds the same.
CREATE FUNCTION state(as_of timestamptz) RETURNS TABLE (n int, members text, kinds bigint, agree boolean) LANGUAGE sql AS $f$
    SELECT count(segment) FROM segment.refresh('client', as_of => as_of);
    WITH truth AS (
        SELECT 1 AS n, array_agg(c.id ORDER BY c.id) AS ids FROM client c
        WHERE (SELECT count(*) FROM plain e WHERE e.client_id = c.id AND e.name = 'login' AND e.at > as_of - interval '30 days' AND e.at <= as_of) > 1
        UNION ALL
        SELECT 2, array_agg(c.id ORDER BY c.id) FROM client c
        WHERE NOT EXISTS (SELECT FROM plain e WHERE e.client_id = c.id AND e.name = 'login' AND e.at > as_of - interval '20 days' AND e.at <= as_of)
        UNION ALL
        SELECT 3, array_agg(c.id ORDER BY c.id) FROM client c
        WHERE EXISTS (SELECT FROM plain a JOIN plain b USING (client_id) WHERE client_id = c.id AND a.name = 'login' AND b.name = 'order'
                      AND b.at > a.at AND b.at <= a.at + interval '5 days' AND b.at <= as_of)),
    found AS (
        SELECT split_part(s.name, ' ', 2)::int AS n, s.name, array_agg(m.client_id ORDER BY m.client_id) FILTER (WHERE m.client_id IS NOT NULL) AS ids
        FROM segment.segment s LEFT JOIN client_segment m ON m.segment = s.name GROUP BY s.name)
    SELECT n, min(found.ids::text), count(*), bool_and(found.ids IS NOT DISTINCT FROM truth.ids) FROM found JOIN truth USING (n) GROUP BY n ORDER BY n
$f$;
SET timezone = 'UTC';
SELECT write($$INSERT INTO %I VALUES (1, '2024-05-20', 'login'), (1, '2024-05-25', 'login'), (2, '2024-05-01', 'login'), (2, '2024-05-05', 'order'), (3, '2024-06-09', 'login'),
    (NULL, '2024-05-20', 'login'), (77, '2024-05-20', 'login'), (77, '2024-05-21', 'order'), (4, NULL, 'login'), (5, '2024-05-30', NULL)$$);
SELECT * FROM state('2024-06-01');
SELECT jsonb_pretty(ignored) AS ignored FROM segment.refresh_run ORDER BY id DESC LIMIT 1;
-- Late: events of before the last refresh, and one that waits for its time to come.
SELECT write($$INSERT INTO %I VALUES (2, '2024-05-15', 'login'), (2, '2024-05-06 00:00:00.000001', 'order'), (4, '2024-05-28', 'login'), (4, '2024-05-30', 'order')$$);
SELECT * FROM state('2024-06-02');
SELECT * FROM state('2024-06-10');
-- Gone, and changed: key, time, name.
SELECT write($$DELETE FROM %I WHERE client_id = 1 AND at = '2024-05-25'$$), write($$UPDATE %I SET client_id = 5 WHERE client_id = 4$$),
    write($$UPDATE %I SET at = '2023-12-31' WHERE client_id = 3$$), write($$UPDATE %I SET name = 'order' WHERE client_id = 2 AND at = '2024-05-15'$$);
SELECT * FROM state('2024-06-11');
SELECT write('TRUNCATE %I');
SELECT * FROM state('2024-06-12');
SELECT ignored FROM segment.refresh_run ORDER BY id DESC LIMIT 1;
-- A partition goes, and the members that nobody is.
SELECT write($$INSERT INTO %I VALUES (1, '2024-06-10', 'login'), (1, '2024-06-11', 'login'), (6, '2024-06-11', 'login')$$);
SELECT * FROM state('2024-06-13');
ALTER TABLE parted DETACH PARTITION parted_2024;
DELETE FROM plain;
REFRESH MATERIALIZED VIEW kept;
DELETE FROM client WHERE id = 6;
SELECT * FROM state('2024-06-14');
SELECT segment.drop_population('client', cascade => true);
DROP FUNCTION write, state;
DROP VIEW seen;
DROP MATERIALIZED VIEW kept;
DROP TABLE client, plain, parted, parted_2024;
