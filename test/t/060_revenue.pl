# Random ledgers: movements, rates and the MRR at an instant against SQL that was written from the definitions alone, with a grid of
# periods and window functions; rollups, other orders of the lines and parallel workers give the same ledger.
#
#   SEED=n     where to begin (1)
#   LEDGERS=n  how many to try (25)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $first   = $ENV{SEED}    || 1;
my $ledgers = $ENV{LEDGERS} || 25;

my $node = PostgreSQL::Test::Cluster->new('revenue');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'Asia/Kolkata'\njit = off\nautovacuum = off\n");
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE line (member bigint, starts_at timestamptz, ends_at timestamptz, mrr numeric);

-- MRR just before an instant, and at it.
CREATE FUNCTION before(of_member bigint, edge timestamptz) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT greatest(0, coalesce(sum(mrr), 0)) FROM line
    WHERE member = of_member AND starts_at < edge AND coalesce(ends_at, 'infinity') >= edge AND coalesce(ends_at, 'infinity') > starts_at $$;
CREATE FUNCTION at(of_member bigint, t timestamptz) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT greatest(0, coalesce(sum(mrr), 0)) FROM line
    WHERE member = of_member AND starts_at <= t AND coalesce(ends_at, 'infinity') > t $$;

-- Instants at which the MRR of a member may change, with what it is before and after, and whether it has been above zero earlier.
CREATE VIEW instant AS
    SELECT member, t, coalesce(lag(mrr) OVER later, 0) AS m0, mrr AS m1,
           coalesce(max(mrr) OVER (later ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS ever
    FROM (SELECT member, t, at(member, t) AS mrr
          FROM (SELECT member, starts_at AS t FROM line UNION SELECT member, ends_at FROM line WHERE ends_at > starts_at) AS u) AS i
    WINDOW later AS (PARTITION BY member ORDER BY t);

CREATE FUNCTION kind(m0 numeric, m1 numeric, ever boolean) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE WHEN m0 = m1 THEN NULL WHEN m0 = 0 AND ever THEN 'reactivation' WHEN m0 = 0 THEN 'new' WHEN m1 = 0 THEN 'churn'
                WHEN m1 > m0 THEN 'expansion' ELSE 'contraction' END $$;

-- Whether who comes back at an instant has lost his MRR recently enough.
CREATE FUNCTION recent(of_member bigint, at timestamptz, within interval) RETURNS boolean STABLE LANGUAGE sql AS $$
    SELECT within IS NULL OR at - (SELECT max(t) FROM instant WHERE member = of_member AND t < at AND m0 > 0 AND m1 = 0) <= within $$;

CREATE FUNCTION expected(since timestamp, until timestamp, grain interval, zone text, granularity text, within interval)
RETURNS TABLE (period_start timestamptz, period_end timestamptz, starting_mrr numeric, new_mrr numeric, expansion_mrr numeric,
    contraction_mrr numeric, churned_mrr numeric, reactivation_mrr numeric, ending_mrr numeric, starting_customers bigint,
    new_customers bigint, churned_customers bigint, reactivated_customers bigint, ending_customers bigint, logo_churn_rate numeric,
    gross_mrr_churn_rate numeric, net_mrr_churn_rate numeric, net_mrr_churn_rate_excl_reactivation numeric, grr numeric, nrr numeric,
    quick_ratio numeric, arpa numeric, asp numeric, ltv numeric) LANGUAGE sql AS $$
WITH moment AS MATERIALIZED (SELECT * FROM instant), grid AS (
    SELECT edge AS s, lead(edge) OVER (ORDER BY edge) AS e
    FROM (SELECT l AT TIME ZONE zone AS edge
          FROM generate_series(0, 1000) AS i, LATERAL (SELECT least(since + i * grain, until) AS l) AS local
          GROUP BY 1) AS edges),
period AS (SELECT s, e FROM grid WHERE e IS NOT NULL),
net AS (
    SELECT s, e, member, before(member, s) AS m0, before(member, e) AS m1,
           EXISTS (SELECT FROM moment AS i WHERE i.member = m.member AND i.t < s AND i.m1 > 0)
               AND recent(member, (SELECT min(i.t) FROM moment AS i WHERE i.member = m.member AND i.t >= s AND i.m1 > 0), within) AS ever
    FROM period, (SELECT DISTINCT member FROM line) AS m),
movement AS (
    SELECT s, kind(m0, m1, ever) AS kind, m1 - m0 AS amount FROM net WHERE granularity = 'net'
    UNION ALL
    SELECT s, kind(m0, m1, ever AND recent(member, t, within)), m1 - m0 FROM period JOIN moment ON t >= s AND t < e WHERE granularity = 'event'),
moved AS (
    SELECT s, coalesce(sum(amount) FILTER (WHERE kind = 'new'), 0) AS n, coalesce(sum(amount) FILTER (WHERE kind = 'expansion'), 0) AS x,
           coalesce(sum(amount) FILTER (WHERE kind = 'contraction'), 0) AS c, coalesce(sum(amount) FILTER (WHERE kind = 'churn'), 0) AS l,
           coalesce(sum(amount) FILTER (WHERE kind = 'reactivation'), 0) AS r, count(*) FILTER (WHERE kind = 'new') AS nn,
           count(*) FILTER (WHERE kind = 'churn') AS nl, count(*) FILTER (WHERE kind = 'reactivation') AS nr
    FROM period LEFT JOIN movement USING (s) GROUP BY s),
level AS (
    SELECT s, e, sum(m0) AS m0, sum(m1) AS m1, count(*) FILTER (WHERE m0 > 0) AS n0, count(*) FILTER (WHERE m1 > 0) AS n1,
           count(*) FILTER (WHERE m0 > 0 AND m1 = 0) AS lost, coalesce(sum(m1) FILTER (WHERE m0 > 0), 0) AS retained,
           sum(least(m0, m1)) AS gross
    FROM net GROUP BY s, e)
SELECT s, e, m0, n, x, c, l, r, m1, n0, nn, nl, nr, n1, round(lost::numeric / nullif(n0, 0), 12), round((-c - l) / nullif(m0, 0), 12),
       round((-c - l - x - r) / nullif(m0, 0), 12), round((-c - l - x) / nullif(m0, 0), 12), round(gross / nullif(m0, 0), 12),
       round(retained / nullif(m0, 0), 12), round((n + x) / nullif(-c - l, 0), 12), round(m1 / nullif(n1, 0), 12),
       round(n / nullif(nn, 0), 12), round(m1 * n0 / nullif(n1 * lost, 0), 12)
FROM level JOIN moved USING (s) ORDER BY s $$;

CREATE FUNCTION ledger() RETURNS segment.revenue LANGUAGE sql AS $$ SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) FROM line $$;
});

