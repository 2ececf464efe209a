# Revenue: movements, churn and retention by month over two years, from subscription periods: of the table as it is, and of the members of a
# population, who are looked up.
package Workload::W5;

use strict;
use warnings;
use utf8;

use Bench;

sub title { return 'MRR movements, churn, NRR and GRR by month over 24 months' }

use constant { SINCE => '2024-01-01', UNTIL => '2026-01-01' };

# A period for each customer, and a second one for 27 % of them, in no particular order.
sub periods
{
    my ($postgres, $members) = @_;
    my $table = "period_$members";
    my ($exists) = $postgres->row("SELECT to_regclass('$table') IS NOT NULL");
    return $table if $exists eq 't';
    my $uniform = sub { "(hashint8extended(n, $_[0]) & 4294967295)::float8 / 4294967296" };
    $postgres->rows($_) foreach "CREATE TABLE $table AS
        SELECT customer_id, starts_at, CASE WHEN open >= 0.3 THEN starts_at + interval '1 month' * ceil(length * 18) END AS ends_at, mrr
        FROM (SELECT (n - 1) % $members + 1 AS customer_id,
                     timestamp '2023-01-01' + interval '1 day' * floor(@{[$uniform->(1)]} * 1000) AS starts_at,
                     @{[$uniform->(2)]} AS open, @{[$uniform->(3)]} AS length, round((500 * @{[$uniform->(4)]} + 1)::numeric, 2) AS mrr
              FROM generate_series(1, round($members * 1.27)::bigint) AS n) AS p
        ORDER BY hashint8extended(customer_id, 5)", "VACUUM (ANALYZE) $table";
    return $table;
}

# A grid of months and window functions, in SQL that both peers read (DuckDB takes `at` for a keyword). All amounts are above zero.
sub plain_query
{
    my ($table) = @_;
    my $sum = sub { "CAST(sum(CASE WHEN $_[0] THEN $_[1] ELSE 0 END) AS decimal(20, 2))" };
    my $columns = join ",\n    ", $sum->('true', 'm0'), $sum->('m0 = 0 AND first >= start', 'm1'), $sum->('m0 > 0 AND m1 > m0', 'm1 - m0'),
      $sum->('m0 > m1 AND m1 > 0', 'm1 - m0'), $sum->('m1 = 0', '-m0'), $sum->('m0 = 0 AND first < start', 'm1'), $sum->('true', 'm1'),
      'count(CASE WHEN m0 > 0 THEN 1 END)', 'count(CASE WHEN m1 = 0 THEN 1 END)', 'count(CASE WHEN m1 > 0 THEN 1 END)',
      $sum->('true', 'CASE WHEN m0 < m1 THEN m0 ELSE m1 END'), $sum->('m0 > 0', 'm1');
    return "WITH edge AS (SELECT CAST('@{[SINCE]}' AS timestamp) + i * interval '1 month' AS instant FROM generate_series(0, 24) AS g (i)),
level AS (
    SELECT p.customer_id, e.instant, sum(p.mrr) AS mrr
    FROM $table p JOIN edge e ON p.starts_at < e.instant AND (p.ends_at IS NULL OR p.ends_at >= e.instant)
    GROUP BY p.customer_id, e.instant),
born AS (SELECT customer_id, min(starts_at) AS first FROM $table GROUP BY customer_id),
step AS (
    SELECT customer_id, instant, mrr, lag(instant) OVER w AS before_at, lag(mrr) OVER w AS before_mrr, lead(instant) OVER w AS after_at
    FROM level WINDOW w AS (PARTITION BY customer_id ORDER BY instant)),
net AS (
    SELECT customer_id, instant - interval '1 month' AS start, CASE WHEN before_at = instant - interval '1 month' THEN before_mrr ELSE 0 END AS m0, mrr AS m1
    FROM step
    UNION ALL
    SELECT customer_id, instant, mrr, 0 FROM step WHERE after_at IS NULL OR after_at <> instant + interval '1 month')
SELECT $columns
FROM net JOIN born USING (customer_id)
WHERE start >= CAST('@{[SINCE]}' AS timestamp) AND start < CAST('@{[UNTIL]}' AS timestamp)
GROUP BY start ORDER BY start";
}

