-- Conditions that need a member's events in their order, or the member's own times: whatever they ask, a pass reads each source once, and
-- finds the members of to_sql, whose subqueries look at one member each.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET timezone = 'America/New_York';
CREATE TABLE customer (id int PRIMARY KEY, signup_at timestamptz, renewal_on date, trial timestamp, seats int, budget numeric, plan text);
INSERT INTO customer
    SELECT n, CASE WHEN n % 11 > 0 THEN timestamptz '2025-01-10 09:00+01' + interval '7 hours' * n END, date '2025-02-01' + n % 40,
        timestamp '2025-03-29 12:00' + interval '1 hour' * (n % 50), nullif(n % 7, 0), round(n * 1.75, n % 3), (ARRAY['free', 'pro', NULL])[1 + n % 3]
    FROM generate_series(1, 200) AS n;
UPDATE customer SET signup_at = 'infinity' WHERE id = 5;
UPDATE customer SET signup_at = '-infinity' WHERE id = 6;
UPDATE customer SET signup_at = '200000-01-01' WHERE id = 7;
CREATE TABLE account (customer_id int PRIMARY KEY, onboarded_at timestamptz);
INSERT INTO account SELECT id, signup_at + interval '30 days' FROM customer WHERE id % 4 > 0 AND isfinite(signup_at);

-- Times lie closely, so that many are equal, and some around the changes of the clock; some are missing, some are yet to come.
CREATE TABLE raw_event (seq int GENERATED ALWAYS AS IDENTITY, customer_id int, at timestamptz, name text, product text, amount numeric, quantity int, weight float8);
INSERT INTO raw_event (customer_id, at, name, product, amount, quantity, weight)
    SELECT 1 + n % 190, timestamptz '2025-01-20 00:00+01' + interval '2 hours' * ((hashint4(n) & 1023) % 840), (ARRAY['visit', 'cart', 'order', 'refund'])[1 + (hashint4(n + 10000) & 3)],
        (ARRAY['a', 'b', 'c', NULL])[1 + (hashint4(n + 20000) & 3)], (ARRAY[10, 2.5, 0, NULL, 99.999, -3, 10.125, 4.0000001])[1 + (hashint4(n + 30000) & 7)], (hashint4(n + 40000) & 15) - 2,
        (n % 10) / 7.0
    FROM generate_series(1, 5000) AS n;
UPDATE raw_event SET amount = amount * 1e15 WHERE customer_id % 10 = 0;
INSERT INTO raw_event (customer_id, at, name, product, amount) VALUES
    (1, 'infinity', 'order', 'a', 1), (2, '-infinity', 'order', 'a', 1), (3, NULL, 'order', 'a', 1), (NULL, '2025-02-01', 'order', 'a', 1), (999, '2025-02-01', 'order', 'a', 1),
    (10, '2025-03-30 01:30+01', 'order', 'a', 1), (10, '2025-03-30 03:30+02', 'order', 'b', 2), (11, '2025-03-29 02:30+01', 'order', 'b', 2);
CREATE TABLE raw_call (seq bigint GENERATED ALWAYS AS IDENTITY, customer_id int, at timestamp, name varchar(20), product varchar(10), amount int, minutes numeric);
INSERT INTO raw_call (customer_id, at, name, product, amount, minutes)
    SELECT 1 + n % 180, timestamp '2025-01-20 00:00' + interval '2 hours' * (hashint4(n + 50000) & 511), (ARRAY['call', 'visit'])[1 + (hashint4(n + 60000) & 1)],
        (ARRAY['a', 'c', 'x', NULL])[1 + n % 4], (hashint4(n + 70000) & 15) - 4, n % 9 / 4.0
    FROM generate_series(1, 1500) AS n;
