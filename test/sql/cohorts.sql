-- Cohorts, and divisions by schemes. Amounts were worked out by hand.
SET TimeZone = 'America/New_York';  -- must not matter
CREATE TABLE customer (id int PRIMARY KEY, seats int, region text);
INSERT INTO customer VALUES (1, 20, 'east'), (2, 5, 'east'), (3, 20, 'west'), (4, 5, NULL), (5, 5, 'west'), (6, 1, 'east');
CREATE TABLE subscription (customer_id int, starts_at timestamptz, ends_at timestamptz, mrr numeric, seats int);
CREATE INDEX ON subscription (customer_id);
INSERT INTO subscription VALUES
    (1, '2020-01-10Z', '2020-01-20Z', 100, 3), (1, '2020-01-20Z', NULL, 130, 4),      -- grows within its first month
    (2, '2020-01-31Z', '2020-03-01Z', 50, 2), (2, '2020-04-01Z', NULL, 80.5, 5),      -- away in March, back in April with more
    (3, '2020-02-01Z', '2020-03-10Z', 40, 1), (3, '2020-03-10Z', NULL, 30, NULL),     -- less from March on
    (4, '2020-02-10Z', '2020-02-20Z', 20, 1),                                         -- came and went in February
    (5, '2020-04-30Z', NULL, 10, 1),
    (6, '2019-12-31Z', NULL, 7, 1);                                                   -- before the report begins
SELECT segment.create_population('customer', 'customer', key => 'id') > 0 AS created;
SELECT * FROM segment.cohorts('customer', '2020-01-01', '2020-02-01');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr', quantity => 'seats');

CREATE FUNCTION cohorts(segment text DEFAULT NULL, by text DEFAULT NULL, filter text DEFAULT NULL, relative text DEFAULT 'start', until timestamp DEFAULT '2020-05-01')
RETURNS TABLE (cohort text, by_value text, age int, ok boolean, members text, net text, gross text, quantity text, logo numeric, nrr numeric, grr numeric, seats numeric)
LANGUAGE sql AS $$
    SELECT to_char(cohort_start AT TIME ZONE 'UTC', 'Mon'), by_value, age, complete, members || '/' || of_members, net_mrr || '/' || of_net_mrr,
           gross_mrr || '/' || of_gross_mrr, quantity || '/' || of_quantity, round(logo_retention, 4), round(nrr, 4), round(grr, 4), round(quantity_retention, 4)
    FROM segment.cohorts('customer', '2020-01-01', $5, segment => $1, by => $2, filter => $3, relative => $4) $$;
SELECT * FROM cohorts();
SELECT cohort, age, members, net, gross, quantity, nrr FROM cohorts(relative => 'previous') WHERE cohort = 'Jan' OR cohort IS NULL;
-- The last month is cut: its cells say so, and the sums leave them out.
SELECT * FROM cohorts(until => '2020-03-15');
-- Nothing is known of the future.
SELECT max(period_end) <= now() AS past, bool_and(complete OR period_end > now() - interval '1 day') AS flagged, count(*) FILTER (WHERE period_start >= now()) AS future
FROM segment.cohorts('customer', '2020-01-01', '2040-06-15');
SELECT count(*) FROM segment.cohorts('customer', '2040-01-01', '2041-01-01');
SELECT cohort, by_value, age, members, net FROM cohorts(by => 'region') WHERE age = 1;
-- Derived traits divide, too, but not the time elapsed.
SELECT segment.add_trait('customer', 'places', 'seats * 2'), segment.add_trait('customer', 'waiting', 'subscription.tenure');
SELECT cohort, by_value, age, members, net FROM cohorts(by => 'places') WHERE age = 1 AND cohort IS NULL;
SELECT count(*) FROM cohorts(by => 'waiting');
SELECT count(*) FROM cohorts(by => 'plases');
SELECT cohort, age, members, net FROM cohorts(filter => 'seats >= 10') WHERE age = 1;
SELECT period_start AT TIME ZONE 'UTC' AS start, period_end - period_start AS length, age, net_mrr
FROM segment.cohorts('customer', '2020-03-27', '2020-03-31', '1 day') WHERE cohort_start = '2020-03-27Z';
-- The same cohorts, from the rows; the MRR at the beginning is that of the first line.
WITH first AS (SELECT customer_id, min(starts_at) AS at FROM subscription GROUP BY 1),
member AS (SELECT customer_id, at, date_trunc('month', at, 'UTC') AS cohort, (SELECT mrr FROM subscription s WHERE (s.customer_id, s.starts_at) = (f.customer_id, at)) AS m0 FROM first f WHERE at >= '2020-01-01Z'),
cell AS (
    SELECT cohort, month, sum(m0) AS of_net, count(*) AS of_members, sum(m1) AS net, count(*) FILTER (WHERE m1 > 0) AS members, sum(least(m0, m1)) AS gross
    FROM member, generate_series('2020-01-01 UTC'::timestamptz AT TIME ZONE 'UTC', '2020-04-01', '1 month') AS month,
         LATERAL (SELECT coalesce(sum(mrr), 0) AS m1 FROM subscription s WHERE s.customer_id = member.customer_id
                  AND starts_at < (month + interval '1 month') AT TIME ZONE 'UTC' AND coalesce(ends_at, 'infinity') >= (month + interval '1 month') AT TIME ZONE 'UTC') AS s
    WHERE month AT TIME ZONE 'UTC' >= cohort GROUP BY 1, 2)
