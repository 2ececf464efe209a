-- Stored sets and dictionaries that something has damaged: a reader or a refresh says so, and nothing worse happens.
SET client_min_messages = warning;
CREATE TABLE part (id int PRIMARY KEY, code uuid NOT NULL, name text NOT NULL, kind int);
INSERT INTO part SELECT n, md5(n::text)::uuid, 'p' || n, n % 7 FROM generate_series(1, 5000) AS n;
SELECT count(segment.create_population(name, 'part', key => key)) FROM (VALUES ('by_id', 'id'), ('by_code', 'code'), ('by_name', 'name')) AS p (name, key);
-- As bitmap, array, runs and complement; the last one with a delta against its pieces.
SELECT count(segment.create_segment(name, p, definition, materialize => 'set')) FROM unnest('{by_id,by_code,by_name}'::text[]) AS p,
    (VALUES ('even', $$kind in (0, 2, 4, 6)$$), ('few', 'kind = 3 and id < 200'), ('first', 'id <= 2000'), ('most', 'id != 77')) AS d (name, definition);
SELECT count(*) FROM unnest('{by_id,by_code,by_name}'::text[]) AS p, segment.refresh(p);
UPDATE part SET kind = 1 WHERE id IN (2, 4, 6);
SELECT count(*) FROM unnest('{by_id,by_code,by_name}'::text[]) AS p, segment.refresh(p);

-- What a statement comes to: its SQLSTATE. Whatever it did is undone.
CREATE FUNCTION outcome(statement text, damage text DEFAULT 'SELECT') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE damage;
    EXECUTE statement;
    RAISE SQLSTATE 'OK000';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE FUNCTION outcomes(damage text) RETURNS TABLE (members text, is_member text, refresh text, refresh_changed text) LANGUAGE sql AS $$
    SELECT (SELECT string_agg(DISTINCT outcome(format('SELECT count(*) FROM segment.members(%L)', p || '.' || s), damage), ' ')
            FROM unnest('{by_id,by_code,by_name}'::text[]) AS p, unnest('{even,few,first,most}'::text[]) AS s),
        (SELECT string_agg(DISTINCT outcome(format('SELECT count(*) FROM part WHERE segment.is_member(%L, %I)', p || '.even', substr(p, 4)), damage), ' ')
         FROM unnest('{by_id,by_code,by_name}'::text[]) AS p),
        (SELECT string_agg(DISTINCT outcome(format('SELECT count(*) FROM segment.refresh(%L)', p), damage), ' ')
         FROM unnest('{by_id,by_code,by_name}'::text[]) AS p),
        (SELECT string_agg(DISTINCT outcome(format('SELECT count(*) FROM segment.refresh(%L)', p), damage || '; UPDATE part SET kind = kind + 1'), ' ')
         FROM unnest('{by_id,by_code,by_name}'::text[]) AS p) $$;
SELECT * FROM outcomes('SELECT');
-- A refresh whose chunks have the same hash does not read them.
SELECT * FROM outcomes('DELETE FROM segment.catalog_set_piece');
SELECT * FROM outcomes($$UPDATE segment.catalog_set_piece SET data = ''$$);
SELECT * FROM outcomes('UPDATE segment.catalog_set_piece SET data = substr(data, 1, length(data) - 1)');
SELECT * FROM outcomes($$UPDATE segment.catalog_set_piece SET data = data || '\x00'$$);
SELECT * FROM outcomes('UPDATE segment.catalog_set_piece SET piece = -1 WHERE piece = 0');
SELECT * FROM outcomes('UPDATE segment.catalog_set_piece SET piece = 100 WHERE piece = 0');
SELECT * FROM outcomes($$UPDATE segment.catalog_set_piece SET data = '\xff' || substr(data, 2)$$);
SELECT * FROM outcomes('UPDATE segment.catalog_set SET chunks = substr(chunks, 1, length(chunks) - 1)');
SELECT * FROM outcomes($$UPDATE segment.catalog_set SET chunks = chunks || chunks$$);
SELECT * FROM outcomes($$UPDATE segment.catalog_set SET delta = '\x0102'$$);
SELECT * FROM outcomes($$UPDATE segment.catalog_dictionary SET keys = substr(keys, 1, length(keys) - 1)$$);
SELECT * FROM outcomes($$UPDATE segment.catalog_dictionary SET keys = keys || keys$$);
SELECT * FROM outcomes($$UPDATE segment.catalog_dictionary SET free = '\x00'$$);
SELECT * FROM outcomes('DELETE FROM segment.catalog_dictionary WHERE piece = 0');
SELECT * FROM outcomes('UPDATE segment.catalog_dictionary SET piece = -piece - 1');
SELECT * FROM outcomes('DELETE FROM segment.catalog_dictionary');
SELECT * FROM outcomes('UPDATE segment.catalog_numbering SET keys = keys - 1 WHERE NOT direct');