INSERT INTO raw_call (customer_id, at, name, product, amount) VALUES (10, '2025-03-30 02:30', 'call', 'a', 1), (12, '2025-10-26 02:30', 'call', 'a', 1);
CREATE TABLE raw_survey (customer_id int, day date, score int);
INSERT INTO raw_survey SELECT 1 + (n * 271) % 200, date '2025-01-25' + (n * 13) % 80, n % 11 FROM generate_series(1, 300) AS n;
CREATE INDEX ON raw_event (customer_id, at);
CREATE INDEX ON raw_call (customer_id, at);
CREATE INDEX ON raw_survey (customer_id, day);
-- The sources are views that count how often they are read.
CREATE SEQUENCE reads;
CREATE VIEW event AS SELECT e.* FROM raw_event AS e WHERE (SELECT nextval('reads')) > 0;
CREATE VIEW call AS SELECT c.* FROM raw_call AS c WHERE (SELECT nextval('reads')) > 0;
CREATE VIEW survey AS SELECT s.* FROM raw_survey AS s WHERE (SELECT nextval('reads')) > 0;

SELECT segment.create_population('customer', 'customer', key => 'id', time_zone => 'Europe/Berlin') > 0;
SELECT segment.add_traits('customer', 'account', key => 'customer_id') IS NOT NULL;
SELECT segment.add_events('customer', 'shop', 'event', key => 'customer_id', occurred_at => 'at', event_name => 'name', tie_break => 'seq');
SELECT segment.add_events('customer', 'phone', 'call', key => 'customer_id', occurred_at => 'at', event_name => 'name', tie_break => 'seq');
SELECT segment.add_events('customer', 'survey', 'survey', key => 'customer_id', occurred_at => 'day');

