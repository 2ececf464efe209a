-- Revenue of a population's members: registering subscriptions, reports by period, segment and trait. Amounts were worked out by hand.
SET TimeZone = 'America/New_York';  -- must not matter
CREATE TABLE customer (id int PRIMARY KEY, seats int, region text);
INSERT INTO customer VALUES (1, 20, 'east'), (2, 5, 'east'), (3, 20, 'west'), (4, 5, NULL), (5, 5, 'west');
CREATE TABLE subscription (
    customer_id bigint, starts_at timestamptz, ends_at timestamptz, mrr numeric, plan varchar, seats int, currency text, trial_ends_at timestamptz,
    renews_at date, rate float8);
CREATE INDEX ON subscription (customer_id);
INSERT INTO subscription (customer_id, starts_at, ends_at, mrr) VALUES
    (1, '2020-01-01Z', '2020-03-01Z', 100), (1, '2020-03-01Z', NULL, 130),  -- up by 30 in March
    (2, '2020-01-01Z', NULL, 50),
    (3, '2020-01-01Z', '2020-03-10Z', 40),                                  -- gone in March
    (4, '2020-02-15Z', NULL, 20);                                           -- new in February
SELECT segment.create_population('customer', 'customer', key => 'id') > 0 AS created;

-- Wrong registrations, and questions too early.
SELECT * FROM segment.mrr('customer', '2020-01-01', '2020-02-01');
SELECT segment.preview('customer', 'subscription.mrr > 0');
SELECT segment.add_subscriptions('customer', '', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer', 'starts_at', 'ends_at', 'mrr');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'plan', 'starts_at', 'ends_at', 'mrr');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'plan', 'ends_at', 'mrr');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'rate');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr', quantity => 'plan');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr', churn_reason => 'why');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', NULL, 'ends_at', 'mrr');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr', 'plan', 'seats',
                                 currency => 'currency', trial_ends_at => 'trial_ends_at', renews_at => 'renews_at');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr');
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr', if_exists => 'keep');
SELECT name, kind, relation, key, columns FROM segment.source;

-- Three runs: customer 2 grows on 20 February, customer 1 shrinks on 20 March.
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES ('large', 'seats >= 10'), ('small', 'seats < 10')) AS s (name, definition);
SELECT * FROM segment.refresh('customer', as_of => '2020-01-15Z');
UPDATE customer SET seats = 12 WHERE id = 2;
SELECT * FROM segment.refresh('customer', as_of => '2020-02-20Z');
UPDATE customer SET seats = 5 WHERE id = 1;
SELECT * FROM segment.refresh('customer', as_of => '2020-03-20Z');

CREATE FUNCTION bridge(segment text DEFAULT NULL, by text DEFAULT NULL, filter text DEFAULT NULL, membership text DEFAULT 'start', granularity text DEFAULT 'net')
RETURNS TABLE (month text, by_value text, start numeric, new numeric, more numeric, less numeric, churn numeric, back numeric, came numeric, went numeric, "end" numeric, used text)
LANGUAGE sql AS $$
    SELECT to_char(period_start AT TIME ZONE 'UTC', 'Mon'), by_value, starting_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr,
           reactivation_mrr, transfer_in_mrr, transfer_out_mrr, ending_mrr, membership_used
    FROM segment.mrr('customer', '2020-01-01', '2020-05-01', segment => $1, by => $2, filter => $3, membership => $4, granularity => $5) $$;

-- All members. Then where they were at each period's start; January begins before the first run, so it takes them as they are now (2, 3).
SELECT * FROM bridge();
SELECT * FROM bridge('large');
SELECT * FROM bridge('large', membership => 'end');
SELECT * FROM bridge('large', membership => 'current');
-- Customer 2 comes with 50 in February, customer 1 goes with 130 in March.
SELECT * FROM bridge('large', membership => 'flow');
SELECT * FROM bridge('small', membership => 'flow');
-- The parts are the whole, and what one loses the other gains.
SELECT l.month, l.start + s.start = a.start AND l.new + s.new = a.new AND l.more + s.more = a.more AND l.churn + s.churn = a.churn
       AND l."end" + s."end" = a."end" AND l.came = -s.went AND l.went = -s.came AS whole,
       l.start + l.new + l.more + l.less + l.churn + l.back + l.came + l.went = l."end" AS adds_up