-- Of several pieces each may be missing, the last one too, or stand for another one.
CREATE TABLE store (code uuid PRIMARY KEY);
INSERT INTO store SELECT md5(n::text)::uuid FROM generate_series(1, 40000) AS n;
SELECT count(segment.create_population('store', 'store', key => 'code'));
SELECT count(segment.create_segment('all', 'store', 'everyone', materialize => 'set'));
SELECT members FROM segment.refresh('store');
SELECT damage, outcome($$SELECT count(*) FROM segment.members('store.all')$$, damage) AS members, outcome($$SELECT count(*) FROM segment.refresh('store')$$, damage) AS refresh
FROM (SELECT format('DELETE FROM segment.catalog_dictionary WHERE piece = %s', piece) FROM generate_series(0, 2) AS piece
      UNION ALL VALUES ('DELETE FROM segment.catalog_dictionary WHERE piece > 0'),
          ('UPDATE segment.catalog_dictionary AS d SET keys = e.keys FROM segment.catalog_dictionary AS e WHERE d.piece = 0 AND e.piece = 1'),
          ($$UPDATE segment.catalog_dictionary SET free = decode(repeat('00', 2048), 'hex') WHERE piece = 1$$)) AS d (damage);
SELECT outcome($$SELECT count(*) FROM segment.refresh('store')$$, 'DELETE FROM store WHERE code IN (SELECT code FROM store LIMIT 30000)');
SELECT segment.drop_population('store', cascade => true);
DROP TABLE store;

-- Any byte may be another one. Where the number of members stays, nobody can tell.
CREATE FUNCTION flipped(relation text, stored name, round int) RETURNS text LANGUAGE sql AS $$
    SELECT format('UPDATE segment.%1$I SET %2$I = set_byte(%2$I, (hashint4extended(%3$s, 1) & 2147483647)::int %% length(%2$I), (hashint4extended(%3$s, 2) & 255)::int) '
        || 'WHERE length(%2$I) > 0', relation, stored, round) $$;
SELECT relation, stored, string_agg(DISTINCT o, ' ' ORDER BY o)
FROM (VALUES ('catalog_set_piece', 'data'), ('catalog_set', 'chunks'), ('catalog_set', 'delta'), ('catalog_dictionary', 'keys')) AS d (relation, stored),
    generate_series(1, 3) AS round, outcomes(flipped(relation, stored, round)) AS r, unnest(ARRAY[r.members, r.is_member, r.refresh, r.refresh_changed]) AS c,
    regexp_split_to_table(c, ' ') AS o
GROUP BY relation, stored ORDER BY relation, stored;

-- The hints help.
UPDATE segment.catalog_set_piece SET data = '';
SELECT count(*) FROM segment.members('by_code.even');
DELETE FROM segment.catalog_set;
SELECT population, r.segment, members FROM unnest('{by_id,by_code,by_name}'::text[]) AS population, segment.refresh(population) AS r WHERE r.segment = 'even';
UPDATE segment.catalog_dictionary SET keys = '\x01';
SELECT count(*) FROM segment.members('by_name.even');
DELETE FROM segment.catalog_numbering;
SELECT population, r.segment, members FROM unnest('{by_id,by_code,by_name}'::text[]) AS population, segment.refresh(population) AS r WHERE r.segment = 'even';
SELECT count(*) FROM segment.members('by_name.even');
SELECT count(segment.drop_population(name, cascade => true)) FROM segment.population WHERE name IN ('by_id', 'by_code', 'by_name');
DROP FUNCTION outcomes, outcome, flipped;
DROP TABLE part;
