-- Compares many definitions at once. Of a set of keys only the number and the exclusive or of their hashes are compared: those of different
-- sets practically never agree. What differs is looked at again, key by key.
CREATE UNLOGGED TABLE differential.digest (source text, n int, members bigint, hash bigint, PRIMARY KEY (source, n));

-- The members that conditions have, in their order: the conditions are the columns of one query.
CREATE FUNCTION differential.translated(conditions text[], as_of timestamptz) RETURNS TABLE (members bigint, hash bigint) LANGUAGE plpgsql
    SET timezone TO 'UTC' SET datestyle TO 'ISO, YMD' SET intervalstyle TO 'postgres' SET extra_float_digits TO 1 AS $$
DECLARE
    query text;
    counts bigint[];
    hashes bigint[];
BEGIN
    -- OFFSET 0: each condition is evaluated once.
    SELECT format('SELECT ARRAY[%s], ARRAY[%s] FROM (SELECT hashtextextended(m."id"::text, 0) AS h, %s FROM %s WHERE %s OFFSET 0) AS s',
                  string_agg('count(*) FILTER (WHERE c' || position || ')', ', ' ORDER BY position),
                  string_agg('coalesce(bit_xor(h) FILTER (WHERE c' || position || '), 0)', ', ' ORDER BY position),
                  string_agg(condition || ' AS c' || position, ', ' ORDER BY position), from_sql, base_sql)
    INTO query FROM differential.subject, unnest(conditions) WITH ORDINALITY AS c (condition, position) GROUP BY from_sql, base_sql;
    EXECUTE replace(query, '@as_of@', quote_literal(as_of) || '::timestamptz') INTO counts, hashes;
    RETURN QUERY SELECT * FROM unnest(counts, hashes);
END $$;

-- Which of the conditions hold, for each row.
CREATE FUNCTION differential.translated_rows(conditions text[], as_of timestamptz) RETURNS TABLE (key text, found boolean[]) LANGUAGE plpgsql
    SET timezone TO 'UTC' SET datestyle TO 'ISO, YMD' SET intervalstyle TO 'postgres' SET extra_float_digits TO 1 AS $$
DECLARE
    query text;
BEGIN
    SELECT format('SELECT m."id"::text, ARRAY[%s]::boolean[] FROM %s', string_agg(format('CASE WHEN %s THEN %s ELSE false END', base_sql, condition), ', ' ORDER BY position), from_sql)
    INTO query FROM differential.subject, unnest(conditions) WITH ORDINALITY AS c (condition, position) GROUP BY from_sql;
    RETURN QUERY EXECUTE replace(query, '@as_of@', quote_literal(as_of) || '::timestamptz');
END $$;

