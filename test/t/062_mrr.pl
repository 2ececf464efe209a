# Random populations with a history of segments and schemes: segment.mrr, cohorts, committed_mrr and the overview against SQL that was
# written from the definitions alone, member by member over a grid of periods.
#
#   SEED=n         where to begin (1)
#   POPULATIONS=n  how many to try (8)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $first       = $ENV{SEED}        || 1;
my $populations = $ENV{POPULATIONS} || 8;

my $node = PostgreSQL::Test::Cluster->new('mrr');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'Asia/Kolkata'\njit = off\nautovacuum = off\nclient_min_messages = warning\n");
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE account (id int PRIMARY KEY, seats int, region text);
CREATE TABLE line (member int, starts_at timestamptz, ends_at timestamptz, mrr numeric, units int);
CREATE INDEX ON line (member);
-- The same in two parts, with other types.
CREATE VIEW small_line AS SELECT member::bigint AS who, starts_at AT TIME ZONE 'Europe/Berlin' AS since, ends_at AS till, mrr AS amount, units::numeric AS count
    FROM line WHERE mrr < 40;
CREATE VIEW other_line AS SELECT * FROM line WHERE mrr >= 40;

-- Of lines that count: MRR and units at an instant, and just before it.
CREATE VIEW good AS SELECT member, starts_at, coalesce(ends_at, 'infinity') AS ends_at, mrr, units FROM line JOIN account ON id = member
    WHERE coalesce(ends_at, 'infinity') > starts_at;
CREATE FUNCTION at(of_member int, t timestamptz) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT greatest(0, coalesce(sum(mrr), 0)) FROM good WHERE member = of_member AND starts_at <= t AND ends_at > t $$;
CREATE FUNCTION before(of_member int, t timestamptz) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT greatest(0, coalesce(sum(mrr), 0)) FROM good WHERE member = of_member AND starts_at < t AND ends_at >= t $$;
CREATE FUNCTION units_at(of_member int, t timestamptz) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT greatest(0, coalesce(sum(units), 0)) FROM good WHERE member = of_member AND starts_at <= t AND ends_at > t $$;
CREATE FUNCTION units_before(of_member int, t timestamptz) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT greatest(0, coalesce(sum(units), 0)) FROM good WHERE member = of_member AND starts_at < t AND ends_at >= t $$;
CREATE FUNCTION kind(m0 numeric, m1 numeric, ever boolean) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE WHEN m0 = m1 THEN NULL WHEN m0 = 0 AND ever THEN 'reactivation' WHEN m0 = 0 THEN 'new' WHEN m1 = 0 THEN 'churn'
                WHEN m1 > m0 THEN 'expansion' ELSE 'contraction' END $$;
CREATE VIEW instant AS
    SELECT member, t, coalesce(lag(mrr) OVER later, 0) AS m0, mrr AS m1,
           coalesce(max(mrr) OVER (later ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS ever
    FROM (SELECT member, t, at(member, t) AS mrr FROM (SELECT member, starts_at AS t FROM good UNION SELECT member, ends_at FROM good) AS u) AS i
    WINDOW later AS (PARTITION BY member ORDER BY t);

CREATE FUNCTION edges(since timestamp, until timestamp, grain interval) RETURNS TABLE (n bigint, s timestamptz, e timestamptz) LANGUAGE sql AS $$
    SELECT row_number() OVER (ORDER BY s), s, e
    FROM (SELECT edge AS s, lead(edge) OVER (ORDER BY edge) AS e
          FROM (SELECT DISTINCT least(since + i * grain, until) AT TIME ZONE 'Europe/Berlin' AS edge FROM generate_series(0, 500) AS i) AS x) AS y
    WHERE e IS NOT NULL $$;
});

