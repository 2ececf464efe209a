# The example of `make demo`: the files that it runs, and the members of each segment against plain SQL over the published
# rows, written by hand from the segments' descriptions and knowing neither the traits' views nor to_sql.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# $day is replaced. An account that signed up later is nobody; what happened later has not happened.
my $new_customer = q{signup_date > $day - 90};
my $gone_quiet   = qq{
    (SELECT max(u.usage_date) FROM export.feature_usage u JOIN export.subscription s USING (subscription_id)
     WHERE s.account_id = a.account_id AND u.usage_date <= \$day AND s.start_date <= \$day) <= \$day - 30
    AND NOT $new_customer};
my $frustrated = q{
    EXISTS (SELECT FROM export.support_ticket t WHERE t.account_id = a.account_id AND t.submitted_at <= $day
            HAVING count(*) FILTER (WHERE t.escalation_flag) > 1
                OR sum(t.satisfaction_score) FILTER (WHERE t.closed_at <= $day)
                   < 3.5 * count(t.satisfaction_score) FILTER (WHERE t.closed_at <= $day))};
my $running  = q{FROM export.subscription s
    WHERE s.account_id = a.account_id AND s.start_date <= $day AND (s.end_date > $day OR s.end_date IS NULL) AND NOT s.is_trial};
my $error_prone = q{
    EXISTS (SELECT FROM export.feature_usage u JOIN export.subscription s USING (subscription_id)
            WHERE s.account_id = a.account_id AND u.usage_date <= $day AND s.start_date <= $day
            HAVING round(1.0 * sum(u.error_count) / sum(u.usage_count), 4) > 0.08)};
my $win_back = q{
    EXISTS (SELECT FROM (SELECT c.churn_date, c.reason_code FROM export.churn_event c
                         WHERE c.account_id = a.account_id AND c.churn_date <= $day
                         ORDER BY c.churn_date DESC, c.churn_event_id DESC LIMIT 1) AS latest
            WHERE latest.churn_date > $day - 90
              AND (latest.reason_code = 'pricing' OR latest.reason_code = 'budget' OR latest.reason_code = 'competitor'))};
my $used = q{FROM export.feature_usage u JOIN export.subscription s USING (subscription_id)
    WHERE s.account_id = a.account_id AND s.start_date <= $day AND u.usage_date <= $day};
my $at_risk = qq{
    coalesce(($gone_quiet) OR $frustrated OR $error_prone, false)
    AND (SELECT sum(s.mrr_amount) $running) >= 5000 AND NOT $win_back};

my %expected = (
    new_customer => $new_customer,
    trial_won    => qq{a.is_trial AND $new_customer AND EXISTS (SELECT $running)},
    key_account  => qq{(SELECT sum(s.mrr_amount) $running) >= 30000},
    champion     => q{
        (SELECT count(DISTINCT u.feature_name) >= 30 AND max(u.usage_date) > $day - 14
         FROM export.feature_usage u JOIN export.subscription s USING (subscription_id)
         WHERE s.account_id = a.account_id AND u.usage_date <= $day AND s.start_date <= $day)
        AND (SELECT avg(t.satisfaction_score) FROM export.support_ticket t
             WHERE t.account_id = a.account_id AND t.submitted_at <= $day AND t.closed_at <= $day) >= 4},
    loyal => q{
        a.signup_date <= $day - interval '1 year'
        AND a.account_id NOT IN (SELECT c.account_id FROM export.churn_event c WHERE c.churn_date <= $day)},
    gone_quiet => $gone_quiet,
    frustrated => $frustrated,
    usage_falling => qq{
        (SELECT sum(u.usage_count) >= 20 AND 2 * coalesce((SELECT sum(u.usage_count) $used AND u.usage_date > \$day - 30), 0) <= sum(u.usage_count)
         $used AND u.usage_date <= \$day - 30 AND u.usage_date > \$day - 60)},
    disappointed => q{
        (SELECT t.satisfaction_score FROM export.support_ticket t
         WHERE t.account_id = a.account_id AND t.closed_at <= $day AND t.submitted_at <= $day AND t.submitted_at > $day - interval '180 days'
           AND t.satisfaction_score > 0 ORDER BY t.submitted_at DESC, t.satisfaction_score LIMIT 1) <= 3},
    lost_over_support => q{
        EXISTS (SELECT FROM export.churn_event c JOIN export.support_ticket t USING (account_id)
                WHERE c.account_id = a.account_id AND c.churn_date <= $day AND c.churn_date > t.submitted_at
                  AND c.churn_date - interval '30 days' <= t.submitted_at)},
    came_back => qq{
        EXISTS (SELECT $used AND EXISTS (SELECT FROM export.churn_event c WHERE c.account_id = a.account_id
                AND c.churn_date > \$day - 180 AND u.usage_date BETWEEN c.churn_date + 1 AND c.churn_date + 30))},
    shrinking  => qq{
        EXISTS (SELECT FROM export.subscription s
                WHERE s.account_id = a.account_id AND s.start_date <= \$day AND s.end_date <= \$day AND s.end_date > \$day - 60)
        AND (EXISTS (SELECT FROM export.subscription s WHERE s.account_id = a.account_id AND s.start_date <= \$day AND s.downgrade_flag)
             OR coalesce((SELECT sum(s.mrr_amount) $running), 0) < 10000)},
    renewal_call    => qq{(SELECT count(*) $running AND NOT s.auto_renew_flag) > 2},
    win_back        => $win_back,
    at_risk         => $at_risk,
    ready_to_expand => qq{
        a.seats >= 20 AND a.seats <= 60 AND a.country NOT IN ('AU', 'CA', 'FR')
        AND (SELECT count(*) FROM export.subscription s WHERE s.account_id = a.account_id AND s.start_date <= \$day AND s.upgrade_flag) >= 2
        AND NOT coalesce($at_risk, false)},
);

