# A page of the documentation whose examples run one after the other in a new database and print what the page shows.
package Page;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# runs('revenue', 4): docs/revenue.md, which has at least so many examples with their output. In a session whose time zone is none of those on
# the pages, as it must not matter.
sub runs
{
    my ($name, $at_least) = @_;
    my $node = PostgreSQL::Test::Cluster->new("${name}_page");
    $node->init;
    $node->append_conf('postgresql.conf', "timezone = 'Asia/Tokyo'\n");
    $node->start;
    $node->safe_psql('postgres', 'CREATE EXTENSION segment');
    my $page  = slurp_file("docs/$name.md");
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
    cmp_ok($shown, '>=', $at_least, 'examples with their output');
    $node->stop;
    done_testing();
    return;
}

1;
