-- What reports on revenue do at the edges: the present, instants instead of local times, who was away for long, amounts that nothing holds,
-- keys that occur twice.
CREATE TABLE customer (id int, region text);
INSERT INTO customer VALUES (1, 'east'), (2, 'west');
CREATE TABLE subscription (customer_id int, starts_at timestamptz, ends_at timestamptz, mrr numeric, currency text);
CREATE INDEX ON subscription (customer_id);
SELECT segment.create_population('customer', 'customer', key => 'id', time_zone => 'America/New_York') > 0 AS created;
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', 'customer_id', 'starts_at', 'ends_at', 'mrr', currency => 'currency');

-- Customer 1 is away for 14 days, then for 61 of the calendar, which the change of clocks makes an hour shorter.
INSERT INTO subscription VALUES
    (1, '2020-01-01 America/New_York', '2020-01-18 America/New_York', 10), (1, '2020-02-01 America/New_York', '2020-02-02 America/New_York', 20),
    (1, '2020-04-03 America/New_York', NULL, 40), (2, '2020-01-20 America/New_York', NULL, 5);
CREATE FUNCTION movements(within interval, granularity text DEFAULT 'net')
RETURNS TABLE (month text, new numeric, back numeric, churned numeric, "end" numeric, new_customers bigint, back_customers bigint) LANGUAGE sql AS $$
    SELECT to_char(period_start AT TIME ZONE 'America/New_York', 'Mon'), new_mrr, reactivation_mrr, churned_mrr, ending_mrr, new_customers, reactivated_customers
    FROM segment.mrr('customer', '2020-01-01', '2020-05-01', granularity => granularity, reactivation_within => within) $$;
SELECT * FROM movements(NULL);
SELECT * FROM movements('60 days');
SELECT month, new, back FROM movements('61 days') WHERE month = 'Apr';
SELECT month, new, back, churned FROM movements('14 days', 'event');
SELECT month, new, back, churned FROM movements('13 days 23:59:59.999999', 'event');
SELECT at AT TIME ZONE 'America/New_York' AS at, movement, amount FROM segment.mrr_events('customer', '2020-01-01', '2020-05-01', reactivation_within => '30 days') WHERE key = '1';
SELECT new_mrr, reactivation_mrr FROM segment.movements((SELECT segment.revenue_agg(customer_id, starts_at, ends_at, mrr) FROM subscription),
    '2020-04-01', '2020-05-01', time_zone => 'America/New_York', reactivation_within => '60 days');
SELECT * FROM movements('1 month');
SELECT * FROM movements('-1 day');
SELECT * FROM movements('2000000000 days') LIMIT 1;
SELECT count(*) FROM segment.movements((SELECT segment.revenue_agg(customer_id, starts_at, ends_at, mrr) FROM subscription), '2020-01-01', '2020-05-01', NULL);

-- As early and late as times are: what is beyond the end is not reached, whatever the grain.
SELECT period_end = '2026-01-01 America/New_York' AS cut, complete FROM segment.mrr('customer', '2020-01-01', '2026-01-01', '300000 years');
SELECT count(*), bool_or(complete) FROM segment.mrr('customer', '2020-01-01', '2026-01-01', '2000000000 days');
SELECT count(*) FROM segment.movements((SELECT segment.revenue_agg(customer_id, starts_at, ends_at, mrr) FROM subscription), '2020-01-01', '294275-12-31', '10000 years');
SELECT count(*) FROM segment.movements((SELECT segment.revenue_agg(customer_id, starts_at, ends_at, mrr) FROM subscription), '4713-01-01 BC', '2026-01-01', '1 month 1 day');
SELECT min(period_start AT TIME ZONE 'UTC'), max(period_end AT TIME ZONE 'UTC')
FROM segment.movements((SELECT segment.revenue_agg(customer_id, starts_at, ends_at, mrr) FROM subscription), '0003-10-31 BC', '0003-04-30', '6 months');
SELECT count(*) FROM segment.mrr('customer', '4713-01-01 BC', '294276-01-01', '10000 years');
SELECT count(*) FROM segment.mrr('customer', '4714-12-01 BC', '2026-01-01', '10000 years');
SELECT count(*) FROM segment.cohorts('customer', '2020-01-01', '294276-06-01', '10000 years');
SELECT count(*) FROM segment.mrr_events('customer', '4714-12-01 BC', '2026-01-01');