# A table of lines: few members, so that lines overlap; times on days of UTC or of the zone, at month ends, around the changes of clocks, and
# at odd hours. Returns the zone.
sub fill
{
    my ($seed) = @_;
    srand($seed);
    my $zone = ('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu')[ $seed % 5 ];
    my @lines;
    my $members = 1 + int(rand(6));
    my $on = sub {
        my $day = int(rand(400));
        $day = (0, 31, 59, 60, 69, 90, 97, 120, 151, 279, 300, 304, 307, 365)[ int(rand(14)) ] if rand() < 0.4;
        my $hour = rand() < 0.7 ? 0 : int(rand(24));
        return "timestamp '2024-01-01' + $day * interval '1 day' + $hour * interval '1 hour'";
    };
    foreach my $i (1 .. 1 + int(rand(40)))
    {
        my $start = $on->();
        my $end   = rand() < 0.3 ? 'NULL' : rand() < 0.7 ? "$start + " . int(rand(4)) . " * interval '1 month' + " . int(rand(3)) . " * interval '1 day'" : $on->();
        my $mrr   = rand() < 0.1 ? 0 : rand() < 0.2 ? -int(rand(100)) : int(rand(20000)) / (1, 100, 100, 10000)[ int(rand(4)) ];
        my $local = rand() < 0.5 ? 'UTC' : $zone;
        push @lines, sprintf("(%d, (%s) AT TIME ZONE '$local', (%s) AT TIME ZONE '$local', %s)", int(rand($members)), $start, $end, $mrr);
    }
    $node->safe_psql('postgres', "TRUNCATE line; INSERT INTO line VALUES\n" . join(",\n", map { s/\(NULL\)/(NULL::timestamp)/r } @lines));
    return $zone;
}

