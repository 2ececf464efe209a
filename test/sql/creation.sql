-- Creating a segment plans what its definition reads, and reads none of it: these views cannot be read.
\set VERBOSITY terse
CREATE VIEW customer AS SELECT id, 'r' || id AS region, id / (id - id) AS spent FROM generate_series(1, 3) AS id;
CREATE VIEW event AS SELECT id AS customer_id, timestamptz '2024-01-01 00:00:00+00' + id / (id - id) * interval '1 day' AS at, id / (id - id) AS amount FROM generate_series(1, 3) AS id;
SELECT spent FROM customer;
SELECT segment.create_population('customer', 'customer', key => 'id') IS NOT NULL AS created;
SELECT segment.add_events('customer', 'order', 'event', key => 'customer_id', occurred_at => 'at');
SELECT count(segment.create_segment(d, 'customer', d)) FROM unnest(ARRAY[
    $$spent > 10$$,
    $$spent in top 1$$,
    $$spent in bottom 5 percent$$,
    $$spent in top 5 percent per region$$,
    $$spent above median$$,
    $$did 'order' at least 2 times$$,
    $$count of 'order' in top 10$$,
    $$sum(amount) of 'order' in top 5 percent$$,
    $$sum(amount) of 'order' within 30 days + spent above median$$]) AS d;
SELECT segment.create_segment('both', 'customer', $$in segment 'spent in top 1' and sum(amount) of 'order' in top 5 percent$$) IS NOT NULL AS created;
SELECT segment.alter_segment('both', $$sum(amount) of 'order' in bottom 5 percent$$);
SELECT segment.add_trait('customer', 'worth', $$sum(amount) of 'order'$$);
SELECT segment.create_segment('worthy', 'customer', $$worth in top 5 percent$$) IS NOT NULL AS created;

-- Refreshing reads it.
SELECT members FROM segment.refresh('customer', ARRAY['spent in top 1']);
SELECT members FROM segment.refresh('customer', ARRAY['sum(amount) of ''order'' in top 5 percent']);

SELECT segment.drop_population('customer', cascade => true);
DROP VIEW customer, event;

-- Looking up one segment among many does not read the others, although the plan was made when there was none.
CREATE TABLE customer (id int PRIMARY KEY, seats int);
VACUUM segment.catalog_segment, segment.catalog_segment_version;
\c -
SELECT segment.create_population('customer', 'customer', key => 'id') IS NOT NULL AS created;
BEGIN;
SELECT count(segment.create_segment('s' || n, 'customer', 'seats > ' || n)) FROM generate_series(1, 1000) AS n;
SELECT idx_tup_fetch < 20 * 1000 AS few, seq_tup_read FROM pg_stat_xact_all_tables WHERE relid = 'segment.catalog_segment'::regclass;
ROLLBACK;
SELECT segment.drop_population('customer', cascade => true);
DROP TABLE customer;
