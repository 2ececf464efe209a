-- Compares, in the server, what the extension finds with what the translations find.
CREATE SCHEMA differential;

CREATE TABLE differential.definition (
    n int PRIMARY KEY, name text NOT NULL, definition text NOT NULL, expected text NOT NULL, history boolean NOT NULL, materialize text NOT NULL, refused text,
    alive boolean NOT NULL DEFAULT false);
-- The conditions in a definition, itself the last.
CREATE TABLE differential.part (n int, part int, definition text NOT NULL, expected text NOT NULL, PRIMARY KEY (n, part));
-- The one table: its members, those in the base, and their rows.
CREATE TABLE differential.subject (from_sql text, base_sql text, member_rows text);
CREATE TABLE differential.alteration (n int PRIMARY KEY, definition text NOT NULL, expected text NOT NULL, history boolean NOT NULL);
CREATE TABLE differential.found (step int, n int, source text, keys text[] NOT NULL, PRIMARY KEY (step, n, source));
CREATE TABLE differential.stored (n int PRIMARY KEY, keys text[] NOT NULL);
CREATE TABLE differential.refreshed (step int, n int, members bigint, entered bigint, exited bigint);
CREATE TABLE differential.problem (id int GENERATED ALWAYS AS IDENTITY, step int, n int, kind text, message text, missing text[], extra text[], member_rows jsonb, part text, part_sql text, to_sql text);