# Where members are is known from the view of the history: outside of the segment, or in one of the groups, '?' for none. At NULL: now.
sub create_place
{
    $node->safe_psql('postgres', q{
CREATE OR REPLACE FUNCTION place(of_member int, t timestamptz, in_segment text, by text) RETURNS text STABLE LANGUAGE sql AS $$
    SELECT CASE
        WHEN in_segment IS NOT NULL AND NOT EXISTS (SELECT FROM account_segment_history WHERE account_id = of_member AND segment = in_segment
            AND CASE WHEN t IS NULL THEN exited_at IS NULL ELSE entered_at <= t AND coalesce(exited_at, 'infinity') > t END) THEN 'outside'
        WHEN by = 'region' THEN coalesce((SELECT region FROM account WHERE id = of_member), '?')
        WHEN by = 'size' THEN coalesce((SELECT substr(segment, 6) FROM account_segment_history WHERE account_id = of_member AND segment LIKE 'size.%'
            AND CASE WHEN t IS NULL THEN exited_at IS NULL ELSE entered_at <= t AND coalesce(exited_at, 'infinity') > t END), '?')
        ELSE '' END $$;
-- From when on places are known.
CREATE OR REPLACE FUNCTION known_from(in_segment text, by text) RETURNS timestamptz STABLE LANGUAGE sql AS $$
    SELECT CASE WHEN in_segment IS NULL AND by IS DISTINCT FROM 'size' THEN 'infinity' ELSE greatest(
        (SELECT coalesce(min(entered_at), 'infinity') FROM account_segment_history WHERE segment = in_segment HAVING in_segment IS NOT NULL),
        (SELECT coalesce(min(entered_at), 'infinity') FROM account_segment_history WHERE segment LIKE 'size.%' HAVING by = 'size')) END $$;

CREATE OR REPLACE FUNCTION expected(since timestamp, until timestamp, grain interval, in_segment text, by text, filtered boolean, membership text, granularity text)
RETURNS TABLE (period_start timestamptz, period_end timestamptz, by_value text, starting_mrr numeric, new_mrr numeric, expansion_mrr numeric,
    contraction_mrr numeric, churned_mrr numeric, reactivation_mrr numeric, transfer_in_mrr numeric, transfer_out_mrr numeric, ending_mrr numeric,
    starting_customers bigint, new_customers bigint, churned_customers bigint, reactivated_customers bigint, ending_customers bigint,
    logo_churn_rate numeric, gross_mrr_churn_rate numeric, net_mrr_churn_rate numeric, net_mrr_churn_rate_excl_reactivation numeric, grr numeric,
    nrr numeric, quick_ratio numeric, arpa numeric, asp numeric, ltv numeric, membership_used text) LANGUAGE sql AS $$
WITH moment AS MATERIALIZED (SELECT * FROM instant),
period AS (SELECT s, e, CASE WHEN s >= known_from(in_segment, by) THEN membership ELSE 'current' END AS used FROM edges(since, until, grain)),
net AS (
    SELECT s, e, used, id AS member, before(id, s) AS m0, before(id, e) AS m1,
           EXISTS (SELECT FROM moment AS i WHERE i.member = id AND i.t < s AND i.m1 > 0) AS ever
    FROM period, account WHERE NOT filtered OR seats >= 5),
placed AS MATERIALIZED (
    SELECT net.*,
           CASE WHEN used = 'current' THEN place(member, NULL, in_segment, by) WHEN used = 'end' OR m0 = 0 THEN place(member, e, in_segment, by)
                ELSE place(member, s, in_segment, by) END AS source,
           CASE WHEN used = 'current' THEN place(member, NULL, in_segment, by) WHEN used IN ('end', 'flow') OR m0 = 0 THEN place(member, e, in_segment, by)
                ELSE place(member, s, in_segment, by) END AS target
    FROM net),
movement AS (
    SELECT s, source AS place, kind(m0, m1, ever) AS kind, m1 - m0 AS amount FROM placed WHERE granularity = 'net'
    UNION ALL
    SELECT s, source, kind(i.m0, i.m1, i.ever), i.m1 - i.m0 FROM placed JOIN moment AS i USING (member) WHERE t >= s AND t < e AND granularity = 'event'),
groups AS (SELECT s, e, used, place FROM period, (SELECT DISTINCT source AS place FROM placed UNION SELECT target FROM placed
    UNION SELECT coalesce(region, '?') FROM account WHERE by = 'region' AND (NOT filtered OR seats >= 5)
    UNION SELECT unnest('{large,small}'::text[]) WHERE by = 'size' UNION SELECT '' WHERE by IS NULL) AS p WHERE place <> 'outside'),
total AS (
    SELECT g.s, g.e, g.used, g.place, m.*, b.*, a.*
    FROM groups AS g,
    LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE kind = 'new'), 0) AS n, coalesce(sum(amount) FILTER (WHERE kind = 'expansion'), 0) AS x,
           coalesce(sum(amount) FILTER (WHERE kind = 'contraction'), 0) AS c, coalesce(sum(amount) FILTER (WHERE kind = 'churn'), 0) AS l,
           coalesce(sum(amount) FILTER (WHERE kind = 'reactivation'), 0) AS r, count(*) FILTER (WHERE kind = 'new') AS nn,
           count(*) FILTER (WHERE kind = 'churn') AS nl, count(*) FILTER (WHERE kind = 'reactivation') AS nr
        FROM movement AS v WHERE v.s = g.s AND v.place = g.place) AS m,
    LATERAL (SELECT coalesce(sum(m0), 0) AS start, count(*) FILTER (WHERE m0 > 0) AS n0, count(*) FILTER (WHERE m0 > 0 AND m1 = 0) AS lost,
           coalesce(sum(m1) FILTER (WHERE m0 > 0), 0) AS retained, coalesce(sum(least(m0, m1)), 0) AS gross,
           -coalesce(sum(m1) FILTER (WHERE target <> source), 0) AS went
        FROM placed AS p WHERE p.s = g.s AND p.source = g.place) AS b,
    LATERAL (SELECT coalesce(sum(m1), 0) AS stop, count(*) FILTER (WHERE m1 > 0) AS n1, coalesce(sum(m1) FILTER (WHERE target <> source), 0) AS came
        FROM placed AS p WHERE p.s = g.s AND p.target = g.place) AS a)