my $node = PostgreSQL::Test::Cluster->new('example');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE demo');
$node->safe_psql('demo',     'CREATE EXTENSION segment');

# What `psql -f` prints, as the demo runs it.
sub run_file
{
    my ($name, %variables) = @_;
    my @command = ('psql', '-XqAt', '-F', '|', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('demo'));
    push @command, '-v', "$_=$variables{$_}" foreach sort keys %variables;
    my ($output, $errors);
    ok(IPC::Run::run([ @command, '-f', "examples/$name.sql" ], '>', \$output, '2>', \$errors), "examples/$name.sql")
      or diag($errors);
    return $output;
}

sub expected_members
{
    my ($segment, $day) = @_;
    (my $condition = $expected{$segment}) =~ s/\$day/date '$day'/g;
    return $node->safe_psql('demo',
        "SELECT a.account_id FROM export.account a WHERE a.signup_date <= date '$day' AND ($condition) ORDER BY account_id COLLATE \"C\"");
}

# Compares what a refresh printed and stored with plain SQL; returns the members of each segment.
sub check_refresh
{
    my ($day) = @_;
    my %printed = map { my @column = split /\|/; $column[0] => \@column } split /\n/, run_file('refresh', day => $day);
    my $accounts = $node->safe_psql('demo', "SELECT count(*) FROM export.account WHERE signup_date <= '$day'");
    my %members;
    is_deeply([ sort keys %printed ], [ sort keys %expected ], "$day: the segments");
    foreach my $segment (sort keys %expected)
    {
        $members{$segment} = expected_members($segment, $day);
        my $count = () = $members{$segment} =~ /^./mg;
        is($printed{$segment}[1], $count, "$day: number of members of $segment");
        is($printed{$segment}[2], sprintf('%.1f', 100 * $count / $accounts), "$day: share of $segment");
        is($node->safe_psql('demo',
                "SELECT account_id FROM account_segment WHERE segment = '$segment' ORDER BY account_id COLLATE \"C\""),
            $members{$segment}, "$day: members of $segment");
        ok($count > 0 && $count < $accounts, "$day: $segment is neither nobody nor everybody");
    }
    return (\%members, \%printed);
}

run_file('schema');
run_file('load');
$node->safe_psql('demo',  # or the hand-written queries take half a minute
    'CREATE INDEX ON export.feature_usage (subscription_id); CREATE INDEX ON export.subscription (account_id); ANALYZE');
run_file('advance', day => '2024-12-01');
run_file('population');
run_file('segments');
run_file('health');
my ($before) = check_refresh('2024-12-01');
run_file('advance', day => '2024-12-31');
my ($after, $printed) = check_refresh('2024-12-31');

# Who entered and exited, as printed by the refresh and by changes.sql, from the difference of the two days.
my @expected_changes;
foreach my $segment (sort keys %expected)
{
    my %earlier = map { $_ => 1 } split /\n/, $before->{$segment};
    my %later   = map { $_ => 1 } split /\n/, $after->{$segment};
    my $entered = grep { !$earlier{$_} } keys %later;
    my $exited  = grep { !$later{$_} } keys %earlier;
    is($printed->{$segment}[3], $entered, "$segment: number of entered accounts");
    is($printed->{$segment}[4], $exited,  "$segment: number of exited accounts");
    push @expected_changes, "$segment|entered|$entered" if $entered;
    push @expected_changes, "$segment|exited|$exited"   if $exited;
}
my @changes = map { join '|', (split /\|/)[ 0 .. 2 ] } split /\n/, run_file('changes', day => '2024-12-31');
is_deeply(\@changes, \@expected_changes, 'the printed changes');

