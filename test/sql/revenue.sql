-- Ledgers: the aggregate, what can be asked of it, its input and output. Every amount below was worked out by hand.
SET TimeZone = 'America/New_York';  -- must not matter
CREATE TABLE line (member bigint, starts_at timestamptz, ends_at timestamptz, mrr numeric);
INSERT INTO line VALUES
    (1, '2025-11-01Z', NULL, 100),
    (2, '2025-12-10Z', '2026-02-10Z', 50), (2, '2026-02-10Z', NULL, 80),    -- up by 30 in February
    (3, '2025-12-01Z', '2026-02-01Z', 40), (3, '2026-03-15Z', NULL, 40),    -- away in February and half of March
    (4, '2026-01-01Z', NULL, 60.50),
    (5, '2025-10-01Z', NULL, 30), (5, '2025-10-01Z', '2026-03-01Z', 20),    -- less by 20 in March
    (6, '2026-02-05Z', '2026-02-20Z', 10);                                  -- came and went in February
CREATE TABLE kept AS SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) AS ledger FROM line;

\x
SELECT m.* FROM kept, segment.movements(ledger, '2026-01-01', '2026-04-01') AS m;
\x
-- One by one: customer 6 and the two movements of customer 3 show.
SELECT period_start AT TIME ZONE 'UTC' AS month, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, ending_mrr,
       new_customers, churned_customers, reactivated_customers, ending_customers, logo_churn_rate::numeric(6, 4), grr::numeric(6, 4)
FROM kept, segment.movements(ledger, '2026-01-01', '2026-04-01', granularity => 'event');
-- The quarter: of 240, 250 are there at the end; 220 without what grew; customer 3 is back.
SELECT segment.nrr(ledger, '2026-01-01', '2026-04-01')::numeric(8, 6), segment.grr(ledger, '2026-01-01', '2026-04-01')::numeric(8, 6),
       segment.logo_churn(ledger, '2026-01-01', '2026-04-01')::numeric(8, 6) FROM kept;
SELECT t::timestamptz AT TIME ZONE 'UTC' AS at, segment.mrr_at(ledger, t::timestamptz), segment.customers_at(ledger, t::timestamptz)
FROM kept, unnest('{-infinity,2025-10-01Z,2026-01-31 23:59:59.999999Z,2026-02-01Z,2026-02-10Z,infinity}'::text[]) AS t;

-- Periods: the last one ends with until; months are counted from since; a zone's day may have 23 hours.
SELECT period_start AT TIME ZONE 'UTC' AS period_start, period_end AT TIME ZONE 'UTC' AS period_end, starting_mrr, ending_mrr
FROM kept, segment.movements(ledger, '2025-12-31', '2026-03-10');
SELECT period_end - period_start AS length, count(*) FROM kept,
    segment.movements(ledger, '2026-03-28', '2026-03-31', '1 day', 'Europe/Berlin') GROUP BY 1 ORDER BY 1;
SELECT count(*), min(period_end - period_start), max(period_end - period_start) FROM kept,
    segment.movements(ledger, '2026-03-29', '2026-03-30', '1 hour', 'Europe/Berlin');
SELECT count(*) FROM kept, segment.movements(ledger, '2011-12-29', '2012-01-01', '1 day', 'Pacific/Apia');
-- The first of February in Vienna begins an hour before the churn at midnight UTC.
SELECT starting_mrr, churned_mrr FROM kept, segment.movements(ledger, '2026-02-01', '2026-03-01', time_zone => 'Europe/Vienna');
SELECT churned_mrr FROM kept, segment.movements(ledger, '2026-01-01', '2026-02-01', time_zone => 'America/New_York');

-- Members and times of every type; dates and timestamps without zone are in UTC.
SELECT count(DISTINCT ledger::text) FROM (
    SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) FROM line UNION ALL
    SELECT segment.revenue_agg(member::int, starts_at AT TIME ZONE 'UTC', ends_at AT TIME ZONE 'UTC', mrr) FROM line UNION ALL
    SELECT segment.revenue_agg(member, (starts_at AT TIME ZONE 'UTC')::date, (ends_at AT TIME ZONE 'UTC')::date, mrr) FROM line) AS l (ledger);
SELECT count(DISTINCT m::text) FROM (
    SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) FROM line UNION ALL
    SELECT segment.revenue_agg('customer ' || member, starts_at, ends_at, mrr) FROM line UNION ALL
    SELECT segment.revenue_agg(md5(member::text)::uuid, starts_at, ends_at, mrr) FROM line) AS l (ledger),
    segment.movements(ledger, '2026-02-01', '2026-03-01') AS m;
SELECT segment.mrr_at(segment.revenue_agg('x'::text, NULL::date, NULL, NULL::numeric), now());
-- Amounts in minor units.
SELECT pg_typeof(m), m FROM (SELECT segment.mrr_at(segment.revenue_agg(member, starts_at, ends_at, (100 * mrr)::bigint), '2026-01-01Z') FROM line) AS t (m);