CREATE TABLE definition (n int GENERATED ALWAYS AS IDENTITY, kind text, text text);
INSERT INTO definition (kind, text) VALUES
    ('own windows', $$did 'order' of 'shop' since signup_at$$),
    ('own windows', $$did not 'visit' of 'shop' within 7 days of signup_at$$),
    ('own windows', $$did 'order' of 'shop' at least 2 times within 1 month of signup_at$$),
    ('own windows', $$did any event of 'shop' at most 3 times from signup_at to renewal_on$$),
    ('own windows', $$did any event of 'shop' from renewal_on to (signup_at + 2 months)$$),
    ('own windows', $$did 'call' of 'phone' within 12 hours of trial$$),
    ('own windows', $$did 'call' of 'phone' since trial$$),
    ('own windows', $$did 'order' of 'shop' since onboarded_at$$),
    ('own windows', $$did 'survey' since renewal_on$$),
    ('own windows', $$count of 'order' of 'shop' within 20 days of signup_at > count of 'visit' of 'shop' within 20 days of signup_at$$),
    ('own windows', $$share of any event of 'shop' where (name = 'order') since signup_at >= 25 percent$$),
    ('own windows', $$sum(amount) of 'order' of 'shop' within 30 days of signup_at > 50.25$$),
    ('own windows', $$avg(quantity) of any event of 'shop' since signup_at >= 3$$),
    ('own windows', $$median(amount) of any event of 'shop' from signup_at to (signup_at + 20 days) > 2.5$$),
    ('own windows', $$min(amount) of any event of 'shop' since signup_at < 0$$),
    ('own windows', $$count distinct product of any event of 'shop' within 40 days of signup_at = 2$$),
    ('own windows', $$most frequent product of any event of 'shop' since signup_at = 'a'$$),
    ('own windows', $$last product of 'order' of 'shop' within 30 days of signup_at = 'b'$$),
    ('own windows', $$first amount of any event of 'shop' since signup_at >= 10$$),
    ('own windows', $$did any event of 'shop' on at least 3 distinct days since signup_at$$),
    ('own windows', $$did ('visit' of 'shop' then 'order' of 'shop') within 50 days of signup_at$$),
    ('links', $$did 'visit' of 'shop' then 'order' of 'shop' where (product = step1.product)$$),
    ('links', $$did 'visit' of 'shop' then 'order' of 'shop' where (product = step1.product and amount > 5) within 12 hours$$),
    ('links', $$did 'visit' of 'shop' where (quantity > 3) then 'cart' of 'shop' where (product != step1.product) then 'order' of 'shop' where (product = step1.product and quantity < step2.quantity) within 4 days$$),
    ('links', $$did 'order' of 'shop' where (amount > 5) then not 'refund' of 'shop' where (product = step1.product) within 5 days$$),
    ('links', $$did 'cart' of 'shop' then not 'order' of 'shop' where (product = step1.product) then 'refund' of 'shop' where (product = step1.product)$$),
    ('links', $$did 'visit' of 'shop' then 'order' of 'shop' where (amount = step1.amount or quantity = step1.quantity + 3) within 1 day$$),
    ('links', $$did 'order' of 'shop' then 'order' of 'shop' where (amount > step1.amount and not (product = step1.product or step1.quantity < 4)) within 36 hours$$),
    ('links', $$did 'order' of 'shop' then 'order' of 'shop' where (amount < step1.amount and step1.amount > 1000)$$),
    ('links', $$did 'order' of 'shop' then 'refund' of 'shop' where (at < step1.at + 3 days and at > step1.at + 2 days)$$),
    ('links', $$did ('order' of 'shop' then 'refund' of 'shop' where (amount >= step1.quantity)) within 10 days of signup_at$$),
    ('links', $$never did ('visit' of 'shop' then 'visit' of 'shop' where (amount = step1.amount) within 3 days then 'visit' of 'shop' where (amount = step2.amount) within 3 days) within 60 days$$),
    ('links', $$did 'visit' of 'shop' then 'cart' of 'shop' where (product = step1.product) then 'order' of 'shop' where (product = step1.product) then 'refund' of 'shop' where (product = step1.product and quantity <= step3.quantity)$$),
    ('links', $$did 'visit' of 'shop' then 'cart' of 'shop' then 'order' of 'shop' where (product = step1.product) then 'refund' of 'shop' where (weight > 0.5 and quantity > step2.quantity) within 1 day$$),
    ('comparisons', $$sum(amount) of any event of 'shop' fell by 20 percent within 25 days$$),
    ('comparisons', $$sum(quantity) of 'order' of 'shop' rose by 3 within 20 days from at least 2$$),
    ('comparisons', $$avg(amount) of any event of 'shop' rose by 7.5 percent within 30 days$$),
    ('comparisons', $$median(quantity) of any event of 'shop' fell by 0.5 within 30 days from at least 1.5$$),
    ('comparisons', $$max(quantity) of 'visit' of 'shop' fell by 1 within 35 days$$),
    ('comparisons', $$min(amount) of any event of 'shop' rose by 10 percent within 35 days$$),
    ('comparisons', $$sum(amount) of 'order' of 'shop' within 50 days > sum(amount) of 'refund' of 'shop' within 50 days$$),
    ('comparisons', $$sum(quantity) of 'order' of 'shop' since signup_at >= count of 'visit' of 'shop' since signup_at$$),
    ('comparisons', $$avg(amount) of 'order' of 'shop' = avg(amount) of 'order' of 'shop' within 50 days$$),
    ('comparisons', $$max(amount) of 'order' of 'shop' != max(quantity) of 'order' of 'shop'$$),
    ('comparisons', $$min(minutes) of 'call' of 'phone' < median(amount) of any event of 'phone'$$);

CREATE FUNCTION differences(population text, as_of timestamptz) RETURNS TABLE (n int, members bigint) LANGUAGE plpgsql AS $$
DECLARE
    definition record;
BEGIN
    FOR definition IN SELECT * FROM definition ORDER BY 1 LOOP
        n := definition.n;
        EXECUTE format('SELECT count(*) FROM segment.members(%L) AS m FULL JOIN (%s) AS s(key) ON s.key::text = m WHERE m IS NULL OR s.key IS NULL',
                       population || '.d' || definition.n, segment.to_sql(population || '.d' || definition.n, as_of)) INTO members;
        IF members > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

