-- Who sees which revenue: reports run as the one who asks, with his row-level security; who has the owner's rights asks with those.
CREATE ROLE seller;
CREATE ROLE analyst;
CREATE ROLE stranger;
CREATE TABLE customer (id int PRIMARY KEY, region text);
INSERT INTO customer VALUES (1, 'east'), (2, 'west'), (3, 'west');
CREATE TABLE subscription (customer_id int, starts_at date, ends_at date, mrr numeric);
CREATE INDEX ON subscription (customer_id);
INSERT INTO subscription VALUES (1, '2020-01-05', NULL, 100), (2, '2020-01-10', '2020-02-10', 20), (3, '2020-02-20', NULL, 3);
GRANT CREATE ON SCHEMA public TO seller;
ALTER TABLE customer OWNER TO seller;
ALTER TABLE subscription OWNER TO seller;
SET ROLE seller;
SELECT segment.create_population('customer', 'customer', key => 'id') > 0 AS created;
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr');
RESET ROLE;
-- All four of them, as one row: the MRR at the end of February, the movements, the first of a cohort, what is committed.
CREATE FUNCTION reports() RETURNS TABLE (mrr numeric, movements bigint, cohort numeric, committed numeric) LANGUAGE sql AS $$
    SELECT (SELECT ending_mrr FROM segment.mrr('customer', '2020-02-01', '2020-03-01')),
           (SELECT count(*) FROM segment.mrr_events('customer', '2020-01-01', '2020-03-01')),
           (SELECT net_mrr FROM segment.cohorts('customer', '2020-01-01', '2020-02-01') LIMIT 1),
           (SELECT committed_mrr FROM segment.committed_mrr('customer', 'infinity')) $$;
SET ROLE seller;
SELECT * FROM reports();
-- Who may read nothing, the population, and its lines.
SET ROLE stranger;
SELECT * FROM reports();
SELECT count(*) FROM segment.mrr_events('customer', '2020-01-01', '2020-03-01');
SELECT count(*) FROM segment.cohorts('customer', '2020-01-01', '2020-02-01');
SELECT count(*) FROM segment.committed_mrr('customer', 'infinity');
SELECT segment.local_time('customer', '2020-01-01Z');
RESET ROLE;
GRANT SELECT ON customer_segment_member TO analyst;
SET ROLE analyst;
SELECT * FROM reports();
SELECT segment.local_time('customer', '2020-01-01Z');
RESET ROLE;
GRANT SELECT ON customer TO analyst;
SET ROLE analyst;
SELECT * FROM reports();
SELECT count(*) FROM segment.mrr_events('customer', '2020-01-01', '2020-03-01');
SELECT count(*) FROM segment.cohorts('customer', '2020-01-01', '2020-02-01');
SELECT count(*) FROM segment.committed_mrr('customer', 'infinity');
RESET ROLE;
GRANT SELECT ON subscription TO analyst;
SET ROLE analyst;
SELECT * FROM reports();
RESET ROLE;
-- Some of the columns are not enough.
REVOKE SELECT ON subscription FROM analyst;
GRANT SELECT (customer_id, starts_at, ends_at) ON subscription TO analyst;
SET ROLE analyst;
SELECT * FROM reports();
RESET ROLE;
GRANT SELECT ON subscription TO analyst;
-- He may see the lines of customers 1 and 3 only, then the customers of the west only: the others' lines are of members whom he does not know.
CREATE POLICY own_lines ON subscription TO analyst USING (customer_id <> 2);
ALTER TABLE subscription ENABLE ROW LEVEL SECURITY;
SET ROLE analyst;
SELECT * FROM reports();
SET ROLE seller;
SELECT * FROM reports();
RESET ROLE;
CREATE POLICY west ON customer TO analyst USING (region = 'west');
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
SET ROLE analyst;
SELECT ending_mrr, ending_customers FROM segment.mrr('customer', '2020-02-01', '2020-03-01');
SELECT key, movement, amount FROM segment.mrr_events('customer', '2020-01-01', '2020-03-01');
SELECT by_value, ending_mrr FROM segment.mrr('customer', '2020-02-01', '2020-03-01', by => 'region');
RESET ROLE;
-- The sums of the last refresh are those of all lines: for who may read all of them.
SET ROLE seller;
SELECT segment.create_segment('all', 'customer', 'everyone') > 0 AS created;
SELECT members FROM segment.refresh('customer');
SELECT segment.create_score('health', 'customer') > 0 AS created;
SELECT segment.add_score_metric('health', 'id', 'id', worst => 0, best => 4);
SELECT members FROM segment.refresh('customer');
GRANT SELECT ON customer_score_health TO analyst;
ALTER TABLE subscription FORCE ROW LEVEL SECURITY;
SELECT mrr, scores FROM segment.overview;
SET ROLE analyst;
SELECT mrr, scores FROM segment.overview;
SET ROLE seller;
ALTER TABLE subscription DISABLE ROW LEVEL SECURITY;
ALTER TABLE customer_score_health ENABLE ROW LEVEL SECURITY;
SET ROLE analyst;
SELECT mrr, scores FROM segment.overview;
SET ROLE seller;
SELECT mrr, scores FROM segment.overview;
ALTER TABLE subscription NO FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
RESET ROLE;
-- No policy: no lines.
DROP POLICY own_lines ON subscription;
SET ROLE analyst;
SELECT * FROM reports();
-- With the owner's rights he asks as the owner, who is above the policies.
RESET ROLE;
GRANT seller TO analyst;
SET ROLE analyst;
SELECT * FROM reports();
RESET ROLE;
-- A member of the population's base and of no other: the report does not leave the role or a setting behind.
SHOW search_path;
SELECT current_user = session_user AS back;
SELECT segment.drop_population('customer', cascade => true);
DROP FUNCTION reports;
DROP TABLE subscription, customer;
REVOKE CREATE ON SCHEMA public FROM seller;
DROP OWNED BY analyst, seller;
DROP ROLE analyst, seller, stranger;
