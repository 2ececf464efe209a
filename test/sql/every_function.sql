-- What holds for every function, those included that come later: a stranger changes and learns nothing by it, and no NULL, empty or
-- senseless argument is an internal error. Only what breaks the rule is shown.
CREATE ROLE segment_owner;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_stranger;
SET client_min_messages = error;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int8 PRIMARY KEY, plan text, mrr numeric);
INSERT INTO shop.customer VALUES (1, 'pro', 10), (2, 'free', 0), (3, NULL, NULL);
CREATE TABLE shop.event (customer_id int8, at timestamptz, name text);
INSERT INTO shop.event VALUES (1, '2024-01-01 00:00:00+00', 'login');
CREATE TABLE shop.billing (customer_id int8, since timestamptz, until timestamptz, mrr numeric);
INSERT INTO shop.billing VALUES (1, '2024-01-01 00:00:00+00', NULL, 10);
SELECT segment.create_population('customer', 'shop.customer', key => 'id') > 0 AS created;
SELECT segment.add_events('customer', 'activity', 'shop.event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT segment.add_subscriptions('customer', 'billing', 'shop.billing', key => 'customer_id', starts_at => 'since', ends_at => 'until', mrr => 'mrr');
SELECT segment.add_trait('customer', 'twice', 'mrr * 2');
SELECT segment.create_segment('pro', 'customer', $$plan = 'pro'$$) > 0 AS created;
SELECT segment.create_scheme('tier', 'customer', '[{"name": "a", "definition": "mrr > 0"}, {"name": "b", "otherwise": true}]') > 0 AS created;
SELECT segment.create_list('beta', 'customer');
SELECT count(*) FROM segment.refresh('customer');
RESET ROLE;

-- A function of the extension that users call, and for each of its arguments a value that makes sense, as a literal.
CREATE TABLE shop.function AS
    SELECT p.oid, p.proname::text AS name, p.pronargs::int AS arguments, p.proretset AS returns_set, array_agg(coalesce(argument, '') ORDER BY position) AS names,
        array_agg(format_type(type, NULL) ORDER BY position) AS types,
        array_agg(CASE
            WHEN argument = 'population' THEN 'customer'
            WHEN argument = 'name' AND proname IN ('alter_population', 'drop_population') THEN 'customer'
            WHEN argument = 'name' AND proname = 'drop_scheme' THEN 'tier'
            WHEN argument = 'name' AND proname = 'drop_trait' THEN 'twice'
            WHEN argument = 'name' AND proname IN ('alter_source', 'remove_source') THEN 'activity'
            WHEN argument = 'name' AND proname ~ '^(create|add)_' THEN 'fresh'
            WHEN argument IN ('name', 'segment') THEN 'pro'
            WHEN argument = 'list' THEN 'beta'
            WHEN argument = 'relation' AND proname = 'add_events' THEN 'shop.event'
            WHEN argument = 'relation' AND proname = 'add_subscriptions' THEN 'shop.billing'
            WHEN argument IN ('relation', 'parent') THEN 'shop.customer'
            WHEN argument = 'key' AND proname IN ('add_events', 'add_subscriptions', 'alter_source') THEN 'customer_id'
            WHEN argument IN ('occurred_at') THEN 'at'
            WHEN argument IN ('starts_at') THEN 'since'
            WHEN argument IN ('ends_at') THEN 'until'
            WHEN argument = 'mrr' AND proname = 'add_subscriptions' THEN 'mrr'
            WHEN proname IN ('add_events', 'add_subscriptions') AND format_type(type, NULL) = 'name' THEN NULL
            WHEN argument = 'schema' THEN 'shop'
            WHEN argument = 'prefix' THEN 'fresh'
            WHEN argument = 'until' THEN CASE WHEN proname IN ('include', 'exclude', 'add_to_list') THEN '2124-01-01 00:00:00+00' ELSE '2024-09-01 00:00:00' END
            WHEN argument = 'as_of' AND proname = 'refresh' THEN NULL
            WHEN argument = 'segments' THEN '{pro}'
            WHEN argument = 'definition' OR argument = 'filter' OR argument = 'base' THEN 'mrr > 1'
            WHEN argument = 'formula' THEN 'mrr + 1'
            WHEN argument = 'rules' THEN '[{"name": "x", "otherwise": true}]'
            WHEN argument = 'if_exists' THEN 'replace'
            WHEN argument = 'role' THEN 'segment_stranger'
            WHEN argument = 'owner' THEN 'segment_owner'
            WHEN argument = 'time_zone' THEN 'UTC'
            WHEN argument = 'new_name' THEN 'other'
            WHEN argument = 'materialize' THEN 'rows'
            WHEN argument = 'membership' THEN 'start'
            WHEN argument = 'granularity' THEN 'net'
            WHEN argument = 'mode' THEN 'auto'
            WHEN argument = 'by' THEN 'plan'
            WHEN argument = 'foreign_key' THEN 'id'
            ELSE CASE format_type(type, NULL)
                WHEN 'name' THEN 'id' WHEN 'boolean' THEN 'true' WHEN 'jsonb' THEN '{}' WHEN 'uuid' THEN '00000000-0000-0000-0000-000000000001'
                WHEN 'timestamp with time zone' THEN '2024-06-01 00:00:00+00' WHEN 'timestamp without time zone' THEN '2024-06-01 00:00:00'
                WHEN 'interval' THEN '1 day' WHEN 'bigint[]' THEN '{1}' WHEN 'text[]' THEN '{1}' WHEN 'uuid[]' THEN '{00000000-0000-0000-0000-000000000001}'
                WHEN 'cstring' THEN 'mrr' WHEN 'segment.revenue' THEN ledger WHEN 'segment.definition' THEN 'mrr > 1' WHEN 'segment.formula' THEN 'mrr' ELSE '1' END
            END ORDER BY position) AS literals
    FROM (SELECT segment.revenue_agg(customer_id, since, until, mrr)::text AS ledger FROM shop.billing) AS l, pg_proc p, unnest(string_to_array(p.proargtypes::text, ' ')::oid[], p.proargnames[1:p.pronargs]) WITH ORDINALITY AS a (type, argument, position)
    WHERE p.pronamespace = 'segment'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
        AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typnamespace = 'segment'::regnamespace AND p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend))
        AND 'internal'::regtype <> ALL (p.proargtypes) AND p.prorettype <> 'internal'::regtype
    GROUP BY p.oid;
