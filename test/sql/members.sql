-- Stored sets and what reads them: segments as rows and as sets, keys that are their own ordinals and keys of a dictionary, one pass
-- and several, against plain SQL on the table.
\set VERBOSITY terse
CREATE TABLE visitor (id bigint PRIMARY KEY, code uuid NOT NULL, name text NOT NULL, plan text, tags text[]);
INSERT INTO visitor SELECT n, md5(n::text)::uuid, 'v' || n, CASE WHEN n % 3 = 0 THEN 'pro' ELSE 'free' END,
    CASE WHEN n % 5 = 0 THEN ARRAY['a', 'b'] WHEN n % 7 = 0 THEN ARRAY['b', NULL] END FROM generate_series(1, 70000) AS n;
SELECT count(segment.create_population(name, 'visitor', key => key)) FROM (VALUES ('by_id', 'id'), ('by_code', 'code'), ('by_name', 'name')) AS p (name, key);
SELECT count(segment.create_segment('pro', p, $$plan = 'pro'$$)), count(segment.create_segment('tagged', p, $$tags includes 'b' and not tags includes 'a'$$, materialize => 'set')),
    count(segment.create_segment('untagged', p, $$tags includes none ('a', 'c')$$, materialize => 'set'))
FROM unnest('{by_id,by_code,by_name}'::text[]) AS p;
SELECT segment.create_segment('x', 'by_id', 'everyone', materialize => 'both');
SELECT segment.is_member('by_id.tagged', 1);
-- What a set keeps has no past to ask for.
SELECT segment.preview('by_id', $$ever in segment 'tagged'$$);
SELECT segment.preview('by_id', $$entered segment 'tagged' within 7 days$$);
SELECT segment.preview('by_id', $$in segment 'tagged' for at least 1 day$$);
SELECT members FROM segment.preview('by_id', $$in segment 'tagged'$$);
SELECT segment.is_member('by_id.pro', 1);

CREATE FUNCTION refreshed() RETURNS TABLE (population text, segment text, members bigint, entered bigint, exited bigint) LANGUAGE sql
    AS $$ SELECT p, r.* FROM unnest('{by_code,by_id,by_name}'::text[]) AS p, segment.refresh(p) AS r $$;
-- Every way to read the members, against the table: no row is no difference.
CREATE FUNCTION differences() RETURNS TABLE (segment text, way text, missing bigint, extra bigint) LANGUAGE sql AS $$
    WITH truth AS (
        SELECT id, code, name, plan = 'pro' AS pro, coalesce(tags @> '{b}' AND NOT tags @> '{a}', false) AS tagged,
            coalesce(NOT tags && '{a,c}', false) AS untagged FROM visitor),
    expected AS (
        SELECT p || '.' || s AS segment, CASE p WHEN 'by_id' THEN id::text WHEN 'by_code' THEN code::text ELSE name END AS key
        FROM truth, unnest('{by_id,by_code,by_name}'::text[]) AS p, unnest('{pro,tagged,untagged}'::text[]) AS s
        WHERE CASE s WHEN 'pro' THEN pro WHEN 'tagged' THEN tagged ELSE untagged END),
    found AS (
        SELECT 'members' AS way, p || '.' || s AS segment, key
        FROM unnest('{by_id,by_code,by_name}'::text[]) AS p, unnest('{pro,tagged,untagged}'::text[]) AS s, segment.members(p || '.' || s)
        UNION ALL SELECT 'is_member', 'by_id.' || s, id::text FROM unnest('{pro,tagged,untagged}'::text[]) AS s, visitor WHERE segment.is_member('by_id.' || s, id)
        UNION ALL SELECT 'is_member', 'by_code.' || s, code::text FROM unnest('{pro,tagged,untagged}'::text[]) AS s, visitor WHERE segment.is_member('by_code.' || s, code)
        UNION ALL SELECT 'is_member', 'by_name.' || s, name FROM unnest('{pro,tagged,untagged}'::text[]) AS s, visitor WHERE segment.is_member('by_name.' || s, name)
        UNION ALL SELECT 'rows', 'by_id.' || segment, by_id_id::text FROM by_id_segment
        UNION ALL SELECT 'rows', 'by_code.' || segment, by_code_id::text FROM by_code_segment
        UNION ALL SELECT 'rows', 'by_name.' || segment, by_name_id FROM by_name_segment),
    wanted AS (
        SELECT segment, w AS way, key FROM expected, unnest('{members,is_member,rows}'::text[]) AS w WHERE w <> 'rows' OR segment LIKE '%.pro')
    SELECT segment, way, count(*) FILTER (WHERE side = 'wanted'), count(*) FILTER (WHERE side = 'found')
    FROM (SELECT 'wanted' AS side, * FROM (SELECT segment, way, key FROM wanted EXCEPT ALL SELECT segment, way, key FROM found) AS m
          UNION ALL
          SELECT 'found', * FROM (SELECT segment, way, key FROM found EXCEPT ALL SELECT segment, way, key FROM wanted) AS x) AS d
    GROUP BY segment, way ORDER BY segment, way $$;