my $result_columns = 'starting_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, ending_mrr, starting_customers,
        churned_customers, ending_customers, round(grr * starting_mrr, 2), round(nrr * starting_mrr, 2)';

sub ledger_query
{
    my ($table) = @_;
    return "SELECT $result_columns
    FROM (SELECT segment.revenue_agg(customer_id, starts_at, ends_at, mrr) AS ledger FROM $table) AS l,
         segment.movements(ledger, '@{[SINCE]}', '@{[UNTIL]}')";
}

# A population with the periods as its subscriptions; it is not refreshed, which reports do not need.
sub population
{
    my ($postgres, $members, $table) = @_;
    my $population = "payer_$members";
    my ($exists) = $postgres->row("SELECT to_regclass('$population') IS NOT NULL");
    return $population if $exists eq 't';
    $postgres->rows($_) foreach "CREATE TABLE $population AS SELECT n::bigint AS id, 'region ' || n % 5 AS region FROM generate_series(1, $members) AS n",
      "ALTER TABLE $population ADD PRIMARY KEY (id)", "VACUUM (ANALYZE) $population",
      "SELECT segment.create_population('$population', '$population', key => 'id')",
      "SELECT segment.add_subscriptions('$population', 'billing', '$table', 'customer_id', 'starts_at', 'ends_at', 'mrr')";
    return $population;
}

sub report_query
{
    my ($population) = @_;
    return "SELECT $result_columns FROM segment.mrr('$population', '@{[SINCE]}', '@{[UNTIL]}')";
}

sub region_query
{
    my ($population) = @_;
    return "SELECT sum(starting_mrr), sum(ending_mrr) FROM segment.mrr('$population', '@{[SINCE]}', '@{[UNTIL]}', by => 'region') GROUP BY period_start
    ORDER BY period_start";
}

sub copy_to_duckdb
{
    my ($bench, $table) = @_;
    my $file = "$bench->{scratch}/$table.csv";
    $bench->postgres->rows("\\copy $table TO '$file' (FORMAT csv, NULL 'null')\n");
    $bench->duckdb->rows("CREATE TABLE $table AS SELECT * FROM read_csv('$file', header = false, nullstr = 'null',
        columns = {customer_id: 'BIGINT', starts_at: 'TIMESTAMP', ends_at: 'TIMESTAMP', mrr: 'DECIMAL(12, 2)'})");
    unlink $file;
    return;
}

sub run
{
    my ($class, $bench) = @_;
    my $table = periods($bench->postgres, $bench->members);
    copy_to_duckdb($bench, $table) if $bench->duckdb;
    my $expected;
    my $measure = sub {
        my ($label, $session, $query) = @_;
        return sub {
            my ($seconds, $rows) = $session->timed($query);
            $expected //= $rows;
            $bench->check($label, $rows, $expected);
            return $seconds;
        };
    };
    my $postgres   = $bench->postgres;
    my $population = population($postgres, $bench->members, $table);
    my $floor      = sub { $postgres->took("SELECT count(*), max(mrr) FROM $table") };
    my @peers      = ([ 'plain SQL, PostgreSQL', $postgres ], $bench->duckdb ? [ 'plain SQL, DuckDB', $bench->duckdb ] : ());
    my ($ledger, $report, $regions) = ('revenue_agg and movements', 'segment.mrr', 'segment.mrr by region');
    # Plain SQL takes minutes, once is enough.
    my $once    = $bench->alternate(1, map { ($_->[0] => $measure->(@$_, plain_query($table))) } @peers);
    my $seconds = $bench->alternate($bench->runs,
        floor    => $floor,
        $ledger  => $measure->($ledger, $postgres, ledger_query($table)),
        $report  => $measure->($report, $postgres, report_query($population)),
        $regions => sub {
            my ($seconds, $rows) = $postgres->timed(region_query($population));
            $bench->check($regions, $rows, [ map { join '|', (split /\|/)[ 0, 6 ] } @$expected ]);
            return $seconds;
        });
    my $target = $bench->members / 1e6;
    $bench->table({ %$once, %$seconds },
        ['floor'],
        [ $ledger, to => 'floor', at_most => 5 ],
        [ $ledger, within => $target ],
        [ $report, to => 'floor' ],
        [ $report, within => $target ],
        [ $regions, to => 'floor' ],
        map { [ $_->[0], to => $report ] } @peers);
    return;
}

1;