GRANT SELECT ON shop.function TO segment_owner, segment_stranger;

-- The SQLSTATE of a call whose effects are undone; UNDO0 if it went well. `instead` takes the place of the `changed`-th argument.
CREATE FUNCTION shop.outcome(f shop.function, changed int DEFAULT 0, instead text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE list text;
BEGIN
    SELECT string_agg(format('%s::%s', quote_nullable(CASE WHEN i = changed THEN instead ELSE f.literals[i] END), f.types[i]), ', ' ORDER BY i)
        INTO list FROM generate_series(1, f.arguments) AS i;
    EXECUTE format('SELECT count(*) FROM segment.%I(%s)', f.name, list);
    RAISE SQLSTATE 'UNDO0';
EXCEPTION WHEN OTHERS OR ASSERT_FAILURE THEN
    RETURN SQLSTATE;
END $$;
SELECT count(*) > 60 AS many FROM shop.function;

-- As the owner most of them do something, so the calls are sensible ones.
SET statement_timeout = '30min';
SET ROLE segment_owner;
SELECT count(*) FILTER (WHERE shop.outcome(f) = 'UNDO0') > 0.5 * count(*) AS most FROM shop.function f;
SELECT name, types, shop.outcome(f) FROM shop.function f WHERE shop.outcome(f) ~ '^XX';

-- A NULL, an empty value or nonsense in each place.
SELECT name, types, i AS argument, o AS outcome FROM shop.function f, generate_series(1, arguments) AS i, shop.outcome(f, i) AS o WHERE o ~ '^XX';
SELECT name, types, i AS argument, v AS value, o AS outcome
FROM shop.function f, generate_series(1, arguments) AS i,
    unnest(ARRAY['', 'x"; DROP TABLE shop.customer; --', E'\u00fc\u4e2d\U0001F600', '{NULL}', '[]', '-1', 'NaN', '-infinity', '-9223372036854775808',
        '1 microsecond']) AS v,
    shop.outcome(f, i, v) AS o
WHERE o ~ '^XX';
SELECT count(*) FROM shop.customer;

-- A stranger: what names somebody else's population, or something of it, fails; with the names of what is not there it fails alike.
SET ROLE segment_stranger;
SELECT name, types, shop.outcome(f) FROM shop.function f
WHERE names && '{population,name,list,score,segment}' AND name NOT IN ('create_population', 'visible_error') AND shop.outcome(f) = 'UNDO0';
SELECT name, types, shop.outcome(f) FROM shop.function f
WHERE names && '{population,name,list,score,segment}' AND shop.outcome(f) ~ '^(XX|22004)';
RESET ROLE;
-- Nor through the views.
SET ROLE segment_stranger;
SELECT format('SELECT %L AS view, count(*) FROM segment.%I HAVING count(*) > 0', relname, relname) FROM pg_class
WHERE relnamespace = 'segment'::regnamespace AND relkind = 'v' AND has_table_privilege(oid, 'SELECT') ORDER BY relname \gexec
RESET ROLE;
RESET statement_timeout;
SELECT segment.drop_population('customer', cascade => true);
\set VERBOSITY terse
DROP SCHEMA shop CASCADE;
DROP ROLE segment_owner, segment_stranger;