CREATE FUNCTION differential.keys(query text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    result text[];
BEGIN
    EXECUTE 'SELECT coalesce(array_agg(k::text ORDER BY k::text COLLATE "C"), ''{}'') FROM (' || query || ') AS q(k)' INTO result;
    RETURN result;
END $$;

-- The translation is a condition, read under settings that leave nothing open.
CREATE FUNCTION differential.expected_keys(condition text, as_of timestamptz) RETURNS text[] LANGUAGE sql
    SET timezone TO 'UTC' SET datestyle TO 'ISO, YMD' SET intervalstyle TO 'postgres' SET extra_float_digits TO 1 AS $$
    SELECT differential.keys(replace(format('SELECT m."id" FROM %s WHERE %s AND %s', from_sql, base_sql, condition), '@as_of@', quote_literal(as_of) || '::timestamptz'))
    FROM differential.subject $$;

-- A few keys of members and of others.
CREATE FUNCTION differential.sample(salt text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN differential.keys(format('SELECT "id" FROM (%s) AS s ORDER BY md5("id"::text || %L) LIMIT 6', member_rows, salt)) FROM differential.subject;
END $$;

CREATE FUNCTION differential.members(population text, segment text) RETURNS text[] LANGUAGE sql AS $$
    SELECT differential.keys(format('SELECT %I FROM world.%I WHERE segment = %L', population || '_id', population || '_segment', segment)) $$;

CREATE FUNCTION differential.complain(step int, n int, kind text, message text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO differential.problem (step, n, kind, message) VALUES (step, n, kind, message) $$;

CREATE PROCEDURE differential.create_segments(population text) LANGUAGE plpgsql AS $$
DECLARE
    d record;
BEGIN
    FOR d IN SELECT * FROM differential.definition ORDER BY n LOOP
        BEGIN
            PERFORM segment.create_segment(d.name, population, d.definition, materialize => d.materialize);
            UPDATE differential.definition SET alive = true WHERE n = d.n;
            IF d.definition::segment.definition::jsonb::segment.definition OPERATOR(segment.<>) d.definition::segment.definition THEN
                PERFORM differential.complain(0, d.n, 'jsonb', 'the definition does not survive the casts to and from jsonb');
            END IF;
        EXCEPTION WHEN OTHERS THEN
            UPDATE differential.definition SET refused = SQLSTATE || ' ' || SQLERRM WHERE n = d.n;
        END;
    END LOOP;
END $$;

-- New definitions for some segments.
CREATE PROCEDURE differential.alter_segments(population text) LANGUAGE plpgsql AS $$
DECLARE
    a record;
BEGIN
    FOR a IN SELECT x.* FROM differential.alteration AS x JOIN differential.definition AS d USING (n) WHERE d.alive ORDER BY n LOOP
        BEGIN
            PERFORM segment.alter_segment(population || '.' || name, a.definition) FROM differential.definition WHERE n = a.n;
            UPDATE differential.definition SET definition = a.definition, expected = a.expected, history = a.history WHERE n = a.n;
            DELETE FROM differential.part WHERE n = a.n;
            INSERT INTO differential.part VALUES (a.n, 1, a.definition, a.expected);
        EXCEPTION WHEN OTHERS THEN
            UPDATE differential.definition SET refused = SQLSTATE || ' ' || SQLERRM WHERE n = a.n;
        END;
    END LOOP;
END $$;

-- Finds the smallest condition of the definition that differs by itself.
CREATE PROCEDURE differential.shrink(population text, as_of timestamptz, problem_id int) LANGUAGE plpgsql AS $$
DECLARE
    p record;
    ours text[];
    theirs text[];
BEGIN
    FOR p IN SELECT a.* FROM differential.part AS a JOIN differential.problem AS b USING (n) WHERE b.id = problem_id ORDER BY length(a.definition), a.part LOOP
        BEGIN
            ours := differential.expected_keys(p.expected, as_of);
            theirs := differential.keys(segment.definition_to_sql(population, p.definition, as_of));
            IF ours IS DISTINCT FROM theirs OR cardinality(ours) <> (SELECT members FROM segment.preview(population, p.definition, as_of => as_of)) THEN
                UPDATE differential.problem SET part = p.definition, part_sql = p.expected WHERE id = problem_id;
                RETURN;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            UPDATE differential.problem SET part = p.definition || ' -- ' || SQLERRM, part_sql = p.expected WHERE id = problem_id;
            RETURN;
        END;
    END LOOP;
END $$;

-- What cannot be refreshed is taken out, so that the others can.
CREATE PROCEDURE differential.isolate(population text, as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    d record;
    problem_id int;
BEGIN
    FOR d IN SELECT * FROM differential.definition WHERE alive ORDER BY n LOOP
        CONTINUE WHEN NOT (SELECT alive FROM differential.definition AS k WHERE k.n = d.n);    -- went with one it uses
        BEGIN
            PERFORM segment.refresh(population, ARRAY[d.name], as_of);
        EXCEPTION WHEN OTHERS THEN
            INSERT INTO differential.problem (step, n, kind, message) VALUES (step, d.n, 'refresh', SQLSTATE || ' ' || SQLERRM) RETURNING id INTO problem_id;
            CALL differential.shrink(population, as_of, problem_id);
            PERFORM segment.drop_segment(population || '.' || d.name, cascade => true);
            UPDATE differential.definition AS k SET alive = false
            WHERE alive AND NOT EXISTS (SELECT FROM segment.segment AS s WHERE s.population = isolate.population AND s.name = k.name);
        END;
    END LOOP;
END $$;

CREATE FUNCTION differential.differ(population text, as_of timestamptz, step int, n int, kind text, expected text[], got text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    lacking text[] := ARRAY(SELECT unnest(expected) EXCEPT SELECT unnest(got) LIMIT 3);
    surplus text[] := ARRAY(SELECT unnest(got) EXCEPT SELECT unnest(expected) LIMIT 3);
    problem_id int;
BEGIN
    INSERT INTO differential.problem (step, n, kind, message, missing, extra)
    VALUES (step, n, kind, format('expected %s members, got %s', cardinality(expected), cardinality(got)), lacking, surplus) RETURNING id INTO problem_id;
    IF (SELECT count(*) FROM differential.problem WHERE missing IS NOT NULL) > 20 THEN RETURN; END IF;
    BEGIN
        UPDATE differential.problem AS p SET to_sql = segment.to_sql(population || '.' || d.name, as_of) FROM differential.definition AS d WHERE d.n = p.n AND p.id = problem_id;
        EXECUTE (SELECT format('UPDATE differential.problem SET member_rows = (SELECT jsonb_object_agg(q.id::text, q.cells) FROM (%s) AS q WHERE q.id::text = ANY (%L)) WHERE id = %s',
                               s.member_rows, lacking || surplus, problem_id) FROM differential.subject AS s);
        CALL differential.shrink(population, as_of, problem_id);
    EXCEPTION WHEN OTHERS THEN
        UPDATE differential.problem SET message = message || '; ' || SQLERRM WHERE id = problem_id;
    END;
END $$;

-- One refresh and all that must agree with it.
CREATE PROCEDURE differential.run(population text, as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    d record;
    r record;
    told record;
    keys text[];
    member_keys text[];
    last_change bigint;
    counted bigint;
    wrong text;
    isolated boolean := false;
BEGIN
    -- Before the refresh: what definitions read of earlier ones is what is stored now.
    FOR d IN SELECT * FROM differential.definition WHERE alive ORDER BY n LOOP
        BEGIN
            INSERT INTO differential.found VALUES (step, d.n, 'expected', differential.expected_keys(d.expected, as_of));
        EXCEPTION WHEN OTHERS THEN
            PERFORM differential.complain(step, d.n, 'translation', SQLSTATE || ' ' || SQLERRM);
            CONTINUE;
        END;
        IF (d.n + step) % 4 = 0 THEN
            BEGIN
                SELECT string_agg(k, ', ') INTO wrong
                FROM differential.found AS f, unnest(differential.sample(d.n || ' ' || run.step)) AS k
                WHERE (f.step, f.n, f.source) = (run.step, d.n, 'expected') AND segment.matches(population || '.' || d.name, k, as_of) IS DISTINCT FROM (k = ANY (f.keys));
                IF wrong IS NOT NULL THEN
                    PERFORM differential.complain(step, d.n, 'matches', 'wrong for ' || wrong);
                END IF;
            EXCEPTION WHEN OTHERS THEN
                PERFORM differential.complain(step, d.n, 'matches fails', SQLSTATE || ' ' || SQLERRM);
            END;
        END IF;
        CONTINUE WHEN step = 2 AND d.n % 3 <> 0;
        BEGIN
            INSERT INTO differential.found VALUES (step, d.n, 'to_sql', differential.keys(segment.to_sql(population || '.' || d.name, as_of)));
        EXCEPTION WHEN OTHERS THEN
            PERFORM differential.complain(step, d.n, 'to_sql fails', SQLSTATE || ' ' || SQLERRM);
        END;
        IF d.n % 5 = 0 THEN
            BEGIN
                SELECT members INTO counted FROM segment.preview(population, d.definition, as_of => as_of);
                IF counted <> (SELECT cardinality(f.keys) FROM differential.found AS f WHERE (f.step, f.n, f.source) = (run.step, d.n, 'expected')) THEN
                    PERFORM differential.complain(step, d.n, 'preview', format('counts %s', counted));
                END IF;
            EXCEPTION WHEN OTHERS THEN
                PERFORM differential.complain(step, d.n, 'preview fails', SQLSTATE || ' ' || SQLERRM);
            END;
        END IF;
    END LOOP;

    EXECUTE format('SELECT coalesce(max(seq), 0) FROM world.%I', population || '_segment_change') INTO last_change;
    BEGIN
        INSERT INTO differential.refreshed SELECT run.step, x.n, s.members, s.entered, s.exited
        FROM segment.refresh(population, as_of => as_of) AS s LEFT JOIN differential.definition AS x ON x.name = s.segment;
    EXCEPTION WHEN OTHERS THEN
        PERFORM differential.complain(step, NULL, 'refresh', SQLSTATE || ' ' || SQLERRM);
        CALL differential.isolate(population, as_of, step);
        isolated := true;
        PERFORM segment.refresh(population, as_of => as_of);
    END;

    FOR d IN SELECT x.*, f.keys AS expected_keys FROM differential.definition AS x LEFT JOIN differential.found AS f ON f.n = x.n AND f.step = run.step AND f.source = 'expected'
             WHERE alive ORDER BY n LOOP
        member_keys := differential.members(population, d.name);
        INSERT INTO differential.found VALUES (step, d.n, 'members', member_keys);
        IF member_keys IS DISTINCT FROM d.expected_keys AND d.expected_keys IS NOT NULL AND NOT (isolated AND d.history) THEN
            PERFORM differential.differ(population, as_of, step, d.n, 'members', d.expected_keys, member_keys);
        END IF;
        FOR r IN SELECT * FROM differential.found AS f WHERE (f.step, f.n, f.source) = (run.step, d.n, 'to_sql') AND f.keys IS DISTINCT FROM d.expected_keys LOOP
            PERFORM differential.differ(population, as_of, step, d.n, 'to_sql', d.expected_keys, r.keys);
        END LOOP;
        keys := differential.keys(format('SELECT %I FROM world.%I WHERE segment = %L AND exited_at IS NULL', population || '_id', population || '_segment_history', d.name));
        IF keys IS DISTINCT FROM member_keys THEN
            PERFORM differential.complain(step, d.n, 'history', 'the open stays are not the members');
        END IF;
        SELECT * INTO told FROM differential.refreshed AS x WHERE x.step = run.step AND x.n = d.n;
        IF told.members <> cardinality(member_keys) THEN
            PERFORM differential.complain(step, d.n, 'members', 'the refresh tells another number of members');
        END IF;
        -- Old members, and who entered, without who exited, are the new ones; the first population is not told.
        CONTINUE WHEN step = 1 OR isolated;
        EXECUTE format($q$
            WITH change AS (SELECT %1$I::text AS key, change FROM world.%2$I JOIN world.%3$I USING (segment_id) WHERE name = $1 AND seq > $2)
            SELECT array(SELECT unnest($3) UNION ALL SELECT key FROM change WHERE change = 'entered' EXCEPT ALL SELECT key FROM change WHERE change = 'exited') AS keys,
                   (SELECT count(*) FROM change WHERE change = 'entered') AS entered, (SELECT count(*) FROM change WHERE change = 'exited') AS exited$q$,
            population || '_id', population || '_segment_change', population || '_segment_name')
        INTO r USING d.name, last_change, (SELECT s.keys FROM differential.stored AS s WHERE s.n = d.n);
        IF ARRAY(SELECT k FROM unnest(r.keys) AS k ORDER BY k COLLATE "C") IS DISTINCT FROM member_keys THEN
            PERFORM differential.complain(step, d.n, 'changes', format('old + entered - exited = %s', r.keys));
        END IF;
        IF (r.entered, r.exited) IS DISTINCT FROM (told.entered, told.exited) THEN
            PERFORM differential.complain(step, d.n, 'changes', format('the refresh tells another number than %s', r));
        END IF;
    END LOOP;

    -- Nothing has changed since, except for what looks at the refresh before.
    FOR r IN SELECT x.n, s.* FROM segment.refresh(population, as_of => as_of) AS s LEFT JOIN differential.definition AS x ON x.name = s.segment
             WHERE (s.entered > 0 OR s.exited > 0) AND NOT x.history LOOP
        PERFORM differential.complain(step, r.n, 'again', format('a second refresh has %s entered and %s exited', r.entered, r.exited));
    END LOOP;
    DELETE FROM differential.stored;
    INSERT INTO differential.stored SELECT x.n, CASE WHEN x.history THEN differential.members(population, x.name) ELSE f.keys END
    FROM differential.definition AS x JOIN differential.found AS f ON f.n = x.n AND f.step = run.step AND f.source = 'members' WHERE x.alive;
END $$;

-- The same definitions in a population that was never refreshed before, from their canonical texts or their JSON.
CREATE PROCEDURE differential.compare_fresh(population text, fresh text, as_of timestamptz, step int) LANGUAGE plpgsql AS $$
DECLARE
    d record;
BEGIN
    FOR d IN SELECT x.*, s.definition AS canonical FROM differential.definition AS x
             JOIN segment.segment AS s ON s.population = compare_fresh.population AND s.name = x.name WHERE x.alive AND NOT x.history
             ORDER BY x.n IN (SELECT a.n FROM differential.alteration AS a), x.n LOOP    -- altered ones may use later ones
        BEGIN
            PERFORM segment.create_segment(d.name, fresh, CASE WHEN d.n % 2 = 0 THEN d.canonical ELSE d.canonical::segment.definition::jsonb::segment.definition::text END);
        EXCEPTION WHEN OTHERS THEN
            PERFORM differential.complain(step, d.n, 'canonical', SQLSTATE || ' ' || SQLERRM || ' in ' || d.canonical);
            UPDATE differential.definition SET alive = false WHERE n = d.n;
        END;
    END LOOP;
    PERFORM segment.refresh(fresh, as_of => as_of);
    FOR d IN SELECT x.*, s.keys, differential.members(fresh, x.name) AS fresh_keys FROM differential.definition AS x JOIN differential.stored AS s USING (n)
             WHERE alive AND NOT history ORDER BY n LOOP
        IF d.fresh_keys IS DISTINCT FROM d.keys THEN
            PERFORM differential.complain(step, d.n, 'fresh', format('%s members instead of %s', cardinality(d.fresh_keys), cardinality(d.keys)));
        END IF;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    PERFORM differential.complain(step, NULL, 'fresh', SQLSTATE || ' ' || SQLERRM);
END $$;
