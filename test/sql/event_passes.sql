-- Passes over sources: whatever the keys, the kind of relation and the memory, the members are those of to_sql, whose subqueries look at
-- one member each.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE TABLE customer (id bigint PRIMARY KEY, name text UNIQUE, code uuid UNIQUE);
INSERT INTO customer SELECT n, 'customer ' || n, md5(n::text)::uuid FROM generate_series(1, 1500) AS n;
CREATE TABLE event (customer_id int, at timestamptz, name varchar(20), amount numeric, wide numeric, label text) PARTITION BY RANGE (at);
CREATE TABLE event_early PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE event_late PARTITION OF event FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
INSERT INTO event
    SELECT 1 + (n * 7919) % 1499, timestamptz '2025-03-01' - interval '1 hour' * ((n * 31) % 3000), (ARRAY['login', 'order', 'view'])[1 + n % 3], n % 10,
        -- More digits than the passes compute with themselves, few, none, and none of a number.
        (ARRAY[1e25, 0.00000000000000000001, 5, 7.50, NULL, 'NaN', 12345678901234567890.123])[1 + n % 7 * (n % 5) % 7],
        'label ' || n % 1500 || repeat(' of some length', 3) || chr(97 + n % 26)
    FROM generate_series(1, 10000) AS n;
INSERT INTO event SELECT 17, '2025-02-28 12:00', 'login', 1, n, 'label' FROM generate_series(1, 3000) AS n;
-- Nobody's: no member, no time, no name.
INSERT INTO event VALUES (NULL, '2025-02-28', 'login', 1), (NULL, '2025-02-27', 'view', 1), (6001, '2025-02-28', 'login', 1), (-5, '2025-02-28', 'login', 1),
    (9, '2025-02-28', NULL, 1);
INSERT INTO event_late VALUES (10, 'infinity', 'login', 1);
CREATE INDEX ON event (customer_id, at) INCLUDE (name);

CREATE TABLE definition (n int GENERATED ALWAYS AS IDENTITY, text text);
INSERT INTO definition (text) VALUES
    ($$did 'login' within 7 days$$),
    ($$did 'login' at least 2 times within 60 days$$),
    ($$did 'login' exactly 0 times within 60 days$$),
    ($$count of 'order' within 30 days in (1, 3)$$),
    ($$did 'view' more than 100 days ago$$),
    ($$did 'login' more than 2000 times$$),
    ($$did any of ('login', 'order') between 4 and 6 times$$),
    ($$did any event in last month$$),
    ($$did 'order' where (amount > 5) at least 2 times$$),
    ($$did event like 'l%' and did not event like 'v%' within 60 days$$),
    ($$did 'order' for the first time within 60 days$$),
    ($$days since last 'order' between 20 and 40.5$$),
    ($$stopped 'view' for 30 days$$),
    ($$count of 'login' within 60 days > count of 'view' within 60 days$$),
    ($$share of any event where (name = 'order') within 90 days >= 60 percent$$),
    ($$count of 'login' fell by 50 percent within 60 days$$),
    ($$count of any event rose by 2 within 30 days$$),
    ($$count of any event rose by 10 percent within 30 days from at least 2$$),
    ($$count of 'login' in top 10$$),
    ($$did 'login' then 'order' within 1 day$$),
    ($$count of 'order' within 30 days > 1.5$$),
    ($$sum(amount) of 'order' within 60 days > 12.5$$),
    ($$sum(amount) of any event between 3 and 20.25$$),
    ($$avg(amount) of any event within 90 days >= 4.333333333333$$),
    ($$avg(amount) of 'login' = 5$$),
    ($$median(amount) of any event > 4.5$$),
    ($$min(amount) of 'order' within 90 days <= 1$$),
    ($$max(amount) of 'view' in (7, 8.5)$$),
    ($$count distinct amount of any event >= 4$$),
    ($$count distinct name of any event within 60 days = 2$$),
    ($$most frequent name of any event = 'login'$$),
    ($$last amount of 'login' within 60 days >= 5$$),
    ($$first name of any event where (amount > 2) = 'order'$$),
    ($$did any event on at least 3 distinct days within 60 days$$),
    ($$did 'view' in at least 2 of the last 4 months$$),
    ($$did any event on at least 3 distinct weeks$$),
    ($$streak of any event by week >= 2$$),
    ($$resumed any event after 20 days within 30 days$$),
    ($$did 'login' then 'order' then not 'view' within 30 days$$),
    ($$did 'view' then not 'login' then 'order'$$),
    ($$sum(wide) of any event > 3e25$$),
    ($$avg(wide) of any event between 1e-20 and 3e24$$),
    ($$median(wide) of 'order' > 1e13$$),
    ($$count distinct wide of any event >= 4$$),
    ($$count distinct label of any event >= 5$$),
    ($$most frequent label of 'order' like '%a'$$),
    ($$most frequent label of 'order' < 'm'$$);