my $rounded = join(', ', qw(period_start period_end starting_mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr ending_mrr
      starting_customers new_customers churned_customers reactivated_customers ending_customers),
    map { "round($_, 12)" } qw(logo_churn_rate gross_mrr_churn_rate net_mrr_churn_rate net_mrr_churn_rate_excl_reactivation grr nrr
      quick_ratio arpa asp ltv));
foreach my $seed ($first .. $first + $ledgers - 1)
{
    my $zone  = fill($seed);
    my $grain = ('1 month', '1 month', '1 quarter', '7 days', '1 day', '1 month 3 days')[ int(rand(6)) ];
    $grain = '3 months' if $grain eq '1 quarter';
    my $since = ('2024-01-01', '2023-12-31', '2024-02-15 12:00', '2024-01-31')[ int(rand(4)) ];
    my $until = ('2024-12-31', '2025-03-01', '2024-07-01')[ int(rand(3)) ];
    foreach my $granularity ('net', 'event')
    {
        my $within    = ('NULL', 'NULL', "'90 days'", "'20 days 12:00'", "'0'")[ int(rand(5)) ];
        my $arguments = "'$since', '$until', '$grain', '$zone', '$granularity', $within";
        my $difference = $node->safe_psql('postgres', qq{
            WITH ours AS (SELECT $rounded FROM segment.movements(ledger(), $arguments)), theirs AS (SELECT * FROM expected($arguments))
            (SELECT 'ours', * FROM ours EXCEPT ALL SELECT 'ours', * FROM theirs) UNION ALL
            (SELECT 'theirs', * FROM theirs EXCEPT ALL SELECT 'theirs', * FROM ours) ORDER BY 2, 1});
        is($difference, '', "SEED=$seed: movements($arguments)");
    }
    # What must hold of any ledger.
    is($node->safe_psql('postgres', qq{
        SELECT count(*) FROM unnest('{net,event}'::text[]) AS granularity,
            segment.movements(ledger(), '$since', '$until', '$grain', '$zone', granularity) AS m
        WHERE m.starting_mrr + m.new_mrr + m.expansion_mrr + m.contraction_mrr + m.churned_mrr + m.reactivation_mrr <> m.ending_mrr
           OR m.grr < 0 OR m.grr > 1 OR m.grr > m.nrr OR m.starting_mrr < 0 OR least(m.new_mrr, m.expansion_mrr, m.reactivation_mrr) < 0
           OR greatest(m.contraction_mrr, m.churned_mrr) > 0}), 0, "SEED=$seed: invariants");
    # Each period's end is the next one's start, and the sum of all movements up to an instant is the MRR then.
    is($node->safe_psql('postgres', qq{
        SELECT count(*) FROM (SELECT ending_mrr, ending_customers, lead(starting_mrr) OVER o AS next_mrr, lead(starting_customers) OVER o AS next
            FROM segment.movements(ledger(), '$since', '$until', '$grain', '$zone') WINDOW o AS (ORDER BY period_start)) AS p
        WHERE ending_mrr <> next_mrr OR ending_customers <> next}), 0, "SEED=$seed: periods join");
    is($node->safe_psql('postgres', q{
        SELECT count(*) FROM (SELECT DISTINCT t FROM instant) AS i
        WHERE segment.mrr_at(ledger(), t) <> (SELECT sum(at(member, t)) FROM (SELECT DISTINCT member FROM line) AS m)
           OR segment.mrr_at(ledger(), t) <> (SELECT sum(m1 - m0) FROM instant WHERE instant.t <= i.t)
           OR segment.customers_at(ledger(), t) <> (SELECT count(*) FROM (SELECT DISTINCT member FROM line) AS m WHERE at(member, t) > 0)}),
        0, "SEED=$seed: mrr_at");
    is($node->safe_psql('postgres', q{
        SELECT count(DISTINCT l::text) FROM (
            SELECT ledger() UNION ALL
            SELECT segment.revenue_agg(member, starts_at, ends_at, mrr ORDER BY random()) FROM line UNION ALL
            SELECT segment.revenue_agg(member, starts_at, ends_at, mrr ORDER BY member DESC, mrr) FROM line UNION ALL
            SELECT segment.rollup_agg(part) FROM (SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) FROM line
                                                  GROUP BY (random() * 3)::int) AS p (part) UNION ALL
            SELECT segment.rollup_agg(part ORDER BY random()) FROM (SELECT segment.revenue_agg(member, starts_at, ends_at, mrr) FROM line
                                                  GROUP BY member, starts_at) AS p (part)) AS x (l)}), 1, "SEED=$seed: order and rollup");
}