-- Published examples, by their vendors' numbers. Start 100, churn 10, contraction 10, expansion 10: gross MRR churn 20 %, net 10 % (ChartMogul).
CREATE FUNCTION january(VARIADIC lines numeric[]) RETURNS segment.revenue LANGUAGE sql AS $$  -- pairs: MRR before January, and from the 15th on
    SELECT segment.revenue_agg(i, s, e, lines[n])
    FROM generate_series(1, cardinality(lines), 2) AS i,
         (VALUES (0, '2025-12-01Z'::timestamptz, '2026-01-15Z'::timestamptz), (1, '2026-01-15Z', NULL)) AS v (o, s, e), LATERAL (SELECT i + o AS n) AS p $$;
SELECT round(gross_mrr_churn_rate, 4) AS gross, round(net_mrr_churn_rate, 4) AS net FROM segment.movements(january(10, 0, 20, 10, 70, 80), '2026-01-01', '2026-02-01');
-- 100 becomes 120 with 10 of new business: the day's net churn is -10 % (ChartMogul).
SELECT round(net_mrr_churn_rate, 4) AS net FROM segment.movements(january(100, 110, 0, 10), '2026-01-15', '2026-01-16', '1 day');
-- A yearly plan of 4 x 500 is 166.67; 2 x 30 a month more are an expansion of 60, and their end a contraction of 60 (ChartMogul).
SELECT period_start AT TIME ZONE 'UTC' AS month, new_mrr, expansion_mrr, contraction_mrr, ending_mrr FROM segment.movements(
    (SELECT segment.revenue_agg(1, s, e, a) FROM (VALUES ('2026-01-10'::date, NULL::date, round(4 * 500 / 12.0, 2)), ('2026-02-10', '2026-03-10', 60)) AS v (s, e, a)),
    '2026-01-01', '2026-04-01');
-- Three customers for 100 and seven for 50: an average sale of 65 (ChartMogul). ARPA 100, a twentieth lost: LTV 2000 (Baremetrics).
SELECT round(asp, 2) AS asp FROM segment.movements(january(0, 100, 0, 100, 0, 100, 0, 50, 0, 50, 0, 50, 0, 50, 0, 50, 0, 50, 0, 50), '2026-01-01', '2026-02-01');
SELECT round(arpa, 2) AS arpa, round(logo_churn_rate, 4) AS churn, round(ltv, 2) AS ltv FROM
    segment.movements(january(VARIADIC array_fill(100.0, ARRAY[39]) || 0.0), '2026-01-01', '2026-02-01');
-- A yearly plan of 120 adds 10 for the next 12 months (Baremetrics).
SELECT count(*) FILTER (WHERE ending_mrr = 10) AS months, sum(new_mrr) AS new, sum(churned_mrr) AS churned, sum(expansion_mrr - contraction_mrr) AS changed
FROM segment.movements((SELECT segment.revenue_agg(1, '2026-01-10'::date, '2027-01-10'::date, round(120 / 12.0, 2))), '2026-01-01', '2027-02-01');
-- One's growth does not hide another's loss: of 200 at the start 150 are left, and 200 with what grew.
SELECT round(grr, 4) AS grr, round(nrr, 4) AS nrr FROM segment.movements(january(100, 150, 100, 50), '2026-01-01', '2026-02-01');
DROP FUNCTION january;

-- No rows, only ignored rows, no revenue.
SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) IS NULL FROM line WHERE false;
SELECT segment.mrr_at(segment.revenue_agg(1, NULL::timestamptz, NULL, 5), now());
SELECT starting_mrr, new_mrr, ending_mrr, ending_customers, nrr, grr, logo_churn_rate, gross_mrr_churn_rate, quick_ratio, arpa, asp, ltv
FROM segment.movements((SELECT segment.revenue_agg(1, '2026-01-01Z'::timestamptz, NULL, 0)), '2026-01-01', '2026-02-01');
SELECT i.* FROM (SELECT segment.revenue_agg(m, s, e, a) AS ledger FROM (VALUES
    (NULL, '2026-01-01'::date, NULL::date, 1::numeric), (NULL, NULL, NULL, NULL),
    (1, NULL, '2026-01-01', 1),
    (1, '2026-01-01', NULL, NULL), (1, '2026-01-01', NULL, 'NaN'), (1, '2026-01-01', NULL, 'Infinity'), (1, '2026-01-01', NULL, '-Infinity'),
    (1, '2026-01-01', '2026-01-01', 1), (1, '2026-01-02', '2026-01-01', 1), (1, 'infinity', NULL, 1), (1, '-infinity', '-infinity', 1),
    (1, '-infinity', 'infinity', 1)) AS v (m, s, e, a)) AS x, segment.ignored_lines(ledger) AS i;