FROM bridge('large', membership => 'flow') l JOIN bridge('small', membership => 'flow') s USING (month) JOIN bridge() a USING (month);
SELECT * FROM bridge(by => 'region') WHERE month = 'Mar';
SELECT * FROM bridge('large', by => 'region', membership => 'flow') WHERE month IN ('Feb', 'Mar');
SELECT * FROM bridge(filter => $$ region = 'east' and not in segment 'large' $$) WHERE month = 'Mar';
SELECT month, start, new, more, churn, "end" FROM bridge(granularity => 'event') WHERE month = 'Mar';
SELECT period_start AT TIME ZONE 'UTC' AS start, starting_customers, new_customers, churned_customers, ending_customers, round(logo_churn_rate, 4) AS logo,
       round(gross_mrr_churn_rate, 4) AS gross, round(net_mrr_churn_rate, 4) AS net, round(grr, 4) AS grr, round(nrr, 4) AS nrr, quick_ratio, arpa
FROM segment.mrr('customer', '2020-03-01', '2020-04-01', segment => 'large');
SELECT key, at AT TIME ZONE 'UTC' AS at, movement, amount, mrr_before, mrr_after FROM segment.mrr_events('customer', '2020-01-01', '2020-04-01')
ORDER BY at, key;

-- The population's ledger is the table's.
SELECT count(*) FROM (
    SELECT starting_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, ending_mrr, starting_customers, grr, nrr, ltv
    FROM segment.mrr('customer', '2019-12-01', '2020-06-01')
    EXCEPT ALL
    SELECT starting_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, ending_mrr, starting_customers, grr, nrr, ltv
    FROM segment.movements((SELECT segment.revenue_agg(customer_id, starts_at, ends_at, mrr) FROM subscription), '2019-12-01', '2020-06-01')) AS d;

-- The language, as of 20 March 2020: 1 has 130 since 1 January, 2 has 50, 3 had 40 until the 10th, 4 has 20, 5 tries.
INSERT INTO subscription (customer_id, starts_at, ends_at, mrr, plan, seats, trial_ends_at, renews_at) VALUES
    (5, '2020-03-15Z', NULL, 70, 'pro', 3, '2020-04-15Z', NULL),
    (2, '2020-03-12Z', NULL, -10, 'credit', 0, NULL, '2020-04-12'),
    (4, '2020-03-14Z', NULL, 20, 'basic', 2, NULL, '2020-09-14'), (4, '2020-03-15Z', NULL, 20, 'extra', 1, NULL, '2020-06-15');
CREATE TABLE condition (definition text, expected int[]);
INSERT INTO condition VALUES
    ('subscription.mrr >= 60', '{1,4}'), ('subscription.mrr = 40', '{2}'), ('subscription.mrr = 0', '{3,5}'), ('subscription.mrr is set', '{1,2,3,4,5}'),
    ('subscription.arr > 1000', '{1}'), ('subscription.quantity = 3', '{4}'), ('subscription.quantity = 0', '{1,2,3,5}'),
    ('subscription.plan = ''extra''', '{4}'), ('subscription.plan is not set', '{1,2,3,5}'), ('subscription.plan != ''extra''', '{1,2,3,5}'),
    ('subscription.status = ''active''', '{1,2,4}'), ('subscription.status = ''trial''', '{5}'), ('subscription.status = ''churned''', '{3}'),
    ('subscription.status in (''never'', ''churned'')', '{3}'),
    ('subscription.started_at < ''2020-02-01''', '{1,2}'), ('subscription.started_at is not set', '{3,5}'),
    ('subscription.tenure >= 2 months', '{1,2}'), ('subscription.tenure < 2 months', '{4}'),
    ('subscription.churned_at within 14 days', '{3}'), ('subscription.churned_at is set', '{3}'), ('days since subscription.churned_at = 10', '{3}'),
    ('subscription.renews_at within next 60 days', '{2}'), ('subscription.renews_at within next 90 days', '{2,4}'),
    ('had ''contraction'' within 10 days', '{2}'), ('had ''contraction'' within 7 days', '{}'), ('had ''new''', '{1,2,3,4}'),
    ('had ''expansion'' in this month', '{1,4}'), ('had ''churn'' within 30 days', '{3}'), ('not had ''new'' within 60 days', '{1,2,3,5}'),
    ('had ''reactivation''', '{}'), ('subscription.mrr in top 1', '{1}'), ('subscription.mrr > seats * 6', '{1,4}'),
    ('subscription.mrr / 2 > 20 and had ''new''', '{1,4}');
SELECT definition, expected, array(SELECT k::int FROM unnest(sample) AS k) AS found
FROM condition, segment.preview('customer', definition, as_of => '2020-03-20Z')
WHERE array(SELECT k::int FROM unnest(sample) AS k) <> expected;
-- A refresh says the same as the preview, and plain SQL as the refresh.
SELECT count(segment.create_segment(name, 'customer', definition))
FROM (VALUES ('payer', 'subscription.mrr >= 60'), ('shrunk', 'had ''contraction''')) AS s (name, definition);
SELECT * FROM segment.refresh('customer', as_of => '2020-03-20 12:00Z');
SELECT segment.to_sql('payer', '2020-03-20Z') LIKE '%subscription AS s%' AS plain;
SELECT segment.remove_source('customer', 'billing');
SELECT segment.preview('customer', 'subscription.mmr > 0');
SELECT segment.preview('customer', 'subscription.plan > 3');
SELECT segment.preview('customer', 'had ''upgrade''');
SELECT segment.preview('customer', 'had ''contractions''');