SELECT s, e, CASE WHEN place NOT IN ('', '?') THEN place END, start, n, x, c, l, r, came, went, stop, n0, nn, nl, nr, n1,
       round(lost::numeric / nullif(n0, 0), 12), round((-c - l) / nullif(start, 0), 12), round((-c - l - x - r) / nullif(start, 0), 12),
       round((-c - l - x) / nullif(start, 0), 12), round(gross / nullif(start, 0), 12), round(retained / nullif(start, 0), 12),
       round((n + x) / nullif(-c - l, 0), 12), round(stop / nullif(n1, 0), 12), round(n / nullif(nn, 0), 12),
       round(stop * n0 / nullif(n1 * lost, 0), 12), used
FROM total AS t
-- Members without a value are shown if there is something to show.
WHERE place <> '?' OR EXISTS (SELECT FROM total AS o WHERE o.place = '?' AND n0 + n1 + nn + nl + nr > 0
      OR o.place = '?' AND (n <> 0 OR x <> 0 OR c <> 0 OR l <> 0 OR r <> 0 OR came <> 0 OR went <> 0)) $$;
});
    return;
}

sub day
{
    my ($from, $days) = @_;
    my $day = int(rand($days));
    $day = (0, 31, 59, 90, 120, 181)[ int(rand(6)) ] if rand() < 0.3;
    return "timestamptz '$from' + $day * interval '1 day' + " . (rand() < 0.7 ? 0 : int(rand(24))) . " * interval '1 hour'";
}