-- Reports end at the present: what is scheduled is told by committed_mrr only.
BEGIN;
INSERT INTO subscription VALUES (2, now() + interval '1 day', NULL, 1000);
UPDATE subscription SET ends_at = now() + interval '2 days' WHERE customer_id = 1 AND mrr = 40;
SELECT count(*) > 1 AS periods, max(period_end) = now() AS ends_now, bool_and(complete = (period_end < now())) AS flagged,
       max(ending_mrr) AS most, sum(churned_mrr) AS lost
FROM segment.mrr('customer', '2020-04-01', (now() + interval '1 year')::timestamp, '3 months');
SELECT complete FROM segment.mrr('customer', '2020-01-01', '2020-02-15');
SELECT count(*) FROM segment.mrr('customer', (now() + interval '1 year')::timestamp, (now() + interval '2 years')::timestamp, by => 'region');
SELECT count(*) FROM segment.mrr_events('customer', '2020-01-01', (now() + interval '1 year')::timestamp);
SELECT count(*) FROM segment.mrr_events('customer', (now() + interval '1 year')::timestamp, (now() + interval '2 years')::timestamp);
SELECT mrr, committed_mrr FROM segment.committed_mrr('customer', 'infinity');
ROLLBACK;

-- since and until are local times in the population's zone; an instant has to be made one.
SELECT * FROM segment.mrr('customer', '2020-01-01Z'::timestamptz, '2020-02-01Z'::timestamptz);
SELECT segment.local_time('customer', '2020-01-01 05:00Z'), segment.local_time('customer', '2020-07-01Z'), segment.local_time('customer', NULL) IS NULL AS nothing,
       segment.local_time('customer', 'infinity');
SELECT new_mrr FROM segment.mrr('customer', segment.local_time('customer', '2020-01-01 05:00Z'), segment.local_time('customer', '2020-01-20 05:00Z'));
SELECT segment.local_time('customers', now());
SELECT segment.local_time(NULL, now());

-- Amounts: infinite ones are ignored, those that a ledger cannot hold are an error, whoever asks for them.
INSERT INTO subscription VALUES (1, '2020-01-01', NULL, 'Infinity'), (1, '2020-01-01', NULL, '-Infinity'), (1, '2020-01-01', NULL, 'NaN');
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
DELETE FROM subscription WHERE mrr IN ('Infinity', '-Infinity', 'NaN');
INSERT INTO subscription VALUES (2, '2020-01-01', '2020-01-02', repeat('9', 100)::numeric);
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.mrr_events('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.cohorts('customer', '2020-04-01', '2020-05-01');
SELECT committed_mrr FROM segment.committed_mrr('customer', 'infinity');
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01', filter => 'id = 1');
UPDATE subscription SET mrr = -mrr WHERE mrr > 1e30;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT segment.revenue_agg(1, '2020-01-01'::date, NULL, repeat('9', 100)::numeric);
SELECT segment.revenue_agg(1, '2020-01-01'::date, NULL, -repeat('9', 100)::numeric);
-- 38 digits fit, and sums of them do not.
UPDATE subscription SET mrr = repeat('9', 38)::numeric WHERE abs(mrr) > 1e30;
SELECT new_mrr, churned_mrr, expansion_mrr FROM segment.mrr('customer', '2020-01-01', '2020-02-01', '1 day', filter => 'id = 2') WHERE period_start = '2020-01-01 America/New_York';
INSERT INTO subscription SELECT customer_id, starts_at, ends_at, mrr FROM subscription WHERE mrr > 1e30;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
DELETE FROM subscription WHERE mrr > 1e30;

-- Currencies: of one member or of two, an empty one is one as well, NULL is none.
UPDATE subscription SET currency = 'EUR' WHERE customer_id = 1 AND mrr = 10;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
UPDATE subscription SET currency = '' WHERE customer_id = 1 AND mrr = 20;
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.mrr_events('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.cohorts('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.committed_mrr('customer', 'infinity');
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01', filter => 'id = 2');
UPDATE subscription SET currency = NULL;

-- A key that occurs twice, or is missing, makes no report.
INSERT INTO customer VALUES (2, 'twin');
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.mrr_events('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.cohorts('customer', '2020-04-01', '2020-05-01');
SELECT count(*) FROM segment.committed_mrr('customer', 'infinity');
UPDATE customer SET id = NULL WHERE region = 'twin';
SELECT ending_mrr FROM segment.mrr('customer', '2020-04-01', '2020-05-01');
SELECT segment.drop_population('customer', cascade => true);
DROP FUNCTION movements;
DROP TABLE subscription, customer CASCADE;
