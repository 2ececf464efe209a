# How long a refresh goes on after it has been cancelled, at random moments of large ones: the first and an unchanged one, rows and sets,
# keys with a dictionary, several passes, events that are counted, sorted and moved to files; and so the reports on revenue. The aim is 100 ms, which the notes tell; it fails if one ends
# otherwise than cancelled.
#
#   ROUNDS=n    how many of each (3)
#   MEMBERS=n   of the population (100000)
use strict;
use warnings;

use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds  = $ENV{ROUNDS}  || 3;
my $members = $ENV{MEMBERS} || 100_000;
my $node    = PostgreSQL::Test::Cluster->new('cancel_delay');
$node->init;
$node->start;
$node->safe_psql('postgres', qq{
    CREATE EXTENSION segment;
    CREATE TABLE customer AS SELECT n AS id, md5(n::text)::uuid AS code, n % 7 AS a, hashint4(n) % 1000 AS b, 'plan ' || n % 40 AS plan
    FROM generate_series(1, $members) AS n;
    ALTER TABLE customer ADD PRIMARY KEY (id);
    SELECT segment.create_population(name, 'customer', key => key)
    FROM (VALUES ('sets', 'id'), ('codes', 'code'), ('rows', 'id')) AS p (name, key);
    SELECT segment.create_segment(p || n, p, format('a = %s and b > %s or plan in (''plan %s'', ''plan %s'')', n % 7, n * 3 % 1000, n % 40, n % 37),
                                  materialize => CASE p WHEN 'rows' THEN 'rows' ELSE 'set' END)
    FROM (VALUES ('sets', 300), ('codes', 300), ('rows', 20)) AS p (p, count), generate_series(1, count) AS n});
# Events of everybody, and as many of one member, whose list is long.
$node->safe_psql('postgres', qq{
    CREATE TABLE event AS
        SELECT CASE WHEN n % 2 = 0 THEN 1 + hashint4(n) % $members ELSE 1 END AS id, timestamptz '2025-01-01Z' + n * interval '1 second' AS at,
               CASE n % 3 WHEN 0 THEN 'visit' WHEN 1 THEN 'cart' ELSE 'order' END AS name, 'product ' || hashint4(n + 1) % 1000 AS product, (n % 1000) / 8.0 AS amount
        FROM generate_series(1, 10 * $members) AS n;
    SELECT segment.create_population('events', 'customer', key => 'id');
    SELECT segment.add_events('events', 'shop', 'event', key => 'id', occurred_at => 'at', event_name => 'name');
    SELECT segment.create_segment('e' || row_number() OVER (), 'events', text, materialize => 'set') FROM (VALUES
        ('did ''visit'' at least 2 times'), ('sum(amount) of ''order'' > 100'), ('median(amount) of any event > 50'), ('count distinct product of any event > 3'),
        ('did ''visit'' then ''cart'' where (product = step1.product) then ''order'' where (product = step2.product and amount > step1.amount)'),
        ('did ''visit'' then not ''cart'' then ''order'' within 1 minute')) AS d (text)});

# How long it took, and what it said when it was cancelled; nothing if it ended before.
sub timed
{
    my ($query, $settings, $moment) = @_;
    my ($status, $output, $errors) = $node->psql('postgres', "$settings; SET statement_timeout = $moment;
\\timing on
$query;
\\timing off
", on_error_stop => 0);
    my ($took) = $output =~ /^Time: ([\d.]+) ms/m or die "$output\n$errors";
    return ($took, $errors);
}

sub refresh
{
    my ($population, $settings, $moment) = @_;
    return timed("SELECT count(*) FROM segment.refresh('$population')", $settings, $moment);
}

my $several = "SET segment.refresh_memory = '1MB'";
foreach my $case ([ 'sets, first', 'sets', '' ], [ 'dictionary, first', 'codes', '' ], [ 'rows, first', 'rows', '' ],
    [ 'events', 'events', '' ], [ 'events in files', 'events', $several ],
    [ 'sets, unchanged', 'sets', '' ], [ 'dictionary, unchanged', 'codes', '' ], [ 'rows, unchanged', 'rows', '' ], [ 'several passes', 'codes', $several ])
{
    my ($name, $population, $settings) = @$case;
    my $first   = $name =~ /first/;
    my $longest = $first ? ($population eq 'rows' ? 3000 : 300) : (refresh($population, $settings, 0))[0];
    my @overshot;
    foreach my $round (1 .. $rounds)
    {
        my $moment = 1 + int rand $longest;
        my ($took, $errors) = refresh($population, $settings, $moment);
        my $ended = $errors eq '';
        like($errors, qr/canceling statement due to statement timeout/, "$name: is cancelled") if !$ended;
        # Cancelled, the next one is the first again.
        last if $ended && $first;
        push @overshot, $took - $moment if !$ended;
    }
    note(sprintf '%s: %d cancelled, the latest %.0f ms after its time', $name, scalar @overshot, max(0, @overshot));
    my ($took, $errors) = refresh($population, $settings, 0);
    is($errors, '', "$name: the next one ends");
}
# Lines of many members; of members that are text, whose keys are compared; and all of one member.
$node->safe_psql('postgres', qq{
    CREATE TABLE line AS
        SELECT hashint8(n) % $members + $members AS id, timestamptz '2023-01-01Z' + hashint8(n + 1) % 700 * interval '1 day' AS starts_at,
               timestamptz '2026-01-01Z' + hashint8(n + 2) % 300 * interval '1 day' AS ends_at, (hashint8(n + 3) % 10000 + 10000) / 100.0 AS mrr
        FROM generate_series(1, 4 * $members) AS n;
    CREATE INDEX ON line (id);
    SELECT segment.add_subscriptions('sets', 'billing', 'line', 'id', 'starts_at', 'ends_at', 'mrr')});
my $ledger = sub { return "SELECT count(*) FROM segment.movements((SELECT segment.revenue_agg($_[0], starts_at, ends_at, mrr) FROM line), '2023-01-01', '2026-01-01')" };
foreach my $case ([ 'mrr', "SELECT count(*) FROM segment.mrr('sets', '2023-01-01', '2026-01-01', '1 day', by => 'plan')" ],
    [ 'mrr_events', "SELECT count(*) FROM segment.mrr_events('sets', '2023-01-01', '2026-01-01')" ],
    [ 'cohorts', "SELECT count(*) FROM segment.cohorts('sets', '2023-01-01', '2026-01-01', '1 week')" ],
    [ 'revenue_agg', $ledger->('id') ], [ 'revenue_agg of texts', $ledger->("'customer ' || id") ], [ 'revenue_agg of one member', $ledger->('1') ])
{
    my ($name, $query) = @$case;
    my $settings = 'SET client_min_messages = warning';
    my ($longest, $errors) = timed($query, $settings, 0);
    is($errors, '', "$name: ends");
    my @overshot;
    foreach my $round (1 .. $rounds)
    {
        my $moment = 1 + int $longest * ($round - rand) / $rounds;
        my ($took, $said) = timed($query, $settings, $moment);
        next if $said eq '';
        like($said, qr/canceling statement due to statement timeout/, "$name: is cancelled");
        push @overshot, $took - $moment;
    }
    note(sprintf '%s: %d cancelled, the latest %.0f ms after its time', $name, scalar @overshot, max(0, @overshot));
}
$node->stop;
done_testing();