-- After the first refresh, of every third definition.
CREATE PROCEDURE differential.translate(as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    b record;
    d record;
BEGIN
    FOR b IN SELECT array_agg(n ORDER BY n) AS numbers, array_agg(expected ORDER BY n) AS conditions FROM differential.definition
             WHERE alive AND (step = 1 OR n % 3 = 0) GROUP BY n / 75 LOOP
        BEGIN
            INSERT INTO differential.digest SELECT 'translation', t.* FROM ROWS FROM (unnest(b.numbers), differential.translated(b.conditions, as_of)) AS t;
        EXCEPTION WHEN OTHERS THEN
            FOR d IN SELECT * FROM unnest(b.numbers, b.conditions) AS u (n, condition) LOOP
                BEGIN
                    INSERT INTO differential.digest SELECT 'translation', d.n, t.* FROM differential.translated(ARRAY[d.condition], as_of) AS t;
                EXCEPTION WHEN OTHERS THEN
                    PERFORM differential.complain(step, d.n, 'translation', SQLSTATE || ' ' || SQLERRM);
                END;
            END LOOP;
        END;
    END LOOP;
END $$;

CREATE PROCEDURE differential.run_queries(population text, as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    d record;
    members bigint;
    hash bigint;
BEGIN
    FOR d IN SELECT * FROM differential.definition WHERE alive ORDER BY n LOOP
        BEGIN
            EXECUTE format('SELECT count(*), coalesce(bit_xor(hashtextextended(k::text, 0)), 0) FROM (%s) AS q (k)', segment.to_sql(population || '.' || d.name, as_of))
            INTO members, hash;
        EXCEPTION WHEN OTHERS THEN
            PERFORM differential.complain(step, d.n, 'to_sql fails', SQLSTATE || ' ' || SQLERRM);
            CONTINUE;
        END;
        INSERT INTO differential.digest VALUES ('to_sql', d.n, members, hash);
    END LOOP;
END $$;

-- A member or another one at a time, of one definition in twenty.
CREATE PROCEDURE differential.match_some(population text, as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    numbers int[];
    conditions text[];
    d record;
    wrong text;
BEGIN
    SELECT array_agg(x.n ORDER BY x.n), array_agg(x.expected ORDER BY x.n) INTO numbers, conditions
    FROM differential.definition AS x JOIN differential.digest AS t USING (n) WHERE t.source = 'translation' AND (x.n + step) % 20 = 0;
    FOR d IN WITH r AS MATERIALIZED (SELECT * FROM differential.translated_rows(conditions, as_of) WHERE numbers IS NOT NULL)
             SELECT x.n, x.name, array_agg(t.key) AS keys, array_agg(t.found[u.position]) AS found
             FROM unnest(numbers) WITH ORDINALITY AS u (n, position) JOIN differential.definition AS x USING (n),
                  LATERAL (SELECT r.* FROM r ORDER BY md5(r.key || u.n || ' ' || step) LIMIT 6) AS t
             GROUP BY x.n ORDER BY x.n LOOP
        BEGIN
            SELECT string_agg(k, ', ') INTO wrong FROM unnest(d.keys, d.found) AS u (k, found)
            WHERE segment.matches(population || '.' || d.name, k, as_of) IS DISTINCT FROM u.found;
        EXCEPTION WHEN OTHERS THEN
            wrong := SQLSTATE || ' ' || SQLERRM;
        END;
        IF wrong IS NOT NULL THEN
            PERFORM differential.complain(step, d.n, 'matches', 'wrong for ' || wrong);
        END IF;
    END LOOP;
END $$;

-- What is stored, of both kinds, against what `is_member` and `segment.segment` say of it.
CREATE PROCEDURE differential.read_members(population text, step int) LANGUAGE plpgsql AS $$
DECLARE
    complaints bigint;
BEGIN
    EXECUTE format($q$
        INSERT INTO differential.digest
        SELECT 'members', d.n, count(m.key), coalesce(bit_xor(hashtextextended(m.key, 0)), 0)
        FROM differential.definition AS d LEFT JOIN (SELECT segment, %I::text AS key FROM world.%I) AS m ON m.segment = d.name
        WHERE d.alive AND d.materialize = 'rows' GROUP BY d.n$q$, population || '_id', population || '_segment');
    INSERT INTO differential.digest
    SELECT 'members', d.n, count(m.key), coalesce(bit_xor(hashtextextended(rtrim(m.key, ' '), 0)), 0)    -- a char(n) comes with its padding
    FROM differential.definition AS d LEFT JOIN LATERAL segment.members(population || '.' || d.name) AS m (key) ON true
    WHERE d.alive AND d.materialize = 'set' GROUP BY d.n;
    PERFORM differential.complain(step, d.n, 'is_member', 'differs from the members')
    FROM differential.definition AS d, differential.sample(step::text) AS sample
    WHERE d.alive AND (d.n + step) % 20 = 1
      AND ARRAY(SELECT k FROM unnest(sample) AS k WHERE segment.is_member(population || '.' || d.name, k) ORDER BY k)
          IS DISTINCT FROM ARRAY(SELECT k FROM unnest(sample) AS k INTERSECT SELECT rtrim(segment.members(population || '.' || d.name), ' ') ORDER BY 1);
    WITH s AS MATERIALIZED (SELECT name, members FROM segment.segment AS x WHERE x.population = read_members.population)
    SELECT count(differential.complain(step, d.n, 'told', format('%s members, not %s', s.members, g.members))) INTO complaints
    FROM differential.definition AS d JOIN differential.digest AS g USING (n) JOIN s USING (name) WHERE g.source = 'members' AND s.members <> g.members;
END $$;

-- One refresh of all, and all that must agree with it.
CREATE PROCEDURE differential.compare(population text, as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    TRUNCATE differential.digest;
    CALL differential.translate(as_of, step);
    IF step = 1 THEN
        CALL differential.run_queries(population, as_of, step);
    END IF;
    CALL differential.match_some(population, as_of, step);
    BEGIN
        PERFORM segment.refresh(population, as_of => as_of);
    EXCEPTION WHEN OTHERS THEN
        PERFORM differential.complain(step, NULL, 'refresh', SQLSTATE || ' ' || SQLERRM);
        CALL differential.isolate(population, as_of, step);
        RETURN;
    END;
    CALL differential.read_members(population, step);
    FOR r IN SELECT t.n, g.source, t.members AS expected, g.members FROM differential.digest AS t JOIN differential.digest AS g USING (n)
             WHERE t.source = 'translation' AND g.source <> 'translation' AND (t.members, t.hash) <> (g.members, g.hash) LOOP
        PERFORM differential.complain(step, r.n, r.source, format('expected %s members, got %s', r.expected, r.members));
    END LOOP;
END $$;

-- The keys for which the definitions with problems differ, and the smallest condition that does.
CREATE PROCEDURE differential.look_again(population text, as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    d record;
BEGIN
    FOR d IN SELECT x.n, p.kind, differential.expected_keys(x.expected, as_of) AS expected,
                    differential.keys(CASE p.kind WHEN 'to_sql' THEN segment.to_sql(population || '.' || x.name, as_of)
                                                  ELSE format('SELECT rtrim(segment.members(%L), '' '')', population || '.' || x.name) END) AS got
             FROM differential.definition AS x JOIN differential.problem AS p USING (n) WHERE p.kind IN ('members', 'to_sql') LOOP
        PERFORM differential.differ(population, as_of, step, d.n, d.kind, d.expected, d.got);
    END LOOP;
END $$;