SELECT * FROM refreshed();
SELECT * FROM differences();
SELECT * FROM refreshed() WHERE entered + exited > 0;
SELECT key_type, direct FROM segment.catalog_numbering ORDER BY key_type;
SELECT segment, via, entered_at IS NULL AS as_set FROM segment.segments_of('by_id', 21);
SELECT segment, via, entered_at IS NULL AS as_set FROM segment.segments_of('by_code', md5('21'));
SELECT segment FROM segment.segments_of('by_name', 'v5');
SELECT members FROM segment.sizes('by_id.pro', now() - interval '2 days', now() + interval '1 hour', '1 day');
SELECT members FROM segment.sizes('by_id.tagged', now() - interval '2 days');
SELECT members FROM segment.sizes('by_id.pro', '2000-01-01', '2020-01-01', '1 hour');
SELECT segment.matches('by_id.pro', 3), segment.matches('by_id.pro', 4), segment.matches('by_code.pro', md5('3')::uuid), segment.matches('by_name.pro', 'v3'),
    segment.matches('by_id.pro', '3'), segment.matches('by_id.pro', 1000000), segment.matches('by_id.pro', NULL::int8);
SELECT segment.is_member('by_id.pro', 3), segment.is_member('by_id.pro', -3), segment.is_member('by_id.pro', '3'), segment.is_member('by_code.pro', md5('3')),
    segment.is_member('by_id.pro', NULL::int8);
SELECT segment.is_member('by_id.pro', 'three');
SELECT segment.is_member('pro', 3);
SELECT segment.matches('by_id.pro', 3, 'infinity');