# What explain found, from the published rows.
my @found = map { [ split /\|/ ] } split /\n/, run_file('explain', day => '2024-12-31');
is_deeply([ map { $_->[0] } @found ], [qw(came_back disappointed lost_over_support usage_falling)], 'an account of each is explained');
my %explained = map { $_->[0] => $_ } @found;
my $uses = join ', before ', map { $node->safe_psql('demo', "SELECT coalesce(sum(u.usage_count), 0) FROM export.account a, LATERAL (SELECT u.* "
          . ($used =~ s/\$day/date '2024-12-31'/gr) . " AND u.usage_date > date '2024-12-31' - $_->[0] AND u.usage_date <= date '2024-12-31' - $_->[1]) AS u "
          . "WHERE a.account_id = '$explained{usage_falling}[1]'") } [ 30, 0 ], [ 60, 30 ];
is($explained{usage_falling}[3], $uses, 'its uses in the last 30 days and the 30 before');
is($explained{disappointed}[3], $node->safe_psql('demo', qq{
    SELECT trim_scale(t.satisfaction_score) || ', ' || to_char(t.submitted_at, 'YYYY-MM-DD HH24:MI') FROM export.support_ticket t
    WHERE t.account_id = '$explained{disappointed}[1]' AND t.closed_at <= '2024-12-31' AND t.satisfaction_score > 0
    ORDER BY t.submitted_at DESC, t.satisfaction_score LIMIT 1}), 'its last rating');