SELECT count(segment.create_segment('d' || n, 'customer', text, materialize => 'set')) FROM definition;
SELECT setval('reads', 1, false);
SELECT count(*) FROM segment.refresh('customer', as_of => '2025-04-01 12:00+02');
-- Each source once, or twice where its times are compared in two ways; a subquery would read it for each member.
SELECT last_value FROM reads;
SELECT * FROM differences('customer', '2025-04-01 12:00+02');
-- None of the conditions says the same of everybody.
SELECT d.n, d.text, s.members FROM segment.segment AS s JOIN definition AS d ON s.name = 'd' || d.n WHERE s.members IN (0, 200);
CREATE TABLE found AS SELECT name, members FROM segment.segment WHERE population = 'customer';

-- Less memory than the events take.
SET segment.refresh_memory = '1MB';
SELECT count(*), sum(entered), sum(exited) FROM segment.refresh('customer', as_of => '2025-04-01 12:00+02', mode => 'full');
RESET segment.refresh_memory;
-- Later: other edges, events that have become visible and that came late.
INSERT INTO raw_event (customer_id, at, name, product, amount, quantity) SELECT n, timestamptz '2025-03-30 00:00+01' - interval '1 day' * (n % 30), 'order', 'a', n, n FROM generate_series(1, 50) AS n;
SELECT count(*) FROM segment.refresh('customer', as_of => '2025-10-27 00:30+01');
SELECT * FROM differences('customer', '2025-10-27 00:30+01');
-- No events at all.
TRUNCATE raw_event, raw_call, raw_survey;
SELECT count(*) FROM segment.refresh('customer', as_of => '2025-10-27 00:30+01');
SELECT * FROM differences('customer', '2025-10-27 00:30+01');


-- What only a score's pass reads is counted among the ignored rows, and once where both read a source.
INSERT INTO raw_event (customer_id, at, name) VALUES (NULL, '2025-02-01', 'visit'), (NULL, '2025-10-20', 'visit'), (999, '2025-10-25', 'cart');
INSERT INTO raw_call (customer_id, at, name) VALUES (NULL, '2025-10-20', 'call');
SELECT segment.create_score('health', 'customer') > 0;
SELECT segment.add_score_metric('health', 'visits', value => $$count of 'visit' of 'shop'$$, worst => 0, best => 5) IS NOT NULL;
SELECT count(segment.add_score_metric('health', name, value => value, worst => 0, best => 5)) FROM (VALUES
    ('least', $$min(amount) of any event of 'shop'$$), ('greatest', $$max(quantity) of any event of 'shop' since onboarded_at$$)) AS m(name, value);
SELECT count(segment.drop_segment('customer.d' || n)) FROM definition;
SELECT count(segment.create_segment('recent', 'customer', $$did 'cart' of 'shop' within 7 days$$));
SELECT count(*) FROM segment.refresh('customer', as_of => '2025-10-27 00:30+01');
SELECT ignored FROM segment.refresh_run WHERE population = 'customer' ORDER BY id DESC LIMIT 1;

-- Names are unknown that a pass has looked for, and not those that were left to a subquery.
SELECT segment.create_population('fresh', 'customer', key => 'id') > 0;
SELECT segment.add_events('fresh', 'shop', 'event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT count(segment.create_segment(name, 'fresh', text)) FROM (VALUES
    ('looked for', $$did 'card' within 7 days$$), ('read', $$did 'cart' within 7 days$$), ('left', $$sum(weight) of 'ordr' > 2$$)) AS d(name, text);
SELECT count(*) FROM segment.refresh('fresh', as_of => '2025-10-27 00:30+01');
SELECT warnings FROM segment.refresh_run WHERE population = 'fresh';

SELECT count(segment.drop_population('fresh', cascade => true));
SELECT count(segment.drop_population('customer', cascade => true));
DROP FUNCTION differences;
DROP VIEW event, call, survey;
DROP TABLE customer, account, raw_event, raw_call, raw_survey, definition, found;
DROP SEQUENCE reads;