-- The planner knows how many there are.
CREATE FUNCTION estimated(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan->0->'Plan'->'Plan Rows';
END $$;
ANALYZE visitor;
SELECT abs(estimated($$SELECT FROM visitor WHERE segment.is_member('by_id.pro', id)$$) - 23333) < 500 AS share,
    abs(estimated($$SELECT FROM visitor WHERE NOT segment.is_member('by_id.pro', id)$$) - 46667) < 500 AS other_share,
    abs(estimated($$SELECT FROM visitor WHERE segment.is_member('by_code.tagged', code)$$) - (SELECT count(*) FROM segment.members('by_code.tagged'))) < 500 AS share_of_set,
    estimated($$SELECT FROM segment.members('by_id.pro')$$) = 23333 AS members;
-- Workers look members up, too; a query that lists them is read by workers, and the list by the leader.
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION in_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan::text LIKE '%"Gather%';
END $$;
SELECT in_parallel($$SELECT count(*) FROM visitor WHERE segment.is_member('by_code.tagged', code)$$) AS filtered,
    in_parallel($$SELECT count(*) FROM visitor WHERE name IN (SELECT segment.members('by_name.pro'))$$) AS listed,
    in_parallel($$SELECT (SELECT count(*) FROM visitor), count(*) FROM segment.segments_of('by_id', 3)$$) AS segments_of,
    in_parallel($$SELECT (SELECT count(*) FROM visitor), count(*) FROM segment.sizes('by_id.pro', now() - interval '3 days')$$) AS sizes;
SELECT (SELECT count(*) FROM visitor WHERE segment.is_member('by_code.tagged', code)) = (SELECT count(*) FROM visitor WHERE tags @> '{b}' AND NOT tags @> '{a}') AS is_member,
    (SELECT count(*) FROM visitor WHERE name IN (SELECT segment.members('by_name.pro'))) = (SELECT count(*) FROM visitor WHERE plan = 'pro') AS members,
    (SELECT (SELECT count(*) FROM visitor) + count(*) FROM segment.segments_of('by_id', 3)) AS segments_of,
    (SELECT (SELECT count(*) FROM visitor) + count(*) FROM segment.sizes('by_id.pro', now() - interval '3 days')) > 70000 AS sizes;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- Small changes, new members and gone ones; then with little memory.
UPDATE visitor SET plan = 'free' WHERE id <= 10;
UPDATE visitor SET tags = '{b}' WHERE id % 10000 = 1;
DELETE FROM visitor WHERE id > 69990;
INSERT INTO visitor SELECT n, md5(n::text)::uuid, 'v' || n, 'pro' FROM generate_series(200000, 200010) AS n;
-- Before the refresh: who should be in, and who should not. (is_member is asked for those only who are still there.)
SELECT * FROM differences();
SELECT * FROM refreshed();
SELECT * FROM differences();
SELECT reason, change, count(*) FROM by_name_segment_change GROUP BY reason, change ORDER BY reason, change;
SET segment.refresh_memory = '1MB';
UPDATE visitor SET plan = 'pro' WHERE id <= 10;
INSERT INTO visitor SELECT n, md5(n::text)::uuid, 'v' || n, 'pro', '{b}' FROM generate_series(300000, 300010) AS n;
SELECT * FROM refreshed() WHERE entered + exited > 0;
SELECT * FROM differences();
RESET segment.refresh_memory;

-- A key that cannot be its own ordinal: members are numbered anew, and nobody moves.
INSERT INTO visitor SELECT -n, md5((-n)::text)::uuid, 'v' || -n, 'pro' FROM generate_series(1, 3) AS n;
SELECT * FROM refreshed() WHERE entered + exited > 0;
SELECT direct FROM segment.catalog_numbering WHERE key_type = 'bigint';
SELECT * FROM differences();
SELECT * FROM refreshed() WHERE entered + exited > 0;

-- Most go: their ordinals are given to others.
DELETE FROM visitor WHERE id > 100;
INSERT INTO visitor SELECT n, md5(n::text)::uuid, 'v' || n, 'pro', '{b}' FROM generate_series(400000, 470000) AS n;
SELECT * FROM refreshed();
DELETE FROM visitor WHERE id > 100;
SELECT population, segment, members FROM refreshed();
SELECT key_type, sum(bit_count(free)) > 100000 AS released FROM segment.catalog_dictionary JOIN segment.catalog_numbering USING (population_id) GROUP BY key_type ORDER BY key_type;
INSERT INTO visitor SELECT n, md5(n::text)::uuid, 'v' || n, 'pro', '{b}' FROM generate_series(500000, 500100) AS n;
SELECT * FROM refreshed() WHERE entered + exited > 0;
SELECT * FROM differences();

-- How a session writes the type of the keys does not matter: by its settings and by what its search_path finds.
SET quote_all_identifiers = on;
SELECT * FROM differences();
SELECT * FROM refreshed() WHERE entered + exited > 0;
RESET quote_all_identifiers;
SELECT * FROM differences();
CREATE SCHEMA sizes;
CREATE TYPE sizes.size AS ENUM ('small', 'large');
CREATE TABLE sizes.shelf (size sizes.size PRIMARY KEY);
INSERT INTO sizes.shelf VALUES ('small'), ('large');
SELECT segment.create_population('shelf', 'sizes.shelf', key => 'size') IS NOT NULL AS created;
SELECT count(segment.create_segment('large', 'shelf', 'size > ''small''', materialize => 'set'));
SELECT members, entered FROM segment.refresh('shelf');
SET search_path = sizes, public;
SELECT segment.members('shelf.large');
SELECT members, entered FROM segment.refresh('shelf');
RESET search_path;
SELECT segment.members('shelf.large');

-- The rows are the truth where there are rows: without the sets, nobody moves, and those kept as sets enter again.
TRUNCATE segment.catalog_set CASCADE;
SELECT segment.is_member('by_code.tagged', md5('7')::uuid);
SELECT segment.is_member('by_code.pro', md5('3')::uuid);
SELECT * FROM refreshed() WHERE entered + exited > 0;
SELECT * FROM differences();
SELECT count(segment.drop_population(name, cascade => true)) FROM segment.population;
SELECT count(*) FROM segment.catalog_set_piece;
DROP FUNCTION refreshed, differences, estimated, in_parallel;
DROP TABLE visitor;
DROP TABLE sizes.shelf;
DROP TYPE sizes.size;
DROP SCHEMA sizes;