-- Faults are counted, several currencies refused; two relations are one ledger.
INSERT INTO subscription (customer_id, starts_at, ends_at, mrr) VALUES
    (99, '2020-01-01Z', NULL, 1), (3000000000, '2020-01-01Z', NULL, 1), (NULL, '2020-01-01Z', NULL, 1), (1, NULL, NULL, 1), (1, '2020-01-01Z', NULL, NULL),
    (1, '2020-01-01Z', NULL, 'NaN'), (1, '2020-01-01Z', '2020-01-01Z', 1);
CREATE VIEW other_billing AS SELECT 'x' AS note, 3 AS who, date '2020-04-02' AS since, NULL::date AS till, 7 AS amount;
SELECT segment.add_subscriptions('customer', 'other', 'other_billing'::regclass, 'who', 'since', 'till', 'amount');
SELECT ending_mrr, reactivation_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
-- A refresh writes down by source and reason what it ignored, and what the members pay: 1 has 130; 2 has 40; 3 has 7 since 2 April; 4 has 60.
SELECT * FROM segment.refresh('customer', as_of => '2020-04-10Z');
SELECT ignored FROM segment.refresh_run ORDER BY id DESC LIMIT 1;
SELECT segment, members, mrr FROM segment.overview ORDER BY segment;
-- What is scheduled: 5's trial ends on 15 April with 70, 4's lines end with April, 3 gets 33 more in May, 2 gets 5 less in June.
UPDATE subscription SET ends_at = '2020-05-01Z' WHERE customer_id = 4;
INSERT INTO subscription (customer_id, starts_at, ends_at, mrr) VALUES (3, '2020-05-01Z', NULL, 33), (2, '2020-06-01Z', NULL, -5);
SELECT * FROM segment.committed_mrr('customer', '2020-04-15', as_of => '2020-04-10Z');
SELECT * FROM segment.committed_mrr('customer', '2020-04-14 23:59:59.999999', as_of => '2020-04-10Z');
SELECT * FROM segment.committed_mrr('customer', 'infinity', by => 'region', as_of => '2020-04-10Z');
SELECT committed_mrr FROM segment.committed_mrr('customer', 'infinity', segment => 'small', filter => 'id > 2', as_of => '2020-04-10Z');
SELECT committed_mrr = (SELECT ending_mrr FROM segment.mrr('customer', '2020-01-01', '2021-01-01', '1 year')) AS equal FROM segment.committed_mrr('customer', 'infinity');
SELECT * FROM segment.committed_mrr('customer', '2020-04-10', as_of => '2020-04-10Z');
SELECT * FROM segment.committed_mrr('customer', NULL);
SELECT * FROM segment.committed_mrr('customer', '2020-04-10', as_of => NULL);
UPDATE subscription SET ends_at = NULL WHERE customer_id = 4;
DELETE FROM subscription WHERE starts_at > '2020-04-10Z';
-- Amounts that no ledger holds are a problem of the sums, and not of the members.
UPDATE subscription SET mrr = mrr + 1e39 WHERE customer_id = 2 AND mrr > 0;
SELECT count(*) FROM segment.refresh('customer', as_of => '2020-04-10Z');
SELECT warnings FROM segment.refresh_run ORDER BY id DESC LIMIT 1;
SELECT segment, mrr FROM segment.overview WHERE mrr IS NOT NULL;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
UPDATE subscription SET mrr = mrr - 1e39 WHERE mrr > 1e37;
UPDATE subscription SET currency = CASE WHEN customer_id = 1 THEN 'EUR' ELSE 'USD' END WHERE customer_id < 3;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01', filter => 'id = 1');
-- Definitions that compare amounts are refused, others go on; only lines of members who count matter.
SELECT * FROM segment.refresh('customer', as_of => '2020-04-11Z');
SELECT count(segment.drop_segment(name)) FROM unnest('{payer,shrunk}'::text[]) AS name;
SELECT count(*) FROM segment.refresh('customer', as_of => '2020-04-11Z');
SELECT warnings FROM segment.refresh_run ORDER BY id DESC LIMIT 1;
SELECT segment, mrr FROM segment.overview ORDER BY segment;
SELECT segment.alter_population('customer', base => 'id <> 1');
SELECT count(*) FROM segment.refresh('customer', as_of => '2020-04-11Z');
SELECT warnings FROM segment.refresh_run ORDER BY id DESC LIMIT 1;
SELECT segment, mrr FROM segment.overview ORDER BY segment;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT segment.alter_population('customer', base => 'everyone');