# Accounts with lines; then three refreshes, between which they change.
sub fill
{
    my ($seed) = @_;
    srand($seed);
    my $accounts = 3 + int(rand(8));
    my (@rows, @lines);
    push @rows, sprintf("(%d, %d, %s)", $_, int(rand(12)), ('NULL', "'east'", "'west'")[ int(rand(3)) ]) foreach 1 .. $accounts;
    foreach (1 .. 10 + int(rand(30)))
    {
        my $start = day('2023-11-01 Europe/Berlin', 300);
        my $end = rand() < 0.3 ? 'NULL' : rand() < 0.5 ? "$start + " . int(rand(5)) . " * interval '1 month'" : day('2024-01-01 Europe/Berlin', 500);
        my $mrr = rand() < 0.1 ? 0 : rand() < 0.15 ? -int(rand(60)) : int(rand(20000)) / (1, 100)[ int(rand(2)) ];
        push @lines, sprintf("(%d, %s, %s, %s, %s)", 1 + int(rand($accounts + 1)), $start, $end, $mrr, rand() < 0.1 ? 'NULL' : int(rand(9)));
    }
    my ($accounts_sql, $lines_sql) = (join(', ', @rows), join(",\n", @lines));
    $node->safe_psql('postgres', "SET client_min_messages = error; SELECT segment.drop_population(name, cascade => true) FROM segment.population;
        TRUNCATE account, line;
        INSERT INTO account VALUES $accounts_sql; INSERT INTO line VALUES $lines_sql;
        SELECT segment.create_population('account', 'account', key => 'id', time_zone => 'Europe/Berlin');
        " . ($seed % 2 == 0 ? q{SELECT segment.add_subscriptions('account', 'billing', 'line', 'member', 'starts_at', 'ends_at', 'mrr', quantity => 'units');}
            : q{SELECT segment.add_subscriptions('account', 'billing', 'other_line', 'member', 'starts_at', 'ends_at', 'mrr', quantity => 'units');
                SELECT segment.add_subscriptions('account', 'small', 'small_line', 'who', 'since', 'till', 'amount', quantity => 'count');}) . "
        SELECT segment.create_segment('west', 'account', \$\$ region = 'west' \$\$);
        SELECT segment.create_scheme('size', 'account', '[{\"name\": \"large\", \"definition\": \"seats >= 8\"}, {\"name\": \"small\", \"definition\": \"seats >= 4\"}]')");
    create_place();
    my $on = 0;
    foreach my $run (1 .. 3)
    {
        $on += 20 + int(rand(60));
        $node->safe_psql('postgres', "SELECT segment.refresh('account', as_of => timestamptz '2024-01-01 Europe/Berlin' + $on * interval '1 day' + '5 hours')");
        $node->safe_psql('postgres', sprintf("UPDATE account SET seats = (seats + %d) %% 12 WHERE id %% 3 = %d; UPDATE account SET region = %s WHERE id %% 4 = %d;
            DELETE FROM account WHERE id = %d", int(rand(12)), int(rand(3)), ('NULL', "'east'", "'west'")[ int(rand(3)) ], int(rand(4)), rand() < 0.3 ? 1 + int(rand($accounts)) : 0))
          if $run < 3;
    }
    return;
}

# The rows of which one side has more than the other.
sub differences
{
    my ($ours, $theirs) = @_;
    return $node->safe_psql('postgres', "SET client_min_messages = error; WITH ours AS MATERIALIZED ($ours), theirs AS MATERIALIZED ($theirs)
        (SELECT 'ours', * FROM ours EXCEPT ALL SELECT 'ours', * FROM theirs) UNION ALL
        (SELECT 'theirs', * FROM theirs EXCEPT ALL SELECT 'theirs', * FROM ours) ORDER BY 2, 1");
}

my $columns = join(', ', qw(period_start period_end by_value starting_mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr
      transfer_in_mrr transfer_out_mrr ending_mrr starting_customers new_customers churned_customers reactivated_customers ending_customers),
    (map { "round($_, 12)" } qw(logo_churn_rate gross_mrr_churn_rate net_mrr_churn_rate net_mrr_churn_rate_excl_reactivation grr nrr quick_ratio arpa asp ltv)),
    'membership_used');
foreach my $seed ($first .. $first + $populations - 1)
{
    fill($seed);
    my ($since, $until, $grain) = @{ ([ '2024-01-01', '2024-09-01', '1 month' ], [ '2023-12-15 12:00', '2024-08-20', '1 month' ], [ '2024-01-31', '2024-07-01', '45 days' ])[ int(rand(3)) ] };
    foreach my $membership (qw(start end current flow))
    {
        foreach my $segment (undef, 'west')
        {
            foreach my $by (undef, 'region', 'size')
            {
                my $filtered    = rand() < 0.3 ? 1 : 0;
                my $granularity = rand() < 0.7 ? 'net' : 'event';
                my ($in, $of, $filter) = map { defined $_ ? "'$_'" : 'NULL' } $segment, $by, $filtered ? 'seats >= 5' : undef;
                is(differences(
                        "SELECT $columns FROM segment.mrr('account', '$since', '$until', '$grain', $in, $of, $filter, '$membership', '$granularity')",
                        "SELECT * FROM expected('$since', '$until', '$grain', $in, $of, '$filtered', '$membership', '$granularity')"),
                    '', "SEED=$seed: mrr('$since', '$until', '$grain', $in, $of, '$filtered', '$membership', '$granularity')");
            }
        }
    }

    # The segments of a scheme are the whole: what one loses the others gain, and each adds up.
    my @amounts = qw(starting_mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr ending_mrr starting_customers ending_customers);
    my $sums    = join ', ', map { "sum(s.$_)" } @amounts;
    my $whole   = join ', ', map { "w.$_" } @amounts;
    is($node->safe_psql('postgres', "SET client_min_messages = error;
        SELECT count(*) FROM unnest('{start,end,current,flow}'::text[]) AS membership, unnest('{net,event}'::text[]) AS granularity,
            segment.mrr('account', '$since', '$until', '$grain', granularity => granularity) AS w,
            LATERAL (SELECT count(*) AS different FROM segment.mrr('account', '$since', '$until', '$grain', by => 'size', membership => membership,
                    granularity => granularity) AS s WHERE s.period_start = w.period_start
                HAVING ROW($sums) IS DISTINCT FROM ROW($whole) OR sum(s.transfer_in_mrr + s.transfer_out_mrr) <> 0
                    OR bool_or(s.starting_mrr + s.new_mrr + s.expansion_mrr + s.contraction_mrr + s.churned_mrr + s.reactivation_mrr + s.transfer_in_mrr
                               + s.transfer_out_mrr <> s.ending_mrr)
                    OR bool_or(s.grr < 0 OR s.grr > 1 OR s.grr > s.nrr OR s.logo_churn_rate > 1)) AS d"), 0, "SEED=$seed: segments are the whole");

    # Cohorts, by the instants at which members first had MRR.
    foreach my $relative ('start', 'previous')
    {
        is(differences(
                "SELECT coalesce(cohort_start, 'infinity'), age, complete, members, net_mrr, gross_mrr, quantity, of_members, of_net_mrr, of_gross_mrr, of_quantity,
                    round(logo_retention, 12), round(nrr, 12), round(grr, 12), round(quantity_retention, 12)
                 FROM segment.cohorts('account', '$since', '$until', '$grain', relative => '$relative')",
                "WITH moment AS MATERIALIZED (SELECT * FROM instant), period AS MATERIALIZED (SELECT *, e >= '$until' AT TIME ZONE 'Europe/Berlin'
                        AND '$until' NOT IN (SELECT '$since'::timestamp + i * interval '$grain' FROM generate_series(0, 500) AS i) AS cut FROM edges('$since', '$until', '$grain')),
                 born AS (SELECT DISTINCT ON (member) member, t, m1 AS m FROM moment WHERE m1 > 0 ORDER BY member, t),
                 cohort AS MATERIALIZED (SELECT p.n, p.s, p.cut, b.member, b.m, units_at(b.member, b.t) AS u FROM period AS p LEFT JOIN born AS b ON b.t >= p.s AND b.t < p.e),
                 cell AS (
                    SELECT c.n, c.s, -1 AS age, false AS cut, count(member) AS members, coalesce(sum(m), 0) AS net, coalesce(sum(m), 0) AS gross, coalesce(sum(u), 0) AS units FROM cohort AS c GROUP BY 1, 2
                    UNION ALL
                    SELECT c.n, c.s, (p.n - c.n)::int, p.cut, count(*) FILTER (WHERE before(member, p.e) > 0), coalesce(sum(before(member, p.e)) FILTER (WHERE member IS NOT NULL), 0),
                        coalesce(sum(least(before(member, p.e), m)) FILTER (WHERE member IS NOT NULL), 0), coalesce(sum(units_before(member, p.e)) FILTER (WHERE member IS NOT NULL), 0)
                    FROM cohort AS c JOIN period AS p ON p.n >= c.n GROUP BY c.n, c.s, p.n, p.cut),
                 pair AS (SELECT a.s, a.age, NOT a.cut AS whole, a.members, a.net, a.gross, a.units, b.members AS members0, b.net AS net0, b.gross AS gross0, b.units AS units0
                    FROM cell AS a JOIN cell AS b ON b.n = a.n AND b.age = CASE '$relative' WHEN 'start' THEN -1 ELSE a.age - 1 END WHERE a.age >= 0),
                 every AS (SELECT * FROM pair UNION ALL
                    SELECT 'infinity', age, true, sum(members), sum(net), sum(gross), sum(units), sum(members0), sum(net0), sum(gross0), sum(units0) FROM pair WHERE whole GROUP BY age)
                 SELECT s, age, whole, members, net, gross, units, members0, net0, gross0, units0, round(members / nullif(members0, 0), 12), round(net / nullif(net0, 0), 12),
                    round(gross / nullif(gross0, 0), 12), round(units / nullif(units0, 0), 12) FROM every"),
            '', "SEED=$seed: cohorts('$since', '$until', '$grain', '$relative')");
    }

    # What is scheduled, member by member.
    is(differences(
            "SELECT coalesce(by_value, '?'), mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, committed_mrr, customers, committed_customers
             FROM segment.committed_mrr('account', '2024-08-01', by => 'size', as_of => '2024-05-01 Europe/Berlin')",
            "SELECT * FROM (SELECT p, coalesce(sum(m0), 0), coalesce(sum(m1) FILTER (WHERE k = 'new'), 0), coalesce(sum(m1 - m0) FILTER (WHERE k = 'expansion'), 0),
                    coalesce(sum(m1 - m0) FILTER (WHERE k = 'contraction'), 0), coalesce(sum(-m0) FILTER (WHERE k = 'churn'), 0),
                    coalesce(sum(m1) FILTER (WHERE k = 'reactivation'), 0), coalesce(sum(m1), 0), count(*) FILTER (WHERE m0 > 0) AS n0, count(*) FILTER (WHERE m1 > 0) AS n1
                FROM unnest('{large,small,?}'::text[]) AS p LEFT JOIN (
                    SELECT place(id, NULL, NULL, 'size') AS p, m0, m1, kind(m0, m1, EXISTS (SELECT FROM instant AS i WHERE i.member = id AND i.m1 > 0 AND t <= '2024-05-01 Europe/Berlin')) AS k
                    FROM account, LATERAL (SELECT at(id, '2024-05-01 Europe/Berlin') AS m0, at(id, '2024-08-01 Europe/Berlin') AS m1) AS m) AS a USING (p) GROUP BY p) AS x
             WHERE p <> '?' OR n0 + n1 > 0"),
        '', "SEED=$seed: committed_mrr");

    # What the last refresh has stored.
    is(differences('SELECT segment, mrr FROM segment.overview',
            'SELECT segment, (SELECT coalesce(sum(at(account_id, as_of)), 0) FROM account_segment AS m WHERE m.segment = o.segment) FROM segment.overview AS o'),
        '', "SEED=$seed: overview");
    is($node->safe_psql('postgres', 'SELECT coalesce(sum(value::int), 0) FROM segment.refresh_run, jsonb_each(ignored) AS s (source, reasons), jsonb_each(reasons)
            WHERE id = (SELECT max(id) FROM segment.refresh_run)'),
        $node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM line) - (SELECT count(*) FROM good)'), "SEED=$seed: ignored lines");
}

$node->stop;
done_testing();
