# The page on behaviour: its SQL runs from top to bottom in a new database and prints what the page shows.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('behaviour_page');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

my $shown = 0;
my $page = slurp_file('docs/behaviour.md');
while ($page =~ /^```sql\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?/msg)
{
    my ($block, $result) = ($1, $2);
    my ($first_line) = $block =~ /^(.{0,70})/;
    my ($status, $output, $errors) = $node->psql('postgres', $block);
    if (defined $result && $result =~ /^(?:ERROR|NOTICE|WARNING)/)
    {
        $errors =~ s/^psql:<stdin>:\d+: //mg;
        is("$errors\n", $result, $first_line);
        $shown++;
        next;
    }
    is($status, 0, $first_line) or diag($errors);
    next if !defined $result;
    is("$output\n", $result, "prints: $first_line");
    $shown++;
}
is($shown, 6, 'results on the page');

$node->stop;
done_testing();