-- How many keys are in a segment and not in the rows of its SQL, or the other way round, of all segments of a population.
CREATE FUNCTION differences(population text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    total bigint := 0;
    found bigint;
    definition record;
BEGIN
    FOR definition IN SELECT * FROM definition LOOP
        EXECUTE format('SELECT count(*) FROM segment.members(%L) AS m FULL JOIN (%s) AS s(key) ON s.key::text = m WHERE m IS NULL OR s.key IS NULL',
                       population || '.d' || definition.n, segment.to_sql(population || '.d' || definition.n, '2025-03-01')) INTO found;
        total := total + found;
    END LOOP;
    RETURN total;
END $$;
CREATE FUNCTION make(population text, relation text, key text, source text, source_key text) RETURNS bigint LANGUAGE sql AS $$
    SELECT segment.create_population(population, relation, key => key::name);
    SELECT segment.add_events(population, 'activity', source, key => source_key::name, occurred_at => 'at', event_name => 'name');
    SELECT count(segment.create_segment('d' || n, population, text, materialize => 'set')) FROM definition;
$$;
CREATE FUNCTION members(population text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(members::text, ' ' ORDER BY substr(name, 2)::int) FROM segment.segment AS s WHERE s.population = members.population
$$;

-- A partitioned table with integers for members with bigints.
SELECT make('customer', 'customer', 'id', 'event', 'customer_id');
SELECT count(*), min(members) > 0, max(members) < 1500 FROM segment.refresh('customer', as_of => '2025-03-01');
SELECT differences('customer');
SELECT ignored FROM segment.refresh_run WHERE population = 'customer';

-- Less memory than the events take: they go to temporary files.
CREATE TABLE found AS SELECT members('customer');
SELECT pg_stat_force_next_flush();
SELECT temp_bytes AS before FROM pg_stat_database WHERE datname = current_database() \gset
SET segment.refresh_memory = '1MB';
SELECT count(*), sum(entered), sum(exited) FROM segment.refresh('customer', as_of => '2025-03-01', mode => 'full');
SELECT members('customer') = members FROM found;
RESET segment.refresh_memory;
SELECT pg_stat_force_next_flush();
SELECT temp_bytes - :before > 500000 FROM pg_stat_database WHERE datname = current_database();

-- A view, with texts and with uuids: members numbered by a dictionary.
CREATE VIEW named_event AS
    SELECT c.name AS customer, c.code, e.at, e.name, e.amount, e.wide, e.label FROM event AS e LEFT JOIN customer AS c ON c.id = e.customer_id;
CREATE TABLE code_event AS SELECT code, at, name::text, amount, wide, label FROM named_event;
INSERT INTO code_event VALUES ('00000000-0000-0000-0000-000000000000', '2025-02-28', 'login', 1);
CREATE INDEX ON code_event (code, at);
SELECT make('named', 'customer', 'name', 'named_event', 'customer');
SELECT make('coded', 'customer', 'code', 'code_event', 'code');
SELECT count(*) FROM segment.refresh('named', as_of => '2025-03-01');
SELECT count(*) FROM segment.refresh('coded', as_of => '2025-03-01');
SELECT members('named') = members, members('coded') = members FROM found;
SELECT differences('coded');
SELECT population, ignored FROM segment.refresh_run WHERE population IN ('named', 'coded') ORDER BY 1;

-- Integers that do not lie densely.
CREATE TABLE sparse AS SELECT id * 1000003 AS id FROM customer;
ALTER TABLE sparse ADD PRIMARY KEY (id);
CREATE TABLE sparse_event AS SELECT customer_id * 1000003::bigint AS customer_id, at, name, amount, wide, label FROM event;
CREATE INDEX ON sparse_event (customer_id, at);
SELECT make('sparse', 'sparse', 'id', 'sparse_event', 'customer_id');
SELECT count(*) FROM segment.refresh('sparse', as_of => '2025-03-01');
SELECT members('sparse') = members FROM found;
SELECT ignored FROM segment.refresh_run WHERE population = 'sparse';

-- A pass tells how far it is.
CREATE FUNCTION told() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_stat_clear_snapshot();
    RAISE WARNING '%', (SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid());
    RETURN 0;
END $$;
CREATE VIEW telling_event AS SELECT id AS customer_id, '2025-02-28'::timestamptz + told() * interval '1 hour' AS at, 'login' AS name FROM customer WHERE id = 1;
SELECT segment.create_population('telling', 'customer', key => 'id') > 0;
SELECT segment.add_events('telling', 'activity', 'telling_event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT segment.create_segment('recent', 'telling', $$did 'login' within 7 days$$) > 0;
\set VERBOSITY terse
SELECT count(*) FROM segment.refresh('telling', as_of => '2025-03-01');
\set VERBOSITY default

-- A pass that is cancelled leaves nothing behind.
CREATE VIEW slow_event AS SELECT id AS customer_id, '2025-02-28'::timestamptz + least(0, length(pg_sleep(0.05)::text)) * interval '1 hour' AS at, 'login' AS name, 1 AS amount
    FROM customer WHERE id < 100;
SELECT segment.create_population('slow', 'customer', key => 'id') > 0;
SELECT segment.add_events('slow', 'activity', 'slow_event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT segment.create_segment('recent', 'slow', $$did 'login' within 7 days$$) > 0;
\set VERBOSITY terse
SET statement_timeout = '300ms';
SELECT segment.refresh('slow', as_of => '2025-03-01');
RESET statement_timeout;
SELECT count(*) FROM segment.segment WHERE population = 'slow' AND members IS NOT NULL;
SELECT count(*) FROM pg_ls_tmpdir();

SELECT count(segment.drop_population(name, cascade => true)) FROM (VALUES ('customer'), ('named'), ('coded'), ('sparse'), ('telling'), ('slow')) AS p(name);
DROP FUNCTION differences, make, members;
DROP VIEW named_event, telling_event, slow_event;
DROP FUNCTION told;
DROP TABLE customer, event, code_event, sparse, sparse_event, definition, found;
