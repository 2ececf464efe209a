# The README's promises: its SQL runs from top to bottom in a new database, and versions agree.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $readme = slurp_file('README.md');
my @blocks = $readme =~ /^```sql\n(.*?)^```/msg;

# The first block shows what it is about, before there is anything.
shift @blocks;
cmp_ok(scalar @blocks, '>', 5, 'the README has examples');

my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init;
$node->start;
foreach my $block (@blocks)
{
    my ($first_line) = $block =~ /^(.{0,70})/;
    my ($status, $output, $errors) = $node->psql('postgres', $block);
    is($status, 0, $first_line) or diag($errors);
    my @lines = split /\n/, $block;
    cmp_ok(scalar @lines, '<=', 3, "short: $first_line");
}
is($node->safe_psql('postgres', q{SELECT string_agg(segment || ' ' || customer_id, ', ' ORDER BY 1) FROM customer_segment}),
    'onboarding 1, paying 1, short_name 1, short_name 2, engaged 1, lapsing 2, valuable 1, at_risk 2', 'the members that its examples make');

my ($version) = slurp_file('META.json') =~ /"version": "([^"]+)",\n\s+"maintainer"/;
is($node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'segment'}),
    $version, 'META.json and segment.control have the same version');

$node->stop;
done_testing();