-- Exact: thirds as numeric has them, amounts beyond 64 bits, and never a rounded sum.
SELECT segment.mrr_at(segment.revenue_agg(m, '2026-01-01'::date, NULL, a), '2026-01-01Z') = sum(a) AS exact, sum(a)
FROM (VALUES (1, 1000 / 3.0), (2, 0.01), (3, 1e17), (4, 123456789.987654321), (5, 10000), (6, 0.0000000000000001), (7, 5000.00000)) AS v (m, a);
SELECT a, segment.mrr_at(segment.revenue_agg(1, '2026-01-01'::date, NULL, a), '2026-01-01Z')
FROM unnest('{0,0.00,1,10,9999,10000,10001,100000000,0.1,0.0001,0.00001,1.00000001,99999999.99,1e30,1e-30,1e-25,12345678901234567890.123456789012}'::numeric[]) AS a
GROUP BY a ORDER BY a;
SELECT segment.revenue_agg(1, '2026-01-01'::date, NULL, 1e-31);
SELECT segment.revenue_agg(1, '2026-01-01'::date, NULL, a) FROM unnest('{1e20,1e-20}'::numeric[]) AS a;
SELECT segment.mrr_at(segment.revenue_agg(1, '2026-01-01'::date, NULL, a), now()) FROM unnest('{1e38,1e38}'::numeric[]) AS a;
SELECT segment.mrr_at(segment.revenue_agg(m, '2026-01-01'::date, NULL, 1e38), now()) FROM generate_series(1, 2) AS m;
SELECT segment.revenue_agg(1, '2026-01-01'::date, NULL, 1.5::float8);

-- Parts add up to the whole, negative lines too, which may be in another part than what they reduce.
CREATE TABLE credit AS SELECT * FROM line UNION ALL VALUES (1, '2026-02-01Z'::timestamptz, '2026-03-01Z'::timestamptz, -130);
SELECT segment.rollup_agg(part)::text = (SELECT segment.revenue_agg(member, starts_at, ends_at, mrr)::text FROM credit)
FROM (SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) AS part FROM credit GROUP BY mrr UNION ALL SELECT NULL) AS p;
SELECT segment.mrr_at(segment.revenue_agg(member, starts_at, ends_at, mrr), '2026-02-15Z') AS clamped FROM credit;
SELECT segment.rollup_agg(NULL::segment.revenue) IS NULL;
SELECT segment.rollup_agg(l) FROM (SELECT segment.revenue_agg(1, now(), NULL, 1) UNION ALL SELECT segment.revenue_agg('1', now(), NULL, 1)) AS x (l);
-- As a window function, and shared by two calls.
SELECT member, segment.mrr_at(segment.revenue_agg(member, starts_at, ends_at, mrr) OVER (ORDER BY member, starts_at, mrr ROWS 1 PRECEDING), '2026-01-15Z')
FROM line ORDER BY member, starts_at, mrr;

-- Stored, sent, read again.
SELECT ledger::text::segment.revenue::text = ledger::text FROM kept;
SELECT segment.revenue_send(ledger) = decode(ledger::text, 'hex') FROM kept;

-- What no writer writes.
SELECT ''::segment.revenue;
SELECT '0'::segment.revenue;
SELECT 'zz'::segment.revenue;
SELECT '020100'::segment.revenue;
SELECT '0101000000000000'::segment.revenue;
SELECT '01010000000000000100'::segment.revenue;
SELECT '010100000000000000ff'::segment.revenue;
SELECT '01030000000000000101ff010202'::segment.revenue;   -- not UTF-8
SELECT '0103000000000000010100010202'::segment.revenue;   -- a zero byte
SELECT '0103000000000000010161010202'::segment.revenue;

-- Wrong questions.
SELECT * FROM kept, segment.movements(ledger, '2026-02-01', '2026-02-01');
SELECT * FROM kept, segment.movements(ledger, '-infinity', '2026-02-01');
SELECT * FROM kept, segment.movements(ledger, '2026-01-01', '2026-02-01', '0');
SELECT * FROM kept, segment.movements(ledger, '2026-01-01', '2026-02-01', '1 month -1 day');
SELECT * FROM kept, segment.movements(ledger, '2026-01-01', '2026-02-01', '1 second');
SELECT * FROM kept, segment.movements(ledger, '2026-01-01', '2026-02-01', time_zone => 'Mars/Olympus');
SELECT * FROM kept, segment.movements(ledger, '2026-01-01', '2026-02-01', granularity => 'gross');
SELECT segment.nrr(ledger, '2026-01-01', 'infinity') FROM kept;
SELECT count(*) FROM segment.movements(NULL, '2026-01-01', '2026-02-01');
DROP TABLE credit, kept, line;