# With workers, members of all types, and enough lines for several pages.
$node->safe_psql('postgres', q{
    TRUNCATE line;
    INSERT INTO line SELECT (hashint8(i) % 4000), timestamptz '2024-01-01Z' + hashint8(i + 1) % 300 * interval '1 day',
        timestamptz '2024-12-01Z' + hashint8(i + 2) % 300 * interval '1 day', (hashint8(i + 3) % 100000) / 100.0
    FROM generate_series(1, 20000) AS i;
    ANALYZE line});
foreach my $member ('member', "'m' || member", 'md5(member::text)::uuid')
{
    my $serial = $node->safe_psql('postgres', "SELECT md5(segment.revenue_agg($member, starts_at, ends_at, mrr)::text) FROM line");
    my $workers = 'SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 3;';
    like($node->safe_psql('postgres', "$workers EXPLAIN SELECT segment.revenue_agg($member, starts_at, ends_at, mrr) FROM line"),
        qr/Partial Aggregate/, "workers collect $member");
    is($node->safe_psql('postgres', "$workers SELECT md5(segment.revenue_agg($member, starts_at, ends_at, mrr)::text) FROM line"),
        $serial, "the same with workers, $member");
}

# Through a dump, and in binary form.
$node->safe_psql('postgres', q{CREATE TABLE kept AS SELECT ledger() AS ledger; CREATE TABLE copied (LIKE kept)});
my $copy = $node->basedir . '/kept.copy';
$node->safe_psql('postgres', "COPY kept TO '$copy' (FORMAT binary); COPY copied FROM '$copy' (FORMAT binary)");
is($node->safe_psql('postgres', 'SELECT copied.ledger::text = kept.ledger::text FROM copied, kept'), 't', 'binary copy');
# Cut off or changed bytes are an error, or another ledger; never anything worse.
$node->safe_psql('postgres', q{
    TRUNCATE line; INSERT INTO line VALUES (1, '2024-01-01', NULL, 10.5), (2, '2024-01-01', '2024-02-01', 1e25);
    CREATE FUNCTION survives(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM segment.movements(encode(bytes, 'hex')::segment.revenue, '2023-12-01', '2024-03-01');
        RETURN true;
    EXCEPTION WHEN invalid_binary_representation OR numeric_value_out_of_range THEN
        RETURN false;
    END $$});
is($node->safe_psql('postgres', q{
    SELECT count(*) FROM (SELECT segment.revenue_send(ledger()) AS b) AS x, generate_series(0, length(b) - 1) AS n WHERE survives(substr(b, 1, n))}),
    0, 'truncated ledgers');
cmp_ok($node->safe_psql('postgres', q{
    SELECT count(survives(set_byte(b, n, v))) FROM (SELECT segment.revenue_send(ledger()) AS b) AS x, generate_series(0, length(b) - 1) AS n,
        generate_series(0, 255, 5) AS v}), '>', 1000, 'changed ledgers');

$node->stop;
done_testing();