SELECT count(*), bool_and((c.net, c.gross, c.members, c.of_net, c.of_members) = (s.net_mrr, s.gross_mrr, s.members, s.of_net_mrr, s.of_members)) AS equal
FROM cell c JOIN segment.cohorts('customer', '2020-01-01', '2020-05-01') s ON s.cohort_start = c.cohort AND s.period_start = month AT TIME ZONE 'UTC';

-- Schemes: rows in the order of their rules, members outside of all rules last; what moves between them is transferred.
SELECT segment.create_scheme('size', 'customer', $$[{"name": "big", "definition": "seats >= 10"}, {"name": "it's small", "definition": "seats > 1"}]$$) > 0 AS created;
SELECT segment.create_segment('east', 'customer', $$ region = 'east' $$) > 0 AS created;
SELECT segment.create_segment('the ''set''', 'customer', 'seats >= 10', materialize => 'set') > 0 AS created;
SELECT * FROM segment.refresh('customer', as_of => '2020-01-15Z');
UPDATE customer SET seats = 12 WHERE id = 2;
SELECT * FROM segment.refresh('customer', as_of => '2020-02-20Z');
UPDATE customer SET seats = 5 WHERE id = 1;
UPDATE customer SET region = 'west' WHERE id = 2;
SELECT * FROM segment.refresh('customer', as_of => '2020-04-20Z');
CREATE FUNCTION bridge(segment text DEFAULT NULL, by text DEFAULT NULL, filter text DEFAULT NULL, membership text DEFAULT 'start')
RETURNS TABLE (month text, by_value text, start numeric, new numeric, more numeric, less numeric, churn numeric, back numeric, came numeric, went numeric, "end" numeric, used text)
LANGUAGE sql AS $$
    SELECT to_char(period_start AT TIME ZONE 'UTC', 'Mon'), by_value, starting_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr,
           reactivation_mrr, transfer_in_mrr, transfer_out_mrr, ending_mrr, membership_used
    FROM segment.mrr('customer', '2020-02-01', '2020-05-01', segment => $1, by => $2, filter => $3, membership => $4) $$;
SELECT * FROM bridge(by => 'size');
SELECT * FROM bridge(by => 'size', membership => 'end');
SELECT * FROM bridge(by => 'size', membership => 'current');
SELECT * FROM bridge(by => 'size', membership => 'flow');
-- The rows are the whole, whatever the membership.
SELECT membership, month, sum(s.start) = a.start AND sum(s.new) = a.new AND sum(s.more) = a.more AND sum(s.less) = a.less AND sum(s.churn) = a.churn
       AND sum(s.back) = a.back AND sum(s."end") = a."end" AND sum(s.came) + sum(s.went) = 0 AS whole,
       bool_and(s.start + s.new + s.more + s.less + s.churn + s.back + s.came + s.went = s."end") AS adds_up
FROM unnest('{start,end,current,flow}'::text[]) AS membership, bridge(by => 'size', membership => membership) s JOIN bridge() a USING (month)
GROUP BY membership, month, a.start, a.new, a.more, a.less, a.churn, a.back, a."end" ORDER BY 1, 2;
-- Within a segment: customer 2 is big and in the east until 20 April, then big elsewhere.
SELECT * FROM bridge('east', 'size', membership => 'flow');
SELECT * FROM bridge('east', 'size', membership => 'current') WHERE month = 'Apr';
-- A segment that is kept as a set has no history.
SELECT * FROM bridge('the ''set''', membership => 'flow');
SELECT cohort, by_value, age, members, net FROM cohorts('east', 'size') WHERE age < 2 AND cohort IS NOT NULL;

-- Wrong questions.
SELECT * FROM bridge(by => 'sise');
SELECT * FROM bridge(by => 'nothing');
SELECT count(*) FROM segment.cohorts('customer', '2000-01-01', '2020-01-01', '1 day');
SELECT * FROM segment.cohorts('customer', '2020-01-01', '2020-02-01', relative => 'end');
SELECT * FROM segment.cohorts('customer', '2020-01-01', '2020-02-01', relative => NULL);
SELECT * FROM segment.cohorts('customer', '2020-01-01', '2020-02-01', grain => NULL);
SELECT * FROM segment.cohorts('customer', '2020-01-01', NULL);
SELECT * FROM segment.cohorts('customer', '2020-01-01', '2020-02-01', segment => 'eest');
SELECT * FROM segment.cohorts(NULL, '2020-01-01', '2020-02-01');
CREATE ROLE stranger;
SET ROLE stranger;
SELECT * FROM segment.cohorts('customer', '2020-01-01', '2020-02-01');
RESET ROLE;
GRANT SELECT ON customer_segment_member, customer TO stranger;
SET ROLE stranger;
SELECT * FROM segment.cohorts('customer', '2020-01-01', '2020-02-01');
RESET ROLE;
DROP OWNED BY stranger;
DROP ROLE stranger;
-- Without quantities.
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr', if_exists => 'replace');
SELECT age, net_mrr, quantity, of_quantity, quantity_retention FROM segment.cohorts('customer', '2020-01-01', '2020-02-01');
SELECT segment.drop_population('customer', cascade => true);
DROP FUNCTION bridge, cohorts;
DROP TABLE subscription, customer CASCADE;
