# docs/scores.md: its examples run one after the other and print what the page shows.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('scores_page');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'Asia/Tokyo'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

my $page  = slurp_file('docs/scores.md');
my $shown = 0;
while ($page =~ /^```sql\n(.*?)^```\n(?:```text\n(.*?)^```)?/msg)
{
    my ($statements, $expected) = ($1, $2);
    my ($status, $output, $errors) =
      $node->psql('postgres', $statements, extra_params => [ '--pset=tuples_only=off', '--pset=footer=off', '--pset=format=aligned' ]);
    my ($first) = $statements =~ /^(.*)/;
    is($status, 0, "runs: $first") or diag($errors);
    next unless defined $expected;
    is($output =~ s/\s+$//mgr, $expected =~ s/\s+$//mgr, "prints what the page shows: $first");
    $shown++;
}
cmp_ok($shown, '>=', 3, 'examples with their output');

$node->stop;
done_testing();