-- Wrong questions.
SELECT * FROM segment.mrr('customers', '2020-04-01', '2020-05-01');
SELECT * FROM segment.mrr('customer', NULL, '2020-05-01');
SELECT * FROM segment.mrr('customer', '2020-05-01', '2020-05-01');
SELECT * FROM segment.mrr('customer', '2020-04-01', '2020-05-01', grain => NULL);
SELECT * FROM segment.mrr('customer', '2020-04-01', '2020-05-01', segment => 'lage');
SELECT * FROM segment.mrr('customer', '2020-04-01', '2020-05-01', by => 'regio');
SELECT * FROM segment.mrr('customer', '2020-04-01', '2020-05-01', filter => 'seats >');
SELECT * FROM segment.mrr('customer', '2020-04-01', '2020-05-01', membership => 'now');
SELECT * FROM segment.mrr('customer', '2020-04-01', '2020-05-01', granularity => 'gross');

-- Rights: a report runs as the one who asks.
CREATE ROLE analyst;
GRANT SELECT ON customer_segment_member TO analyst;
SET ROLE analyst;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT segment, members, mrr FROM segment.overview ORDER BY segment;
RESET ROLE;
GRANT SELECT ON customer TO analyst;
SET ROLE analyst;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01', filter => 'id = 1');
RESET ROLE;
GRANT SELECT ON subscription, other_billing TO analyst;
SET ROLE analyst;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01', filter => 'id = 1');
SELECT segment, members, mrr FROM segment.overview ORDER BY segment;
RESET ROLE;
CREATE ROLE stranger;
SET ROLE stranger;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT segment.add_subscriptions('customer', 'mine', 'customer', 'id', 'a', 'b', 'c');
RESET ROLE;
DROP OWNED BY analyst;
DROP ROLE analyst, stranger;
SELECT segment.drop_population('customer', cascade => true);
DROP FUNCTION bridge;
DROP VIEW other_billing;
DROP TABLE condition, subscription, customer CASCADE;

-- Keys that are their own ordinals, far from zero, and keys of other types; members outside of the base do not count.
CREATE TABLE account (id bigint PRIMARY KEY, code text, part text);
INSERT INTO account SELECT 3999000000 + i, 'c' || i, CASE WHEN i % 3 > 0 THEN 'p' || i % 3 END FROM generate_series(1, 1000) AS i;
CREATE TABLE bill AS SELECT id, code, date '2020-01-01' AS since, NULL::date AS till, 1 + id % 7 AS amount FROM account;
SELECT count(segment.create_population(name, 'account', key => key)) FROM (VALUES ('by_number', 'id'), ('by_code', 'code')) AS p (name, key);
-- A table that has a line for each member overwrites what was.
CREATE TABLE plan (account_id bigint PRIMARY KEY, since date, till date, amount int);
SELECT segment.add_subscriptions('by_number', 'plans', 'plan', 'account_id', 'since', 'till', 'amount');
SELECT segment.remove_source('by_number', 'plans');
ALTER TABLE plan DROP CONSTRAINT plan_pkey, ADD PRIMARY KEY (account_id, since);
SELECT segment.add_subscriptions('by_number', 'plans', 'plan', 'account_id', 'since', 'till', 'amount');
SELECT segment.remove_source('by_number', 'plans');
DROP TABLE plan;
SELECT count(segment.create_population('paying', 'account', key => 'id', base => $$ part = 'p1' $$));
SELECT segment.add_subscriptions(name, 'bills', 'bill', key, 'since', 'till', 'amount')
FROM (VALUES ('by_number', 'id'), ('by_code', 'code'), ('paying', 'id')) AS p (name, key);
SELECT p, by_value, new_mrr = expected AS equal
FROM unnest('{by_number,by_code}'::text[]) AS p, segment.mrr(p, '2020-01-01', '2020-02-01', by => 'part') AS m
JOIN (SELECT part, sum(amount) AS expected FROM bill JOIN account USING (id) GROUP BY part) AS e ON part IS NOT DISTINCT FROM by_value ORDER BY p, by_value;
SELECT new_mrr = (SELECT sum(amount) FROM bill JOIN account USING (id) WHERE part = 'p1') AS base_only FROM segment.mrr('paying', '2020-01-01', '2020-02-01');
SELECT count(*) FROM segment.mrr('by_number', '2020-01-01', '2020-02-01', '30 minutes', by => 'code');
SELECT count(segment.drop_population(name, cascade => true)) FROM segment.population;
DROP TABLE account, bill CASCADE;
