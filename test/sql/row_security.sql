-- Row-level security: on the relation, on sources and parents, on the member table; owners that are subject to it; views of others.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_mallory;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_mallory;
SET client_min_messages = warning;
SET ROLE segment_owner;
CREATE TABLE shop.account (id int PRIMARY KEY, plan text);
INSERT INTO shop.account VALUES (10, 'pro'), (20, 'pro');
CREATE TABLE shop.customer (id int PRIMARY KEY, region text, account_id int);
INSERT INTO shop.customer VALUES (1, 'eu', 10), (2, 'us', 10), (3, 'eu', 20), (4, 'us', 20);
CREATE TABLE shop.event (customer_id int, at timestamptz, name text, secret boolean);
INSERT INTO shop.event SELECT id, '2024-01-01 00:00:00+00', 'login', id <= 2 FROM shop.customer;
SELECT segment.create_population('customer', 'shop.customer', key => 'id') > 0 AS created;
SELECT segment.add_parent('customer', 'account', 'shop.account', foreign_key => 'account_id');
SELECT segment.add_events('customer', 'activity', 'shop.event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT segment.create_segment('all', 'customer', 'everyone') > 0 AS created;
SELECT segment.create_segment('pro', 'customer', $$account.plan = 'pro'$$) > 0 AS created;
SELECT segment.create_segment('in', 'customer', $$did 'login'$$) > 0 AS created;
CREATE FUNCTION shop.members() RETURNS TABLE (segment text, members text) LANGUAGE sql AS $$
    SELECT segment, string_agg(customer_id::text, ' ' ORDER BY customer_id) FROM shop.customer_segment GROUP BY segment ORDER BY segment COLLATE "C" $$;
SELECT count(*) FROM segment.refresh('customer');
SELECT * FROM shop.members();

-- A policy does not concern the owner, until it is forced on him: then his refresh sees what he may see, whoever calls it.
ALTER TABLE shop.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.account ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.event ENABLE ROW LEVEL SECURITY;
CREATE POLICY eu ON shop.customer USING (region = 'eu');
CREATE POLICY ten ON shop.account USING (id = 10);
CREATE POLICY open ON shop.event USING (NOT secret);
SELECT sum(entered), sum(exited) FROM segment.refresh('customer');
ALTER TABLE shop.customer FORCE ROW LEVEL SECURITY;
SELECT * FROM segment.refresh('customer') ORDER BY segment COLLATE "C";
SELECT * FROM shop.members();
ALTER TABLE shop.account FORCE ROW LEVEL SECURITY;
ALTER TABLE shop.event FORCE ROW LEVEL SECURITY;
RESET ROLE;
SELECT * FROM segment.refresh('customer') ORDER BY segment COLLATE "C";
SELECT * FROM shop.members();
SET ROLE segment_owner;
SELECT sample FROM segment.preview('customer', $$did 'login' and account.plan = 'pro'$$);
SELECT segment.matches('pro', 1), segment.matches('pro', 3), segment.matches('all', 2);
ALTER TABLE shop.customer NO FORCE ROW LEVEL SECURITY;
ALTER TABLE shop.account NO FORCE ROW LEVEL SECURITY;
ALTER TABLE shop.event NO FORCE ROW LEVEL SECURITY;
SELECT count(*) FROM segment.refresh('customer');
SELECT * FROM shop.members();

-- A reader evaluates under his own policies.
GRANT SELECT ON shop.customer, shop.account, shop.event, shop.customer_segment_member, shop.customer_segment_name, shop.customer_segment TO segment_reader;
SET ROLE segment_reader;
SELECT sample FROM segment.preview('customer', 'everyone');
SELECT sample FROM segment.preview('customer', $$account.plan = 'pro'$$);
SELECT sample FROM segment.preview('customer', $$did 'login'$$);
SELECT segment.matches('all', 1), segment.matches('all', 2);
SELECT holds FROM segment.explain('all', 1) WHERE path = '';
SELECT holds FROM segment.explain('all', 2) WHERE path = '';
SELECT remaining FROM segment.attrition('customer', 'everyone') WHERE path = 'base';
SELECT max(distinct_values) FROM segment.traits('customer') WHERE trait = 'id';
SELECT rows FROM segment.event_names('customer');
-- What is stored is the owner's, unless the member table has a policy too.
SELECT count(*) FROM segment.members('all');
SELECT segment.is_member('all', 2);
SET ROLE segment_owner;
ALTER TABLE shop.customer_segment_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY as_customer ON shop.customer_segment_member FOR SELECT TO segment_reader USING (EXISTS (SELECT FROM shop.customer c WHERE c.id = customer_id));
SET ROLE segment_reader;
SELECT count(*) FROM shop.customer_segment;
SELECT count(*) FROM segment.members('all');
SELECT segment.is_member('all', 1), segment.is_member('all', 2);
SELECT segment FROM segment.segments_of('customer', 2);
SET ROLE segment_owner;
ALTER VIEW shop.customer_segment SET (security_invoker = true);
SET ROLE segment_reader;
SELECT DISTINCT customer_id FROM shop.customer_segment ORDER BY 1;
SET ROLE segment_owner;
-- Refreshes go on with it, as the owner. Where it is forced on him and does not let him write, that is an error.
INSERT INTO shop.customer VALUES (5, 'us', 10);
SELECT sum(entered), sum(exited) FROM segment.refresh('customer');
ALTER TABLE shop.customer_segment_member FORCE ROW LEVEL SECURITY;
INSERT INTO shop.customer VALUES (6, 'us', 10);
SELECT * FROM segment.refresh('customer') ORDER BY segment COLLATE "C";
ALTER TABLE shop.customer_segment_member NO FORCE ROW LEVEL SECURITY;
SELECT sum(entered) > 0 AS entered FROM segment.refresh('customer');
SELECT * FROM shop.members();

-- Somebody else's view in a population: her function runs with the rights of the population's owner, who trusts her as the owner of a
-- materialized view would, never with those of who calls, and it can neither change the role nor leave something behind.
RESET ROLE;
GRANT CREATE ON SCHEMA shop TO segment_mallory;
SET ROLE segment_mallory;
CREATE FUNCTION shop.grab() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE 'ALTER ROLE segment_mallory SUPERUSER';
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
    BEGIN
        EXECUTE 'SET SESSION AUTHORIZATION postgres';
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
        EXECUTE 'CREATE TEMP TABLE trap (x int)';
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
        EXECUTE 'DECLARE trap CURSOR WITH HOLD FOR SELECT shop.grab()';
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    RETURN current_user;
END $$;
CREATE VIEW shop.trap AS SELECT id AS customer_id, shop.grab() AS seen FROM generate_series(1, 6) AS id;
GRANT SELECT ON shop.trap TO segment_owner;
SET ROLE segment_owner;
SELECT segment.add_traits('customer', 'shop.trap', key => 'customer_id', prefix => 'trap');
SELECT segment.create_segment('trapped', 'customer', $$trap.seen = 'segment_owner'$$) > 0 AS created;
RESET ROLE;
SELECT segment, members FROM segment.refresh('customer', ARRAY['trapped']);
SELECT members FROM segment.preview('customer', $$trap.seen = 'segment_owner'$$);
SELECT segment.matches('trapped', 1);
SELECT holds, value FROM segment.explain('trapped', 1) WHERE path = '1';
SELECT remaining FROM segment.attrition('customer', $$trap.seen = 'segment_owner'$$) WHERE path = '1';
SELECT distinct_values FROM segment.traits('customer') WHERE trait = 'trap.seen';
SELECT key FROM segment.diff('trapped', 'not everyone');
CALL segment.run('customer');
SELECT rolname, rolsuper FROM pg_roles WHERE rolname = 'segment_mallory';
SELECT current_user = session_user AS same, count(*) FROM pg_cursors WHERE name = 'trap';
SELECT count(*) FROM pg_class WHERE relname = 'trap' AND relpersistence = 't';
\set VERBOSITY terse
SELECT segment.drop_population('customer', cascade => true);
DROP SCHEMA shop CASCADE;
DROP ROLE segment_owner, segment_reader, segment_mallory;
