-- Registering twice: 'error' refuses, 'keep' leaves what is there, 'replace' changes it, and by the same it changes nothing.
CREATE SCHEMA twice;
SET search_path = twice, public;
SET client_min_messages = warning;
CREATE TABLE member (id int PRIMARY KEY, plan text, parent_id int, n int, other_id int UNIQUE);
INSERT INTO member SELECT i, 'pro', i, i, i FROM generate_series(1, 4) AS i;
CREATE TABLE parent (id int PRIMARY KEY, other_id int UNIQUE, industry text);
CREATE TABLE usage (member_id int PRIMARY KEY, other_id int UNIQUE, logins int);
CREATE TABLE event (member_id int, at timestamptz, later timestamptz, name text);
CREATE TABLE billing (member_id int, since date, until date, mrr numeric, monthly numeric);

-- What there is to register, once with and once without a difference; {} is where if_exists goes.
CREATE TABLE call (position int, name text, first text, other text, look text);
INSERT INTO call VALUES
    (1, 'create_population', $$'member', 'member', key => 'id'$$, $$'member', 'member', key => 'id', time_zone => 'Europe/Vienna'$$,
        $$SELECT time_zone FROM segment.population WHERE name = 'member'$$),
    (2, 'add_traits', $$'member', 'usage', key => 'member_id', prefix => 'usage'$$, $$'member', 'usage', key => 'other_id', prefix => 'usage'$$,
        $$SELECT key FROM segment.source WHERE population = 'member' AND name = 'usage'$$),
    (3, 'add_parent', $$'member', 'boss', 'parent', foreign_key => 'parent_id'$$, $$'member', 'boss', 'parent', foreign_key => 'parent_id', key => 'other_id'$$,
        $$SELECT key FROM segment.source WHERE population = 'member' AND name = 'boss'$$),
    (4, 'add_events', $$'member', 'activity', 'event', key => 'member_id', occurred_at => 'at', event_name => 'name'$$,
        $$'member', 'activity', 'event', key => 'member_id', occurred_at => 'later', event_name => 'name'$$,
        $$SELECT columns->>'occurred_at' FROM segment.source WHERE population = 'member' AND name = 'activity'$$),
    (5, 'add_subscriptions', $$'member', 'billing', 'billing', key => 'member_id', starts_at => 'since', ends_at => 'until', mrr => 'mrr'$$,
        $$'member', 'billing', 'billing', key => 'member_id', starts_at => 'since', ends_at => 'until', mrr => 'monthly'$$,
        $$SELECT columns->>'mrr' FROM segment.source WHERE population = 'member' AND name = 'billing'$$),
    (6, 'add_trait', $$'member', 'doubled', 'n * 2'$$, $$'member', 'doubled', 'n + n'$$,
        $$SELECT formula FROM segment.derived_trait WHERE population = 'member'$$),
    (7, 'create_list', $$'vip', 'member', description => 'a'$$, $$'vip', 'member', description => 'b'$$,
        $$SELECT description FROM segment.list WHERE population = 'member'$$),
    (8, 'create_segment', $$'big', 'member', 'n > 2', description => 'a', tags => '{x}'$$, $$'big', 'member', 'n > 3', description => 'b'$$,
        $$SELECT version || ' ' || definition || ' ' || coalesce(description, '-') FROM segment.segment WHERE name = 'big'$$),
    (9, 'create_scheme', $$'size', 'member', '[{"name": "a", "definition": "n > 2"}, {"name": "b", "otherwise": true}]'$$,
        $$'size', 'member', '[{"name": "a", "definition": "n > 3"}, {"name": "c", "otherwise": true}]'$$,
        $$SELECT string_agg(name || ' ' || version || ' ' || definition, ', ' ORDER BY name) FROM segment.segment WHERE name LIKE 'size.%'$$),
    (10, 'create_score', $$'health', 'member'$$, $$'health', 'member', min_coverage => 0.1$$,
        $$SELECT version || ' ' || min_coverage FROM segment.score WHERE name = 'health'$$),
    (11, 'add_score_metric', $$'health', 'n', 'n', worst => 0, best => 4, metric_group => 'g'$$, $$'health', 'n', 'n', worst => 0, best => 8, metric_group => 'g'$$,
        $$SELECT best::text FROM segment.score_metric WHERE score = 'health'$$),
    (12, 'add_score_group', $$'health', 'g', 2$$, $$'health', 'g', 3$$,
        $$SELECT version::text FROM segment.score WHERE name = 'health'$$);
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN sqlstate || ' ' || sqlerrm || ' (' || hint || ')';
END $$;
CREATE FUNCTION shown(look text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    EXECUTE look INTO result;
    RETURN result;
END $$;
CREATE FUNCTION tried(call twice.call, arguments text, if_exists text) RETURNS text LANGUAGE sql AS $$
    SELECT twice.try(format('SELECT segment.%s(%s%s)', call.name, arguments, ', if_exists => ' || if_exists)) $$;
DO $$
DECLARE c twice.call;
BEGIN
    FOR c IN SELECT * FROM twice.call ORDER BY position LOOP
        RAISE WARNING E'\n% | % | %\nagain: %\nkeep: % | %\nreplaced by the same: % | %\nby another one: % | %\nback: % | %\nmaybe: %\nNULL: %', c.name,
            twice.try(format('SELECT segment.%s(%s)', c.name, c.first)), twice.shown(c.look),
            twice.try(format('SELECT segment.%s(%s)', c.name, c.first)),
            twice.tried(c, c.other, '''keep'''), twice.shown(c.look),
            twice.tried(c, c.first, '''replace'''), twice.shown(c.look),
            twice.tried(c, c.other, '''replace'''), twice.shown(c.look),
            twice.tried(c, c.first, '''replace'''), twice.shown(c.look),
            twice.tried(c, c.first, '''maybe'''), twice.tried(c, c.first, 'NULL');
    END LOOP;
END $$;
SELECT segment, version, definition, previous_definition, author = current_user AS mine, created_at <= now() AS dated
FROM segment.segment_version WHERE population = 'member' AND segment IN ('big', 'size.a') ORDER BY segment, version;
SELECT segment, members, entered, exited FROM segment.refresh('member');
SELECT segment.drop_population('member', cascade => true);
RESET search_path;
DROP SCHEMA twice CASCADE;