is($explained{lost_over_support}[4] // '', '', 'what has happened does not change by itself');
like($explained{lost_over_support}[3], qr/^step 1 \S+ \d\d:\d\d, step 2 \d{4}-\d\d-\d\d/, 'the ticket and the cancellation');

# The bridge of December, from the published rows: MRR of each account just before the month and just before its end, and whether there
# was any MRR earlier. Members of a segment are those found on its first day; who came in December counts where it was at the end.
my @bridge;
foreach my $segment ('', qw(key_account at_risk champion ready_to_expand win_back))
{
    my ($early, $late) = map { join ',', map { "'$_'" } 'nobody', $segment ? split /\n/, $_->{$segment} : () } $before, $after;
    my $wanted = $segment ? "AND CASE WHEN m0 > 0 THEN account_id IN ($early) ELSE account_id IN ($late) END" : '';
    push @bridge, $node->safe_psql('demo', qq{
        SELECT '@{[$segment || 'all accounts']}', count(*) FILTER (WHERE m0 > 0), coalesce(sum(m0), 0),
               coalesce(sum(m1) FILTER (WHERE m0 = 0 AND NOT earlier), 0), coalesce(sum(m1 - m0) FILTER (WHERE m0 > 0 AND m1 > m0), 0),
               coalesce(sum(m1) FILTER (WHERE m0 = 0 AND earlier), 0), coalesce(sum(m1 - m0) FILTER (WHERE m1 > 0 AND m1 < m0), 0),
               coalesce(sum(-m0) FILTER (WHERE m1 = 0), 0), coalesce(sum(m1), 0),
               round(100 * coalesce(sum(m1) FILTER (WHERE m0 > 0), 0) / sum(m0), 1), round(100 * sum(least(m0, m1)) / sum(m0), 1)
        FROM (SELECT account_id, coalesce(sum(mrr_amount) FILTER (WHERE start_date < '2024-12-01' AND coalesce(end_date >= '2024-12-01', true)), 0) AS m0,
                     coalesce(sum(mrr_amount) FILTER (WHERE coalesce(end_date > '2024-12-31', true)), 0) AS m1,
                     bool_or(mrr_amount > 0 AND start_date < '2024-12-01') AS earlier
              FROM export.subscription
              WHERE NOT is_trial AND start_date <= '2024-12-31' AND (end_date > start_date OR end_date IS NULL)
              GROUP BY account_id) AS a
        WHERE true $wanted});
}
is(run_file('revenue', since => '2024-12-01', until => '2025-01-01'), join('', map { "$_\n" } @bridge), "December's bridge");

# Health by segment, and why the worst account is where it is: from the stored scores, and for that account from the published rows.
my @report = split /\n/, run_file('health_report');
my @by_segment = grep { (() = /\|/g) == 3 } @report;
is_deeply([ sort map { join '|', (split /\|/)[ 0 .. 2 ] } @by_segment ], [ split /\n/, $node->safe_psql('demo', q{
    SELECT m.segment, count(*), round(avg(h.score)::numeric, 1) FROM account_segment m LEFT JOIN account_score_health h ON h.key = m.account_id
    GROUP BY 1 ORDER BY m.segment COLLATE "C"}) ], 'health by segment');
my ($worst) = map { (split /\|/)[0] } my @why = grep { (() = /\|/g) == 5 } @report;
is($worst, $node->safe_psql('demo', 'SELECT key FROM account_score_health WHERE score IS NOT NULL ORDER BY score, key COLLATE "C" LIMIT 1'), 'the worst account');
my %value = map { my @column = split /\|/; $column[2] => $column[3] } @why;
is($value{breadth} + 0, $node->safe_psql('demo', (qq{SELECT count(DISTINCT u.feature_name) FROM export.account a, LATERAL (SELECT u.feature_name $used) AS u WHERE a.account_id = '$worst'}
            =~ s/\$day/date '2024-12-31'/gr)) + 0, 'its features by the published rows');
cmp_ok($node->safe_psql('demo', 'SELECT count(*) - count(score) FROM account_score_health'), '<', 100, 'few accounts are without a score');

# Cohorts by quarter: the MRR that accounts came with on their first day, against that at the end of each quarter.
my $quarters = q{generate_series(timestamp '2023-01-01', '2024-10-01', '3 months')};
my $percents = join ', ', map { "max(percent) FILTER (WHERE age = $_)" } 0 .. 7;
my $cohorts = $node->safe_psql('demo', qq{
    WITH line AS (SELECT account_id, start_date, coalesce(end_date, 'infinity') AS end_date, mrr_amount AS mrr FROM export.subscription
                  WHERE NOT is_trial AND start_date <= '2024-12-31' AND (end_date > start_date OR end_date IS NULL)),
    born AS (SELECT account_id, min(start_date) AS first FROM line WHERE mrr > 0 GROUP BY account_id),
    beginning AS (SELECT account_id, date_trunc('quarter', first) AS cohort, sum(mrr) AS m0 FROM born JOIN line USING (account_id) WHERE start_date = first GROUP BY 1, 2),
    cell AS (SELECT cohort, (EXTRACT(year FROM q) - EXTRACT(year FROM cohort)) * 4 + EXTRACT(quarter FROM q) - EXTRACT(quarter FROM cohort) AS age,
                    (SELECT sum(m0) FROM beginning AS b WHERE b.cohort = c.cohort) AS m0, (SELECT count(*) FROM beginning AS b WHERE b.cohort = c.cohort) AS accounts,
                    (SELECT coalesce(sum(mrr), 0) FROM line JOIN beginning AS b USING (account_id)
                     WHERE b.cohort = c.cohort AND start_date < q + interval '3 months' AND end_date >= q + interval '3 months') AS m1
             FROM (SELECT DISTINCT cohort FROM beginning) AS c, $quarters AS q WHERE q >= cohort),
    row AS (SELECT cohort, age, accounts, m0, round(100 * m1 / m0, 1) AS percent FROM cell
            UNION ALL SELECT NULL, age, sum(accounts), sum(m0), round(100 * sum(m1) / sum(m0), 1) FROM cell GROUP BY age)
    SELECT coalesce(to_char(cohort, '"Q"Q YYYY'), 'all'), max(accounts), max(m0), $percents FROM row GROUP BY cohort ORDER BY cohort});
is(run_file('cohorts', since => '2023-01-01', until => '2025-01-01'), "$cohorts\n", 'cohorts by quarter');

# The segment printed as SQL has the members that are stored.
my $sql = run_file('to_sql');
like($sql, qr/^(WITH|SELECT) /, 'to_sql prints a query');
is($node->safe_psql('demo', "SET timezone = 'UTC'; SELECT segment.to_sql('at_risk', '2024-12-31') IS NOT NULL"), 't', 'to_sql as of a day');
my $as_of = $node->safe_psql('demo', "SET timezone = 'UTC'; SELECT segment.to_sql('at_risk', '2024-12-31')");
is($node->safe_psql('demo', "SELECT string_agg(key, E'\\n' ORDER BY key COLLATE \"C\") FROM ($as_of) AS q(key)"),
    $after->{at_risk}, 'the printed query finds the members');

$node->stop;
done_testing();
